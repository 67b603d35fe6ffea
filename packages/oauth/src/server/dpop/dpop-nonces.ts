import type { Transactions } from "../authorize/transaction.ts"
import type { DpopOptions } from "./dpop-proofs.ts"

/** Nonces that every process of a server knows, without keeping one: each is its own time, sealed. */
export function dpopNonces(transactions: Transactions, maxAgeSeconds: number): NonNullable<DpopOptions["nonces"]> {
  return {
    fresh: () => transactions.seal("nonce", {}, maxAgeSeconds),
    isGood: async (nonce) => (await transactions.open("nonce", nonce)) !== undefined,
  }
}
