import { describe, expect, test } from "bun:test"
import { createAshlar } from "./client.ts"

interface Todo {
  title: string
  done: boolean
  points?: number
  tags: string[]
  owner: { name: string }
}

interface Sent {
  call: string
  body: unknown
  headers: Headers
}

/** A client whose server answers `answers` in turn, the last one for ever, and writes down what it was sent. */
function connected(...answers: (() => Response)[]) {
  const sent: Sent[] = []
  const ashlar = createAshlar({
    url: "http://ashlar.test",
    key: "ak_publishable_0_x",
    retries: 0,
    async fetch(input, init = {}) {
      const { pathname } = new URL(input)
      sent.push({
        call: `${init.method} ${pathname.replace("/v1/projects/self/collections/todos", "")}`,
        body: typeof init.body === "string" ? JSON.parse(init.body) : undefined,
        headers: new Headers(init.headers),
      })
      return (answers[sent.length - 1] ?? answers.at(-1)!)()
    },
  })
  return { sent, todos: ashlar.collection<Todo>("todos") }
}

const todo: Todo = { title: "cut stone", done: false, tags: [], owner: { name: "Ada" } }
const stored = (id: string, rev = 1) => ({ id, rev, createdAt: "t", updatedAt: "t", data: todo })
const one = () => Response.json(stored("d1"))
const page = (ids: string[], next: string | null) => () => Response.json({ items: ids.map((id) => stored(id)), next })
const refuse = (status: number, code: string) => () => Response.json({ code, detail: code }, { status })
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => "no refusal",
    (error: unknown) => error,
  )
const code = (name: string) => expect.objectContaining({ code: name })

describe("a collection", () => {
  test("sends each call with the key, the path and the revision it needs", async () => {
    const { sent, todos } = connected(one)
    await todos.insert(todo)
    await todos.get("a/b")
    await todos.replace("d1", todo, { rev: 3 })
    await todos.replace("d1", todo, { createOnly: true })
    await todos.patch("d1", { $set: { done: true, "owner.name": "Bob" }, $inc: { points: 1 } }, { rev: 4 })
    await todos.patch("d1", { owner: { name: "Eve" }, tags: null })
    await todos.delete("d1", { rev: 5 })
    expect(sent.map(({ call }) => call)).toEqual([
      "POST /documents",
      "GET /documents/a%2Fb",
      "PUT /documents/d1",
      "PUT /documents/d1",
      "PATCH /documents/d1",
      "PATCH /documents/d1",
      "DELETE /documents/d1",
    ])
    expect(sent.map(({ headers }) => headers.get("if-match"))).toEqual([null, null, '"3"', null, '"4"', null, '"5"'])
    expect(sent[3]?.headers.get("if-none-match")).toBe("*")
    expect(sent[4]?.body).toEqual({ $set: { done: true, "owner.name": "Bob" }, $inc: { points: 1 } })
    for (const { headers } of sent) expect(headers.get("authorization")).toBe("Bearer ak_publishable_0_x")
  })

  test("sends a query as it is", async () => {
    const { sent, todos } = connected(page(["a"], null))
    const request = {
      where: { anything: 1 },
      sort: [{ path: ["a.b"], direction: "desc" }],
      limit: 3,
      count: true,
    } as const
    expect((await todos.query(request)).items).toHaveLength(1)
    await todos.explain(request)
    expect(sent.map(({ call }) => call)).toEqual(["POST /query", "POST /explain"])
    expect(sent.map(({ body }) => body)).toEqual([request, request])
  })

  test("inserts many in one request, none in none, and refuses more than the server takes", async () => {
    const { sent, todos } = connected(page(["d1", "d2"], null))
    expect((await todos.insertMany([todo, todo])).map(({ id }) => id)).toEqual(["d1", "d2"])
    expect(sent[0]?.body).toEqual([todo, todo])
    expect(await todos.insertMany([])).toEqual([])
    expect(await refusal(todos.insertMany(Array(1001).fill(todo)))).toEqual(code("SDK_BAD_OPTIONS"))
    expect(sent).toHaveLength(1)
  })

  test("gives null for a missing document, and throws for a missing collection", async () => {
    expect(await connected(refuse(404, "DOCUMENTS_NOT_FOUND")).todos.get("x")).toBeNull()
    const { todos } = connected(refuse(404, "DOCUMENTS_COLLECTION_NOT_FOUND"))
    expect(await refusal(todos.get("x"))).toEqual(code("DOCUMENTS_COLLECTION_NOT_FOUND"))
  })

  test("passes a conflict on with its facts", async () => {
    const { todos } = connected(() =>
      Response.json(
        { code: "DOCUMENTS_REVISION_CONFLICT", detail: "Changed.", details: { expected: 1, current: 2 } },
        { status: 412 },
      ),
    )
    const error = await refusal(todos.replace("d1", todo, { rev: 1 }))
    expect(error).toMatchObject({ status: 412, details: { expected: 1, current: 2 } })
  })

  test("never turns a strange id into a call on the whole collection", () => {
    const { sent, todos } = connected(one)
    for (const id of ["", ".", ".."]) expect(refusal(todos.delete(id))).resolves.toEqual(code("SDK_BAD_OPTIONS"))
    expect(sent).toHaveLength(0)
  })
})

