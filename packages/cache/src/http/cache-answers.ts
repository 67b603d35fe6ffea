import type { Service } from "@ashlar/core"
import { type BaseContext, type Inside, type Layer, layer, Reply, type Result } from "@ashlar/http"
import { notModified } from "@ashlar/http/caching"
import type { Cache, Making } from "../cache.ts"
import { type Duration, toMs } from "../duration.ts"
import { CacheAnswerUnkept, CacheOptionInvalid } from "../errors.ts"
import { LiveCache } from "../live-cache.ts"
import type { RememberOptions } from "../options.ts"
import { headersSet, isFailing, type KeepOptions, type KeptAnswer, toKept } from "./kept-answer.ts"
import { type KeyOptions, responseKey } from "./response-key.ts"

export interface CacheAnswersOptions extends KeyOptions {
  /** Where answers are kept: a cache, or the service that is one. */
  readonly cache: Cache | Service<Cache>
  readonly ttl: Duration
  /** After `ttl`, for so long, the former answer is given at once while it is made anew. Default: not. */
  readonly staleWhileRevalidate?: Duration
  /** After `ttl`, for so long, the former answer stands in when the handler fails (500 and above). Default: not. */
  readonly staleIfError?: Duration
  /**
   * Whose answer it is, where answers differ by user: each has their own. `undefined` is nobody in particular.
   * @example user: (ctx) => ctx.user.id
   */
  readonly user?: (ctx: BaseContext) => string | undefined
  /**
   * The answers are the same for everybody, whoever asks. Without this and without `user`, a request with `Authorization` or a
   * `Cookie` passes the cache by, unless the kept answer says `public`.
   */
  readonly shared?: boolean
  /** Names by which answers are dropped: `cache.invalidate("users")`. */
  readonly tags?: readonly string[] | ((ctx: BaseContext) => readonly string[])
  /** Statuses that are kept. Default `[200, 203, 204, 301, 308, 404, 410]`. */
  readonly statuses?: readonly number[]
  /** Larger bodies are not kept. Bytes of binary bodies, characters of texts. Default 1 MiB. */
  readonly maxBodyBytes?: number
}

const STATUSES = [200, 203, 204, 301, 308, 404, 410]
const DEFAULT_BODY_BYTES = 1024 * 1024

/**
 * A layer that keeps the answers of `GET` and `HEAD` routes. Those who ask for one answer at once wait for one handler. Layers
 * outside of it run for every request: put it inside of the one that says who may ask. Answers get an `ETag`, an `Age` and, where they
 * say nothing themselves, `Cache-Control: no-cache` (and `private` when they are a user's), so that browsers ask again and are told
 * 304.
 *
 * Never kept: answers with `Set-Cookie`, with `Cache-Control: no-store`, `no-cache` or `max-age=0`, with `private` where there is no
 * `user`, streams and files, and those whose `Vary` names a header that is not in `headers`.
 *
 * @throws {CACHE_OPTION_INVALID}
 * @example
 * app.scope("/reports", [signedIn, cacheAnswers({ cache, ttl: "1m", user: (ctx) => ctx.user.id, tags: ["reports"] })], (reports) => …)
 */
export function cacheAnswers(options: CacheAnswersOptions): Layer {
  const answers = new Answers(options)
  return layer({
    name: "cacheAnswers",
    // What is inside gives a result, or a promise of one: the types of a layer hide it from those who must not look into it.
    within: (ctx, run) => answers.answer(ctx, run as () => unknown) as Inside,
    ...(options.headers !== undefined &&
      options.headers.length > 0 && { headers: { vary: options.headers.join(", ") } }),
  })
}

class Answers {
  readonly #options: CacheAnswersOptions
  readonly #remember: RememberOptions
  readonly #keep: KeepOptions
  readonly #cacheControl: string
  readonly #ready = new WeakMap<KeptAnswer, Ready>()
  #cache: Cache | undefined

