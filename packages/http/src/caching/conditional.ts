import type { BaseContext } from "../context/context.ts"
import { PreconditionFailed, PreconditionRequired } from "../errors.ts"
import { Reply } from "../reply/reply.ts"
import { formatHttpDate, isPast } from "./http-date.ts"
import { type Known, knownOf, type Validators, weigh } from "./preconditions.ts"

/**
 * For reading: says on the answer which state it shows, and whether the caller has that state already. What else a 200
 * would say of caching is to be set before.
 * @returns the 304 to answer with; undefined to go on.
 * @throws {HTTP_PRECONDITION_FAILED} when the caller wants another state (`If-Match`).
 * @throws {HTTP_VALIDATOR_INVALID}
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13
 * @example
 * app.get("/articles/:id", async (ctx) => {
 *   const article = await articles.get(ctx.params.id)
 *   return notModified(ctx, { etag: article.revision, lastModified: article.changedAt }) ?? article
 * })
 */
export function notModified(ctx: BaseContext, validators: Validators): Reply<304, null> | undefined {
  const known = knownOf(validators)
  if (known.etag !== undefined) ctx.set("etag", known.etag)
  if (known.lastModified !== undefined && isPast(known.lastModified))
    ctx.set("last-modified", formatHttpDate(known.lastModified))
  const outcome = weigh(ctx.method, ctx.headers, known)
  if (outcome === "failed") throw failed(known)
  return outcome === "not modified" ? new Reply(304, null) : undefined
}

/** {@link notModified} where only the time of the last change is known. */
export function lastModified(ctx: BaseContext, changedAt: Date | number): Reply<304, null> | undefined {
  return notModified(ctx, { lastModified: changedAt })
}

export interface PreconditionOptions {
  /** Refuse a write that names no state at all with 428, so that nobody overwrites unseen. Default true. */
  readonly required?: boolean
}

/**
 * For writing: goes on only if the caller knows the present state. Call it before the write, in the same transaction as
 * the read that gave the validators.
 * @throws {HTTP_PRECONDITION_REQUIRED} without `If-Match`, `If-Unmodified-Since` and `If-None-Match`.
 * @throws {HTTP_PRECONDITION_FAILED} when the state is another one.
 * @throws {HTTP_VALIDATOR_INVALID}
 * @example
 * app.put("/articles/:id", { body: Article }, async (ctx) => {
 *   const now = await articles.find(ctx.params.id)
 *   preconditions(ctx, { etag: now?.revision ?? null })
 *   return articles.put(ctx.params.id, ctx.body)
 * })
 */
export function preconditions(ctx: BaseContext, validators: Validators & PreconditionOptions): void {
  const known = knownOf(validators)
  const { headers } = ctx
  const isConditional = headers.has("if-match") || headers.has("if-unmodified-since") || headers.has("if-none-match")
  if (!isConditional && validators.required !== false)
    throw new PreconditionRequired("Say with If-Match which state this is to change", {
      details: { header: "If-Match" },
    })
  if (weigh(ctx.method, headers, known) !== "go on") throw failed(known)
}

/** The caller is told the present state, so that it can read it and try again. */
function failed({ etag, exists }: Known): InstanceType<typeof PreconditionFailed> {
  if (!exists) return new PreconditionFailed("There is no such resource now")
  return new PreconditionFailed(
    "The resource is not in the state that the request names",
    etag === undefined ? {} : { details: { etag } },
  )
}
