export type { Benchmark, BenchmarkInput } from "./benchmark.ts"
export type { Row } from "./row.ts"
export { machine, printTable } from "./row.ts"
