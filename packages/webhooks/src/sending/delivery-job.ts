import { defineJob, type HandledJob } from "@ashlar/queue"
import { v } from "@ashlar/validation"
import { WebhooksDeliveryFailed } from "../errors.ts"
import { signWebhook } from "../signature.ts"
import type { DeliveryRows } from "./delivery-rows.ts"
import type { EndpointRows } from "./endpoint-rows.ts"
import { type Posted, post } from "./post.ts"
import type { Webhooks } from "./webhooks.ts"
import type { WebhooksPlan } from "./webhooks-options.ts"

/** Beyond the tries of a delivery: those that found their endpoint held, or whose worker died, count for the queue alone. */
const QUEUE_ATTEMPTS = 1_000
/** Statuses of a server that has too much to do. */
const BUSY: ReadonlySet<number> = new Set([429, 502, 503, 504])
/** How long others wait for an endpoint that is busy and does not say for how long. */
const HOLD_MS = 30_000
/** Deliveries between two looks for what is old. */
const SWEEP_EVERY = 500
/** The part of a pause that is left to chance. */
const JITTER = 0.1

export const DELIVERY_JOB = "ashlar.webhooks.deliver"

/** The job that makes one try. That there is another, and when, is told to the queue by the error that it throws. */
export function createDeliveryJob(
  deliveries: DeliveryRows,
  endpoints: EndpointRows,
  plan: WebhooksPlan,
): Webhooks["job"] {
  const input = v.object({ delivery: v.string() })
  const job = defineJob(
    DELIVERY_JOB,
    {
      input,
      attempts: QUEUE_ATTEMPTS,
      timeoutMs: plan.timeoutMs + 60_000,
      groupConcurrency: plan.perEndpoint,
      keepFailedMs: plan.keepMs,
      backoff: (_attempt: number, error: unknown) => pauseOf(error),
    },
    async ({ input: { delivery }, signal }) => {
      await deliver(delivery, signal)
    },
  )
  let count = 0
  async function deliver(id: string, signal: AbortSignal): Promise<void> {
    if (++count % SWEEP_EVERY === 0) await deliveries.sweep()
    const pending = await deliveries.pending(id)
    if (pending?.state !== "pending") return
    const endpoint = await endpoints.sending(pending.endpoint)
    if (endpoint === undefined) return await deliveries.skip(id)
    if (endpoint.heldMs > 0) throw later("The endpoint has too much to do.", endpoint.heldMs)
    const timestampSeconds = Math.floor(plan.clock.now() / 1000)
    const signed = signWebhook({ id: pending.event, timestampSeconds, body: pending.body }, endpoint.keys)
    const headers = new Headers({ "content-type": "application/json", "user-agent": "ashlar-webhooks", ...signed })
    const posted = await post(endpoint.url, { headers, body: pending.body, signal }, plan)
    // The worker stops: that is nobody's failure.
    if (posted.error !== undefined && signal.aborted) throw signal.reason
    await settle(id, { number: Number(pending.attempts) + 1, endpoint: pending.endpoint, posted })
  }
  async function settle(id: string, tried: { number: number; endpoint: string; posted: Posted }): Promise<void> {
    const { number, endpoint, posted } = tried
    // The endpoint first: whoever sees how a delivery ended sees what that means for its endpoint.
    if (posted.error === undefined) {
      await endpoints.reached(endpoint)
      return await deliveries.tried(id, number, { posted, state: "delivered" })
    }
    const pause = plan.retryMs[number - 1]
    const isOver = pause === undefined || posted.status === 410
    if (posted.status === 410) await endpoints.stop(endpoint, "gone")
    else await endpoints.failed(endpoint, holdOf(posted))
    await deliveries.tried(id, number, { posted, state: isOver ? "failed" : "pending" })
    if (!isOver)
      throw later(posted.error.message, Math.max(pause * (1 + JITTER * Math.random()), posted.retryAfterMs ?? 0))
  }
  return job as HandledJob<{ delivery: string }, { delivery: string }, void>
}

function holdOf({ status, retryAfterMs }: Posted): number {
  return status !== undefined && BUSY.has(status) ? (retryAfterMs ?? HOLD_MS) : 0
}

function later(message: string, delayMs: number): InstanceType<typeof WebhooksDeliveryFailed> {
  return new WebhooksDeliveryFailed(message, { details: { delayMs: Math.ceil(delayMs) } })
}

/** After a failure of the database, say, as after the first failure of a delivery. */
const OTHERWISE_MS = 5_000
function pauseOf(error: unknown): number {
  const delayMs = error instanceof WebhooksDeliveryFailed ? error.details?.delayMs : undefined
  return typeof delayMs === "number" ? delayMs : OTHERWISE_MS
}
