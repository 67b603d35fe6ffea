import type { AshlarError } from "@ashlar/core"
import { MongoError } from "mongodb"
import {
  OrmConnectFailed,
  OrmConnectionLost,
  OrmConstraintViolation,
  OrmDiskFull,
  OrmOutcomeUnknown,
  OrmQueryFailed,
  OrmReadOnly,
  OrmSerializationFailed,
  OrmStatementInvalid,
  OrmTimeout,
  OrmUniqueViolation,
  OrmUnsupported,
} from "../errors.ts"

type Kind = new (message?: string, options?: { cause: unknown }) => AshlarError

/** @see https://www.mongodb.com/docs/manual/reference/error-codes/ */
const BY_CODE: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [2, OrmStatementInvalid],
  [9, OrmStatementInvalid],
  [13, OrmConnectFailed],
  [18, OrmConnectFailed],
  [50, OrmTimeout],
  [59, OrmStatementInvalid],
  [112, OrmSerializationFailed],
  [121, OrmConstraintViolation],
  [251, OrmSerializationFailed],
  [262, OrmTimeout],
  [10107, OrmReadOnly],
  [14031, OrmDiskFull],
])

/** An error of the package `mongodb` as one of ours. */
function toMongoFault(cause: MongoError): AshlarError {
  const { name, code, keyPattern } = cause as { name?: string; code?: unknown; keyPattern?: object }
  if (code === 11000) {
    const details = keyPattern === undefined ? {} : { details: { columns: Object.keys(keyPattern) } }
    return new OrmUniqueViolation(undefined, { cause, ...details })
  }
  // The client puts another error around that of a server without retryable writes.
  if (code === 20 || (cause as { originalError?: { code?: unknown } }).originalError?.code === 20)
    return new OrmUnsupported("MongoDB has transactions on replica sets only, and this server is none.", { cause })
  if (hasLabel(cause, "UnknownTransactionCommitResult")) return new OrmOutcomeUnknown(undefined, { cause })
  if (hasLabel(cause, "TransientTransactionError")) return new OrmSerializationFailed(undefined, { cause })
  if (typeof code === "number") return new (BY_CODE.get(code) ?? OrmQueryFailed)(undefined, { cause })
  if (name === "MongoServerSelectionError") return new OrmConnectFailed(undefined, { cause })
  if (name?.startsWith("MongoNetwork") || name?.startsWith("MongoPool"))
    return new OrmConnectionLost(undefined, { cause })
  return new OrmQueryFailed(undefined, { cause })
}

function hasLabel(error: unknown, label: string): boolean {
  const { errorLabels } = error as { errorLabels?: readonly string[] }
  return errorLabels?.includes(label) ?? false
}

/** Runs work, and rejects with a class of ours. */
export async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    // What a caller's own code threw within a transaction is the caller's.
    throw error instanceof MongoError ? toMongoFault(error) : error
  }
}
