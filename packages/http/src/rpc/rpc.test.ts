import { describe, expect, test } from "bun:test"
import { v } from "@ashlar/validation"
import { batch } from "../batch/index.ts"
import { publishRoutes } from "../contract/index.ts"
import { type App, createApp, errors, get, layer } from "../index.ts"
import { listQuery } from "../query/index.ts"
import { procedure, rpc } from "./index.ts"

const User = v.object({ id: v.integer(), name: v.string() })
const signedIn = layer({
  name: "signedIn",
  errors: [errors.Unauthorized],
  before: (ctx) => {
    const user = ctx.headers.get("authorization")
    if (user === null) throw new errors.Unauthorized("Who are you?")
    return { user }
  },
})

const record = {
  users: {
    create: procedure(
      { input: v.object({ name: v.string().min(2) }), output: User, errors: [errors.Conflict], layers: [signedIn] },
      (input, ctx) => {
        if (input.name === "taken") throw new errors.Conflict("Taken")
        return { id: 1, name: `${input.name} by ${ctx.user}` }
      },
    ),
    list: procedure(
      { query: true, input: listQuery({ sort: ["name"], paginate: { by: "offset" } }), output: v.array(User) },
      ({ page }) => [{ id: page.limit, name: "A" }],
    ),
  },
  ping: procedure({}, () => "pong"),
  leaky: procedure({ output: User }, () => ({ id: 1, name: "A", password: "hunter2" }) as { id: number; name: string }),
  page: get("/page", () => "a route like any other"),
}

function serve(): App {
  const app = createApp({ development: false })
  app.add(rpc(record))
  app.add(batch(app, { path: "/rpc" }))
  app.add(publishRoutes(app))
  return app as App
}

async function call(name: string, input?: unknown, init: RequestInit = {}): Promise<readonly [number, unknown]> {
  const response = await serve().fetch(
    new Request(`http://localhost/rpc/${name}`, {
      method: "POST",
      ...(input !== undefined && { body: JSON.stringify(input) }),
      headers: { "content-type": "application/json", authorization: "Ann" },
      ...init,
    }),
  )
  const text = await response.text()
  return [response.status, response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text]
}

describe("a procedure", () => {
  test("is called by its name", async () => {
    expect(await call("users.create", { name: "Emma" })).toEqual([200, { id: 1, name: "Emma by Ann" }])
    expect(await call("ping")).toEqual([200, "pong"])
  })
  test("that changes nothing is got", async () => {
    expect(await call("users.list?limit=5&sort=-name", undefined, { method: "GET" })).toEqual([
      200,
      [{ id: 5, name: "A" }],
    ])
    expect((await call("users.list", {}))[0]).toBe(405)
  })
  test("answers errors as any route does", async () => {
    expect(await call("users.create", { name: "x" })).toMatchObject([
      422,
      { code: "HTTP_INVALID", errors: [{ in: "body", pointer: "/name" }] },
    ])
    expect(await call("users.create", { name: "taken" })).toMatchObject([409, { code: "HTTP_CONFLICT" }])
    expect(
      await call("users.create", { name: "Emma" }, { headers: { "content-type": "application/json" } }),
    ).toMatchObject([401, { code: "HTTP_UNAUTHORIZED" }])
    expect(await call("users.list?sort=x", undefined, { method: "GET" })).toMatchObject([
      422,
      { errors: [{ in: "query" }] },
    ])
    expect((await call("users.delete"))[0]).toBe(404)
    expect((await call("__proto__"))[0]).toBe(404)
  })
  test("gives no more than its output has", async () => {
    expect(await call("leaky")).toEqual([200, { id: 1, name: "A" }])
  })
  test("stands beside other routes, which stay where they are", async () => {
    expect(await (await serve().fetch(new Request("http://localhost/page"))).text()).toBe("a route like any other")
  })
  test("is known to clients by its place in the record", async () => {
    const response = await serve().fetch(new Request("http://localhost/.well-known/ashlar-routes"))
    expect(await response.json()).toMatchObject({
      "users.create": "POST /rpc/users.create HTTP_UNAUTHORIZED HTTP_CONFLICT HTTP_INVALID",
      "users.list": "GET /rpc/users.list HTTP_INVALID",
      ping: "POST /rpc/ping",
      page: "GET /page",
    })
  })
  test("says where it was declared", () => {
    const declared = serve()
      .table()
      .records.find(({ path }) => path === "/rpc/ping")?.declaredAt
    expect(declared).toContain("rpc.test.ts")
  })
})

describe("a batch of calls", () => {
  test("runs each through its own layers, and answers each by itself", async () => {
    const requests = [
      { method: "POST", path: "/rpc/users.create", body: { name: "Emma" } },
      { method: "POST", path: "/rpc/users.create", body: {} },
      { path: "/rpc/users.list?limit=2" },
      { method: "POST", path: "/rpc/ping" },
    ]
    const app = serve()
    const response = await app.fetch(
      new Request("http://localhost/rpc", {
        method: "POST",
        body: JSON.stringify({ requests }),
        headers: { "content-type": "application/json", authorization: "Ann" },
      }),
    )
    const { responses } = (await response.json()) as { responses: { status: number; body: unknown }[] }
    expect(responses.map((one) => one.status)).toEqual([200, 422, 200, 200])
    expect(responses[0]!.body).toEqual({ id: 1, name: "Emma by Ann" })
  })
})

describe("a record of procedures is refused", () => {
  const one = procedure({}, () => "")
  test.each<[string, () => unknown]>([
    ["with a name that is no word", () => rpc({ "a/b": one })],
    ["with a dot in a name", () => rpc({ "a.b": one })],
    ["with a parameter for a name", () => rpc({ ":id": one })],
    ["with a poisoned name", () => rpc(Object.fromEntries([["__proto__", one]]))],
    [
      "where it never ends",
      () => {
        const round: Record<string, object> = {}
        round.again = round
        return rpc(round)
      },
    ],
  ])("%s", (_what, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "HTTP_PROCEDURE_INVALID" }))
  })
  test("and a procedure without an address is no route", () => {
    const app = createApp()
    app.add({ one })
    expect(() => app.table()).toThrow(expect.objectContaining({ code: "HTTP_PATH_INVALID" }))
  })
  test("may stand elsewhere", async () => {
    const app = createApp()
    app.scope("/v1", (v1) => v1.add(rpc({ one: procedure({}, () => "1") }, { path: "/call/" })))
    expect(await (await app.fetch(new Request("http://localhost/v1/call/one", { method: "POST" }))).text()).toBe("1")
  })
})
