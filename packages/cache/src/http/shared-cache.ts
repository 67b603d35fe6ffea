import { createHash } from "node:crypto"
import { type Clock, systemClock } from "@ashlar/core"
import type { Cache } from "../cache.ts"
import { collect } from "./collect.ts"
import { type Directives, seconds } from "./directives.ts"
import { type Freshness, freshnessOf } from "./freshness.ts"
import { parseDate } from "./http-date.ts"
import { partOf } from "./part.ts"
import { isFreshFor, isStaleFor, isStrict, requestDirectives } from "./request-wishes.ts"
import { isStorable } from "./storable.ts"
import {
  endToEnd,
  headerOf,
  isKnownTo,
  type StoredResponse,
  selecting,
  type VaryMark,
  varyNames,
} from "./stored-response.ts"

export interface SharedCacheOptions {
  /** Where responses are kept. */
  readonly cache: Cache
  /** Larger bodies are passed on and not kept. Bytes. Default 1 MiB. */
  readonly maxBodyBytes?: number
  /** For so long a stale response stands in for an origin that fails, where that does not say itself. Seconds. Default 0. */
  readonly staleIfErrorSeconds?: number
  /** Names by which a response can be purged, from what the origin says: `cache-tag`, say. At most 16. */
  readonly tagsOf?: (response: Response) => readonly string[]
  /** Told of what went wrong where a response was served all the same. */
  readonly onError?: (error: unknown) => void
  readonly clock?: Clock
}

/** Asks the origin. */
export type Forward = (request: Request) => Promise<Response>

/** A cache that many share, in front of an origin. */
export interface SharedCache {
  /**
   * Answers from what is kept where RFC 9111 lets a shared cache do so, and asks the origin otherwise. `Cache-Status` (RFC 9211) says
   * which. Responses with `Set-Cookie`, and those to requests with `Authorization` that do not say that they may be shared, are never
   * kept.
   * @throws what `forward` throws, where nothing kept may stand in.
   */
  handle(request: Request, forward: Forward): Promise<Response>
  /** Drops what is kept for a URL, with all its variants. */
  purgeUrl(url: string): Promise<void>
  /** Drops all responses with one of the tags. */
  purge(...tags: readonly string[]): Promise<void>
}

const DEFAULT_BODY_BYTES = 1024 * 1024
/** How long what can be revalidated is kept after it is stale. Seconds. */
const KEEP_STALE_SECONDS = 86_400
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"])
/** URLs whose last invalidation is remembered, for responses that were on their way meanwhile. */
const MAX_INVALIDATED = 10_000

/** @example const cache = createSharedCache({ cache: openCache("memory:") }); cache.handle(request, (request) => fetch(request)) */
export function createSharedCache(options: SharedCacheOptions): SharedCache {
  return new LiveSharedCache(options)
}

/** What is wanted of the origin. */
interface Ask {
  readonly key: string
  readonly request: Request
  readonly hit: Hit | undefined
  readonly forward: Forward
}

/** When a response was asked for, and when its head had come. */
interface Times {
  readonly requestMs: number
  readonly responseMs: number
}

/** What was found for a request. */
interface Hit {
  readonly stored: StoredResponse
  readonly freshness: Freshness
}

class LiveSharedCache implements SharedCache {
  readonly #cache: Cache
  readonly #clock: Clock
  readonly #maxBodyBytes: number
  readonly #staleIfError: number
  readonly #tagsOf: (response: Response) => readonly string[]
  readonly #onError: (error: unknown) => void
  readonly #flights = new Map<string, Promise<void>>()
  readonly #invalidated = new Map<string, number>()

  constructor(options: SharedCacheOptions) {
    this.#cache = options.cache.namespace("http")
    this.#clock = options.clock ?? systemClock
    this.#maxBodyBytes = options.maxBodyBytes ?? DEFAULT_BODY_BYTES
    this.#staleIfError = options.staleIfErrorSeconds ?? 0
    this.#tagsOf = options.tagsOf ?? (() => [])
    this.#onError = options.onError ?? (() => undefined)
  }

