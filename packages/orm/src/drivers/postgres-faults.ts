import { AshlarError } from "@ashlar/core"
import {
  OrmConnectionLost,
  OrmConstraintViolation,
  OrmDeadlock,
  OrmDiskFull,
  OrmForeignKeyViolation,
  OrmLockTimeout,
  OrmQueryFailed,
  OrmReadOnly,
  OrmSchemaChanged,
  OrmSerializationFailed,
  OrmStatementInvalid,
  OrmTimeout,
  OrmTransactionAborted,
  OrmUniqueViolation,
} from "../errors.ts"

type Kind = new (message?: string, options?: { cause: unknown; details?: Record<string, unknown> }) => AshlarError

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const BY_STATE: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["23505", OrmUniqueViolation],
  ["23503", OrmForeignKeyViolation],
  ["40001", OrmSerializationFailed],
  ["40P01", OrmDeadlock],
  ["55P03", OrmLockTimeout],
  ["57014", OrmTimeout],
  ["25006", OrmReadOnly],
  ["25P02", OrmTransactionAborted],
  ["53100", OrmDiskFull],
])

const BY_CLASS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["08", OrmConnectionLost],
  ["23", OrmConstraintViolation],
  ["42", OrmStatementInvalid],
  ["57", OrmConnectionLost],
])

/** The table changed, so that a statement prepared before gives other columns now. */
export function isStalePlan(error: unknown): boolean {
  const { code, routine } = error as { code?: unknown; routine?: unknown }
  return code === "0A000" && routine === "RevalidateCachedQuery"
}

/** An error of pg as one of ours. */
export function toPostgresFault(cause: unknown): AshlarError {
  if (cause instanceof AshlarError) return cause
  const { code, constraint, severity } = cause as { code?: unknown; constraint?: unknown; severity?: unknown }
  // What the server says has a severity; all else is the client's, whose connection is gone.
  if (typeof code !== "string" || severity === undefined) return new OrmConnectionLost(undefined, { cause })
  if (isStalePlan(cause)) return new OrmSchemaChanged(undefined, { cause })
  const Fault = BY_STATE.get(code) ?? BY_CLASS.get(code.slice(0, 2)) ?? OrmQueryFailed
  const details = typeof constraint === "string" ? { details: { constraint } } : {}
  return new Fault(undefined, { cause, ...details })
}
