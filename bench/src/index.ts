export type { Benchmark, BenchmarkInput } from "./benchmark.ts"
export { drawFinding, type Finding } from "./picture.ts"
export type { Row } from "./row.ts"
export { machine, printTable } from "./row.ts"