  async handle(request: Request, forward: Forward): Promise<Response> {
    const { method, headers } = request
    if (!SAFE.has(method)) return await this.#unsafe(request, forward)
    if (method !== "GET" && method !== "HEAD") return this.#passed(await forward(request), "bypass")
    const asked = requestDirectives(headers)
    if (asked.has("no-store")) return this.#passed(await forward(request), "bypass")
    const key = keyOf(request.url)
    const hit = await this.#find(key, headers)
    if (hit !== undefined && isFreshFor(hit.freshness, asked) && (!headers.has("range") || partOf(headers, hit.stored)))
      return this.#serve(request, hit, "hit")
    // Any other part is for the origin to give, and is not kept.
    if (headers.has("range")) return this.#passed(await forward(request), "bypass")
    if (hit !== undefined && isStaleFor(hit.freshness, asked)) return this.#serve(request, hit, "hit; detail=stale")
    if (asked.has("only-if-cached"))
      return new Response(null, { status: 504, headers: { "cache-status": status("fwd=miss") } })
    if (hit !== undefined && this.#mayRevalidateBehind(hit.freshness, asked)) {
      this.#revalidateBehind({ key, request, hit, forward })
      return this.#serve(request, hit, "hit; detail=stale-while-revalidate")
    }
    if (method === "HEAD") return await this.#head({ key, request, hit, forward })
    return await this.#fetch({ key, request, hit, forward })
  }

  async purgeUrl(url: string): Promise<void> {
    await this.#invalidate(keyOf(url))
  }
  async purge(...tags: readonly string[]): Promise<void> {
    await this.#cache.invalidate(...tags.map(tagName))
  }

