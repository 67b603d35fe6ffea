import { expect } from "bun:test"
import { type ManualClock, manualClock } from "@ashlar/core"
import { MemoryStore } from "../drivers/memory.ts"
import { createSharedCache, type SharedCache, type SharedCacheOptions } from "../http/index.ts"
import { openCache } from "../open-cache.ts"

/** Headers. */
export type Fields = Readonly<Record<string, string>>
/** What the origin answers. */
export interface Origin {
  readonly status?: number
  readonly headers?: Fields
  readonly body?: string | null
}
/** One request of a conversation, and what must come of it. */
export interface Turn {
  readonly method?: string
  readonly url?: string
  readonly request?: Fields
  /** Seconds that pass before. */
  readonly after?: number
  /** What the origin would answer; "down" when it cannot be reached. Default: what it answered before. */
  readonly origin?: Origin | "down"
  /** `hit`: it is not asked. `forwarded`: it is. `validated`: it is asked whether it changed, with this validator. */
  readonly expect: "hit" | "forwarded" | "validated" | "fails"
  readonly status?: number
  readonly age?: number
  readonly body?: string
}

export const OLD: Fields = { "last-modified": "Mon, 01 Dec 2025 00:00:00 GMT" } // 31 days before the clock begins
export const URL_A = "http://origin.example/a"

export interface Conversation {
  readonly turn: (turn: Turn) => Promise<Response | undefined>
  readonly shared: SharedCache
  readonly clock: ManualClock
  /** What the origin was asked. */
  readonly seen: Request[]
}

/** A cache, an origin that counts, and a clock that stands still. */
export function converse(options: Partial<SharedCacheOptions> = {}): Conversation {
  const clock = manualClock()
  const cache = openCache(new MemoryStore({ maxEntries: 1_000, maxBytes: 10_000_000 }, clock), { clock })
  const shared = createSharedCache({ cache, clock, ...options })
  let origin: Origin | "down" = {}
  let count = 0
  const seen: Request[] = []
  const forward = async (request: Request): Promise<Response> => {
    seen.push(request)
    if (origin === "down") throw new RangeError("no route to the origin")
    const { status = 200, headers = {}, body = `answer ${++count}` } = origin
    const asked = request.headers.get("if-none-match") ?? request.headers.get("if-modified-since")
    const own = headers.etag ?? headers["last-modified"]
    const date = { date: new Date(clock.now()).toUTCString() }
    if (status === 200 && asked !== null && own !== undefined && asked === own)
      return new Response(null, { status: 304, headers: { ...date, ...headers } })
    return new Response([204, 304].includes(status) || request.method === "HEAD" ? null : body, {
      status,
      headers: { ...date, ...headers },
    })
  }
  const turn = async ({ method = "GET", url = URL_A, request = {}, after = 0, origin: next, ...expected }: Turn) => {
    clock.advance(after * 1000)
    if (next !== undefined) origin = next
    const asked = seen.length
    const answer = await shared.handle(new Request(url, { method, headers: request }), forward).catch(() => undefined)
    const text = await answer?.text()
    await Bun.sleep(0)
    const sent = seen[asked]
    const isValidating = sent?.headers.has("if-none-match") || sent?.headers.has("if-modified-since")
    const isClients = request["if-none-match"] ?? request["if-modified-since"]
    const how =
      answer === undefined
        ? "fails"
        : sent === undefined
          ? "hit"
          : isValidating && isClients === undefined
            ? "validated"
            : "forwarded"
    expect({ how, status: answer?.status }).toEqual({
      how: expected.expect,
      status: answer === undefined ? undefined : (expected.status ?? 200),
    } as never)
    if (expected.age !== undefined) expect(answer?.headers.get("age")).toBe(String(expected.age))
    if (expected.body !== undefined) expect(text).toBe(expected.body)
    return answer
  }
  return { turn, shared, clock, seen }
}

export const says = (cacheControl: string, more: Fields = {}): Origin => ({
  headers: { "cache-control": cacheControl, ...more },
})
export const once = (origin: Origin, then: Omit<Turn, "expect">, expected: Turn["expect"]): readonly Turn[] => [
  { origin, expect: "forwarded" },
  { ...then, expect: expected },
]
