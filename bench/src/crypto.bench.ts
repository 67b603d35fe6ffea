/** What keys cost beside `node:crypto` alone: encryption with a context, opening it again, data keys, signatures. */

import type { BenchmarkInput } from "./benchmark.ts"
import { openCryptoSubjects } from "./crypto/subjects.ts"
import { measureCases } from "./measure-cases.ts"
import type { Row } from "./row.ts"

export default async function* crypto({ options }: BenchmarkInput): AsyncGenerator<Row> {
  yield* measureCases(options, openCryptoSubjects)
}
