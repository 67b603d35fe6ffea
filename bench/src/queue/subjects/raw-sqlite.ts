import { Database } from "bun:sqlite"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { IN_FLIGHT, payload } from "../subject.ts"

/**
 * What the disk and SQLite allow: rows of such jobs a second, 50 to a commit, each with its fsync, by a loop that does nothing else.
 */
export function measureRawAdds(seconds: number): number {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-bench-raw-"))
  const db = new Database(join(folder, "queue.db"), { create: true })
  db.run("pragma journal_mode = wal")
  db.run("pragma synchronous = FULL")
  db.run(
    "create table jobs (seq integer primary key, id text not null unique, state integer not null, input text not null)",
  )
  db.run("create index jobs_ready on jobs (state, seq) where state = 0")
  const insert = db.prepare("insert into jobs (id, state, input) values (?, 0, ?)")
  const started = performance.now()
  let count = 0
  while (performance.now() - started < seconds * 1_000) {
    db.run("begin immediate")
    for (let at = 0; at < IN_FLIGHT; at++) insert.run(Bun.randomUUIDv7(), JSON.stringify(payload(count++)))
    db.run("commit")
  }
  const rate = count / ((performance.now() - started) / 1_000)
  insert.finalize()
  db.close()
  rmSync(folder, { recursive: true, force: true })
  return rate
}
