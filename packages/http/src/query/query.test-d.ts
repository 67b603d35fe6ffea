/** The promises of the types, held by `tsc`: every `@ts-expect-error` must be an error, every `Same` must be the same. */
import { v } from "@ashlar/validation"
import { get, type In } from "../index.ts"
import { listQuery } from "./index.ts"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare function same<A, B>(isSame: Same<A, B>): void

const Books = listQuery({
  filter: { year: { type: v.coerce.integer(), operators: ["gte", "in"] }, title: { operators: ["eq", "isNull"] } },
  sort: ["year", "title"],
  fields: ["id", "title"],
  paginate: { by: "offset" },
})

get("/books", { query: Books }, (ctx) => {
  for (const condition of ctx.query.filter) {
    if (condition.field === "year" && condition.operator === "gte") same<typeof condition.value, number>(true)
    if (condition.field === "year" && condition.operator === "in") same<typeof condition.value, readonly number[]>(true)
    if (condition.field === "title" && condition.operator === "eq") same<typeof condition.value, string>(true)
    if (condition.field === "title" && condition.operator === "isNull") same<typeof condition.value, boolean>(true)
  }
  same<(typeof ctx.query.sort)[number]["field"], "year" | "title">(true)
  same<typeof ctx.query.fields, readonly ("id" | "title")[] | undefined>(true)
  same<typeof ctx.query.page.offset, number>(true)
  return Books.reply(ctx, [{ id: 1 }], { total: 1 })
})

type Sent = In<typeof Books>
declare function send(query: Sent): void
send({ "filter[year][gte]": 1800, sort: "-year,title", fields: ["id"], limit: 10 })
// @ts-expect-error no such operator
send({ "filter[year][lt]": 1 })
// @ts-expect-error no such field to sort by
send({ sort: "password" })
// @ts-expect-error no cursors here
send({ after: "x" })

const Events = listQuery({ paginate: { by: "cursor" }, other: v.object({ q: v.string() }) })
get("/events", { query: Events }, (ctx) => {
  same<typeof ctx.query.other, { q: string }>(true)
  same<typeof ctx.query.page.limit, number>(true)
  return Events.reply(ctx, [], { next: ["x"] })
})
declare function sendOther(query: In<typeof Events>): void
sendOther({ q: "x", after: "y" })
// @ts-expect-error `q` is needed
sendOther({ limit: 1 })

const Book = v.object({ id: v.integer(), title: v.string(), author: v.object({ name: v.string(), born: v.integer() }) })
const Shown = listQuery({ fields: ["id", "author.name"] })
const shown = get("/shown", { query: Shown, response: Shown.rows(Book) }, (ctx) =>
  Shown.reply(ctx, [{ id: 1, title: "a", author: { name: "b", born: 1 } }]),
)
type ShownRow = NonNullable<(typeof shown)["~out"]>[number]
same<ShownRow["id"], number | undefined>(true)
same<NonNullable<ShownRow["author"]>["name"], string | undefined>(true)
// @ts-expect-error a key that rows do not have
get("/shown", { query: Shown, response: Shown.rows(Book) }, () => [{ id: 1, password: "x" }])
// @ts-expect-error another type
get("/shown", { query: Shown, response: Shown.rows(Book) }, () => [{ id: "1" }])
const Plain = listQuery({ sort: ["id"] })
const plain = get("/plain", { query: Plain, response: Plain.rows(Book) }, () => [])
same<NonNullable<(typeof plain)["~out"]>[number]["title"], string>(true)
