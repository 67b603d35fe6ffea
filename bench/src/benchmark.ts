import type { Row } from "./row.ts"

/** What a benchmark gets from whoever starts it. */
export interface BenchmarkInput {
  /** What stands behind its name on the command line. */
  readonly options: readonly string[]
  /** The path of a runtime of the version that is measured; brought when it is not there yet. */
  binary(runtime: "bun" | "node" | "deno"): Promise<string>
}

/** Gives its rows as they are measured, so that whoever waits sees them come. */
export type Benchmark = (input: BenchmarkInput) => AsyncIterable<Row>
