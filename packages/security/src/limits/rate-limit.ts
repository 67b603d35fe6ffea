import {
  memoryLimits,
  openRateLimits,
  type RateLimit,
  type RateLimitResult,
  type RateLimits,
} from "@ashlar/cache/rate-limits"
import { type DeclaredBy, type Service, withDeadline } from "@ashlar/core"
import {
  type AnyLayer,
  type BaseContext,
  type Failure,
  fail,
  type Layer,
  layer,
  type NeedsCarrier,
  type ProvidedBy,
  TooManyRequests,
  Unavailable,
} from "@ashlar/http"
import { LimitInvalid, LimitStoreAway } from "../errors.ts"
import { checkKeyOptions, type KeyOptions, keyOf } from "./limit-key.ts"
import { type LimitPolicy, limitText, mostOf, openPolicy, policyText } from "./limit-policy.ts"

export interface RateLimitOptions<N extends readonly AnyLayer[] = readonly []> extends KeyOptions<N> {
  /** Where uses are counted: what `openRateLimits` gives, or the service that is one. */
  readonly limits: RateLimits | Service<RateLimits>
  /** All of them must let a request pass. The first that does not decides; those before it have counted the request. 1 to 8. */
  readonly policies: readonly LimitPolicy[]
  /** What a request counts: an integer from 0. 0 only looks. More than a policy has in all is refused for good. Default: 1. */
  readonly cost?: number | ((ctx: BaseContext & ProvidedBy<N>) => number | Promise<number>)
  /** Requests that are not counted. Default: none. */
  readonly skip?: (ctx: BaseContext & ProvidedBy<N>) => boolean | Promise<boolean>
  /**
   * What happens while the store does not answer. `local` (the default): each process counts by itself, so that limits hold, once per
   * process. `allow`: nothing is limited. `refuse`: 503, for what must not be tried without a limit.
   */
  readonly whenAway?: "local" | "allow" | "refuse"
  /** How long the store may take, in milliseconds, before it counts as away: 1 to 60,000. Default: 1,000. */
  readonly storeTimeoutMs?: number
  /** Tell callers of their limits in `RateLimit` and `RateLimit-Policy`. Default: yes. */
  readonly headers?: boolean
  /** Told of what the store threw. Default: nobody. */
  readonly onError?: (error: unknown) => void
}

type Errors = typeof TooManyRequests | typeof Unavailable

/** How long nobody waits for a store that was away, until one request tries it again. */
const RETRY_AFTER_AWAY_MS = 1_000

/**
 * A layer that lets each client do so much in a time: 429 with `Retry-After` beyond it. Whoever asks too much is refused before what is
 * inside runs, so put it outside of what is dear, and inside of what says who the caller is where it counts users.
 *
 * @throws {SECURITY_LIMIT_INVALID} {CACHE_OPTION_INVALID}
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 * @example
 * const limits = openRateLimits(process.env.LIMITS_URL ?? "memory:")
 * const logins = rateLimit({ limits, policies: [{ name: "login", limit: 5, window: "1m" }], whenAway: "refuse" })
 * app.post("/login", { layers: [logins] }, login)
 */
export function rateLimit<const N extends readonly AnyLayer[] = readonly []>(
  options: RateLimitOptions<N>,
): Layer<unknown, DeclaredBy<Errors>> & NeedsCarrier<ProvidedBy<N>> {
  const limiter = new Limiter(options as unknown as RateLimitOptions<readonly AnyLayer[]>)
  return layer({
    name: "rateLimit",
    ...(options.needs !== undefined && { needs: options.needs as readonly AnyLayer[] }),
    errors: [TooManyRequests, Unavailable],
    ...(options.headers !== false && { headers: { "ratelimit-policy": limiter.policyHeader } }),
    before: (ctx) => limiter.check(ctx) as Promise<undefined>,
  }) as unknown as Layer<unknown, DeclaredBy<Errors>> & NeedsCarrier<ProvidedBy<N>>
}

type Opened = readonly { readonly limit: RateLimit; readonly most: number }[]

class Limiter {
  readonly policyHeader: string
  readonly #options: RateLimitOptions<readonly AnyLayer[]>
  readonly #timeoutMs: number
  #opened: Opened | undefined
  readonly #local: Opened
  /** Until when the store is not asked, by the monotonic clock. */
  #awayUntilMs = 0

