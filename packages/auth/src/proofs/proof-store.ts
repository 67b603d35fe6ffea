/**
 * One thing that sign-in has to remember of somebody: a code that was sent, a factor that was enrolled, a device that is known.
 * What is secret in it is a hash or sealed: a store keeps texts as they are.
 */
export interface Proof {
  /** What it is: 1 to 32 small letters, digits and `-`. */
  readonly kind: string
  /** Names it within its kind: 1 to 64 letters, digits, `_` and `-`. A hash, where the name itself is secret or long. */
  readonly id: string
  /** Whose it is: 1 to 255 characters, compared letter for letter. */
  readonly userId: string
  /** A whole number that only grows: a time step, a signature counter, tries. */
  readonly counter: number
  /** At most 65,536 characters. */
  readonly data: string
  readonly createdMs: number
  /** From then on it is not there any more; undefined: it stays. */
  readonly expiresMs: number | undefined
}

/**
 * Keeps proofs. What every driver must do is held by `describeProofStore`:
 *
 * - A proof that is over is not found, counted, raised, replaced or taken, and makes room for another of its name.
 * - Each of `add`, `raise`, `count`, `replace` and `take` is atomic: of all who do the same at once, by whatever connections, one is told
 *   that it did, but for `count`, where as many are as there were tries left.
 * - All are done when they resolve, whatever transaction the caller is in: a try that failed is not given back by an undone one.
 * - What cannot be done rejects with `AUTH_STORE_FAILED`; nothing is forgotten before its time.
 */
export interface ProofStore {
  /** @returns whether it was added: not when there is one of its kind and id. @throws {AUTH_STORE_FULL} of memory. */
  add(proof: Proof): Promise<boolean>
  find(kind: string, id: string): Promise<Proof | undefined>
  /** Those of one user, of one kind or of all, oldest first; 1,000 at most. */
  list(userId: string, kind?: string): Promise<readonly Proof[]>
  /** Moves the counter up to `counter`. @returns whether it was below. */
  raise(kind: string, id: string, counter: number): Promise<boolean>
  /** Adds one to the counter. @returns whether it was below `max`: otherwise it stays. */
  count(kind: string, id: string, max: number): Promise<boolean>
  /** Puts other data in the place of what was read. @returns whether it was still that. */
  replace(kind: string, id: string, data: { readonly from: string; readonly to: string }): Promise<boolean>
  /** Takes it away: one of all who try is given it. */
  take(kind: string, id: string): Promise<Proof | undefined>
  /** Takes away all of one user, of some kinds or of all. @returns how many there were. */
  removeAll(userId: string, kinds?: readonly string[]): Promise<number>
  close(): Promise<void>
}
