/** Whether a server holds more the longer it runs: clients come, go, stream, upload and misbehave for minutes. */
import type { BenchmarkInput } from "./benchmark.ts"
import { openLab } from "./http/lab.ts"
import { SOAK_SUBJECTS, type Subject } from "./http/subject.ts"
import { AMOUNT, readOptions } from "./options.ts"
import type { Row } from "./row.ts"
import { type SoakResult, soak } from "./soak/soak.ts"
import { judge } from "./soak/verdict.ts"
import { median } from "./statistics.ts"

export default async function* run({ options, binary }: BenchmarkInput): AsyncGenerator<Row> {
  const { minutes } = readOptions(options, [{ name: "minutes", default: "5", ...AMOUNT }])
  const durationMs = Number(minutes) * 60_000
  const lab = await openLab(SOAK_SUBJECTS, binary)
  try {
    // All at once: what is measured is memory, which the others do not touch.
    const results = await Promise.all(
      lab.subjects.map(async (subject) => {
        const server = await lab.start(subject, "plain")
        try {
          return await soak({ server, durationMs, onProgress: (...figures) => report(subject, ...figures) })
        } finally {
          await server.stop()
        }
      }),
    )
    for (const [index, result] of results.entries()) yield* rowsOf(lab.subjects[index]!, result)
  } finally {
    lab.close()
  }
}

function report({ runtime }: Subject, seconds: number, megabytes: number, actions: number): void {
  process.stderr.write(
    `${String(seconds).padStart(5)} s  ${runtime.padEnd(5)} ${megabytes.toFixed(1)} MB, ${actions} actions\n`,
  )
}

function* rowsOf({ runtime, name: subject }: Subject, result: SoakResult): Generator<Row> {
  const row = (what: string, unit: string, value: number): Row => ({ case: `${runtime} ${what}`, subject, unit, value })
  for (const [words, times] of result.failures) process.stderr.write(`! ${runtime}: ${times} times ${words}\n`)
  const { growthMbPerMinute, problems } = judge(result)
  for (const problem of problems) process.stderr.write(`! ${runtime}: ${problem}\n`)
  const minutes = Math.ceil((result.memory.at(-1)?.[0] ?? 0) / 60)
  for (let minute = 0; minute < minutes; minute++) {
    const within = result.memory.filter(([seconds]) => seconds >= minute * 60 && seconds < (minute + 1) * 60)
    yield row(`minute ${minute + 1}`, "MB", median(within.map(([, megabytes]) => megabytes)))
  }
  yield row("growth", "MB/min", growthMbPerMinute)
  yield row("heap warm", "MB", result.heapWarmMb)
  yield row("heap end", "MB", result.heapEndMb)
  yield row("files left", "", result.filesEnd - result.filesBefore)
  yield row("streams left", "", result.openEnd)
  yield row("actions", "", result.actions)
  yield row(
    "failures",
    "",
    [...result.failures.values()].reduce((sum, times) => sum + times, 0),
  )
  yield row("problems", "", problems.length)
}
