import { describe, expect, test } from "bun:test"
import { defineService, type StandardSchemaV1 } from "@ashlar/core"
import {
  AuthenticationError,
  ConflictError,
  createApp,
  createRequestIds,
  errors,
  ForbiddenError,
  get,
  layer,
  type Middleware,
  NotFoundError,
  type Outcome,
  routes,
  TooManyRequestsError,
  UnavailableError,
  ValidationError,
} from "./index.ts"

interface User {
  name: string
}
const User: StandardSchemaV1<User> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof (value as User)?.name === "string"
        ? { value: { name: (value as User).name.trim() } }
        : { issues: [{ message: "Expected a name", path: ["name", { key: "a/b" }] }] },
  },
}
const at = (path: string, init?: RequestInit): Request => new Request(`http://test.local${path}`, init)
const json = (value: unknown): RequestInit => ({
  method: "POST",
  body: JSON.stringify(value),
  headers: { "content-type": "application/json" },
})
const codeOf = async (response: Response): Promise<string> => ((await response.json()) as { code: string }).code

describe("a route's input", () => {
  const app = createApp()
  app.post("/users", { body: User, response: { 201: User } }, (ctx) => ctx.json(ctx.body, 201))
  app.get("/search", { query: User }, (ctx) => ctx.query.name)

  test("is checked and transformed before the handler runs", async () => {
    const response = await app.fetch(at("/users", json({ name: " ana " })))
    expect([response.status, await response.json()]).toEqual([201, { name: "ana" }])
    expect(await (await app.fetch(at("/search?name=%20bo"))).text()).toBe("bo")
  })

  test("is refused with every issue, its place and a pointer", async () => {
    const response = await app.fetch(at("/users", json({ nome: "ana" })))
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({
      code: "HTTP_INVALID",
      errors: [{ in: "body", pointer: "/name/a~1b", code: "invalid", message: "Expected a name" }],
    })
  })

  test("is refused when it is of a type that the route does not read", async () => {
    const response = await app.fetch(
      at("/users", { method: "POST", body: "name=x", headers: { "content-type": "text/csv" } }),
    )
    expect([response.status, await codeOf(response)]).toEqual([415, "HTTP_UNSUPPORTED_MEDIA_TYPE"])
  })

  test("may be a form", async () => {
    const response = await app.fetch(at("/users", { method: "POST", body: new URLSearchParams({ name: "ana" }) }))
    expect(await response.json()).toEqual({ name: "ana" })
  })
})

