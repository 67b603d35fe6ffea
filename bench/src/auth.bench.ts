/** What it costs to know who calls: sessions, tokens and keys through whole requests, tokens beside `jose` alone, and counting tries. */
import { openAuthSubjects } from "./auth/subjects.ts"
import type { BenchmarkInput } from "./benchmark.ts"
import { measureCases } from "./measure-cases.ts"
import type { Row } from "./row.ts"

export default async function* auth({ options }: BenchmarkInput): AsyncGenerator<Row> {
  yield* measureCases(options, openAuthSubjects)
}
