import { describe, expect, test } from "bun:test"
import { v } from "@ashlar/validation"
import { z } from "zod"
import { createApp, type RequestIssue } from "../index.ts"
import { listQuery } from "./index.ts"

const KEY = "k".repeat(32)
const Books = listQuery({
  filter: {
    year: { type: v.coerce.integer(), operators: ["eq", "gte", "in", "isNull"] },
    title: { operators: ["eq", "contains"] },
  },
  sort: ["year", "title"],
  fields: ["id", "title"],
  paginate: { by: "offset", limit: 10, maxLimit: 50, maxOffset: 1000 },
})
const Events = listQuery({ sort: ["at", "id"], defaultSort: "-at,id", paginate: { by: "cursor", keys: [KEY] } })

const app = createApp()
app.get("/books", { query: Books }, (ctx) => ctx.json(ctx.query))
app.get("/pages", { query: Books }, (ctx) =>
  Books.reply(
    ctx,
    Array.from({ length: ctx.query.page.limit }, (_, at) => at),
    { total: 95 },
  ),
)
app.get("/open", { query: Books }, (ctx) => Books.reply(ctx, [1, 2, 3]))
app.get("/events", { query: Events }, (ctx) => {
  const rows = [1, 2].map((id) => ({ id, at: "2026" }))
  return Events.reply(ctx, rows, { next: ["2026", 2], previous: ctx.query.page.after })
})
app.get("/seen", { query: Events }, (ctx) => ctx.json(ctx.query))
const Other = listQuery({
  sort: ["a"],
  other: v.object({ q: v.string().optional(), constructor: v.string().optional() }),
})
app.get("/other", { query: Other }, (ctx) => ctx.json(ctx.query))

async function ask(
  path: string,
): Promise<{ status: number; link: string | null; body: never; errors: readonly RequestIssue[] }> {
  const response = await app.fetch(new Request(`http://localhost${path}`))
  const body = (await response.json()) as { errors?: readonly RequestIssue[] }
  return { status: response.status, link: response.headers.get("link"), body: body as never, errors: body.errors ?? [] }
}

describe("a list's query", () => {
  test("is plain values", async () => {
    const { body } = await ask(
      "/books?filter[year][gte]=1800&filter%5Btitle%5D=Emma&sort=-year,title&fields=title,id&limit=5&offset=20",
    )
    expect(body).toEqual({
      filter: [
        { field: "year", operator: "gte", value: 1800 },
        { field: "title", operator: "eq", value: "Emma" },
      ],
      sort: [
        { field: "year", direction: "desc" },
        { field: "title", direction: "asc" },
      ],
      fields: ["title", "id"],
      page: { limit: 5, offset: 20 },
    } as never)
  })
  test("is what the route says where the caller says nothing", async () => {
    expect((await ask("/books")).body).toEqual({ filter: [], sort: [], page: { limit: 10, offset: 0 } } as never)
    expect((await ask("/seen")).body).toEqual({
      filter: [],
      sort: [
        { field: "at", direction: "desc" },
        { field: "id", direction: "asc" },
      ],
      page: { limit: 20 },
    } as never)
  })
  test.each([
    ["/books?filter[year][in]=1,2&filter[year][in]=3", [{ field: "year", operator: "in", value: [1, 2, 3] }]],
    ["/books?filter[year][isNull]=true", [{ field: "year", operator: "isNull", value: true }]],
    ["/books?filter[title][contains]=a%2Cb", [{ field: "title", operator: "contains", value: "a,b" }]],
  ])("%s", async (path, filter) => {
    expect((await ask(path)).body).toMatchObject({ filter } as never)
  })
  test("may have parameters of its own", async () => {
    expect((await ask("/other?sort=a&q=x&constructor=y")).body).toMatchObject({
      other: { q: "x", constructor: "y" },
    } as never)
    expect((await ask("/other?z=1")).errors[0]).toMatchObject({ pointer: "/z", code: "unknown_key" })
  })
})