describe("layers", () => {
  test("wrap a route in onion order, once each, and finish in reverse whatever happened", async () => {
    const trace: string[] = []
    const one = (name: string): ReturnType<typeof layer> =>
      layer({
        name,
        before: () => {
          trace.push(`+${name}`)
        },
        after: () => void trace.push(`-${name}`),
        finish: (_ctx, outcome: Outcome) => void trace.push(`.${name} ${outcome.status}`),
      })
    const [a, b] = [one("a"), one("b")]
    const app = createApp({ layers: [a], onError: () => undefined })
    app.scope("/in", [b, a], (inner) => {
      inner.get("/", () => void trace.push("handler"))
      inner.get("/throws", () => {
        throw new Error("x")
      })
    })
    app.get("/out", () => "out")
    await app.fetch(at("/in"))
    await Bun.sleep(1)
    expect(trace.splice(0)).toEqual(["+a", "+b", "handler", "-b", "-a", ".b 204", ".a 204"])
    await app.fetch(at("/in/throws"))
    await Bun.sleep(1)
    expect(trace.splice(0)).toEqual(["+a", "+b", ".b 500", ".a 500"])
    await app.fetch(at("/out"))
    expect(trace.splice(0, 2)).toEqual(["+a", "-a"])
  })

  test("may answer in the handler's place, wrap it, or turn its error into an answer", async () => {
    const app = createApp()
    const teapot = layer({
      name: "teapot",
      error: (ctx, error) => (error instanceof errors.Conflict ? ctx.text("tea", 418) : undefined),
    })
    const early = layer({
      name: "early",
      before: (ctx) => (ctx.headers.has("x-stop") ? ctx.text("stopped", 403) : undefined),
    })
    const brackets: Middleware = async (_ctx, next) => new Response(`<${await (await next()).text()}>`)
    app.scope("/", [teapot, early, brackets], (inner) => {
      inner.get("/ok", () => "ok")
      inner.get("/conflict", () => {
        throw new errors.Conflict()
      })
      inner.get("/missing", () => {
        throw new errors.NotFound()
      })
    })
    const read = async (path: string, init?: RequestInit): Promise<string> => (await app.fetch(at(path, init))).text()
    expect(await read("/ok")).toBe("<ok>")
    expect(await read("/ok", { headers: { "x-stop": "1" } })).toBe("stopped")
    expect(await read("/conflict")).toBe("tea")
    expect(JSON.parse(await read("/missing")).code).toBe("HTTP_NOT_FOUND")
  })

  test("run around unknown paths too, when they are the app's own", async () => {
    const app = createApp({ layers: [layer({ name: "mark", before: (ctx) => ctx.set("x-mark", "1") })] })
    expect((await app.fetch(at("/nowhere"))).headers.get("x-mark")).toBe("1")
  })

  test("report what a cleanup throws, and send the answer all the same", async () => {
    const reported: unknown[] = []
    const app = createApp({ onError: (error) => void reported.push(error) })
    app.get("/", (ctx) => {
      ctx.defer(() => {
        throw new TypeError("late")
      })
      return "sent"
    })
    expect(await (await app.fetch(at("/"))).text()).toBe("sent")
    await Bun.sleep(1)
    expect(reported).toEqual([new TypeError("late")])
  })
})

describe("freezing the table", () => {
  const handler = (): string => "x"
  const first = layer({ name: "first", before: () => ({ a: 1 }) })
  const second = layer({ name: "second", needs: [first] })
  const again = layer({ name: "again", before: () => ({ a: "2" }) })

  test.each<[string, string, () => unknown]>([
    [
      "two routes at one place",
      "HTTP_ROUTE_DUPLICATE",
      () => {
        const app = createApp()
        app.get("/users/:id", handler)
        app.get("/users/:name", handler)
        app.table()
      },
    ],
    [
      "two routes of one name",
      "HTTP_ROUTE_DUPLICATE",
      () => {
        const app = createApp()
        app.get("/a", handler).name("x")
        app.get("/b", handler).name("x")
        app.table()
      },
    ],
    [
      "a malformed path",
      "HTTP_PATH_INVALID",
      () => {
        const app = createApp()
        app.get("users", handler)
        app.table()
      },
    ],
    [
      "a layer without what it needs",
      "HTTP_LAYER_UNMET",
      () => {
        const app = createApp()
        // @ts-expect-error: the types refuse it too
        app.scope("/x", [second], (scope) => scope.get("/", handler))
        app.table()
      },
    ],
    [
      "a route that comes late",
      "HTTP_FROZEN",
      () => {
        const app = createApp()
        app.table()
        app.get("/late", handler)
      },
    ],
    ["a URL for a name that nobody has", "HTTP_ROUTE_UNKNOWN", () => createApp().url("users.show")],
  ])("refuses %s", (_what, code, build) => {
    expect(build).toThrow(expect.objectContaining({ code }))
  })

  test("names both places of a duplicate", () => {
    const app = createApp()
    app.get("/a", handler)
    app.get("/a", handler)
    expect(() => app.table()).toThrow(/app\.test\.ts:\d+ and .*app\.test\.ts:\d+/)
  })

  test("lets no two layers provide one field", async () => {
    const reported: unknown[] = []
    const app = createApp({ onError: (error) => void reported.push(error) })
    // @ts-expect-error: the types refuse it too
    app.scope("/x", [first, again], (scope) => scope.get("/", handler))
    expect((await app.fetch(at("/x"))).status).toBe(500)
    expect(reported).toEqual([expect.objectContaining({ code: "HTTP_LAYER_CONFLICT" })])
  })

  test("gives readers plain frozen records, whatever wrote them", () => {
    const app = createApp()
    app.add(routes({ users: { show: get("/users/:id", { errors: [errors.NotFound], summary: "One user" }, handler) } }))
    const record = app.table().named("users.show")
    expect(record).toMatchObject({ method: "GET", path: "/users/:id", documentation: { summary: "One user" } })
    expect(record?.errors.map((one) => one.code)).toEqual(["HTTP_NOT_FOUND"])
    expect(Object.isFrozen(record)).toBe(true)
    expect(app.url("users.show", { id: "a b" })).toBe("/users/a%20b")
    expect(() => app.url("users.shw")).toThrow("users.show")
  })
})

