import { errors } from "@ashlar/http"
import type { Queryable } from "@ashlar/orm"
import { Order, type OrderRow, type OrderState } from "./models/order.ts"
import { OrderLine } from "./models/order-line.ts"
import { releaseStock, shipStock, type Wanted } from "./stock.ts"

/** @throws 404 */
export async function findOrder(db: Queryable, id: string): Promise<OrderRow> {
  const order = await Order.in(db).find(id)
  if (order === undefined) throw new errors.NotFound("There is no such order.")
  return order
}

interface Way {
  readonly from: OrderState
  readonly to: OrderState
}

/** One step further; whoever comes too late, as for an order that a customer cancelled meanwhile, changes nothing. @returns whether it was in time. */
export async function tryAdvance(tx: Queryable, id: string, { from, to }: Way): Promise<boolean> {
  const endedAt = to === "shipped" ? new Date() : null
  const changed = await Order.in(tx).query().where("id", id).where("state", from).update({ state: to, endedAt })
  return changed > 0
}

/** The same, for whoever cannot go on without it. @throws 409 */
export async function advance(tx: Queryable, id: string, way: Way): Promise<OrderRow> {
  if (!(await tryAdvance(tx, id, way))) throw new errors.Conflict(`The order is not ${way.from} any more.`)
  if (way.to === "shipped") await shipStock(tx, await linesOf(tx, id))
  return await findOrder(tx, id)
}

/** It will be cancelled, and the first reason stands. */
export async function condemn(tx: Queryable, id: string, reason: string): Promise<void> {
  await Order.in(tx)
    .query()
    .where("id", id)
    .where("state", "notIn", ["cancelling", "cancelled"])
    .update({ state: "cancelling", reason })
}

/** The last of all that is taken back: the goods are free again, and the order is cancelled. */
export async function closeCancelled(tx: Queryable, id: string): Promise<OrderRow> {
  await condemn(tx, id, "It could not be fulfilled.")
  await Order.in(tx).query().where("id", id).update({ state: "cancelled", endedAt: new Date() })
  await releaseStock(tx, await linesOf(tx, id))
  return await findOrder(tx, id)
}

async function linesOf(tx: Queryable, id: string): Promise<readonly Wanted[]> {
  return await OrderLine.in(tx).query().where("orderId", id).get()
}
