/** What a WebSocket costs: memory of one that is silent among many, and processor time of a message to a crowd. */
import type { BenchmarkInput } from "./benchmark.ts"
import { createCpuClock } from "./http/cpu-clock.ts"
import { openLab } from "./http/lab.ts"
import { WEBSOCKET_SUBJECTS } from "./http/subject.ts"
import { AMOUNT, COUNT, readOptions } from "./options.ts"
import { createProgress } from "./progress.ts"
import type { Row } from "./row.ts"
import { rowsOf, SeriesBook } from "./series.ts"
import { measureFanOut } from "./websocket/fan-out.ts"
import { measureIdle } from "./websocket/idle.ts"

const OPTIONS = [
  { name: "rounds", default: "5", ...COUNT },
  { name: "seconds", default: "2", ...AMOUNT },
  { name: "connections", default: "10000", ...COUNT },
  { name: "listeners", default: "1000", ...COUNT },
] as const

export default async function* websocket({ options, binary }: BenchmarkInput): AsyncGenerator<Row> {
  const given = readOptions(options, OPTIONS)
  const [rounds, listeners, connections] = [Number(given.rounds), Number(given.listeners), Number(given.connections)]
  const lab = await openLab(WEBSOCKET_SUBJECTS, binary)
  const book = new SeriesBook()
  const cpuClock = createCpuClock()
  const progress = createProgress(rounds * lab.subjects.length * 2)
  try {
    for (let round = 0; round < rounds; round++)
      for (const subject of round % 2 === 0 ? lab.subjects : lab.subjects.toReversed()) {
        const { runtime, name } = subject
        const place = `round ${round + 1}/${rounds}  ${runtime}`
        const talking = await lab.start(subject, "plain")
        try {
          const measureMs = Number(given.seconds) * 1000
          const { cpuUs, perSecond } = await measureFanOut({ server: talking, listeners, measureMs, cpuClock })
          book.add(`${runtime} fan-out`, name, cpuUs)
          progress.step(`${place} fan-out ${name}: ${cpuUs.toFixed(2)} us, ${Math.round(perSecond)} per s`)
        } finally {
          await talking.stop()
        }
        const silent = await lab.start(subject, "plain")
        try {
          const kilobytes = await measureIdle(silent, connections)
          book.add(`${runtime} idle-kb`, name, kilobytes)
          progress.step(`${place} idle ${name}: ${kilobytes.toFixed(1)} KB`)
        } finally {
          await silent.stop()
        }
      }
    progress.end()
    for (const runtime of new Set(lab.subjects.map((subject) => subject.runtime))) {
      yield* rowsOf(`${runtime} fan-out`, "us", book.of(`${runtime} fan-out`))
      yield* rowsOf(`${runtime} idle-kb`, "KB", book.of(`${runtime} idle-kb`))
    }
  } finally {
    lab.close()
  }
}