describe("an error", () => {
  test.each([
    [errors.BadRequest, 400, "HTTP_BAD_REQUEST", {}],
    [errors.Unauthorized, 401, "HTTP_UNAUTHORIZED", { "www-authenticate": "Bearer" }],
    [errors.PaymentRequired, 402, "HTTP_PAYMENT_REQUIRED", {}],
    [errors.Forbidden, 403, "HTTP_FORBIDDEN", {}],
    [errors.NotFound, 404, "HTTP_NOT_FOUND", {}],
    [errors.NotAcceptable, 406, "HTTP_NOT_ACCEPTABLE", {}],
    [errors.Conflict, 409, "HTTP_CONFLICT", {}],
    [errors.Gone, 410, "HTTP_GONE", {}],
    [errors.PreconditionFailed, 412, "HTTP_PRECONDITION_FAILED", {}],
    [errors.UnsupportedMediaType, 415, "HTTP_UNSUPPORTED_MEDIA_TYPE", {}],
    [errors.Invalid, 422, "HTTP_INVALID", {}],
    [errors.Locked, 423, "HTTP_LOCKED", {}],
    [errors.PreconditionRequired, 428, "HTTP_PRECONDITION_REQUIRED", {}],
    [errors.TooManyRequests, 429, "HTTP_TOO_MANY_REQUESTS", { "retry-after": "7" }],
    [errors.NotImplemented, 501, "HTTP_NOT_IMPLEMENTED", {}],
    [errors.BadGateway, 502, "HTTP_BAD_GATEWAY", {}],
    [errors.Unavailable, 503, "HTTP_UNAVAILABLE", { "retry-after": "7" }],
    [errors.GatewayTimeout, 504, "HTTP_GATEWAY_TIMEOUT", {}],
  ] as const)("that a handler throws is answered by its class: %p", async (Kind, status, code, headers) => {
    const app = createApp({ development: false, onError: () => undefined })
    app.get("/", () => {
      throw new Kind("What happened.", { details: { retryAfterSeconds: 6.2 }, cause: new TypeError("inner secret") })
    })
    const response = await app.fetch(at("/"))
    const problem = (await response.json()) as { title: string }
    expect(problem).toMatchObject({ status, code, detail: "What happened.", details: { retryAfterSeconds: 6.2 } })
    expect(problem.title).not.toBe("Error")
    expect(response.status).toBe(status)
    expect(response.headers.get("cache-control")).toBe("no-store")
    for (const [name, value] of Object.entries(headers)) expect(response.headers.get(name)).toBe(value)
    expect(JSON.stringify(problem)).not.toContain("secret")
  })
  test("is kept by nobody, whatever was set for the answer that did not come", async () => {
    const app = createApp()
    app.get("/", (ctx) => {
      for (const name of ["Cache-Control", "expires", "ETag", "last-modified", "x-kept"]) ctx.set(name, "public")
      throw new errors.NotFound()
    })
    const { headers } = await app.fetch(at("/"))
    const seen = ["cache-control", "expires", "etag", "last-modified", "x-kept"].map((name) => headers.get(name))
    expect(seen).toEqual(["no-store", null, null, null, "public"])
  })
})

