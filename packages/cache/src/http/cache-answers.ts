import type { Service } from "@ashlar/core"
import { type BaseContext, type Inside, type Layer, layer } from "@ashlar/http"
import type { Cache, Making } from "../cache.ts"
import { type Duration, toMs } from "../duration.ts"
import { CacheAnswerUnkept, CacheOptionInvalid } from "../errors.ts"
import { LiveCache } from "../live-cache.ts"
import type { RememberOptions } from "../options.ts"
import { headersSet, isFailing, type KeepOptions, type KeptAnswer, toKept } from "./kept-answer.ts"
import { type Ask, ReadyAnswers } from "./ready-answers.ts"
import { type KeyOptions, ResponseKeys } from "./response-key.ts"

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
  readonly #keys: ResponseKeys
  readonly #ready: ReadyAnswers
  readonly #cache: Cache | undefined

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
    this.#keys = new ResponseKeys(options)
    this.#ready = new ReadyAnswers(user === undefined ? "no-cache" : "private, no-cache")
    this.#cache = "get" in options.cache ? options.cache : undefined
  }

  answer(ctx: BaseContext, run: () => unknown): unknown {
    const { method } = ctx
    if ((method !== "GET" && method !== "HEAD") || ctx.route.method === "HEAD") return run()
    const cache = this.#cache
    if (cache !== undefined) return this.#from(cache, { ctx, run, isHead: method === "HEAD" })
    return ctx
      .use(this.#options.cache as Service<Cache>)
      .then((opened) => this.#from(opened, { ctx, run, isHead: method === "HEAD" }))
  }

  #from(cache: Cache, call: Call): unknown {
    const { ctx, run } = call
    const who = this.#options.user?.(ctx)
    const key = this.#keys.of(ctx, who)
    // What this process holds is served without a promise: that alone would cost as much as the answer.
    if (cache instanceof LiveCache) {
      const nowMs = cache.now()
      const held = cache.held(key, nowMs) as KeptAnswer | undefined
      if (held !== undefined && (held.isPublic || this.#isTheirs(ctx, who))) return this.#ready.serve(call, held, nowMs)
    }
    // A part is the handler's to give; where the whole is kept it is as right an answer.
    if (ctx.headers.has("range")) return run()
    if (this.#isTheirs(ctx, who)) return this.#remembered(cache, key, call)
    return cache
      .get<KeptAnswer>(key)
      .then((kept) => (kept?.isPublic === true ? this.#ready.serve(call, kept, timeOf(cache)) : run()))
  }

  /** Whether what is under the key may be given to the caller, whatever it says of itself. */
  #isTheirs({ headers }: BaseContext, who: string | undefined): boolean {
    if (this.#options.shared === true || who !== undefined) return true
    return !headers.has("authorization") && !headers.has("cookie")
  }

  async #remembered(cache: Cache, key: string, call: Call): Promise<unknown> {
    const { ctx, run } = call
    const mark = headersSet(ctx)
    let own: { readonly result: unknown; readonly isRefused: boolean } | undefined
    const make = async ({ former }: Making<KeptAnswer>): Promise<KeptAnswer> => {
      const result = await run()
      const isDown = isFailing(result)
      const kept = isDown ? undefined : await toKept(ctx, result, { ...this.#keep, mark, nowMs: timeOf(cache) })
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
      return own?.isRefused ? own.result : this.#ready.serve(call, kept, timeOf(cache))
    } catch (error) {
      if (!(error instanceof CacheAnswerUnkept)) throw error
      // What may not be kept is nobody's but the caller's it was made for.
      return own === undefined ? run() : own.result
    }
  }
}

interface Call extends Ask {
  readonly run: () => unknown
}

/** By the clock that the cache tells by what is fresh. */
function timeOf(cache: Cache): number {
  return cache instanceof LiveCache ? cache.now() : Date.now()
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
