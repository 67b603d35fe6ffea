import { createdAt, enumeration, hasMany, index, integer, type RowOf, text, timestamp, uuid } from "@ashlar/orm"
import { OrderLine } from "./order-line.ts"
import { ShopModel } from "./shop-model.ts"

/** `cancelling`: it will be cancelled, and what was done for it is being taken back. */
export const orderStates = ["placed", "reserved", "paid", "packed", "shipped", "cancelling", "cancelled"] as const
export type OrderState = (typeof orderStates)[number]

export class Order extends ShopModel {
  static readonly table = "orders"
  static readonly columns = {
    id: uuid().primary(),
    email: text(254),
    state: enumeration(orderStates),
    /** Why it was cancelled. */
    reason: text(200).nullable(),
    totalCents: integer(),
    placedAt: createdAt(),
    /** When it was shipped or cancelled. */
    endedAt: timestamp().nullable(),
  }
  static readonly indexes = [index("state", "placedAt"), index("placedAt", "id"), index("endedAt")]
  static readonly relations = { lines: hasMany(() => OrderLine) }
}
export type OrderRow = RowOf<typeof Order>