describe("an error under another framework's name", () => {
  test.each([
    [ValidationError, errors.Invalid],
    [AuthenticationError, errors.Unauthorized],
    [ForbiddenError, errors.Forbidden],
    [NotFoundError, errors.NotFound],
    [ConflictError, errors.Conflict],
    [TooManyRequestsError, errors.TooManyRequests],
    [UnavailableError, errors.Unavailable],
  ])("is the same class: %p", (alias, kind) => {
    expect(alias as unknown).toBe(kind)
  })
})

describe("an app", () => {
  test("checks what handlers return when it is asked to", async () => {
    const reported: unknown[] = []
    const app = createApp({ checkResponses: true, onError: (error) => void reported.push(error) })
    app.get("/", { response: User }, () => JSON.parse("{}") as User)
    const response = await app.fetch(at("/"))
    expect([response.status, await codeOf(response)]).toEqual([500, "HTTP_RESPONSE_INVALID"])
    expect(reported).toHaveLength(1)
  })

  test("opens services at their first use and closes its own", async () => {
    const trace: string[] = []
    const Store = defineService({
      name: "store",
      open: () => {
        trace.push("open")
        return { count: 1 }
      },
      close: () => void trace.push("close"),
    })
    const app = createApp()
    app.get("/", async (ctx) => ctx.use(Store))
    expect(trace).toEqual([])
    expect(await (await app.fetch(at("/"))).json()).toEqual({ count: 1 })
    await app.fetch(at("/"))
    await app.stop()
    expect(trace).toEqual(["open", "close"])
  })

  test("tells requests under way when it begins to stop", async () => {
    const app = createApp()
    app.get("/", async (ctx) => {
      const began = ctx.draining.aborted
      await new Promise((resolve) => ctx.draining.addEventListener("abort", resolve, { once: true }))
      return { began, ended: ctx.draining.aborted }
    })
    const answer = app.fetch(new Request("http://x/"))
    await Bun.sleep(5)
    await app.stop()
    expect(await (await answer).json()).toEqual({ began: false, ended: true })
  })
  test("says which port is taken", async () => {
    const one = createApp()
    const server = await one.listen({ port: 0 })
    const other = createApp()
    const failed = await other.listen({ port: server.port }).catch((error) => error)
    expect(failed).toMatchObject({
      code: "HTTP_LISTEN_FAILED",
      message: expect.stringContaining("another program uses this port"),
    })
    await one.stop()
  })

  test("closes a silent connection, unless its handler asked for patience", async () => {
    const app = createApp()
    const work = async (): Promise<string> => {
      await Bun.sleep(9500)
      return "done"
    }
    app.get("/impatient", work)
    app.get("/patient", (ctx) => {
      ctx.allowIdle(60)
      return work()
    })
    const server = await app.listen({ port: 0, idleTimeoutSeconds: 4 })
    const ask = (path: string): Promise<string> =>
      fetch(server.url + path).then(
        (answer) => answer.text(),
        () => "closed",
      )
    expect(await Promise.all([ask("/impatient"), ask("/patient")])).toEqual(["closed", "done"])
    await app.stop()
  }, 20_000)

  test("answers many siblings through its own router, as natively", async () => {
    const app = createApp()
    for (let n = 0; n < 300; n++) app.get(`/r${n}/:id`, (ctx) => `${n} ${ctx.params.id}`)
    const server = await app.listen({ port: 0 })
    expect(await (await fetch(`${server.url}/r299/x`)).text()).toBe("299 x")
    await app.stop()
  })

  test.each([
    ["x-request-id: ok-1", true, "ok-1"],
    ["x-request-id: bad id\u00e9", true, undefined],
    ["x-request-id: ok-1", false, undefined],
  ])("takes over a plausible request id where it is told to (%s, %s)", async (header, accept, id) => {
    const app = createApp({ layers: [createRequestIds({ accept })] })
    app.get("/", (ctx) => ctx.id)
    const [name, value] = header.split(": ") as [string, string]
    const text = await (await app.fetch(at("/", { headers: { [name]: value } }))).text()
    if (id === undefined) expect(text).toMatch(/^[0-9a-f-]{36}$/)
    else expect(text).toBe(id)
  })
})
