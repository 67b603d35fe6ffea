import type { DeclaredBy, Service } from "@ashlar/core"
import {
  type AnyLayer,
  type BaseContext,
  type Inside,
  type Layer,
  layer,
  type NeedsCarrier,
  type ProvidedBy,
  type Result,
} from "@ashlar/http"
import { describeRoute } from "@ashlar/openapi"
import type { Database } from "@ashlar/orm"
import {
  IdempotencyAnswerUnkept,
  IdempotencyClaimLost,
  IdempotencyInProgress,
  IdempotencyKeyInvalid,
  IdempotencyKeyMissing,
  IdempotencyKeyReused,
  IdempotencyOptionInvalid,
} from "./errors.ts"
import { fingerprintOf, hash } from "./fingerprint.ts"
import { parseIdempotencyKey } from "./idempotency-key.ts"
import { headersSet, keepAnswer, replay } from "./kept-answer.ts"
import type { Idempotency } from "./open-idempotency.ts"
import { RunOnce, type RunRules } from "./run-once.ts"
import type { IdempotencyStore } from "./store.ts"

/** Whose a key is: a user, or a tenant and a user. */
export type IdempotencyScope = string | number | readonly (string | number)[]

/** Makes answers unreadable where they are kept. `context` must be the same for both, and binds an answer to its key. */
export interface AnswerSeal {
  seal(text: string, context: string): string | Promise<string>
  /** @throws when the text was not sealed for this context. */
  open(sealed: string, context: string): string | Promise<string>
}

export interface IdempotentOptions<N extends readonly AnyLayer[] = readonly []> {
  /** Where claims and answers are kept: what {@link openIdempotency} gives, or the service that is one. */
  readonly store: Idempotency | Service<Idempotency>
  /** Layers that must run before this one; their fields are what `scope` sees. */
  readonly needs?: N
  /**
   * Whose key it is. Keys of different scopes never meet, so nobody gets another's answer. `undefined` is nobody in particular: then the
   * request's own `Authorization` and `Cookie` are part of the key.
   * @example scope: (ctx) => [ctx.tenant.id, ctx.user.id]
   */
  readonly scope: (ctx: BaseContext & ProvidedBy<N>) => IdempotencyScope | undefined
  /**
   * Where the key comes from, if not from the `Idempotency-Key` header: the id of a message, that a layer before has proven. 1 to 255
   * characters; `undefined` is no key.
   */
  readonly key?: (ctx: BaseContext & ProvidedBy<N>) => string | undefined
  /** Refuse requests without a key. Default: they run as if this layer were not there. */
  readonly required?: boolean
  /** The methods that it is for; others pass. Default: `POST` and `PATCH`. */
  readonly methods?: readonly string[]
  /**
   * Run the handler in a transaction of this database, in which the answer is kept too: both are committed or neither, so that the
   * request's effects in this database happen exactly once. The store's URL must be the same database. An error undoes the work.
   */
  readonly transaction?: Database | Service<Database>
  /** What makes two requests the same. Default: method, path, query, content type and the bytes of the body. */
  readonly fingerprint?: (ctx: BaseContext, body: Uint8Array) => string
  /** Which statuses are kept. Default: below 500, but for 408, 425 and 429. */
  readonly keeps?: (status: number) => boolean
  /** How long an answer is kept, in milliseconds: 1 second to 366 days. Default: 24 hours. */
  readonly ttlMs?: number
  /** How long a claim is held without a sign of life, after which another try may run: 100 to 3,600,000 ms. Default: 30,000. */
  readonly leaseMs?: number
  /** The largest body that is kept, in bytes, up to 8 MiB. A request with a larger answer does not run again either. Default: 1 MiB. */
  readonly maxBodyBytes?: number
  /** Seals answers before they are kept. Default: they are kept as they are. */
  readonly seal?: AnswerSeal
  /** Told of what went wrong after the work was done: an answer that could not be kept. */
  readonly onError?: (error: unknown) => void
}

type Errors =
  | typeof IdempotencyKeyMissing
  | typeof IdempotencyKeyInvalid
  | typeof IdempotencyKeyReused
  | typeof IdempotencyInProgress
  | typeof IdempotencyAnswerUnkept
  | typeof IdempotencyClaimLost

const KEY = {
  type: "string",
  minLength: 1,
  maxLength: 257,
  description: "Names the request: sent again with the same key, it is not done twice, and gets the first answer.",
}
const DAY_MS = 86_400_000
const MiB = 1024 * 1024
/** Statuses that say "not now": the next try is another one. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429])

/**
 * A layer for the `Idempotency-Key` header: a request that is sent again with its key is done once, and gets the first one's answer with
 * its headers and `Idempotency-Replayed: true`. While the first runs the answer is 409, with another request's key it is 422.
 *
 * Without `transaction` a crash between the work and the keeping of its answer lets the next try run again (at least once); with it the
 * work in that database is done exactly once. A try that dies holds its key for `leaseMs` at most.
 *
 * @throws {IDEMPOTENCY_OPTION_INVALID}
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 * @example
 * const once = idempotent({ store: Keys, needs: [signedIn], scope: (ctx) => ctx.user.id, required: true, transaction: Db })
 * app.post("/payments", { layers: [signedIn, once], body: Payment }, pay)
 */
