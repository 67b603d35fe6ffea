import { OrmTransactionMisused } from "./errors.ts"

const READS = /^\s*(?:select|values)\b/i
const TRANSACTIONS =
  /^\s*(?:begin|start\s+transaction|commit|end|rollback|abort|savepoint|release|set\s+(?:session\s+)?transaction|xa)\b/i

/** True for what surely only reads. What begins otherwise, as `with` does, may write. */
export function onlyReads(text: string): boolean {
  return READS.test(text)
}

/**
 * Keeps callers from ending a transaction that others believe to be open, and from leaving one open on a shared connection.
 *
 * @throws {ORM_TRANSACTION_MISUSED}
 */
export function refuseTransactionControl(text: string): void {
  if (TRANSACTIONS.test(text))
    throw new OrmTransactionMisused("Write db.transaction(async (tx) => …) in place of BEGIN, COMMIT and savepoints.")
}
