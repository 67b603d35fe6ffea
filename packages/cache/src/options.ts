import type { Clock, Guarantees } from "@ashlar/core"
import { type Duration, toMs } from "./duration.ts"
import { CacheOptionInvalid } from "./errors.ts"
import { checkKey } from "./store.ts"

export interface CacheOptions {
  /** What the caller relies on: `{ crossProcess: true }`. A URL whose driver does not promise it is refused at once. */
  readonly needs?: Guarantees
  /** Told of what went wrong where the cache went on without it: a read that failed, a value that was not kept. */
  readonly onError?: (error: unknown) => void
  /** For tests. */
  readonly clock?: Clock
  /** How long a tier in front may serve what another process changed, should the word of it be lost. Default `"30s"`. */
  readonly localTtl?: Duration
  /** How often a tier in front of an SQL database looks for changes. Default `"250ms"`. */
  readonly pollEvery?: Duration
}

/** How an entry is kept. */
export interface SetOptions {
  /** How long it is served. Default: until it is deleted, or gives way to others. */
  readonly ttl?: Duration
  /** At most 16 names by which it can be invalidated, together with others. */
  readonly tags?: readonly string[]
}

/** How a value is kept, made, and what stands in for it. */
export interface RememberOptions extends SetOptions {
  /** After `ttl`, for so long, the former value is served at once while one caller makes it anew. Default: not. */
  readonly staleWhileRevalidate?: Duration
  /** After `ttl`, for so long, the former value stands in when making fails. Default: not. */
  readonly grace?: Duration
  /** How long the former value is then served before it is tried again. Default `"2s"`. */
  readonly graceBackoff?: Duration
  /** How long it is remembered that there is nothing, when `make` gives `undefined` or `null`. Default: `undefined` is not kept. */
  readonly negativeTtl?: Duration
  /** How long making may take; others wait for it as long. Default `"30s"`. */
  readonly timeout?: Duration
}

/** Those options, read. Times in milliseconds. */
export interface Plan {
  readonly ttlMs: number
  readonly tags: readonly string[]
  readonly staleMs: number
  readonly graceMs: number
  readonly backoffMs: number
  readonly negativeMs: number | undefined
  readonly timeoutMs: number
}

const MAX_TAGS = 16
const NO_TAGS: readonly string[] = []
const KNOWN: ReadonlySet<string> = new Set<keyof RememberOptions>([
  "ttl",
  "tags",
  "staleWhileRevalidate",
  "grace",
  "graceBackoff",
  "negativeTtl",
  "timeout",
])

/** @throws {CACHE_OPTION_INVALID} {CACHE_KEY_INVALID} */
export function planOf(options: Duration | RememberOptions = {}): Plan {
  const { ttl, tags, staleWhileRevalidate, grace, graceBackoff, negativeTtl, timeout }: RememberOptions =
    typeof options === "string" ? { ttl: options } : checkNames(options)
  return {
    ttlMs: ttl === undefined ? Number.POSITIVE_INFINITY : toMs(ttl, "ttl"),
    tags: tags === undefined ? NO_TAGS : checkTags(tags),
    staleMs: staleWhileRevalidate === undefined ? 0 : toMs(staleWhileRevalidate, "staleWhileRevalidate"),
    graceMs: grace === undefined ? 0 : toMs(grace, "grace"),
    backoffMs: toMs(graceBackoff ?? "2s", "graceBackoff"),
    negativeMs: negativeTtl === undefined ? undefined : toMs(negativeTtl, "negativeTtl"),
    timeoutMs: toMs(timeout ?? "30s", "timeout"),
  }
}

function checkNames(options: RememberOptions): RememberOptions {
  for (const name of Object.keys(options))
    if (!KNOWN.has(name))
      throw new CacheOptionInvalid(`Unknown option "${name}". Expected one of: ${[...KNOWN].join(", ")}.`)
  return options
}

export function checkTags(tags: readonly string[]): readonly string[] {
  if (tags.length > MAX_TAGS)
    throw new CacheOptionInvalid(
      `Expected at most ${MAX_TAGS} tags, got ${tags.length}. Tag what is invalidated together.`,
    )
  for (const tag of tags) checkKey(tag, "tag")
  return [...new Set(tags)]
}
