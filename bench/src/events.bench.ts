/** What an emit costs beside those of others, and how many events go over a bus and out of an outbox. */
import { mkdtempSync, rmSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openDatabase, sql } from "@ashlar/orm"
import type { BenchmarkInput } from "./benchmark.ts"
import { measureBus, measureOutbox } from "./events/bus-load.ts"
import { awaitedEmitters, emitters, measureEmit } from "./events/emitters.ts"
import { COUNT, readOptions } from "./options.ts"
import { createProgress } from "./progress.ts"
import type { Row } from "./row.ts"
import { rowsOf, SeriesBook } from "./series.ts"

const OPTIONS = [
  { name: "rounds", default: "5", ...COUNT },
  { name: "events", default: "2000", ...COUNT },
] as const
const AT_ONCE = 64

export default async function* events({ options }: BenchmarkInput): AsyncGenerator<Row> {
  const given = readOptions(options, OPTIONS)
  const [rounds, count] = [Number(given.rounds), Number(given.events)]
  const book = new SeriesBook()
  const folder = mkdtempSync(join(tmpdir(), "ashlar-bench-events-"))
  const postgres = await temporaryPostgres()
  const load = await loadCases(folder, postgres?.url, count)
  const progress = createProgress(rounds)
  try {
    for (let round = 0; round < rounds; round++) {
      const turn = <T>(subjects: readonly T[]) => (round % 2 === 0 ? subjects : subjects.toReversed())
      for (const listeners of [1, 10])
        for (const { name, emit } of turn(emitters(listeners)))
          book.add(`emit to ${listeners}`, name, await measureEmit(emit, false))
      for (const { name, emit } of turn(awaitedEmitters()))
        book.add("emit awaited", name, await measureEmit(emit, true))
      for (const [what, measure] of load) book.add(what, "ashlar", await measure())
      progress.step(`round ${round + 1}/${rounds}`)
    }
  } finally {
    await postgres?.drop()
    rmSync(folder, { recursive: true, force: true })
  }
  progress.end()
  const cases = ["emit to 1", "emit to 10", "emit awaited", ...load.map(([what]) => what)]
  for (const what of cases) yield* rowsOf(what, "us", book.of(what))
}

type LoadCase = readonly [what: string, measure: () => Promise<number>]

async function loadCases(folder: string, postgres: string | undefined, count: number): Promise<readonly LoadCase[]> {
  const sqlite = `sqlite:${join(folder, "bench.db")}?synchronous=NORMAL`
  const bus = (name: string, url: string): LoadCase => [`bus ${name}`, () => measureBus(url, count, AT_ONCE)]
  const outbox = (name: string, url: string): LoadCase => [`outbox ${name}`, () => measureOutbox(url, count, AT_ONCE)]
  const prefix = `bench-${crypto.randomUUID().slice(0, 8)}`
  return [
    ["bus memory, one by one", () => measureBus("memory:", count, 1)],
    bus("memory", "memory:"),
    bus("sqlite", sqlite),
    ...(postgres === undefined ? [] : [bus("postgres", postgres)]),
    ...((await isListening(6379)) ? [bus("redis", `redis://127.0.0.1:6379?prefix=${prefix}`)] : []),
    ...((await isListening(4222)) ? [bus("nats", `nats://127.0.0.1:4222?prefix=${prefix}`)] : []),
    outbox("sqlite", sqlite),
    ...(postgres === undefined ? [] : [outbox("postgres", postgres)]),
  ]
}

async function temporaryPostgres(): Promise<{ readonly url: string; drop(): Promise<void> } | undefined> {
  if (process.env.POSTGRES_URL === undefined && !(await isListening(5432))) return undefined
  const server = process.env.POSTGRES_URL ?? "postgres://postgres@127.0.0.1:5432/postgres"
  const admin = await openDatabase(server)
  const name = `ashlar_bench_${crypto.randomUUID().slice(0, 8)}`
  await admin.sql`create database ${sql.id(name)}`.run()
  return {
    url: server.replace(/\/[^/?]*(\?|$)/, `/${name}$1`),
    async drop() {
      await admin.sql`drop database ${sql.id(name)}`.run()
      await admin.close()
    },
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.on("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.on("error", () => resolve(false))
  })
}
