import type { Queryable } from "@ashlar/orm"

/** The right to run the request of one key, which one try has at a time. */
export interface Claim {
  /** Names the key together with whose it is: a hash, 64 hexadecimal digits. */
  readonly id: string
  /** Names the request: its method, address and body. A hash, 64 hexadecimal digits. */
  readonly fingerprint: string
  /** Names this try: nobody else makes the same. At most 36 characters. */
  readonly owner: string
}

/** What became of a try for a claim. */
export type Begun =
  | { readonly state: "begun" }
  /** Another holds it, for `leftMs` at most without a sign of life. */
  | { readonly state: "running"; readonly fingerprint: string; readonly leftMs: number }
  | { readonly state: "kept"; readonly fingerprint: string; readonly answer: string }

/**
 * Keeps claims and answers. What every driver must do is held by `describeIdempotencyStore`:
 *
 * - Of all who begin with one id at once, one is told `begun`; the others what there is. Whoever begins after an answer was kept,
 *   until `ttlMs` after that, is told the answer.
 * - A claim ends by itself `leaseMs` after `begin` or the last `extend`. From then on another may have it, and `extend`, `keep` and
 *   `end` of its former owner MUST do nothing and say so.
 * - `begin`, `extend`, `keep` and `end` are done when they resolve, whatever transaction the caller is in.
 * - What cannot be done rejects. Nothing that was kept is forgotten before its time but with all that the store has.
 */
export interface IdempotencyStore {
  begin(claim: Claim, leaseMs: number): Promise<Begun>
  /** @returns whether the claim was still held. */
  extend(claim: Claim, leaseMs: number): Promise<boolean>
  /** Keeps the answer for `ttlMs`, and ends the claim. @returns whether the claim was still held; if not, nothing is kept. */
  keep(claim: Claim, answer: string, ttlMs: number): Promise<boolean>
  /** Ends the claim without an answer: the next try runs. */
  end(claim: Claim): Promise<void>
  /** The same as `keep` in a transaction of the caller's, so that both are committed or neither. SQL only. */
  keepIn?(tx: Queryable, claim: Claim, answer: string, ttlMs: number): Promise<boolean>
  close(): Promise<void>
}