describe("a query", () => {
  test("collects its parts, and leaves the query it started from alone", async () => {
    const { sent, todos } = connected(page([], null))
    const open = todos.where({ done: false })
    await open
      .where({ points: { $gt: 3 } })
      .sort("-points", "title")
      .select("title")
      .limit(5)
      .page({ cursor: "c" })
    await open.page()
    expect(sent.map(({ call }) => call)).toEqual(["POST /query", "POST /query"])
    expect(sent[0]?.body).toEqual({
      where: { $and: [{ done: false }, { points: { $gt: 3 } }] },
      sort: ["-points", "title"],
      select: ["title"],
      limit: 5,
      cursor: "c",
    })
    expect(sent[1]?.body).toEqual({ where: { done: false } })
  })

  test("reads page after page until the cursor ends", async () => {
    const { sent, todos } = connected(page(["a", "b"], "c1"), page(["c"], "c2"), page([], null))
    const ids: string[] = []
    for await (const { id } of todos.where()) ids.push(id)
    expect(ids).toEqual(["a", "b", "c"])
    expect(sent.map(({ body }) => body)).toEqual([
      { limit: 1000 },
      { limit: 1000, cursor: "c1" },
      { limit: 1000, cursor: "c2" },
    ])
  })

  test("stops at its limit, and asks for no more than that", async () => {
    const ids = Array.from({ length: 1000 }, (_, at) => `d${at}`)
    const { sent, todos } = connected(page(ids, "c1"), page(ids.slice(0, 500), "c2"))
    expect(await todos.where().limit(1500).all()).toHaveLength(1500)
    expect(sent.map(({ body }) => body)).toEqual([{ limit: 1000 }, { limit: 500, cursor: "c1" }])
  })

  test("asks for no further page once the caller stops", async () => {
    const { sent, todos } = connected(page(["a", "b"], "more"))
    for await (const _ of todos.where()) break
    expect(sent).toHaveLength(1)
  })

  test("all() refuses to collect without bound", async () => {
    const { todos } = connected(page(["a", "b", "c"], "more"))
    expect(await refusal(todos.where().all({ max: 5 }))).toEqual(code("SDK_TOO_MANY_DOCUMENTS"))
  })

  test("first() asks for one, and is null for none", async () => {
    const { sent, todos } = connected(page(["a"], "more"), page([], null))
    expect((await todos.where().sort("title").first())?.id).toBe("a")
    expect(await todos.where({ done: true }).first()).toBeNull()
    expect(sent[0]?.body).toEqual({ sort: ["title"], limit: 1 })
  })

  test("count() says whether it is exact, and insists on an answer", async () => {
    const { sent, todos } = connected(
      () => Response.json({ items: [], next: null, count: { value: 32000, exact: false } }),
      page([], null),
    )
    expect(await todos.where({ tags: "stone" }).sort("title").count()).toEqual({ value: 32000, exact: false })
    expect(sent[0]?.body).toEqual({ where: { tags: "stone" }, limit: 1, count: true })
    expect(await refusal(todos.where().count())).toEqual(code("SDK_BAD_RESPONSE"))
  })

  test("explain() sends the same query to the server", async () => {
    const { sent, todos } = connected(() => Response.json({ index: "done", scan: false }))
    expect(await todos.where({ done: true }).limit(5000).explain()).toMatchObject({ index: "done", scan: false })
    expect(sent[0]).toMatchObject({ call: "POST /explain", body: { where: { done: true }, limit: 1000 } })
  })

  test.each([0, -1, 1.5, Number.NaN])("refuses a limit of %p", (limit) => {
    expect(() => connected(one).todos.where().limit(limit)).toThrow(code("SDK_BAD_OPTIONS"))
  })
})
