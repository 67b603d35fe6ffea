import { expect } from "bun:test"
import { AshlarError } from "@ashlar/core"
import type { FileDefinition, Migration } from "../definition.ts"
import { openSqlite, type SqliteEngine, type SqliteOptions } from "../engine.ts"

/* The feature that the tests of this package keep in their files. */

export const noteMigration: Migration = {
  id: 1,
  name: "note",
  sql: [
    "CREATE TABLE note (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT, rev INTEGER NOT NULL DEFAULT 1)",
  ],
}

/** Notes, with further migrations if given. */
export function defineNotes(...further: readonly Migration[]): FileDefinition {
  const procedures = new URL("./procedures.ts", import.meta.url)
  return { kind: "project", features: [{ name: "notes", migrations: [noteMigration, ...further], procedures }] }
}

export const insertNote = "INSERT INTO note (id, body) VALUES (?, ?)"
export const countNotes = "SELECT count(*) AS count FROM note"

/** What a promise rejects with; fails the test when it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<AshlarError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(outcome).toBeInstanceOf(AshlarError)
  return outcome as AshlarError
}

/** The code of what a promise rejects with, or `"done"`: outcomes as one comparable word. */
export async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "done",
    (error) => String(error.code ?? error),
  )
}

/** Opens an engine for one test and closes it whatever happens. */
export async function withEngine<T>(options: SqliteOptions, work: (engine: SqliteEngine) => Promise<T>): Promise<T> {
  const engine = openSqlite(options)
  try {
    return await work(engine)
  } finally {
    await engine.close()
  }
}

/** Makes a file with some notes, and closes it. */
export async function makeNotes(path: string, rows = 10): Promise<string> {
  await withEngine({}, async (engine) => {
    const file = await engine.open(path, defineNotes())
    await file.write(
      Array.from({ length: rows }, (_, index) => ({ sql: insertNote, params: [`n${index}`, "x".repeat(200)] })),
    )
  })
  return path
}
