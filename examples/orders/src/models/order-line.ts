import { integer, text, uuid } from "@ashlar/orm"
import { Item } from "./item.ts"
import { Order } from "./order.ts"
import { ShopModel } from "./shop-model.ts"

export class OrderLine extends ShopModel {
  static readonly table = "order_lines"
  static readonly columns = {
    orderId: uuid()
      .primary({ generated: false })
      .references(() => Order, { onDelete: "cascade" }),
    sku: text(40)
      .primary()
      .references(() => Item),
    quantity: integer(),
    /** Of one, when it was ordered. */
    priceCents: integer(),
  }
}
