import { setTimeout as pause } from "node:timers/promises"
import { type App, createApp, errors } from "@ashlar/http"
import { v } from "@ashlar/validation"
import { signWebhook } from "@ashlar/webhooks"
import { NewPayment, type PAYMENT_STATES } from "./payments.ts"

interface Payment {
  readonly id: string
  readonly reference: string
  readonly amountCents: number
  state: (typeof PAYMENT_STATES)[number]
}

/** Money that moved. */
export interface Movement {
  readonly kind: "charge" | "refund"
  readonly payment: string
  readonly reference: string
  readonly amountCents: number
}

export interface ProviderOptions {
  /** What webhooks are signed with: `whsec_…`. */
  readonly secret: string
  /** Where they are sent to. */
  readonly notify: () => string
  /** How likely a payment is declined: 0 to 1. */
  readonly declines: number
  /** How likely a request goes wrong, in one of three ways: 0 to 1. */
  readonly troubles: number
  /** How long it takes to decide about a charge. */
  readonly decisionMs: number
  /** How long a slow answer takes: longer than those who ask wait. */
  readonly slowMs: number
  readonly random?: () => number
}

/** A key is not troubled more often, so that those who try again get through. */
const MAX_TROUBLES = 2
const MAX_NOTICES = 200

/**
 * A payment provider as they are: it may be away, its answers may get lost or come late, it decides later and tells of it by a webhook, more
 * than once at times. What it did it does not do again for the same `Idempotency-Key`. It is not a part of the shop, and moves no money.
 */
export class PaymentProvider {
  /** What goes wrong in it is meant to. */
  readonly app: App = createApp({ onError: () => undefined })
  readonly payments = new Map<string, Payment>()
  /** In the order in which it moved. */
  readonly movements: Movement[] = []
  /** Requests that came again with a key that was known. */
  repeated = 0
  /** Webhooks that have not arrived yet. */
  notifying = 0
  readonly #options: ProviderOptions
  readonly #random: () => number
  readonly #done = new Map<string, Promise<Payment>>()
  readonly #troubled = new Map<string, number>()

  constructor(options: ProviderOptions) {
    this.#options = options
    this.#random = options.random ?? Math.random
    const params = v.object({ id: v.string() })
    this.app.post("/payments", { body: NewPayment }, ({ body, headers }) =>
      this.#once(headers.get("idempotency-key") ?? "", () => this.#open(body)),
    )
    this.app.post("/payments/:id/charge", { params }, ({ params, headers }) =>
      this.#once(headers.get("idempotency-key") ?? "", () => this.#charge(this.#find(params.id))),
    )
    this.app.post("/payments/:id/refund", { params }, ({ params, headers }) =>
      this.#once(headers.get("idempotency-key") ?? "", () => this.#refund(this.#find(params.id))),
    )
  }

  /** Does the work of a key once, however often it is asked for, and whatever becomes of the answers. */
  async #once(key: string, work: () => Payment): Promise<Payment> {
    const trouble = this.#trouble(key)
    if (trouble === "away") throw new errors.Unavailable("The provider is away.")
    if (this.#done.has(key)) this.repeated++
    let done = this.#done.get(key)
    if (done === undefined) {
      // A slow one is done after whoever asked for it has gone.
      done = trouble === "slow" ? pause(this.#options.slowMs).then(work) : Promise.resolve().then(work)
      this.#done.set(key, done)
    }
    const { id, ...payment } = await done
    if (trouble === "lost") throw new errors.BadGateway("The answer got lost.")
    return { id, ...payment }
  }
  #trouble(key: string): "away" | "slow" | "lost" | undefined {
    const before = this.#troubled.get(key) ?? 0
    if (before >= MAX_TROUBLES || this.#random() >= this.#options.troubles) return undefined
    this.#troubled.set(key, before + 1)
    return (["away", "slow", "lost"] as const)[Math.floor(this.#random() * 3)]
  }

  #open({ reference, amountCents }: { reference: string; amountCents: number }): Payment {
    const payment: Payment = { id: crypto.randomUUID(), reference, amountCents, state: "open" }
    this.payments.set(payment.id, payment)
    return payment
  }
  #charge(payment: Payment): Payment {
    if (payment.state !== "open") throw new errors.Conflict(`The payment is ${payment.state}.`)
    payment.state = "charging"
    const isDeclined = this.#random() < this.#options.declines
    setTimeout(() => this.#decide(payment, isDeclined), this.#options.decisionMs)
    return payment
  }
  #decide(payment: Payment, isDeclined: boolean): void {
    if (payment.state !== "charging") return // it was refunded before it was taken
    payment.state = isDeclined ? "declined" : "charged"
    if (!isDeclined) this.#moved("charge", payment)
    const type = isDeclined ? "payment.declined" : "payment.charged"
    void this.#notify(type, payment)
    if (this.#random() < this.#options.troubles) void this.#notify(type, payment)
  }
  #refund(payment: Payment): Payment {
    if (payment.state === "charged") {
      payment.state = "refunded"
      this.#moved("refund", payment)
    } else if (payment.state !== "declined" && payment.state !== "refunded") payment.state = "void"
    return payment
  }
  #moved(kind: Movement["kind"], { id, reference, amountCents }: Payment): void {
    this.movements.push({ kind, payment: id, reference, amountCents })
  }
  #find(id: string): Payment {
    const payment = this.payments.get(id)
    if (payment === undefined) throw new errors.NotFound("There is no such payment.")
    return payment
  }

  /** Until it arrives. */
  async #notify(type: string, { id, reference }: Payment): Promise<void> {
    this.notifying++
    const body = JSON.stringify({ type, timestamp: new Date().toISOString(), data: { id, reference } })
    for (let attempt = 1; attempt <= MAX_NOTICES; attempt++) {
      const signed = signWebhook(
        { id: `${type.replace(".", "-")}-${id}`, timestampSeconds: Math.floor(Date.now() / 1_000), body },
        this.#options.secret,
      )
      const headers = { "content-type": "application/json", ...signed }
      const arrived = await fetch(this.#options.notify(), {
        method: "POST",
        body,
        headers,
        signal: AbortSignal.timeout(10_000),
      })
        .then(async (response) => {
          await response.body?.cancel()
          return response.ok
        })
        .catch(() => false)
      if (arrived) break
      await pause(Math.min(100 * 2 ** attempt, 5_000))
    }
    this.notifying--
  }
}
