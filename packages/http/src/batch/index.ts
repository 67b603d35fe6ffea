export type { BatchErrors, BatchOptions, BatchResult } from "./batch.ts"
export { batch } from "./batch.ts"
export type { Batch, BatchPart } from "./part.ts"
export type { BatchAnswer } from "./part-answer.ts"
