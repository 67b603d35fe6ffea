import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createUuidv7, type ManualClock, manualClock } from "@ashlar/core"
import { openSqlite, type SqliteFile } from "@ashlar/sqlite"
import { type DocumentStore, documentsFeature, openDocuments } from "../src/index.ts"
import type { StoreLimits } from "../src/limits.ts"

/** A project's file in a folder of its own, with a store on it. */
export interface Project {
  readonly file: SqliteFile
  readonly store: DocumentStore
  readonly clock: ManualClock
  /** Another store on the same file: with other limits, or after a restart. */
  reopen(options?: { limits?: Partial<StoreLimits>; cursorKey?: Uint8Array }): DocumentStore
  close(): Promise<void>
}

export async function openProject(): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-documents-"))
  const engine = openSqlite({ writers: 1 })
  const file = await engine.open(join(folder, "project.db"), { kind: "project", features: [documentsFeature] })
  const clock = manualClock()
  const ids = createUuidv7(clock)
  const reopen: Project["reopen"] = ({ limits = {}, cursorKey = new Uint8Array(32).fill(7) } = {}) =>
    openDocuments({ file, clock, ids, cursorKey, limits })
  return {
    file,
    clock,
    store: reopen(),
    reopen,
    async close() {
      await engine.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The report of the error that the work ends in. */
export async function refusal(
  work: () => unknown,
): Promise<{ code: string; message: string; details: Record<string, unknown> }> {
  try {
    await work()
  } catch (error) {
    const {
      code,
      message,
      details = {},
    } = error as { code: string; message: string; details?: Record<string, unknown> }
    return { code, message, details }
  }
  return { code: "NONE", message: "nothing was refused", details: {} }
}
