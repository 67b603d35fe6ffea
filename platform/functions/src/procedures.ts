/** What must decide and write in one step. Runs in the writer Worker, one call at a time. */
import type { Transaction } from "@ashlar/sqlite"
import { FunctionInvalid, FunctionNotFound, FunctionVersionNotFound } from "./errors.ts"

export interface NewVersion {
  /** The function that the env was sealed for: the one that has the name, or the one to make. */
  readonly functionId: string
  readonly name: string
  /** Absent: as the function has it, or `"secret"`. */
  readonly access: string | null
  readonly runtime: string
  readonly sha256: string
  /** Empty when it is a bundle. */
  readonly code: Uint8Array
  /** Where the code is kept outside of the file; `null`: it is not. */
  readonly bundle: string | null
  readonly sizeBytes: number
  readonly sealedEnv: Uint8Array
  readonly envNames: string
  readonly egress: string
  readonly limits: string
  readonly atMs: number
  readonly by: string
  readonly maxFunctions: number
  readonly maxVersions: number
}

/**
 * Writes the next version of a function, the function too when the name is new, and makes it the active one.
 *
 * @returns the version's number and the bundles that no version has any more, or `null` when the name went to another function
 * since the env was sealed.
 * @throws {FUNCTIONS_INVALID} when the project has as many functions as it may.
 */
export function deploy(tx: Transaction, next: NewVersion): { version: number; dropped: string[] } | null {
  const { functionId } = next
  const found = tx.get<{ id: string }>("SELECT id FROM functions_functions WHERE name = ?", [next.name])
  if (found && found.id !== functionId) return null
  if (!found) {
    const { count } = tx.get<{ count: number }>("SELECT count(*) AS count FROM functions_functions")!
    if (count >= next.maxFunctions)
      throw new FunctionInvalid(`The project has ${count} functions, as many as it may. Delete one first.`)
    tx.run(
      `INSERT INTO functions_functions (id, name, access, active, created_at, updated_at) VALUES (?, ?, ?, 0, ?, ?)`,
      [functionId, next.name, next.access ?? "secret", next.atMs, next.atMs],
    )
  }
  const last = tx.get<{ version: number | null }>(
    "SELECT max(version) AS version FROM functions_versions WHERE function_id = ?",
    [functionId],
  )
  const version = (last?.version ?? 0) + 1
  const { runtime, sha256, code, bundle, sizeBytes, sealedEnv, envNames, egress, limits, atMs, by } = next
  tx.run(
    `INSERT INTO functions_versions (function_id, version, runtime, sha256, code, bundle, size_bytes, sealed_env, env_names,
       egress, limits, created_at, created_by)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [functionId, version, runtime, sha256, code, bundle, sizeBytes, sealedEnv, envNames, egress, limits, atMs, by],
  )
  tx.run("UPDATE functions_functions SET active = ?, updated_at = ?, access = coalesce(?, access) WHERE id = ?", [
    version,
    atMs,
    next.access,
    functionId,
  ])
  const oldest = version - next.maxVersions
  const dropped = bundlesOf(tx, functionId, oldest)
  tx.run("DELETE FROM functions_versions WHERE function_id = ? AND version <= ?", [functionId, oldest])
  return { version, dropped }
}

/** The bundles of a function's versions up to one. */
function bundlesOf(tx: Transaction, functionId: string, lastVersion: number): string[] {
  const rows = tx.all<{ bundle: string }>(
    "SELECT bundle FROM functions_versions WHERE function_id = ? AND version <= ? AND bundle IS NOT NULL",
    [functionId, lastVersion],
  )
  return rows.map(({ bundle }) => bundle)
}

/**
 * Makes another version the active one.
 *
 * @param to.version `null`: the one before the active.
 * @throws {FUNCTIONS_NOT_FOUND} @throws {FUNCTIONS_VERSION_NOT_FOUND}
 */
export function rollback(tx: Transaction, to: { name: string; version: number | null; atMs: number }): number {
  const found = tx.get<{ id: string; active: number }>("SELECT id, active FROM functions_functions WHERE name = ?", [
    to.name,
  ])
  if (!found) throw new FunctionNotFound()
  const target = tx.get<{ version: number }>(
    to.version === null
      ? "SELECT version FROM functions_versions WHERE function_id = ? AND version < ? ORDER BY version DESC LIMIT 1"
      : "SELECT version FROM functions_versions WHERE function_id = ? AND version = ?",
    [found.id, to.version ?? found.active],
  )
  if (!target) throw new FunctionVersionNotFound()
  tx.run("UPDATE functions_functions SET active = ?, updated_at = ? WHERE id = ?", [target.version, to.atMs, found.id])
  return target.version
}

/** Deletes a function with its versions and its log. @returns the bundles that they had. @throws {FUNCTIONS_NOT_FOUND} */
export function remove(tx: Transaction, { name }: { name: string }): string[] {
  const found = tx.get<{ id: string }>("SELECT id FROM functions_functions WHERE name = ?", [name])
  if (!found) throw new FunctionNotFound()
  const dropped = bundlesOf(tx, found.id, Number.MAX_SAFE_INTEGER)
  for (const table of ["functions_logs", "functions_versions"])
    tx.run(`DELETE FROM ${table} WHERE function_id = ?`, [found.id])
  tx.run("DELETE FROM functions_functions WHERE id = ?", [found.id])
  return dropped
}

/** Lines of one function as columns: strings and flat arrays cross to the writer fastest. */
export interface LogBatch {
  readonly functionId: string
  readonly seqs: readonly number[]
  readonly ats: readonly number[]
  readonly invocations: readonly (string | null)[]
  readonly versions: readonly number[]
  readonly kinds: readonly string[]
  readonly levels: readonly string[]
  readonly messages: readonly string[]
  readonly fields: readonly string[]
  /** How many lines are kept. */
  readonly maxRows: number
}

/** Appends lines and drops the oldest beyond what is kept. Lines of a function that was deleted are dropped. */
export function appendLogs(tx: Transaction, batch: LogBatch): void {
  const { functionId } = batch
  if (!tx.get("SELECT 1 FROM functions_functions WHERE id = ?", [functionId])) return
  batch.seqs.forEach((seq, at) => {
    tx.run(
      `INSERT INTO functions_logs (function_id, seq, at, invocation, version, kind, level, message, fields)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      [
        functionId,
        seq,
        batch.ats[at]!,
        batch.invocations[at]!,
        batch.versions[at]!,
        batch.kinds[at]!,
        batch.levels[at]!,
        batch.messages[at]!,
        batch.fields[at]!,
      ],
    )
  })
  const newest = batch.seqs.at(-1) ?? 0
  tx.run("DELETE FROM functions_logs WHERE function_id = ? AND seq <= ?", [functionId, newest - batch.maxRows])
}
