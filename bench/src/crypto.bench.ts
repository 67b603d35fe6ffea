/** What keys cost beside `node:crypto` alone: encryption with a context, opening it again, data keys, signatures. */
import { measureCpu } from "./auth/measure-cpu.ts"
import type { BenchmarkInput } from "./benchmark.ts"
import { openCryptoSubjects } from "./crypto/subjects.ts"
import { COUNT, readOptions } from "./options.ts"
import { createProgress } from "./progress.ts"
import type { Row } from "./row.ts"
import { rowsOf, SeriesBook } from "./series.ts"

const OPTIONS = [
  { name: "rounds", default: "9", ...COUNT },
  { name: "operations", default: "2000", ...COUNT },
] as const

export default async function* crypto({ options }: BenchmarkInput): AsyncGenerator<Row> {
  const given = readOptions(options, OPTIONS)
  const [rounds, operations] = [Number(given.rounds), Number(given.operations)]
  const { cases, close } = await openCryptoSubjects()
  const book = new SeriesBook()
  const progress = createProgress(rounds)
  try {
    for (const subjects of Object.values(cases))
      for (const operation of Object.values(subjects)) await measureCpu(operation, operations)
    for (let round = 0; round < rounds; round++) {
      for (const [name, subjects] of Object.entries(cases)) {
        const list = Object.entries(subjects)
        for (const [subject, operation] of round % 2 === 0 ? list : list.toReversed())
          book.add(name, subject, await measureCpu(operation, operations))
      }
      progress.step(`round ${round + 1}/${rounds}`)
    }
    progress.end()
    for (const name of Object.keys(cases)) yield* rowsOf(name, "us", book.of(name))
  } finally {
    await close()
  }
}
