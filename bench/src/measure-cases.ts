import { COUNT, readOptions } from "./options.ts"
import { createProgress } from "./progress.ts"
import type { Row } from "./row.ts"
import { rowsOf, SeriesBook } from "./series.ts"

export type Operation = () => Promise<unknown>
/** Operations by subject, by case: `raw` beside `ashlar`. */
export type Cases = Readonly<Record<string, Readonly<Record<string, Operation>>>>

const OPTIONS = [
  { name: "rounds", default: "9", ...COUNT },
  { name: "operations", default: "2000", ...COUNT },
] as const

/** Measures all subjects of all cases by turns, once each to warm up, and closes what they opened. */
export async function* measureCases(
  options: Parameters<typeof readOptions>[0],
  open: () => Promise<{ readonly cases: Cases; close(): Promise<unknown> }>,
): AsyncGenerator<Row> {
  const given = readOptions(options, OPTIONS)
  const [rounds, operations] = [Number(given.rounds), Number(given.operations)]
  const { cases, close } = await open()
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

/** Processor microseconds of one operation, all threads of the process, each awaited before the next. */
async function measureCpu(operation: Operation, operations: number): Promise<number> {
  const before = process.cpuUsage()
  for (let at = 0; at < operations; at++) if ((await operation()) === undefined) throw new Error("It was not done.")
  const { user, system } = process.cpuUsage(before)
  return (user + system) / operations
}