export function idempotent<const N extends readonly AnyLayer[] = readonly []>(
  options: IdempotentOptions<N>,
): Layer<unknown, DeclaredBy<Errors>> & NeedsCarrier<ProvidedBy<N>> {
  const { needs, required = false, methods = ["POST", "PATCH"] } = options
  const ownKey = options.key as ((ctx: BaseContext) => string | undefined) | undefined
  const once = new Once(options as IdempotentOptions<readonly AnyLayer[]>)
  const covered = new Set(methods.map((method) => method.toUpperCase()))
  const made = layer({
    name: "idempotent",
    ...(needs !== undefined && { needs: needs as readonly AnyLayer[] }),
    errors: [
      IdempotencyKeyMissing,
      IdempotencyKeyInvalid,
      IdempotencyKeyReused,
      IdempotencyInProgress,
      IdempotencyAnswerUnkept,
      IdempotencyClaimLost,
    ],
    meta: describeRoute(({ method }) =>
      covered.has(method) && ownKey === undefined ? { headers: { "idempotency-key": KEY } } : {},
    ),
    within(ctx, run) {
      if (!covered.has(ctx.method)) return run()
      const key = ownKey === undefined ? headerKey(ctx) : ownKey(ctx)
      if (key === undefined) {
        if (required) throw new IdempotencyKeyMissing()
        return run()
      }
      // What is inside gives a result, or a promise of one: the types of a layer hide it from those who must not look into it.
      return once.answer(ctx, key, run as () => unknown) as unknown as Inside
    },
  })
  return made as unknown as Layer<unknown, DeclaredBy<Errors>> & NeedsCarrier<ProvidedBy<N>>
}

/** @throws {IDEMPOTENCY_KEY_INVALID} */
function headerKey({ headers }: BaseContext): string | undefined {
  const header = headers.get("idempotency-key")
  if (header === null) return undefined
  const key = parseIdempotencyKey(header)
  if (key === undefined) throw new IdempotencyKeyInvalid()
  return key
}

class Once {
  readonly #options: IdempotentOptions<readonly AnyLayer[]>
  readonly #rules: RunRules

  constructor(options: IdempotentOptions<readonly AnyLayer[]>) {
    this.#options = options
    const { maxBodyBytes = MiB, ttlMs = DAY_MS, leaseMs = 30_000 } = options
    this.#rules = {
      ttlMs: within(ttlMs, "ttlMs", 1_000, 366 * DAY_MS),
      leaseMs: within(leaseMs, "leaseMs", 100, 3_600_000),
      keeps: options.keeps ?? ((status) => status < 500 && !PASSING.has(status)),
      onError: options.onError ?? (() => undefined),
    }
    within(maxBodyBytes, "maxBodyBytes", 0, 8 * MiB)
  }

  async answer(ctx: BaseContext, key: string, run: () => Result): Promise<Result> {
    const scope = this.#options.scope(ctx)
    const fingerprint = await fingerprintOf(ctx, this.#options.fingerprint)
    const { headers } = ctx
    const whose = scope === undefined ? { by: [headers.get("authorization"), headers.get("cookie")] } : { scope }
    const claim = { id: hash([whose, key]), fingerprint, owner: crypto.randomUUID() }
    const store = await this.#store(ctx)
    const found = await store.begin(claim, this.#rules.leaseMs)
    if (found.state !== "begun" && found.fingerprint !== fingerprint) throw new IdempotencyKeyReused()
    if (found.state === "running") {
      ctx.set("retry-after", String(Math.min(60, Math.max(1, Math.ceil(found.leftMs / 1000)))))
      throw new IdempotencyInProgress()
    }
    const { seal, transaction, maxBodyBytes = MiB } = this.#options
    if (found.state === "kept") return replay(ctx, (await seal?.open(found.answer, claim.id)) ?? found.answer)
    const mark = headersSet(ctx)
    const once = new RunOnce(store, claim, {
      ...this.#rules,
      async write(result) {
        const kept = await keepAnswer(ctx, result, { maxBodyBytes, keepsCookies: scope !== undefined, mark })
        return { ...kept, text: (await seal?.seal(kept.text, claim.id)) ?? kept.text }
      },
    })
    if (transaction === undefined) return await once.run(run)
    const database = "open" in transaction ? await ctx.use(transaction) : transaction
    return await once.runIn(database, run)
  }
  async #store(ctx: BaseContext): Promise<IdempotencyStore> {
    const { store } = this.#options
    const idempotency = "open" in store ? await ctx.use(store) : store
    const opened = await idempotency.store()
    if (this.#options.transaction !== undefined && opened.keepIn === undefined)
      throw new IdempotencyOptionInvalid(
        "Expected a store that keeps answers in the transaction of a database, got one that cannot. Open it with the database's URL.",
      )
    return opened
  }
}

function within(value: number, name: string, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new IdempotencyOptionInvalid(`Expected ${name} to be an integer from ${least} to ${most}, got ${value}.`)
}
