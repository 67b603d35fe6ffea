import { type Clock, type DeclaredBy, type Service, systemClock } from "@ashlar/core"
import { type BaseContext, type Layer, layer, type NeedsCarrier, type ProvidedBy } from "@ashlar/http"
import { type Idempotency, type IdempotentOptions, idempotent } from "@ashlar/idempotency"
import { WebhooksHeadersMissing, WebhooksSignatureRefused, WebhooksTimestampRefused } from "../errors.ts"
import { readKey } from "../keys.ts"
import { checkTolerance, type VerifiedWebhook, verifyWith } from "../signature.ts"

export interface VerifyWebhookOptions {
  /** `whsec_…` or `whpk_…`; several while one takes the place of another. A function is asked for each request, as for a tenant's own. */
  readonly keys:
    | string
    | readonly string[]
    | ((ctx: BaseContext) => string | readonly string[] | Promise<string | readonly string[]>)
  /** How far the timestamp may be from now, before and after, in seconds. Default: 300. */
  readonly toleranceSeconds?: number
  /** For tests. */
  readonly clock?: Clock
}

type Refused = typeof WebhooksHeadersMissing | typeof WebhooksTimestampRefused | typeof WebhooksSignatureRefused

/** A layer that gives `ctx.webhook`, the webhook that was proven. */
export type WebhookLayer = Layer<{ readonly webhook: VerifiedWebhook }, DeclaredBy<Refused>> & NeedsCarrier<unknown>

/**
 * A layer for routes that receive webhooks: only those get in whose signature over the raw bytes holds and whose time is now. The body can
 * be read again by the route's schema. A webhook may come twice: put {@link onceByWebhookId} behind it.
 *
 * @throws {WEBHOOKS_KEY_INVALID} {WEBHOOKS_OPTION_INVALID}
 * @example
 * const verified = verifyWebhook({ keys: process.env.WEBHOOK_SECRET! })
 * app.post("/hooks/payments", { layers: [verified, onceByWebhookId({ verified, store })], body: PaymentEvent }, receive)
 */
export function verifyWebhook({
  keys,
  toleranceSeconds = 300,
  clock = systemClock,
}: VerifyWebhookOptions): WebhookLayer {
  checkTolerance(toleranceSeconds)
  const read = (given: string | readonly string[]) => (typeof given === "string" ? [given] : given).map(readKey)
  const fixed = typeof keys === "function" ? undefined : read(keys)
  return layer({
    name: "verifyWebhook",
    errors: [WebhooksHeadersMissing, WebhooksTimestampRefused, WebhooksSignatureRefused],
    async before(ctx): Promise<{ readonly webhook: VerifiedWebhook }> {
      const known = fixed ?? read(await (keys as (ctx: BaseContext) => string)(ctx))
      const body = await ctx.rawBody()
      const header = (name: string) => ctx.headers.get(name) ?? undefined
      return { webhook: verifyWith(header, body, { keys: known, toleranceSeconds, clock }) }
    },
  })
}

export interface OnceByWebhookIdOptions extends Pick<IdempotentOptions, "transaction" | "leaseMs" | "onError"> {
  /** The layer that proves the id. */
  readonly verified: WebhookLayer
  /** Where ids are kept: what `openIdempotency` gives, or the service that is one. */
  readonly store: Idempotency | Service<Idempotency>
  /** Who sends them, where one store keeps the ids of several senders. Default: `"webhooks"`. */
  readonly sender?: string
  /** How long an id is remembered, in milliseconds. Default: 4 days, longer than senders try. */
  readonly ttlMs?: number
}

const FOUR_DAYS_MS = 4 * 86_400_000

/**
 * A layer that lets each webhook do its work once: one that comes again is answered as the first was, and while the first is worked on it is
 * 409, so that its sender tries again. Answers other than 2xx are not kept: the next try works. With `transaction`, what the handler does
 * in that database is done exactly once.
 */
export function onceByWebhookId({
  verified,
  sender = "webhooks",
  ttlMs = FOUR_DAYS_MS,
  ...options
}: OnceByWebhookIdOptions): Layer<unknown, unknown> & NeedsCarrier<ProvidedBy<readonly [WebhookLayer]>> {
  return idempotent({
    ...options,
    ttlMs,
    needs: [verified],
    scope: () => ["webhook", sender],
    key: (ctx) => ctx.webhook.id,
    // What was signed needs no comparing, and a sender may write an event anew.
    fingerprint: (ctx) => (ctx as BaseContext & { readonly webhook: VerifiedWebhook }).webhook.id,
    keeps: (status) => status >= 200 && status < 300,
    required: true,
  })
}
