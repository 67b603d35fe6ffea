/** What a request to the OAuth server costs, and a route that its tokens guard: processor time, beside the cryptography alone. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BenchmarkInput } from "./benchmark.ts"
import { type Operation, openCases } from "./oauth/subjects.ts"
import { AMOUNT, COUNT, readOptions } from "./options.ts"
import { createProgress } from "./progress.ts"
import type { Row } from "./row.ts"
import { rowsOf, SeriesBook } from "./series.ts"

const OPTIONS = [
  { name: "rounds", default: "5", ...COUNT },
  { name: "seconds", default: "0.5", ...AMOUNT },
] as const

export default async function* oauth({ options }: BenchmarkInput): AsyncGenerator<Row> {
  const given = readOptions(options, OPTIONS)
  const rounds = Number(given.rounds)
  const folder = mkdtempSync(join(tmpdir(), "ashlar-bench-"))
  const { cases, close } = await openCases(folder)
  const book = new SeriesBook()
  const progress = createProgress(rounds)
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [name, subject, operation] of round % 2 === 0 ? cases : cases.toReversed())
        book.add(name, subject, await processorMicroseconds(operation, Number(given.seconds) * 1000))
      progress.step(`round ${round + 1}/${rounds}`)
    }
  } finally {
    progress.end()
    await close()
    rmSync(folder, { recursive: true, force: true })
  }
  for (const name of new Set(cases.map(([name]) => name))) yield* rowsOf(name, "us CPU", book.of(name))
}

/** Of all threads: cryptography has its own. */
async function processorMicroseconds(operation: Operation, durationMs: number): Promise<number> {
  for (let turn = 0; turn < 50; turn++) await operation()
  const end = performance.now() + durationMs
  const before = process.cpuUsage()
  let count = 0
  for (; performance.now() < end; count++) await operation()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}
