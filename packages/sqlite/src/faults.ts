import { existsSync } from "node:fs"
import { basename, dirname } from "node:path"
import { AshlarError, type ErrorReport, Internal } from "@ashlar/core"
import {
  SqliteConstraint,
  SqliteCorrupt,
  SqliteFailed,
  SqliteFull,
  SqliteLocked,
  SqliteMissing,
  SqliteNotADatabase,
  SqliteNotWritable,
  SqliteStatementInvalid,
  SqliteStorageFailed,
} from "./errors.ts"

/**
 * What an error means for the file, beyond the operation that met it.
 * `full`: the disk has no room. `io`: a read, write or fsync failed, so what is on the disk is not known.
 * `damaged`: the file itself is broken.
 */
export type Fault = "none" | "full" | "io" | "damaged"

/** The shape of bun:sqlite's errors: the name of the extended result code, and its number. */
interface SqliteNativeError extends Error {
  readonly code: string
  readonly errno: number
}

/** SQLITE_IOERR_GETTEMPPATH. */
const noTemporaryFolder = 6410

function isNative(error: unknown): error is SqliteNativeError {
  return error instanceof Error && "errno" in error && "code" in error && String(error.code).startsWith("SQLITE_")
}

/**
 * The fault behind an error, by the primary result code (the low byte of the extended one).
 *
 * @see https://www.sqlite.org/rescode.html
 */
export function faultOf(error: unknown): Fault {
  if (!isNative(error)) {
    const cause = error instanceof AshlarError ? error.cause : undefined
    return isNative(cause) ? faultOf(cause) : "none"
  }
  const primary = error.errno & 0xff
  // The disk of the file is fine; SQLite found no folder for a temporary file.
  if (error.errno === noTemporaryFolder) return "none"
  if (primary === 13) return "full"
  if (primary === 10) return "io"
  return primary === 11 || primary === 26 ? "damaged" : "none"
}

/** An error of SQLite as one of this package's; an AshlarError passes, anything else is a defect. */
export function toAshlarError(error: unknown, path: string): AshlarError {
  if (error instanceof AshlarError) return error
  const name = basename(path)
  if (!isNative(error)) {
    // bun:sqlite answers SQL without a statement, wrong parameter counts and unbindable values with plain errors.
    return new Internal(undefined, { cause: error })
  }
  const cause = withPath(error, path)
  switch (error.errno & 0xff) {
    case 1: // ERROR: does not compile, no such table …
    case 18: // TOOBIG
    case 20: // MISMATCH
    case 25: // RANGE
      return new SqliteStatementInvalid(`SQLite refused the statement: ${error.message}.`, { cause })
    case 5:
    case 6:
      return new SqliteLocked(undefined, { cause })
    case 3:
    case 8:
      return notWritable(error, path)
    case 10:
      if (error.errno === noTemporaryFolder) {
        return new SqliteNotWritable(
          "Expected a writable folder for temporary files, got none. Set SQLITE_TMPDIR, or make /var/tmp or /tmp writable.",
          { cause },
        )
      }
      return new SqliteStorageFailed(undefined, { cause })
    case 11:
      return new SqliteCorrupt(
        `The database file "${name}" is damaged (${error.message}). Keep a copy of it, then restore a backup.`,
        { cause },
      )
    case 13:
      return new SqliteFull(undefined, { cause })
    case 14:
      return toOpenError(error, path, false)
    case 19:
      return new SqliteConstraint(`The write breaks a constraint: ${error.message}.`, {
        cause,
        details: { constraint: error.code.replace("SQLITE_CONSTRAINT_", "").toLowerCase() },
      })
    case 26:
      return new SqliteNotADatabase(
        `Expected "${name}" to be a database of this software, got another kind of file. Move it away, or restore a backup.`,
        { cause },
      )
    default:
      return new SqliteFailed(undefined, { cause })
  }
}

/**
 * Why a path could not be opened or made: SQLite answers CANTOPEN to nearly everything, and the file system has its own codes.
 *
 * @param creating a missing file is no reason then, so it must be the permission
 */
export function toOpenError(error: unknown, path: string, creating: boolean): AshlarError {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  const forbidden = code === "EACCES" || code === "EPERM" || code === "EROFS"
  if (forbidden || existsSync(path) || (creating && existsSync(dirname(path)))) return notWritable(error, path)
  return new SqliteMissing(
    `Expected the database file "${basename(path)}" in its folder, got none. Put it back, or restore a backup.`,
    { cause: withPath(error, path) },
  )
}

function notWritable(error: unknown, path: string): AshlarError {
  return new SqliteNotWritable(
    `Expected "${basename(path)}" and its folder to be writable, got a refusal. Give the server's user write permission on both; SQLite keeps files beside the database.`,
    { cause: withPath(error, path) },
  )
}

/** As in Node's own errors: the log says which file. */
function withPath(error: unknown, path: string): unknown {
  return error instanceof Error ? Object.assign(error, { path }) : error
}

/** An error as it crosses a thread: its report, and what the log should know. */
export interface ErrorWire {
  readonly report: ErrorReport
  readonly cause: unknown
}

export function toErrorWire(error: unknown, path: string): ErrorWire {
  const known = toAshlarError(error, path)
  const report = known.report()
  // Details are JSON by contract; ones that are not must not hold up the others' results.
  const crosses = report.details === undefined || isCloneable(report.details)
  return { report: crosses ? report : { ...report, details: {} }, cause: toPlainCause(known.cause) }
}

/** Whether a value can cross to another thread or process. */
export function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}

/** Causes are only for the log, so one level of plain data is enough, and always crosses. */
function toPlainCause(cause: unknown): unknown {
  if (cause instanceof Error) {
    const plain = { ...cause, name: cause.name, message: cause.message, stack: cause.stack }
    return isCloneable(plain) ? plain : { name: cause.name, message: cause.message, stack: cause.stack }
  }
  return isCloneable(cause) ? cause : String(cause)
}
