import type { App } from "@ashlar/http"
import { v } from "@ashlar/validation"
import { MAX_ITEMS, MAX_TAGS } from "../../order.ts"

const Item = v.object({
  id: v.integer().min(0),
  sku: v.string().min(1).max(40),
  name: v.string().min(1).max(120),
  price: v.number().min(0),
  quantity: v.integer().min(1).max(999),
  inStock: v.boolean(),
  tags: v.array(v.string()).max(MAX_TAGS),
})
const Order = v.object({ customer: v.string().email(), items: v.array(Item).min(1).max(MAX_ITEMS) })

/** Workload i. */
export function addOrders(app: App): void {
  app.post("/orders", { body: Order }, (ctx) => ({ items: ctx.body.items.length }))
}