describe("what is not allowed is refused, and what is is told", () => {
  test.each<[string, string, string, string]>([
    ["/books?filter[pages]=1", "/filter[pages]", "value", "year, title"],
    ["/books?filter[year][lt]=1", "/filter[year][lt]", "value", "eq, gte, in, isNull"],
    ["/books?filter[title][$where]=1", "/filter[title][$where]", "value", "eq, contains"],
    ["/books?filter[year]=x", "/filter[year]", "type", "integer"],
    ["/books?filter[year][in]=1,x", "/filter[year][in]", "type", "integer"],
    ["/books?filter[year][in]=", "/filter[year][in]", "too_small", "a value"],
    [`/books?filter[year][in]=${"1,".repeat(60)}`, "/filter[year][in]", "too_big", "50"],
    ["/books?filter[year][isNull]=yes", "/filter[year][isNull]", "value", "true or false"],
    [`/books?filter[title]=${"x".repeat(257)}`, "/filter[title]", "too_big", "256"],
    ["/books?filter[title]=a&filter[title]=b", "/filter[title]", "duplicate", "once"],
    ["/books?filter=1", "/filter", "value", "year, title"],
    ["/books?filter[__proto__]=1", "/filter[__proto__]", "value", "year, title"],
    ["/books?filter[constructor][eq]=1", "/filter[constructor][eq]", "value", "year, title"],
    ["/books?filter[year][eq][x]=1", "/filter[year][eq][x]", "value", "year, title"],
    ["/books?sort=password", "/sort", "value", "year, -year, title, -title"],
    ["/books?sort=--year", "/sort", "value", "year"],
    ["/books?sort=year,-year", "/sort", "duplicate", "once"],
    ["/books?sort=", "/sort", "too_small", "a name"],
    [`/books?sort=${"year,".repeat(9)}`, "/sort", "too_big", "5"],
    ["/books?fields=password", "/fields", "value", "id, title"],
    ["/books?limit=51", "/limit", "too_big", "1 to 50"],
    ["/books?limit=0", "/limit", "too_small", "1 to 50"],
    ["/books?limit=1e1", "/limit", "type", "1 to 50"],
    ["/books?limit=1&limit=2", "/limit", "duplicate", "once"],
    ["/books?offset=1001", "/offset", "too_big", "0 to 1000"],
    ["/books?offset=-1", "/offset", "type", "0 to 1000"],
    ["/books?after=x", "/after", "unknown_key", "limit, offset"],
    ["/books?__proto__=x", "/__proto__", "unknown_key", "sort"],
    ["/events?after=x", "/after", "format", "cursor"],
    ["/events?fields=x", "/fields", "unknown_key", "limit, after, before"],
  ])("%s", async (path, pointer, code, told) => {
    const { status, errors } = await ask(path)
    expect(status).toBe(422)
    expect(errors.find((one) => one.code === code)).toMatchObject({ in: "query", pointer })
    expect(errors.map(({ message }) => message).join(" ")).toContain(told)
  })
  test("and no more than twenty filters", async () => {
    const { errors } = await ask(`/books?${Array.from({ length: 21 }, (_, at) => `filter[year][x${at}]=1`).join("&")}`)
    expect(errors[0]).toMatchObject({ pointer: "/filter", code: "too_big" })
    expect(errors.length).toBeLessThan(50)
  })
})

/** The links of a header by what they are to the page. */
function linksOf(header: string | null): Record<string, string> {
  const found = [...(header ?? "").matchAll(/<([^>]+)>; rel="(\w+)"/g)]
  return Object.fromEntries(found.map(([, address, rel]) => [rel!, address!]))
}