  constructor(options: CacheAnswersOptions) {
    const { ttl, staleWhileRevalidate, staleIfError, user, shared, headers = [], statuses = STATUSES } = options
    if (user !== undefined && shared === true)
      throw new CacheOptionInvalid("Expected `user` or `shared`, got both: answers are a user's, or the same for all.")
    if (toMs(ttl, "ttl") < 1) throw new CacheOptionInvalid("Expected ttl to be at least 1 ms.")
    if (headers.some((name) => /^(?:cookie|authorization)$/i.test(name)))
      throw new CacheOptionInvalid(
        "Expected `headers` without cookie and authorization. Say with `user` whose answer it is.",
      )
    this.#options = options
    this.#remember = {
      ttl,
      ...(staleWhileRevalidate !== undefined && { staleWhileRevalidate }),
      ...(staleIfError !== undefined && { grace: staleIfError }),
    }
    this.#keep = {
      maxBodyBytes: options.maxBodyBytes ?? DEFAULT_BODY_BYTES,
      statuses: new Set(statuses),
      keyed: headers.map((name) => name.toLowerCase()),
      isPersonal: user !== undefined,
    }
    this.#cacheControl = user === undefined ? "no-cache" : "private, no-cache"
    if ("get" in options.cache) this.#cache = options.cache.namespace("answers")
  }

  answer(ctx: BaseContext, run: () => unknown): unknown {
    const { method } = ctx
    if ((method !== "GET" && method !== "HEAD") || ctx.route.method === "HEAD") return run()
    const cache = this.#cache
    if (cache !== undefined) return this.#from(cache, ctx, run)
    return this.#open(ctx).then((opened) => this.#from(opened, ctx, run))
  }
  async #open(ctx: BaseContext): Promise<Cache> {
    const cache = await ctx.use(this.#options.cache as Service<Cache>)
    return cache.namespace("answers")
  }

  #from(cache: Cache, ctx: BaseContext, run: () => unknown): unknown {
    const { user, shared } = this.#options
    const who = user?.(ctx)
    const isAnybodys = shared === true || who !== undefined || !hasCredentials(ctx)
    const key = responseKey(ctx, who, this.#options)
    // What this process holds is served without a promise: that alone would cost as much as the answer.
    const held = cache instanceof LiveCache ? (cache.held(key) as KeptAnswer | undefined) : undefined
    if (held !== undefined && (isAnybodys || held.isPublic)) return this.#serve(ctx, held)
    // A part is the handler's to give; where the whole is kept it is as right an answer.
    if (ctx.headers.has("range")) return run()
    if (isAnybodys) return this.#remembered(cache, key, { ctx, run })
    return cache.get<KeptAnswer>(key).then((kept) => (kept?.isPublic === true ? this.#serve(ctx, kept) : run()))
  }

  async #remembered(cache: Cache, key: string, { ctx, run }: Call): Promise<unknown> {
    const mark = headersSet(ctx)
    let own: { readonly result: unknown; readonly isRefused: boolean } | undefined
    const make = async ({ former }: Making<KeptAnswer>): Promise<KeptAnswer> => {
      const result = await run()
      const isDown = isFailing(result)
      const kept = isDown ? undefined : await toKept(ctx, result, { ...this.#keep, mark })
      own = { result, isRefused: !isDown && kept === undefined }
      if (kept !== undefined) return kept
      // What is kept is not the answer any more.
      if (own.isRefused && former !== undefined) await cache.delete(key)
      throw new CacheAnswerUnkept()
    }
    const { tags } = this.#options
    const named = typeof tags === "function" ? tags(ctx) : tags
    const options = named === undefined ? this.#remember : { ...this.#remember, tags: named }
    try {
      const kept = await cache.remember(key, options, make)
      return own?.isRefused ? own.result : this.#serve(ctx, kept)
    } catch (error) {
      if (!(error instanceof CacheAnswerUnkept)) throw error
      // What may not be kept is nobody's but the caller's it was made for.
      return own === undefined ? run() : own.result
    }
  }

  #serve(ctx: BaseContext, kept: KeptAnswer): Result {
    const { status, etag, lastModified } = kept
    const ready = this.#readyOf(kept)
    if (status === 200 && isConditional(ctx, lastModified)) {
      const unchanged = notModified(ctx, { etag, lastModified })
      if (unchanged !== undefined) return unchanged.withHeaders(withoutContent(ready.reply.headers ?? {}))
    }
    if (!("Bun" in globalThis) || ctx.method === "HEAD" || kept.body === null) return ready.reply
    // On Bun the cheapest answer is one whose headers are made already.
    ready.headers ??= headersOf(ready.reply)
    return new Response(kept.body as string | Uint8Array<ArrayBuffer>, { status, headers: ready.headers })
  }
  /** The answer as it is sent in this second: its age is another in the next. */
  #readyOf(kept: KeptAnswer): Ready {
    const { status, body, contentType, etag, madeMs } = kept
    const age = Math.max(0, Math.floor((Date.now() - madeMs) / 1000))
    const known = this.#ready.get(kept)
    if (known?.age === age) return known
    const headers = { "cache-control": this.#cacheControl, ...kept.headers, etag, age: String(age) }
    const made: Ready = { age, reply: new Reply(status, body, contentType, headers), headers: undefined }
    this.#ready.set(kept, made)
    return made
  }
}

interface Ready {
  readonly age: number
  readonly reply: Reply
  headers: Headers | undefined
}

function headersOf({ contentType, headers = {} }: Reply): Headers {
  const made = new Headers(contentType === undefined ? {} : { "content-type": contentType })
  for (const [name, value] of Object.entries(headers)) made.set(name, value as string)
  return made
}

interface Call {
  readonly ctx: BaseContext
  readonly run: () => unknown
}

function hasCredentials({ headers }: BaseContext): boolean {
  return headers.has("authorization") || headers.has("cookie")
}
function isConditional({ headers }: BaseContext, lastModified: number | undefined): boolean {
  return headers.has("if-none-match") || (lastModified !== undefined && headers.has("if-modified-since"))
}
function withoutContent(
  headers: Record<string, string | readonly string[]>,
): Record<string, string | readonly string[]> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^content-(?!location)/.test(name)))
}

export interface InvalidateAnswersOptions {
  readonly cache: Cache | Service<Cache>
  /** What a change makes untrue. */
  readonly tags: readonly string[] | ((ctx: BaseContext) => readonly string[])
}

/**
 * A layer for routes that change something: once one has answered with success, all that is kept under the tags is dropped.
 * @throws {CACHE_STORE_FAILED} instead of the answer when it could not be dropped.
 * @example
 * app.post("/users", { layers: [invalidateAnswers({ cache, tags: ["users"] })] }, createUser)
 */
export function invalidateAnswers({ cache, tags }: InvalidateAnswersOptions): Layer {
  return layer({
    name: "invalidateAnswers",
    async after(ctx, reply) {
      if (ctx.method === "GET" || ctx.method === "HEAD" || reply.status >= 400) return undefined
      const opened = "get" in cache ? cache : await ctx.use(cache)
      await opened.invalidate(...(typeof tags === "function" ? tags(ctx) : tags))
      return undefined
    },
  })
}
