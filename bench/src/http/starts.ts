import type { Progress } from "../progress.ts"
import { SeriesBook } from "../series.ts"
import type { Lab } from "./lab.ts"
import { type Plan, START_CASES } from "./plan.ts"
import { residentMegabytes } from "./process-memory.ts"
import { RUNTIMES } from "./runtime.ts"

export interface StartsOptions {
  readonly lab: Lab
  readonly plan: Plan
  readonly rounds: number
  readonly progress: Progress
}

/** How long a server rests after its first answer before its memory is read. */
const IDLE_MS = 1000

/** The servers that all rounds start together. */
export function countStarts({ lab, plan, rounds }: Omit<StartsOptions, "progress">): number {
  return rounds * lab.subjects.filter(({ runtime }) => START_CASES.some((what) => plan.has(runtime, what))).length
}

/** From a process's start to its first answer, and what it holds when nobody asks any more; the subjects in turns. */
export async function measureStarts({ lab, plan, rounds, progress }: StartsOptions): Promise<SeriesBook> {
  const book = new SeriesBook()
  for (let round = 0; round < rounds; round++)
    for (const runtime of RUNTIMES) {
      if (!START_CASES.some((what) => plan.has(runtime, what))) continue
      const subjects = lab.subjects.filter((subject) => subject.runtime === runtime)
      for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
        const server = await lab.start(subject, "plain")
        try {
          await Bun.sleep(IDLE_MS)
          const megabytes = residentMegabytes(server.pid)
          book.add(`${runtime} start-ms`, subject.name, server.startMs)
          book.add(`${runtime} idle-mb`, subject.name, megabytes)
          const figures = `${server.startMs.toFixed(0)} ms, ${megabytes.toFixed(0)} MB`
          progress.step(`round ${round + 1}/${rounds}  ${runtime} start ${subject.name}: ${figures}`)
        } finally {
          await server.stop()
        }
      }
    }
  return book
}
