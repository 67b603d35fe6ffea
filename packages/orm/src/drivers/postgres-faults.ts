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

/** The SQLSTATE: pg has it in `code`, Bun's client in `errno`. What the server says has a severity; all else is the client's. */
function stateOf(error: unknown): string | undefined {
  const { code, errno, severity } = error as { code?: unknown; errno?: unknown; severity?: unknown }
  if (severity === undefined) return undefined
  const state = typeof errno === "string" ? errno : code
  return typeof state === "string" ? state : undefined
}

/** What the client refused before it sent anything: JSON that does not read, where the server expects it. */
function isOfClient(error: unknown): boolean {
  return error instanceof SyntaxError || (error as { code?: unknown }).code === "ERR_POSTGRES_COPY_NOT_SUPPORTED"
}

/** The table changed, so that a statement prepared before gives other columns now. */
export function isStalePlan(error: unknown): boolean {
  const { routine } = error as { routine?: unknown }
  return stateOf(error) === "0A000" && routine === "RevalidateCachedQuery"
}

/** An error of pg or of Bun's client as one of ours. */
export function toPostgresFault(cause: unknown): AshlarError {
  if (cause instanceof AshlarError) return cause
  if (isOfClient(cause)) return new OrmQueryFailed(undefined, { cause })
  const { constraint } = cause as { constraint?: unknown }
  const state = stateOf(cause)
  // The connection is gone.
  if (state === undefined) return new OrmConnectionLost(undefined, { cause })
  if (isStalePlan(cause)) return new OrmSchemaChanged(undefined, { cause })
  const Fault = BY_STATE.get(state) ?? BY_CLASS.get(state.slice(0, 2)) ?? OrmQueryFailed
  const details = typeof constraint === "string" ? { details: { constraint } } : {}
  return new Fault(undefined, { cause, ...details })
}
