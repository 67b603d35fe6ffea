import { type DeclaredBy, Internal } from "@ashlar/core"
import type { App } from "../app.ts"
import type { BaseContext } from "../context/context.ts"
import type { RequestContext } from "../context/request-context.ts"
import { WebContext } from "../context/web-context.ts"
import { BadRequest, BatchTooLarge, Invalid, RequestTimeout, UnsupportedMediaType } from "../errors.ts"
import { Failure, fail } from "../failure.ts"
import { checkLimit } from "../limit.ts"
import { Reply } from "../reply/reply.ts"
import { post, type Route } from "../route.ts"
import { type Batch, type BatchPart, isJsonType, readBatch } from "./part.ts"
import { answeredPart, type BatchAnswer, type Budget, failedPart } from "./part-answer.ts"
import { inheritedHeaders, PART_HEADERS, partRequest } from "./part-request.ts"

export interface BatchOptions {
  /** Default `/batch`. */
  readonly path?: string
  /** So many requests at most. Default 20. */
  readonly maxParts?: number
  /** How many run at the same time. Default 4. */
  readonly maxParallel?: number
  /** The largest batch that is read, in bytes. Default 1 MiB. */
  readonly maxBodyBytes?: number
  /** The bodies of all answers together, in bytes; a part beyond it is refused. Default 4 MiB. */
  readonly maxAnswerBytes?: number
  /** How long all of it may take, in milliseconds; a part that is not done by then is answered with 503. Default 30,000. */
  readonly timeoutMs?: number
  /**
   * Headers that parts may set besides the usual ones (`Accept`, `Content-Type`, `If-Match`, `Idempotency-Key` …). Never
   * one that a proxy sets or removes: inside a batch no proxy sees it.
   */
  readonly headers?: readonly string[]
}

/** The answers to a batch, in the order of its requests. */
export interface BatchResult {
  readonly responses: readonly BatchAnswer[]
}

/**
 * Makes the route that answers several requests in one: `POST /batch` with `{ "requests": [{ "method", "path", "headers",
 * "body", "id" }], "sequential": false }`.
 *
 * Each part goes through the whole app, layers included, as a request of the same caller: it inherits the batch's
 * headers, credentials and address among them, and can set none that says who the caller is. It is answered by itself,
 * whatever becomes of the others; cookies that parts set are set by the batch. A batch with a malformed part is refused
 * before anything runs; a batch in a batch is refused as a part. Several run at once and in no order unless the batch says
 * `sequential`. Each part counts for limits on rates, like any request.
 * @throws {HTTP_LIMIT_INVALID} when a limit is no number.
 * @example
 * app.add(batch(app, { maxParts: 50 }))
 */
export function batch(
  app: Pick<App, "fetch">,
  options: BatchOptions = {},
): Route<"POST", string, { body: Batch }, BatchResult, BatchErrors> {
  const { path = "/batch", maxBodyBytes = 1024 * 1024, ...rest } = options
  const runner = new BatchRunner(app, rest)
  const definition = {
    maxBodyBytes,
    summary: "Answer several requests in one",
    errors: [Invalid, BatchTooLarge, UnsupportedMediaType],
    meta: { batch: true },
  }
  return post(path, definition, (ctx) => runner.answer(ctx as BaseContext as RequestContext)) as never
}

export type BatchErrors = DeclaredBy<typeof Invalid | typeof BatchTooLarge | typeof UnsupportedMediaType>

/** The requests that are parts of a batch. */
const parts = new WeakSet<Request>()

type Limits = Omit<BatchOptions, "path" | "maxBodyBytes">

class BatchRunner {
  readonly #app: Pick<App, "fetch">
  readonly #limits: Required<Omit<Limits, "headers">>
  readonly #headers: ReadonlySet<string>

  constructor(app: Pick<App, "fetch">, { headers = [], ...limits }: Limits) {
    const { maxParts = 20, maxParallel = 4, maxAnswerBytes = 4 * 1024 * 1024, timeoutMs = 30_000 } = limits
    this.#app = app
    this.#limits = {
      maxParts: checkLimit(maxParts, "`maxParts`", 1),
      maxParallel: checkLimit(maxParallel, "`maxParallel`", 1),
      maxAnswerBytes: checkLimit(maxAnswerBytes, "`maxAnswerBytes`"),
      timeoutMs: checkLimit(timeoutMs, "`timeoutMs`", 1),
    }
    this.#headers = new Set([...PART_HEADERS, ...headers.map((name) => name.toLowerCase())])
  }

  async answer(ctx: RequestContext): Promise<Reply<200, BatchResult> | Failure> {
    if (ctx instanceof WebContext && parts.has(ctx.request)) return fail(BadRequest, "A batch may not hold a batch")
    const asked = await this.#read(ctx)
    if (asked instanceof Failure) return asked
    const late = AbortSignal.timeout(this.#limits.timeoutMs)
    const run = this.#runner(ctx, late)
    const width = asked.sequential === true ? 1 : this.#limits.maxParallel
    return new Reply(200, { responses: await inTurn(asked.requests, width, run) }, "application/json")
  }

  async #read(ctx: RequestContext): Promise<Batch | Failure> {
    // A form could be sent from any page, with the cookies of whoever looks at it.
    const type = ctx.headers.get("content-type")
    if (type === null || !isJsonType(type))
      return fail(UnsupportedMediaType, `Expected Content-Type application/json, got ${JSON.stringify(type ?? "none")}`)
    const value = await ctx.read("json")
    const requests: unknown = (value as Partial<Batch> | null)?.requests
    const count = Array.isArray(requests) ? requests.length : 0
    const { maxParts } = this.#limits
    if (count > maxParts)
      return fail(BatchTooLarge, `The batch has ${count} requests, at most ${maxParts} are taken`, { maxParts })
    return readBatch(value, this.#headers)
  }

  #runner(ctx: RequestContext, late: AbortSignal): (part: BatchPart) => Promise<BatchAnswer> {
    const { maxAnswerBytes, timeoutMs } = this.#limits
    const { origin } = ctx.url
    const inherited = inheritedHeaders(ctx)
    const signal = AbortSignal.any([ctx.signal, late])
    const budget: Budget = { left: maxAnswerBytes, maxAnswerBytes }
    const connection = { address: ctx.peerAddress, allowIdle: (seconds: number) => ctx.allowIdle(seconds) }
    const tooLate = fail(RequestTimeout, `The batch took longer than ${timeoutMs} ms`, { timeoutMs })
    const ask = async (part: BatchPart): Promise<BatchAnswer> => {
      const request = partRequest(part, origin, inherited, signal)
      parts.add(request)
      const response = await this.#app.fetch(request, () => connection)
      for (const cookie of response.headers.getSetCookie()) ctx.set("set-cookie", cookie)
      return answeredPart(response, budget, signal)
    }
    const broken = (error: unknown): BatchAnswer => {
      ctx.shared.report(error, ctx) // an answer that broke off after its head
      return failedPart(fail(Internal))
    }
    return async (part) => {
      const answer = signal.aborted ? undefined : await Promise.race([ask(part).catch(broken), aborted(signal)])
      return { ...(part.id !== undefined && { id: part.id }), ...(answer ?? failedPart(tooLate)) }
    }
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true })
  })
}

/** Runs so many at a time, and keeps the order of the answers. */
async function inTurn<T, R>(list: readonly T[], width: number, run: (one: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(list.length)
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < list.length) {
      const index = next++
      results[index] = await run(list[index]!)
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, list.length) }, lane))
  return results
}
