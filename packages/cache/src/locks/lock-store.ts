import type { MaybePromise } from "../store.ts"

/** A try for a lock: held from now on, or by another for so long at most. */
export type Attempt = { readonly fence: number } | { readonly heldForMs: number }

/** Who claims which lock. */
export interface Claim {
  readonly name: string
  /** A name that nobody else makes. */
  readonly owner: string
}

/**
 * Keeps who holds which lock. What every driver must do is held by `describeLockStore`:
 *
 * - Of all who try at once one holds it, until it is released by its owner or its time is over by the store's own clock.
 * - The fence of a later holder is larger than that of any earlier one.
 * - A try by the owner who holds it already is an extension: an answer that was lost may be asked for again.
 */
export interface LockStore {
  attempt(claim: Claim, ttlMs: number): MaybePromise<Attempt>
  /** @returns whether the owner still held it, and holds it for `ttlMs` from now on. */
  extend(claim: Claim, ttlMs: number): MaybePromise<boolean>
  /** @returns whether the owner still held it. */
  release(claim: Claim): MaybePromise<boolean>
  close(): Promise<void>
}