  /** @see https://www.rfc-editor.org/rfc/rfc9111#section-4.4 */
  async #unsafe(request: Request, forward: Forward): Promise<Response> {
    const response = await forward(request)
    if (response.status >= 200 && response.status < 400) {
      const places = [response.headers.get("location"), response.headers.get("content-location")].map((place) => {
        const url = place === null ? null : URL.parse(place, request.url)
        // Of its own origin only: nobody empties another's.
        return url !== null && url.origin === new URL(request.url).origin ? url.href : undefined
      })
      for (const url of [request.url, ...places]) if (url !== undefined) await this.#invalidate(keyOf(url))
    }
    return this.#passed(response, "fwd=method")
  }
  async #invalidate(key: string): Promise<void> {
    this.#invalidated.delete(key)
    this.#invalidated.set(key, this.#clock.now())
    if (this.#invalidated.size > MAX_INVALIDATED) this.#invalidated.delete(this.#invalidated.keys().next().value!)
    await this.#cache.invalidate(urlTag(key))
  }

  async #find(key: string, headers: Headers): Promise<Hit | undefined> {
    let found = await this.#cache.get<StoredResponse | VaryMark>(key)
    if (found?.kind === "vary")
      found = await this.#cache.get<StoredResponse>(variantKey(key, valuesOf(found.names, headers)))
    if (found?.kind !== "response") return undefined
    // By the values themselves: a hash is only where they are looked for.
    if (!found.vary.every(([name, value]) => selecting(headers, name) === value)) return undefined
    return { stored: found, freshness: freshnessOf(found, this.#clock.now()) }
  }

  #serve({ method, headers }: Request, { stored, freshness }: Hit, how: string): Response {
    const answer = new Headers(stored.headers as [string, string][])
    answer.set("age", String(Math.floor(Math.max(0, freshness.age))))
    answer.set("cache-status", status(`${how}; ttl=${Math.floor(freshness.lifetime - freshness.age)}`))
    if (stored.status === 200 && isKnownTo(headers, stored, parseDate)) {
      for (const name of [...answer.keys()]) if (/^content-(?!location)/.test(name)) answer.delete(name)
      return new Response(null, { status: 304, headers: answer })
    }
    const part = method === "GET" ? partOf(headers, stored) : undefined
    const { start, end } = part ?? { start: 0, end: stored.body.byteLength }
    if (part !== undefined) answer.set("content-range", `bytes ${start}-${end - 1}/${stored.body.byteLength}`)
    const hasBody = method !== "HEAD" && ![204, 205, 304].includes(stored.status)
    if (part !== undefined || (hasBody && !answer.has("content-length")))
      answer.set("content-length", String(end - start))
    const body = hasBody ? (stored.body.subarray(start, end) as Uint8Array<ArrayBuffer>) : null
    return new Response(body, { status: part === undefined ? stored.status : 206, headers: answer })
  }
  #passed(response: Response, how: string): Response {
    const headers = endToEnd(response.headers)
    headers.set("cache-status", status(how))
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
  }

  #mayRevalidateBehind({ age, lifetime, mayBeStale, staleWhileRevalidate }: Freshness, asked: Directives): boolean {
    const isParticular = ["no-cache", "max-age", "min-fresh"].some((name) => asked.has(name))
    return mayBeStale && !isParticular && age < lifetime + staleWhileRevalidate
  }
  #revalidateBehind({ key, request, hit, forward }: Ask): void {
    if (this.#flights.has(key)) return
    const again = new Request(request.url, { headers: endToEnd(request.headers) })
    void this.#fetch({ key, request: again, hit, forward })
      // It is kept once all of it has come.
      .then((response) => response.body?.pipeTo(new WritableStream()))
      .catch(this.#onError)
  }

  /** Of those who ask for one URL at once one asks the origin, and the others see whether they can be served what came. */
  async #fetch(ask: Ask): Promise<Response> {
    const { key, request } = ask
    const flight = this.#flights.get(key)
    const asked = requestDirectives(request.headers)
    if (flight !== undefined && !isStrict(asked)) {
      await flight
      const found = await this.#find(key, request.headers)
      if (found !== undefined && isFreshFor(found.freshness, asked))
        return this.#serve(request, found, "hit; detail=collapsed")
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    const isFirst = !this.#flights.has(key)
    if (isFirst) this.#flights.set(key, promise)
    try {
      return await this.#ask(ask)
    } finally {
      if (isFirst) this.#flights.delete(key)
      resolve()
    }
  }

  async #ask({ key, request, hit, forward }: Ask): Promise<Response> {
    const requestMs = this.#clock.now()
    let response: Response
    try {
      response = await forward(hit === undefined ? request : withValidators(request, hit.stored))
    } catch (error) {
      if (hit !== undefined && this.#mayStandIn(hit.freshness, request.headers)) {
        this.#onError(error)
        return this.#serve(request, hit, "hit; detail=stale-if-error")
      }
      throw error
    }
    const responseMs = this.#clock.now()
    const times = { requestMs, responseMs }
    if (response.status === 304 && hit !== undefined) {
      const stored = freshened(hit.stored, response, times)
      await this.#keep(key, stored, this.#tagsOf(response))
      return this.#serve(request, { stored, freshness: freshnessOf(stored, responseMs) }, "hit; detail=revalidated")
    }
    if (response.status >= 500 && hit !== undefined && this.#mayStandIn(hit.freshness, request.headers)) {
      await response.body?.cancel()
      return this.#serve(request, hit, "hit; detail=stale-if-error")
    }
    return await this.#pass(request, response, { key, ...times })
  }
  #mayStandIn({ age, lifetime, staleIfError, mayBeStale }: Freshness, headers: Headers): boolean {
    const asked = requestDirectives(headers)
    const allowed = Math.max(staleIfError, seconds(asked, "stale-if-error") ?? 0, this.#staleIfError)
    return mayBeStale && !isStrict(asked) && age < lifetime + allowed
  }

  /** Passes a response on, and keeps it when it may be kept and all of it came. */
  async #pass(
    request: Request,
    response: Response,
    { key, ...times }: Times & { readonly key: string },
  ): Promise<Response> {
    const headers = endToEnd(response.headers)
    if (!headers.has("date")) headers.set("date", new Date(times.responseMs).toUTCString())
    // What is kept stays: nobody drops it by asking in a way whose answer may not be kept.
    if (!isStorable(request, response, times.responseMs)) return this.#passed(response, "fwd=miss")
    const names = varyNames(headers.get("vary"))
    const vary = valuesOf(names, request.headers)
    const head = { kind: "response", status: response.status, headers: [...headers], ...times, vary } as const
    const tags = this.#tagsOf(response)
    const answer = new Headers(headers)
    answer.set("cache-status", status("fwd=miss; stored"))
    const keep = (body: Uint8Array): Promise<void> => this.#keep(key, { ...head, body }, tags)
    const body = await collect(response.body, { maxBytes: this.#maxBodyBytes, length: lengthOf(headers), keep })
    return new Response(body, { status: response.status, headers: answer })
  }

  async #keep(key: string, stored: StoredResponse, tags: readonly string[]): Promise<void> {
    // Whoever changed the resource meanwhile did not change what this was made of.
    if ((this.#invalidated.get(key) ?? Number.NEGATIVE_INFINITY) >= stored.requestMs) return
    const { lifetime, age, staleWhileRevalidate, staleIfError } = freshnessOf(stored, stored.responseMs)
    const canRevalidate = headerOf(stored, "etag") !== null || headerOf(stored, "last-modified") !== null
    const after = Math.max(
      staleWhileRevalidate,
      staleIfError,
      this.#staleIfError,
      canRevalidate ? KEEP_STALE_SECONDS : 0,
    )
    const keepSeconds = Math.max(0, lifetime - age) + after
    if (keepSeconds <= 0) return
    const options = {
      ttl: `${Math.ceil(Math.min(keepSeconds, 315_360_000))}s`,
      tags: [urlTag(key), ...tags.slice(0, 15).map(tagName)],
    } as const
    try {
      if (stored.vary.length === 0) return await this.#cache.set(key, stored, options)
      const mark: VaryMark = { kind: "vary", names: stored.vary.map(([name]) => name) }
      await this.#cache.setMany(
        [
          [key, mark],
          [variantKey(key, stored.vary), stored],
        ],
        options,
      )
    } catch (error) {
      this.#onError(error)
    }
  }

  /** A response to `HEAD` is not kept, but tells whether what is kept is what the origin has. */
  async #head({ key, request, hit, forward }: Ask): Promise<Response> {
    const response = await forward(request)
    const isOther = (name: string): boolean =>
      response.headers.has(name) && response.headers.get(name) !== headerOf(hit!.stored, name)
    if (hit !== undefined && response.status === 200 && ["etag", "last-modified", "content-length"].some(isOther))
      await this.#invalidate(key)
    return this.#passed(response, "fwd=miss")
  }
}

