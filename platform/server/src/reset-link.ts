import { Database } from "bun:sqlite"
import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import { AshlarError, systemClock } from "@ashlar/core"
import { issueResetLink, type ResetLink, type ResetWriter } from "@ashlar/identity"
import type { SqlValue } from "@ashlar/sqlite"
import { DataMissing, DataNotWritable } from "./errors.ts"

/** How long a running install may hold the file against us. */
const WAIT_MS = 5_000

/**
 * Makes a link that lets a person back in, in the data folder of an install that runs or is stopped. It writes one row beside
 * whoever has the folder, and neither takes the folder nor brings its files up to date.
 *
 * @throws {SERVER_DATA_MISSING} @throws {SERVER_DATA_NOT_WRITABLE}
 * @throws {IDENTITY_PERSON_NOT_FOUND} @throws {IDENTITY_INVALID_INPUT}
 */
export function makeResetLink(
  folder: string,
  request: { readonly email: string; readonly factors: boolean; readonly nowMs?: number },
): ResetLink {
  const path = join(resolve(folder), "system.db")
  if (!existsSync(path)) throw new DataMissing(`${resolve(folder)} holds no install. Name its folder with --data.`)
  try {
    using database = new Database(path, { readwrite: true, create: false })
    database.run(`PRAGMA busy_timeout = ${WAIT_MS}`)
    database.run("PRAGMA synchronous = FULL")
    if (!database.query("SELECT 1 FROM sqlite_schema WHERE name = 'identity_proofs'").get()) throw new DataMissing()
    const tx: ResetWriter = {
      get: <T>(sql: string, params: readonly SqlValue[]) =>
        database.query<T, SqlValue[]>(sql).get(...params) ?? undefined,
      run: (sql, params) => database.run(sql, [...params]),
    }
    const nowMs = request.nowMs ?? systemClock.now()
    const issue = database.transaction(() => issueResetLink(tx, { ...request, nowMs }))
    return issue.immediate()
  } catch (cause) {
    if (cause instanceof AshlarError) throw cause
    throw new DataNotWritable(`${path} could not be written: ${(cause as Error).message}`, { cause })
  }
}
