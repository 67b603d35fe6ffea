import { AshlarError } from "@ashlar/core"
import {
  OrmConnectFailed,
  OrmConstraintViolation,
  OrmDiskFull,
  OrmForeignKeyViolation,
  OrmLockTimeout,
  OrmQueryFailed,
  OrmReadOnly,
  OrmStatementInvalid,
  OrmUniqueViolation,
} from "../errors.ts"

/** SQLite's own number of an error: Bun has it in `errno`, Node in `errcode`. @see https://sqlite.org/rescode.html */
export function resultCode(error: unknown): number {
  const { errno, errcode } = error as { errno?: unknown; errcode?: unknown }
  if (typeof errcode === "number") return errcode
  return typeof errno === "number" ? errno : 0
}

export function isBusy(error: unknown): boolean {
  const code = resultCode(error) & 0xff
  return code === 5 || code === 6
}

/** An error of bun:sqlite or node:sqlite as one of ours. */
export function toSqliteFault(cause: unknown): AshlarError {
  if (cause instanceof AshlarError) return cause
  const code = resultCode(cause)
  if (code === 2067 || code === 1555 || code === 2579)
    return new OrmUniqueViolation(undefined, { cause, details: { columns: columnsOf(cause) } })
  if (code === 787) return new OrmForeignKeyViolation(undefined, { cause })
  switch (code & 0xff) {
    case 1:
      return new OrmStatementInvalid(undefined, { cause })
    case 5:
    case 6:
      return new OrmLockTimeout(undefined, { cause })
    case 8:
      return new OrmReadOnly(undefined, { cause })
    case 13:
      return new OrmDiskFull(undefined, { cause })
    case 14:
    case 26:
      return new OrmConnectFailed(undefined, { cause })
    case 19:
      return new OrmConstraintViolation(undefined, { cause })
    default:
      return new OrmQueryFailed(undefined, { cause })
  }
}

/** "UNIQUE constraint failed: users.email, users.tenant". */
function columnsOf(error: unknown): string[] {
  const [, columns = ""] = /failed: (.+)$/.exec(error instanceof Error ? error.message : "") ?? []
  return columns.split(", ").map((column) => column.slice(column.lastIndexOf(".") + 1))
}
