/** How many jobs a second are pushed, run, and both at once, by 50 callers that each await their push; and what one costs in the memory. */
import type { BenchmarkInput } from "./benchmark.ts"
import { AMOUNT, COUNT, readOptions } from "./options.ts"
import { createProgress } from "./progress.ts"
import { measureFsync } from "./queue/measure-fsync.ts"
import { measureJob, measureQueue } from "./queue/measure-queue.ts"
import type { QueueSubject } from "./queue/subject.ts"
import { ASHLAR } from "./queue/subjects/ashlar.ts"
import { BULLMQ } from "./queue/subjects/bullmq.ts"
import { P_QUEUE } from "./queue/subjects/p-queue.ts"
import { PG_BOSS } from "./queue/subjects/pg-boss.ts"
import { measureRawAdds } from "./queue/subjects/raw-sqlite.ts"
import type { Row } from "./row.ts"
import { SeriesBook } from "./series.ts"
import { median, medianRatio } from "./statistics.ts"

const OPTIONS = [
  { name: "rounds", default: "5", ...COUNT },
  { name: "seconds", default: "2", ...AMOUNT },
  { name: "only", default: "", form: "engines with commas between", pattern: /^[a-z,]*$/ },
] as const

const SUBJECTS: readonly QueueSubject[] = [...ASHLAR, ...P_QUEUE, ...PG_BOSS, ...BULLMQ]

export default async function* queue({ options }: BenchmarkInput): AsyncGenerator<Row> {
  const { rounds: count, seconds, only } = readOptions(options, OPTIONS)
  const rounds = Number(count)
  const book = new SeriesBook()
  const wanted = SUBJECTS.filter(({ engine }) => only === "" || only.split(",").includes(engine))
  const progress = createProgress(rounds * wanted.length)
  for (let round = 0; round < rounds; round++) {
    book.add("fsync", "raw", measureFsync())
    if (wanted.some(({ engine }) => engine === "sqlite")) book.add("sqlite add", "raw", measureRawAdds(Number(seconds)))
    for (const subject of round % 2 === 0 ? wanted : wanted.toReversed()) {
      await measure(subject, Number(seconds), book)
      progress.step(`${subject.engine} ${subject.name} ${round + 1}/${rounds}`)
    }
  }
  progress.end()
  yield* rows("fsync", "us", book)
  for (const engine of new Set(wanted.map((subject) => subject.engine)))
    if (engine === "memory") yield* rows("memory job-us", "us", book)
    else for (const part of ["add", "process", "end-to-end"]) yield* rows(`${engine} ${part}`, "jobs/s", book)
}

async function measure(subject: QueueSubject, seconds: number, book: SeriesBook): Promise<void> {
  const { engine, name } = subject
  const open = await subject.open()
  if (open === undefined) return
  try {
    if (engine === "memory") return book.add("memory job-us", name, await measureJob(open))
    const { add, process, endToEnd } = await measureQueue(open, seconds)
    book.add(`${engine} add`, name, add)
    book.add(`${engine} process`, name, process)
    book.add(`${engine} end-to-end`, name, endToEnd)
  } finally {
    await open.close()
  }
}

/** Of rates more is better: the ratio to the peer is how many times as many. */
function* rows(name: string, unit: "us" | "jobs/s", book: SeriesBook): Generator<Row> {
  const series = book.of(name)
  const raw = series.get("raw")
  const isBetter = (a: readonly number[], b: readonly number[]) =>
    unit === "us" ? median(a) - median(b) : median(b) - median(a)
  const [peer] = [...series]
    .filter(([subject]) => subject !== "ashlar" && subject !== "raw")
    .toSorted(([, a], [, b]) => isBetter(a, b))
  for (const [subject, values] of series)
    yield {
      case: name,
      subject,
      unit,
      value: median(values),
      ...(subject === "ashlar" && raw !== undefined && { ratioToRaw: medianRatio(values, raw) }),
      ...(subject === "ashlar" && peer !== undefined && { peer: peer[0], ratioToPeer: medianRatio(values, peer[1]) }),
    }
}