describe("links to other pages", () => {
  test.each<[string, Record<string, string>]>([
    [
      "/pages?sort=year&limit=20",
      {
        first: "?sort=year&limit=20&offset=0",
        next: "?sort=year&limit=20&offset=20",
        last: "?sort=year&limit=20&offset=80",
      },
    ],
    [
      "/pages?limit=20&offset=80",
      { first: "?limit=20&offset=0", prev: "?limit=20&offset=60", last: "?limit=20&offset=80" },
    ],
    [
      "/pages?limit=20&offset=5",
      {
        first: "?limit=20&offset=0",
        prev: "?limit=20&offset=0",
        next: "?limit=20&offset=25",
        last: "?limit=20&offset=80",
      },
    ],
    ["/open", { first: "?limit=10&offset=0" }],
    ["/open?limit=3", { first: "?limit=3&offset=0", next: "?limit=3&offset=3" }],
  ])("%s", async (path, links) => {
    expect(linksOf((await ask(path)).link)).toEqual(links)
  })
  test("lead through all pages, whatever was asked for", async () => {
    const seen: number[] = []
    let path: string | undefined = "/pages?limit=30&filter[title]=a%26b%3E"
    while (path !== undefined) {
      const { link, status } = await ask(path)
      expect(status).toBe(200)
      seen.push(Number(new URL(path, "http://localhost").searchParams.get("offset") ?? 0))
      const { next } = linksOf(link)
      path = next && new URL(next, `http://localhost/pages`).href.slice("http://localhost".length)
    }
    expect(seen).toEqual([0, 30, 60, 90])
  })
})

describe("cursors", () => {
  const cursorOf = async (path: string): Promise<string> =>
    new URLSearchParams(linksOf((await ask(path)).link).next).get("after")!

  test("come back as what they point behind", async () => {
    const { body } = await ask(`/seen?after=${await cursorOf("/events")}`)
    expect(body).toMatchObject({ page: { limit: 20, after: ["2026", 2] } } as never)
  })
  test("lead back too", async () => {
    const { link } = await ask(`/events?limit=2&after=${await cursorOf("/events")}`)
    const { prev } = linksOf(link)
    expect((await ask(`/seen${prev}`)).body).toMatchObject({ page: { before: ["2026", 2] } } as never)
  })
  test("of another order, changed ones and made-up ones are refused", async () => {
    const cursor = await cursorOf("/events")
    const [text] = cursor.split(".")
    const forged = Buffer.from('["-at,id","2027",9]').toString("base64url")
    for (const wrong of [`${cursor}x`, text!, forged, `${forged}.${"a".repeat(43)}`, "x".repeat(5000), ""])
      expect((await ask(`/seen?after=${wrong}`)).status).toBe(422)
    expect((await ask(`/seen?sort=id&after=${cursor}`)).status).toBe(422)
    expect((await ask(`/seen?after=${cursor}&before=${cursor}`)).errors[0]).toMatchObject({ code: "duplicate" })
  })
  test("without keys are texts that anybody can write, and still well-formed ones", async () => {
    const open = createApp()
    const Rows = listQuery({ sort: ["id"], defaultSort: "id", paginate: { by: "cursor" } })
    open.get("/", { query: Rows }, (ctx) => ctx.json(ctx.query.page.after ?? null))
    const get = async (value: unknown) =>
      open.fetch(new Request(`http://localhost/?after=${Buffer.from(JSON.stringify(value)).toString("base64url")}`))
    expect(await (await get(["id", "ä", null, true])).json()).toEqual(["ä", null, true])
    for (const odd of [["id", { $gt: "" }], ["id", []], { 0: "id" }, ["id", ...Array(9).fill(1)], [], null])
      expect((await get(odd)).status).toBe(422)
  })
})

describe("a list's query is refused at its definition", () => {
  test.each<[string, () => unknown]>([
    ["with a limit that is no whole number", () => listQuery({ paginate: { by: "offset", maxLimit: 1.5 } })],
    ["with no limit at all", () => listQuery({ paginate: { by: "offset", maxOffset: Number.POSITIVE_INFINITY } })],
    ["with an order by what is no field", () => listQuery({ sort: ["a"], defaultSort: "b" })],
    ["with a field that cannot be named", () => listQuery({ filter: { "a]": { operators: ["eq"] } } })],
  ])("%s", (_what, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "HTTP_QUERY_INVALID" }))
  })
  test("with keys that are too short", () => {
    expect(() => listQuery({ paginate: { by: "cursor", keys: ["short"] } })).toThrow("32 bytes")
  })
  test("or at its first request, where a filter's schema answers later", async () => {
    const Late = listQuery({ filter: { a: { type: z.string().refine(async () => true), operators: ["eq"] } } })
    const result = (): unknown => Late["~standard"].validate({ "filter[a]": "x" })
    expect(result).toThrow(expect.objectContaining({ code: "HTTP_QUERY_INVALID" }))
  })
})
