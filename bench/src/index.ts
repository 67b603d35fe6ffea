export type { Benchmark, Row } from "./row.ts"
export { machine, printTable } from "./row.ts"
