import { type BaseContext, errors, get, post, routes } from "@ashlar/http"
import { idempotent } from "@ashlar/idempotency"
import { Db } from "../database.ts"
import { Item } from "../models/item.ts"
import { Order, type OrderRow } from "../models/order.ts"
import { findOrder } from "../order-states.ts"
import { cancelOrder, placeOrder } from "../orders.ts"
import { Items, NewOrder, OneOrder, OrderList, OrderParams, OrderRows } from "../schemas.ts"
import { Flows, Keys, ShopDesk } from "../services.ts"

const MAX_ITEMS = 1_000
const tags = ["orders"]
const one = { tags, params: OrderParams, response: OneOrder } as const

/** An order that is sent again with its key is placed once: the answer is kept in the transaction that places it. */
const once = idempotent({ store: Keys, scope: () => undefined, required: true, transaction: Db })

/** What customers do. */
export const orderRoutes = routes({
  items: get("/items", { summary: "What there is", tags, response: Items }, async (ctx) =>
    (
      await Item.in(await ctx.use(Db))
        .query()
        .orderBy("name")
        .limit(MAX_ITEMS)
        .get()
    ).map(({ sku, name, priceCents, free }) => ({ sku, name, priceCents, free })),
  ),
  place: post(
    "/orders",
    {
      summary: "Place an order",
      tags,
      layers: [once],
      body: NewOrder,
      response: { 201: OneOrder },
      errors: [errors.Conflict],
    },
    async (ctx) => {
      const { id } = await placeOrder(await ctx.use(ShopDesk), ctx.body)
      return ctx.json(await show(ctx, id), 201).withHeaders({ location: `/orders/${id}` })
    },
  ),
  list: get("/orders", { summary: "Orders", tags, query: OrderList, response: OrderRows }, async (ctx) => {
    const { rows, around } = await Order.in(await ctx.use(Db))
      .query()
      .list(ctx.query)
    return OrderList.reply(ctx, rows.map(told), around)
  }),
  show: get("/orders/:id", { ...one, summary: "An order", errors: [errors.NotFound] }, (ctx) =>
    show(ctx, ctx.params.id),
  ),
  cancel: post(
    "/orders/:id/cancel",
    { ...one, summary: "Cancel an order that has not left", errors: [errors.NotFound, errors.Conflict] },
    async (ctx) => {
      await cancelOrder(await ctx.use(ShopDesk), ctx.params.id)
      return await show(ctx, ctx.params.id)
    },
  ),
})

async function show(ctx: Pick<BaseContext, "use">, id: string) {
  const order = await findOrder(await ctx.use(Db), id)
  const [lines, steps] = [await order.related("lines").get(), await (await ctx.use(Flows)).history(id)]
  return {
    ...told(order),
    lines: lines.map(({ sku, quantity, priceCents }) => ({ sku, quantity, priceCents })),
    steps: steps.map(({ name, state, attempts }) => ({ name, state, attempts })),
  }
}

function told({ id, email, state, reason, totalCents, placedAt, endedAt }: OrderRow) {
  return {
    id,
    email,
    state,
    reason,
    totalCents,
    placedAt: placedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  }
}