function status(how: string): string {
  return `ashlar; ${how}`
}
function withValidators(request: Request, stored: StoredResponse): Request {
  const headers = new Headers(request.headers)
  for (const name of ["if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range"])
    headers.delete(name)
  const [etag, changed] = [headerOf(stored, "etag"), headerOf(stored, "last-modified")]
  if (etag !== null) headers.set("if-none-match", etag)
  if (changed !== null) headers.set("if-modified-since", changed)
  return new Request(request.url, { method: request.method, headers, redirect: "manual", signal: request.signal })
}

/** What is kept, with what the origin says now. @see https://www.rfc-editor.org/rfc/rfc9111#section-3.2 */
function freshened(stored: StoredResponse, response: Response, times: Times): StoredResponse {
  const headers = new Headers(stored.headers as [string, string][])
  headers.delete("age")
  for (const [name, value] of endToEnd(response.headers))
    if (!/^content-(?:length|encoding|type|range)$|^set-cookie$/.test(name)) headers.set(name, value)
  if (!response.headers.has("date")) headers.set("date", new Date(times.responseMs).toUTCString())
  return { ...stored, headers: [...headers], ...times }
}

function lengthOf(headers: Headers): number | undefined {
  const text = headers.get("content-length")
  return text !== null && /^\d+$/.test(text) && !headers.has("content-encoding") ? Number(text) : undefined
}
function valuesOf(names: readonly string[], headers: Headers): StoredResponse["vary"] {
  return names.map((name) => [name, selecting(headers, name)] as const)
}
function keyOf(url: string): string {
  const { origin, pathname, search } = new URL(url)
  return hashed(`${origin}${pathname}${search}`)
}
function variantKey(key: string, vary: StoredResponse["vary"]): string {
  return hashed(`${key}\n${JSON.stringify(vary)}`)
}
function hashed(text: string): string {
  return createHash("sha256").update(text).digest("base64url")
}
function urlTag(key: string): string {
  return `http-url:${key}`
}
function tagName(tag: string): string {
  return `http-tag:${tag}`
}
