import { listQuery } from "@ashlar/http/query"
import { type Infer, v } from "@ashlar/validation"
import { orderStates } from "./models/order.ts"
import { NEWS } from "./notices.ts"

const Sku = v.string().min(1).max(40)
const Line = v.object({ sku: Sku, quantity: v.integer().min(1).max(100) })

export const NewOrder = v
  .object({
    email: v.string().email().max(254),
    lines: v
      .array(Line)
      .min(1)
      .max(50)
      .refine((lines) => new Set(lines.map(({ sku }) => sku)).size === lines.length, "Expected each item once."),
  })
  .meta({ id: "NewOrder" })

const State = v.enum(orderStates)
const When = v.string().datetime()

const ListedOrder = v
  .object({
    id: v.string(),
    email: v.string(),
    state: State,
    reason: v.string().nullable(),
    totalCents: v.integer(),
    placedAt: When,
    endedAt: When.nullable(),
  })
  .meta({ id: "ListedOrder" })
const Step = v.object({ name: v.string(), state: v.enum(["pending", "done", "failed"]), attempts: v.integer() })
/** An order with its items, and how far its fulfilment has come. */
export const OneOrder = ListedOrder.extend({
  lines: v.array(Line.extend({ priceCents: v.integer() })),
  steps: v.array(Step),
}).meta({ id: "Order" })

export const OrderParams = v.object({ id: v.string().uuid() })
export const OrderList = listQuery({
  filter: {
    state: { type: State, operators: ["eq", "in"] },
    email: { operators: ["eq"] },
    placedAt: { type: v.coerce.date(), operators: ["gte", "lt"] },
    totalCents: { type: v.coerce.integer().min(0).max(2_147_483_647), operators: ["gte", "lt"] },
  },
  sort: ["placedAt", "totalCents"],
  defaultSort: "-placedAt",
  paginate: { by: "offset", limit: 20, maxLimit: 100 },
})
export const OrderRows: ReturnType<typeof OrderList.rows<typeof ListedOrder>> = OrderList.rows(ListedOrder)

export const Items = v.array(v.object({ sku: Sku, name: v.string(), priceCents: v.integer(), free: v.integer() }))

export const PaymentEvent = v.object({
  type: v.enum(["payment.charged", "payment.declined"]),
  timestamp: When,
  data: v.object({ id: v.string(), reference: v.string().uuid() }),
})

export const NewEndpoint = v.object({
  url: v.string().url().max(2_048),
  types: v
    .array(v.enum(NEWS.map((news) => `order.${news}` as const)))
    .min(1)
    .max(10)
    .optional(),
})
export const Endpoint = v
  .object({
    id: v.string(),
    url: v.string(),
    types: v.array(v.string()).optional(),
    disabledWhy: v.string().optional(),
  })
  .meta({ id: "Endpoint" })
export const EndpointWithKey = Endpoint.extend({ key: v.string() }).meta({ id: "EndpointWithKey" })

const Dead = v.object({
  kind: v.enum(["job", "webhook", "run"]),
  id: v.string(),
  what: v.string(),
  why: v.string(),
  at: When,
})
export type DeadLetter = Infer<typeof Dead>

const Count = v.integer().min(0)
const Queue = v.object({
  name: v.string(),
  waiting: Count,
  delayed: Count,
  active: Count,
  failed: Count,
  isPaused: v.boolean(),
  donePerMinute: Count,
})
/** What the page shows. */
export const Picture = v
  .object({
    at: When,
    queues: v.array(Queue),
    stepsPerMinute: Count,
    workers: v.array(v.object({ worker: v.string(), running: Count })),
    states: v.record(v.string(), Count),
    perMinute: v.object({ placed: Count, shipped: Count, cancelled: Count }),
    stock: v.array(v.object({ sku: v.string(), name: v.string(), free: v.integer(), held: v.integer() })),
    recent: v.array(
      v.object({
        id: v.string(),
        state: State,
        reason: v.string().nullable(),
        totalCents: v.integer(),
        placedAt: When,
        steps: v.array(Step),
      }),
    ),
    dead: v.array(Dead),
  })
  .meta({ id: "Picture" })
export type Picture = Infer<typeof Picture>

export const Redrive = v.union([v.object({ all: v.literal(true) }), Dead.pick("kind", "id")])
