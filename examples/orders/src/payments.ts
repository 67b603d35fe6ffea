import { errors } from "@ashlar/http"
import { parse, v } from "@ashlar/validation"
import type { StepContext } from "@ashlar/workflow"

/** A payment is opened, charged, and then decided: by a webhook, as providers do it. Money moves at `charged` and at `refunded`. */
export const PAYMENT_STATES = ["open", "charging", "charged", "declined", "refunded", "void"] as const
const Payment = v.object({ id: v.string(), state: v.enum(PAYMENT_STATES) }).strip()

export const NewPayment = v.object({ reference: v.string().max(60), amountCents: v.integer().min(1) })

type Asked = Pick<StepContext, "idempotencyKey" | "signal">

/** The payment provider, as the shop asks it. Every request has the key of its step: sent again, it is not done twice. */
export class Payments {
  readonly #url: string
  readonly #answerMs: number

  constructor(url: string, answerMs: number) {
    this.#url = url
    this.#answerMs = answerMs
  }

  /** Moves no money. */
  async open(payment: { readonly reference: string; readonly amountCents: number }, step: Asked): Promise<string> {
    return (await this.#post("/payments", payment, step)).id
  }
  /** Asks for the money. Whether it came is told later, by webhook. */
  async charge(id: string, step: Asked): Promise<void> {
    await this.#post(`/payments/${id}/charge`, {}, step)
  }
  /** Gives the money back if it was taken, and sees to it that it will not be if it was not. */
  async refund(id: string, step: Asked): Promise<void> {
    await this.#post(`/payments/${id}/refund`, {}, step)
  }

  async #post(path: string, body: object, { idempotencyKey, signal }: Asked) {
    const response = await fetch(this.#url + path, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": idempotencyKey },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(this.#answerMs)]),
    })
    if (response.ok) return parse(Payment, await response.json())
    await response.body?.cancel()
    if (response.status < 500) throw new errors.Conflict(`The payment provider refused it with ${response.status}.`)
    throw new errors.BadGateway(`The payment provider answered ${response.status}.`)
  }
}
