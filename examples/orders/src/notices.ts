import { type HtmlValue, html } from "@ashlar/mail"
import type { MailQueue } from "@ashlar/mail/queue"
import type { Queryable } from "@ashlar/orm"
import type { Webhooks } from "@ashlar/webhooks/sending"
import type { OrderRow } from "./models/order.ts"

export const NEWS = ["created", "paid", "shipped", "cancelled"] as const
export type OrderNews = (typeof NEWS)[number]

/** Whose endpoints hear of orders. A shop of many sellers has one for each. */
export const OWNER = "shop"

const letters: {
  readonly [News in OrderNews]?: { readonly subject: string; readonly says: (order: OrderRow) => HtmlValue }
} = {
  created: {
    subject: "We have your order",
    says: ({ totalCents }) => html`<p>Thank you. It comes to <b>${euros(totalCents)}</b>, and we see to it now.</p>`,
  },
  shipped: {
    subject: "Your order is on its way",
    says: () => html`<p>It has left our house, and is with you in two or three days.</p>`,
  },
}

/** Tells the world of an order: by webhook, and the customer by mail. */
export class Notices {
  readonly #hooks: Webhooks
  readonly #letters: MailQueue

  constructor(hooks: Webhooks, letters: MailQueue) {
    this.#hooks = hooks
    this.#letters = letters
  }

  /** In a transaction: when that commits it is told, and never if it does not. */
  async tell(tx: Queryable, news: OrderNews, order: OrderRow): Promise<void> {
    const { id, email, state, reason, totalCents } = order
    const data = { id, state, totalCents, ...(reason !== null && { reason }) }
    await this.#hooks.in(tx).send({ owner: OWNER, type: `order.${news}`, id: `${news}_${id}`, data })
    const letter = letters[news]
    if (letter === undefined) return
    const body = html`<h1>${letter.subject}</h1>
      ${letter.says(order)}
      <p>Order ${id}</p>`
    await this.#letters.in(tx).send({ to: email, subject: letter.subject, html: body }, { key: `${news}-${id}` })
  }
}

export function euros(cents: number): string {
  return new Intl.NumberFormat("en", { style: "currency", currency: "EUR" }).format(cents / 100)
}
