import { CacheKeyInvalid } from "./errors.ts"

export type MaybePromise<T> = T | Promise<T>

/** What is kept for one key. */
export interface Entry {
  /** `undefined`: it is known that there is nothing. */
  readonly value: unknown
  /** Until then it is served as it is. Milliseconds since 1970. */
  readonly freshUntilMs: number
  /** From then on it is not there at all; between the two it may stand in. `Infinity`: never. */
  readonly expiresMs: number
  readonly tags: readonly string[]
}

/** The right to make the value of one key, which one caller has at a time. */
export interface Lease {
  readonly token: string
  /** What the store must know of the tags as they were when the lease began. */
  readonly versions: readonly string[]
}

/**
 * Keeps entries. What every driver must do is held by `describeCacheStore`:
 *
 * - An entry is got as it was set, until `expiresMs` or until one of its tags is invalidated, whichever comes first; a store
 *   with a bound may forget it earlier, and never later.
 * - `set`, `delete`, `flush` and `invalidate` end the leases of the keys they touch. `fill` keeps nothing when its lease has
 *   ended, or when one of its tags was invalidated since the lease began: a value made of what was read before can never hide a
 *   later change.
 * - `invalidate` takes effect for all of its tags at once: no `get` that begins after it has resolved gives an entry of the tag.
 * - What cannot be done rejects with CACHE_STORE_FAILED. Nothing is lost silently but by bounds and time.
 */
export interface CacheStore {
  /** Whether `get` gives the very values it holds, so that callers must copy them. */
  readonly sharesValues: boolean
  /** Values whose text is larger are refused with CACHE_VALUE_TOO_LARGE. */
  readonly maxPayloadBytes: number
  get(key: string): MaybePromise<Entry | undefined>
  /**
   * What is in this process's own memory, fresh or not, at once and counted as asked for; nothing says nothing. Absent where
   * nothing is.
   * @param nowMs The time, read by the caller: to read a clock costs as much as the rest of a hit.
   */
  held?(key: string, nowMs: number): Entry | undefined
  /** In the order of the keys. */
  getMany(keys: readonly string[]): MaybePromise<readonly (Entry | undefined)[]>
  set(items: readonly (readonly [key: string, entry: Entry])[]): MaybePromise<void>
  /** @returns how many of them were there. */
  delete(keys: readonly string[]): MaybePromise<number>
  /** All whose key begins with the prefix; `""` is all. */
  flush(prefix: string): MaybePromise<void>
  invalidate(tags: readonly string[]): MaybePromise<void>
  /** @returns nothing while another holds the key's lease, which ends by itself after `ttlMs`. */
  begin(key: string, tags: readonly string[], ttlMs: number): MaybePromise<Lease | undefined>
  /** Keeps the entry if the lease stands, and ends the lease. @returns whether it was kept. */
  fill(key: string, entry: Entry, lease: Lease): MaybePromise<boolean>
  /** Ends the lease without an entry. */
  end(key: string, lease: Lease): MaybePromise<void>
  /** What it holds, where that is known without asking. */
  usage?(): { readonly entries: number; readonly bytes: number; readonly evictions: number }
  /**
   * Tells other processes of changes, and of theirs; absent where there is no way.
   * @param pollMs How often a store that is not told of changes looks for them.
   */
  openBus?(pollMs: number): Promise<ChangeBus>
  close(): Promise<void>
}

/** Carries texts to every other process that opened the same store. */
export interface ChangeBus {
  publish(message: string): Promise<void>
  subscribe(listener: (message: string) => void): Promise<void>
  /** `false`: messages may be missing from now on. `true`: they come again, some may have been lost. */
  onState(callback: (isConnected: boolean) => void): void
  close(): Promise<void>
}

const MAX_KEY_LENGTH = 1_024

/** @throws {CACHE_KEY_INVALID} for what two stores could take for different keys. */
export function checkKey(key: string, what: "key" | "tag" | "name" = "key"): void {
  // A NUL, or half of a surrogate pair, which is another character once it is UTF-8.
  if (
    typeof key === "string" &&
    key.length > 0 &&
    key.length <= MAX_KEY_LENGTH &&
    key.isWellFormed() &&
    !key.includes("\0")
  )
    return
  throw new CacheKeyInvalid(
    `Expected a ${what} of 1 to ${MAX_KEY_LENGTH} characters of well-formed text without NUL, got ${describeKey(key)}.`,
  )
}
function describeKey(key: unknown): string {
  if (typeof key !== "string") return key === null ? "null" : `a ${typeof key}`
  if (key === "") return "an empty one"
  return key.length > MAX_KEY_LENGTH ? `${key.length} characters` : "one that is not"
}
