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
  OrmSerializationFailed,
  OrmStatementInvalid,
  OrmTimeout,
  OrmUniqueViolation,
} from "../errors.ts"

type Kind = new (message?: string, options?: { cause: unknown; details?: Record<string, unknown> }) => AshlarError

/** @see https://mariadb.com/kb/en/mariadb-error-code-reference/ */
const KINDS: readonly (readonly [Kind, readonly number[]])[] = [
  [OrmUniqueViolation, [1062, 1169, 1586]],
  [OrmForeignKeyViolation, [1216, 1217, 1451, 1452]],
  [OrmConstraintViolation, [1048, 1364, 3819, 4025]],
  [OrmDeadlock, [1213]],
  [OrmSerializationFailed, [1020]],
  [OrmLockTimeout, [1205, 3572]],
  [OrmTimeout, [1317, 1969, 3024]],
  [OrmReadOnly, [1290, 1792, 1836]],
  [OrmDiskFull, [1021, 1114]],
  [OrmConnectionLost, [1053, 1927, 1152, 1160, 1184]],
  [OrmStatementInvalid, [1054, 1064, 1109, 1146, 1149, 1305]],
]

const BY_NUMBER: ReadonlyMap<number, Kind> = new Map(
  KINDS.flatMap(([kind, numbers]) => numbers.map((number) => [number, kind] as const)),
)

/** An error of mysql2 as one of ours. */
export function toMysqlFault(cause: unknown): AshlarError {
  if (cause instanceof AshlarError) return cause
  const { errno, sqlState } = cause as { errno?: unknown; sqlState?: unknown }
  // What the server says has a state; all else is the client's, whose connection is gone.
  if (typeof errno !== "number" || sqlState === undefined) return new OrmConnectionLost(undefined, { cause })
  const Fault = BY_NUMBER.get(errno) ?? OrmQueryFailed
  const constraint = Fault === OrmUniqueViolation ? keyOf(cause) : undefined
  return new Fault(undefined, { cause, ...(constraint !== undefined && { details: { constraint } }) })
}

/** "Duplicate entry 'a' for key 'users_email_unique'"; MySQL 8 writes the table in front. */
function keyOf(cause: unknown): string | undefined {
  const { sqlMessage } = cause as { sqlMessage?: unknown }
  const [, name] = / for key '([^']+)'$/.exec(typeof sqlMessage === "string" ? sqlMessage : "") ?? []
  return name?.slice(name.lastIndexOf(".") + 1)
}
