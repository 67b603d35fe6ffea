import { errors } from "@ashlar/http"
import type { Database } from "@ashlar/orm"
import type { Workflows } from "@ashlar/workflow"
import { type Fulfilment, News } from "./fulfilment.ts"
import { Item } from "./models/item.ts"
import { Order } from "./models/order.ts"
import { OrderLine } from "./models/order-line.ts"
import type { Notices } from "./notices.ts"
import { findOrder } from "./order-states.ts"
import { holdStock, type Wanted } from "./stock.ts"

export interface NewOrder {
  readonly email: string
  readonly lines: readonly Wanted[]
}

export interface Desk {
  readonly db: Database
  readonly flows: Workflows
  readonly fulfilment: Fulfilment
  readonly notices: Notices
}

/** Takes an order. Its rows, its stock, its mail, its webhooks and the start of its fulfilment are committed together, or none of them is. */
export async function placeOrder({ db, flows, fulfilment, notices }: Desk, { email, lines }: NewOrder) {
  return await db.transaction(async (tx) => {
    const items = await Item.in(tx)
      .query()
      .where("sku", "in", [...new Set(lines.map(({ sku }) => sku))])
      .get()
    const prices = new Map(items.map(({ sku, priceCents }) => [sku, priceCents]))
    const priced = lines.map(({ sku, quantity }) => ({ sku, quantity, priceCents: priceOf(prices, sku) }))
    await holdStock(tx, lines)
    const totalCents = priced.reduce((sum, { priceCents, quantity }) => sum + priceCents * quantity, 0)
    const order = await Order.in(tx).create({ email, state: "placed", totalCents })
    await OrderLine.in(tx).insertMany(priced.map((line) => ({ orderId: order.id, ...line })))
    await flows.in(tx).start(fulfilment, { order: order.id }, { id: order.id })
    await notices.tell(tx, "created", order)
    return order
  })
}

function priceOf(prices: ReadonlyMap<string, number>, sku: string): number {
  const price = prices.get(sku)
  if (price === undefined) throw new errors.Invalid(`There is no item "${sku}".`)
  return price
}

/**
 * Lets a customer cancel, until the goods have left: the row decides, for both look at it in a transaction. Its fulfilment hears of it in
 * the same one, and takes back what was done. @throws 404 or 409
 */
export async function cancelOrder({ db, flows }: Desk, id: string): Promise<void> {
  await db.transaction(async (tx) => {
    const open = ["placed", "reserved", "paid", "packed"] as const
    const changes = { state: "cancelling", reason: "The customer cancelled it." } as const
    if ((await Order.in(tx).query().where("id", id).where("state", "in", open).update(changes)) > 0)
      return await flows.in(tx).signal(id, News, { outcome: "cancelled" }, { id: "cancelled" })
    if ((await findOrder(tx, id)).state === "shipped") throw new errors.Conflict("The goods have left already.")
  })
}