  constructor(options: RateLimitOptions<readonly AnyLayer[]>) {
    const { policies, storeTimeoutMs = 1_000, whenAway = "local", cost = 1 } = options
    if (
      policies.length === 0 ||
      policies.length > 8 ||
      new Set(policies.map(({ name }) => name)).size < policies.length
    )
      throw new LimitInvalid("Expected 1 to 8 policies of different names.")
    if (!Number.isInteger(storeTimeoutMs) || storeTimeoutMs < 1 || storeTimeoutMs > 60_000)
      throw new LimitInvalid(`Expected storeTimeoutMs to be an integer from 1 to 60,000, got ${storeTimeoutMs}.`)
    if (!["local", "allow", "refuse"].includes(whenAway))
      throw new LimitInvalid(`Expected whenAway to be "local", "allow" or "refuse", got ${JSON.stringify(whenAway)}.`)
    if (typeof cost === "number") checkCost(cost)
    checkKeyOptions(options)
    this.#options = options
    this.#timeoutMs = storeTimeoutMs
    this.policyHeader = policies.map(policyText).join(", ")
    // A mistake in a policy is found now, whatever keeps the counts later.
    this.#local = open(openRateLimits(memoryLimits({ maxKeys: 100_000 })), policies)
    if ("slidingWindow" in options.limits) this.#opened = open(options.limits, policies)
  }

  async check(ctx: BaseContext): Promise<Failure | undefined> {
    const { skip, cost = 1, whenAway = "local", onError } = this.#options
    if (skip !== undefined && (await skip(ctx as never))) return undefined
    const key = keyOf(ctx, this.#options)
    const wanted = checkCost(typeof cost === "number" ? cost : await cost(ctx as never))
    if (performance.now() >= this.#awayUntilMs) {
      try {
        const work = async () => takeAll(await this.#use(ctx), key, wanted)
        return this.#answer(ctx, await withDeadline(work, this.#timeoutMs, () => new LimitStoreAway()))
      } catch (error) {
        this.#awayUntilMs = performance.now() + RETRY_AFTER_AWAY_MS
        onError?.(error)
      }
    }
    if (whenAway === "allow") return undefined
    if (whenAway === "local") return this.#answer(ctx, await takeAll(this.#local, key, wanted))
    return fail(Unavailable, "What counts requests cannot be reached. Try again shortly.", { retryAfterSeconds: 1 })
  }
  async #use(ctx: BaseContext): Promise<Opened> {
    this.#opened ??= open(await ctx.use(this.#options.limits as Service<RateLimits>), this.#options.policies)
    return this.#opened
  }
  #answer(ctx: BaseContext, results: readonly RateLimitResult[]): Failure | undefined {
    const last = results.at(-1)!
    const { policies, headers } = this.#options
    const seconds = Math.max(1, Math.ceil(last.retryAfterMs / 1_000))
    if (headers !== false) {
      // Both say the same time: a caller who believes one of them is not refused by the other.
      ctx.set("ratelimit", results.map((result, at) => limitText(policies[at]!, result)).join(", "))
      if (!last.allowed) ctx.set("ratelimit-policy", this.policyHeader)
    }
    if (last.allowed) return undefined
    const { name } = policies[results.length - 1]!
    if (last.retryAfterMs === Number.POSITIVE_INFINITY)
      return fail(TooManyRequests, `This asks for more than "${name}" ever allows at once.`, { limit: last.limit })
    return fail(TooManyRequests, `The limit of "${name}" is reached. Try again in ${seconds} s.`, {
      retryAfterSeconds: seconds,
      limit: last.limit,
    })
  }
}

function open(limits: RateLimits, policies: readonly LimitPolicy[]): Opened {
  return policies.map((policy) => ({ limit: openPolicy(limits, policy), most: mostOf(policy) }))
}

/** What came of each policy, up to the first that refuses. */
async function takeAll(opened: Opened, key: string, cost: number): Promise<readonly RateLimitResult[]> {
  const results: RateLimitResult[] = []
  for (const { limit, most } of opened) {
    const result = cost > most ? await refused(limit, key) : await limit.take(key, cost)
    results.push(result)
    if (!result.allowed) break
  }
  return results
}

/** More than there is in all: waiting does not help. */
async function refused(limit: RateLimit, key: string): Promise<RateLimitResult> {
  return { ...(await limit.take(key, 0)), allowed: false, retryAfterMs: Number.POSITIVE_INFINITY }
}

function checkCost(cost: number): number {
  if (Number.isInteger(cost) && cost >= 0) return cost
  throw new LimitInvalid(`Expected cost to be an integer from 0, got ${String(cost)}.`)
}
