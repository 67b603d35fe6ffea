import { describe, expect, test } from "bun:test"
import { v } from "@ashlar/validation"
import { z } from "zod"
import { type AnySchema, createApp } from "../index.ts"
import { toJsonSchema } from "../routes/index.ts"
import { serialize } from "../serialization/index.ts"
import { listQuery } from "./index.ts"

const Book = v.object({
  id: v.integer(),
  title: v.string(),
  year: v.integer(),
  author: v.object({ name: v.string(), born: v.integer() }),
  tags: v.array(v.object({ name: v.string(), color: v.string() })),
})
const ZodBook = z.object({
  id: z.int(),
  title: z.string(),
  year: z.int(),
  author: z.object({ name: z.string(), born: z.int() }),
  tags: z.array(z.object({ name: z.string(), color: z.string() })),
})
const Books = listQuery({ fields: ["id", "title", "author.name", "tags.name"] })
const row = {
  id: 1,
  title: "Emma",
  year: 1815,
  author: { name: "Jane", born: 1775 },
  tags: [{ name: "a", color: "red" }],
}

async function answered(
  search: string,
  { rows = [row as unknown], schema = Book as AnySchema, isChecking = true } = {},
) {
  const app = createApp({ checkResponses: isChecking, development: false, onError: () => undefined })
  app.get("/books", { query: Books, response: Books.rows(schema) as AnySchema }, () => rows)
  const response = await app.fetch(new Request(`http://localhost/books${search}`))
  return response.status === 200 ? ((await response.json()) as unknown) : response.status
}

describe.each([
  ["v", Book],
  ["Zod", ZodBook],
])("rows of %s", (_library, schema) => {
  test.each<[string, unknown]>([
    ["", [row]],
    ["?fields=id", [{ id: 1 }]],
    ["?fields=title,id", [{ id: 1, title: "Emma" }]],
    ["?fields=author.name", [{ author: { name: "Jane" } }]],
    ["?fields=tags.name&fields=id", [{ id: 1, tags: [{ name: "a" }] }]],
    ["?fields=year", 422],
    ["?fields=author", 422],
    ["?fields=__proto__", 422],
  ])("%p is answered with what was chosen", async (search, expected) => {
    expect(await answered(search, { schema })).toEqual(expected as never)
    expect(await answered(search, { schema, isChecking: false })).toEqual(expected as never)
  })

  test("may be cut already, but not be wrong", async () => {
    expect(await answered("?fields=id", { schema, rows: [{ id: 1 }] })).toEqual([{ id: 1 }])
    expect(await answered("?fields=id", { schema, rows: [{ id: "1" }] })).toBe(500)
    expect(await answered("?fields=author.name", { schema, rows: [{ author: { name: 1 } }] })).toBe(500)
    expect(await answered("?fields=id", { schema, rows: [{ id: 1, author: {} }] })).toEqual([{ id: 1 }])
  })

  test("leave out what the schema does not have", async () => {
    expect(await answered("", { schema, rows: [{ ...row, password: "x" }] })).toEqual([row])
  })
})

test.each([
  ["?fields=id,author.name", "reader", [{ id: 1 }]],
  ["?fields=id,author.name", "admin", [{ id: 1, author: { name: "Jane" } }]],
  ["", "reader", [{ id: 1, title: "Emma", tags: row.tags }]],
])("what only a group sees cannot be chosen by others: %p, %p", async (search, role, expected) => {
  const shown = serialize(Book, {
    hidden: ["year"],
    groups: { admin: ["author"] },
    groupsOf: (ctx: { headers: { get(name: string): string | null } }) => [ctx.headers.get("x-role") ?? ""],
  })
  const app = createApp()
  app.get("/books", { query: Books, response: Books.rows(shown) }, () => [row])
  const response = await app.fetch(new Request(`http://localhost/books${search}`, { headers: { "x-role": role } }))
  expect(await response.json()).toEqual(expected as never)
})

test("the document promises no field, and the parts of those only that can be chosen as a whole", () => {
  const { items } = toJsonSchema(Books.rows(Book), "output") as { items: Record<string, never> }
  const { properties, required = [] } = items as unknown as {
    properties: Record<string, { required?: string[]; items?: { required: string[] } }>
    required?: string[]
  }
  expect(Object.keys(properties)).toEqual(["id", "title", "year", "author", "tags"])
  expect(required).toEqual([])
  expect(properties.author!.required).toEqual([])
  expect(properties.tags!.items!.required).toEqual([])
  const Whole = listQuery({ fields: ["author"] }).rows(Book)
  const whole = toJsonSchema(Whole, "output") as { items: { properties: { author: { required: string[] } } } }
  expect(whole.items.properties.author.required).toEqual(["name", "born"])
  const { items: all } = toJsonSchema(listQuery({ sort: ["id"] }).rows(Book), "output") as {
    items: { required: unknown }
  }
  expect(all.required).toEqual(["id", "title", "year", "author", "tags"])
})

test("a field that rows do not have is refused when the route is made", () => {
  expect(() => listQuery({ fields: ["pasword"] }).rows(Book)).toThrow(
    expect.objectContaining({ code: "HTTP_SERIALIZATION_INVALID" }),
  )
})
