import { Database } from "bun:sqlite"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { createUuidv7, systemClock } from "@ashlar/core"
import { documentsFeature, openDocuments } from "@ashlar/documents"
import { openSqlite } from "@ashlar/sqlite"
import type { Row } from "../row.ts"
import { median, medianRatio } from "../statistics.ts"
import { document } from "./document.ts"

const ROUNDS = 5
const ROUND_MS = 800

interface Subject {
  insert(turn: number): Promise<string>
  read(id: string): unknown
}

/**
 * Durable inserts and point reads inside one process: the document store against bun:sqlite doing the same, one table,
 * one unique id, group commit, `synchronous=FULL`. The two take turns.
 */
export async function* measureStorage(folder: string): AsyncGenerator<Row> {
  mkdirSync(folder, { recursive: true })
  const engine = openSqlite()
  try {
    const file = await engine.open(join(folder, "ashlar.db"), { kind: "project", features: [documentsFeature] })
    const store = openDocuments({
      file,
      clock: systemClock,
      ids: createUuidv7(systemClock),
      cursorKey: new Uint8Array(32),
    })
    await store.collections.create({ name: "documents" })
    const collection = store.collection("documents")
    const ashlar: Subject = {
      insert: async (turn) => (await collection.insert(document(turn))).id,
      read: (id) => collection.get(id),
    }
    const raw = openRaw(join(folder, "raw.db"))
    for (const writers of [1, 64])
      yield* measure(`insert-${writers}`, { ashlar, raw }, (subject) => inserts(subject, writers))
    const [ownId, rawId] = [await ashlar.insert(0), await raw.insert(0)]
    yield* measure("read", { ashlar, raw }, (subject) => reads(subject, subject === raw ? rawId : ownId))
  } finally {
    await engine.close()
  }
}

async function* measure(
  name: string,
  { ashlar, raw }: { ashlar: Subject; raw: Subject },
  run: (subject: Subject) => Promise<number>,
): AsyncGenerator<Row> {
  await run(ashlar)
  await run(raw)
  const [own, reference] = [[] as number[], [] as number[]]
  for (let round = 0; round < ROUNDS; round++) {
    own.push(await run(ashlar))
    reference.push(await run(raw))
  }
  yield { case: name, subject: "ashlar", unit: "per s", value: median(own), ratioToRaw: medianRatio(own, reference) }
  yield { case: name, subject: "raw", unit: "per s", value: median(reference), ratioToRaw: 1 }
}

async function inserts(subject: Subject, writers: number): Promise<number> {
  const started = performance.now()
  let done = 0
  const writer = async (): Promise<void> => {
    while (performance.now() - started < ROUND_MS) await subject.insert(done++)
  }
  await Promise.all(Array.from({ length: writers }, writer))
  return (done / (performance.now() - started)) * 1000
}

async function reads(subject: Subject, id: string): Promise<number> {
  const started = performance.now()
  let done = 0
  while (performance.now() - started < ROUND_MS) {
    for (let turn = 0; turn < 100; turn++) await subject.read(id)
    done += 100
  }
  return (done / (performance.now() - started)) * 1000
}

/** What a program would write by hand: all who wait share one transaction, the next turn of the event loop commits it. */
function openRaw(path: string): Subject {
  const db = new Database(path, { create: true })
  for (const pragma of ["journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=1000"]) db.run(`PRAGMA ${pragma}`)
  db.run(
    "CREATE TABLE d (n INTEGER PRIMARY KEY, id TEXT UNIQUE, doc TEXT, rev INTEGER, created INTEGER, updated INTEGER)",
  )
  const insert = db.prepare("INSERT INTO d (id, doc, rev, created, updated) VALUES (?, ?, 1, ?, ?)")
  const select = db.prepare<{ doc: string }, [string]>("SELECT id, rev, created, updated, doc FROM d WHERE id = ?")
  const ids = createUuidv7(systemClock)
  let waiting: { id: string; doc: string; done: (id: string) => void }[] = []
  const commit = (): void => {
    const group = waiting
    waiting = []
    db.run("BEGIN IMMEDIATE")
    for (const { id, doc } of group) insert.run(id, doc, Date.now(), Date.now())
    db.run("COMMIT")
    for (const { id, done } of group) done(id)
  }
  return {
    insert: (turn) =>
      new Promise((done) => {
        waiting.push({ id: ids(), doc: JSON.stringify(document(turn)), done })
        if (waiting.length === 1) setImmediate(commit)
      }),
    read: (id) => JSON.parse(select.get(id)!.doc),
  }
}
