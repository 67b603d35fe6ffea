export type { Independent } from "./parallel.ts"
export { parallel } from "./parallel.ts"
export type { Optional } from "./when.ts"
export { when } from "./when.ts"
