import { describe, expect, test } from "bun:test"
import { type App, createApp, createRequestIds, errors, layer } from "../index.ts"
import { traceContext } from "../trace/index.ts"
import { type BatchAnswer, type BatchOptions, batch } from "./index.ts"

interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly responses: BatchAnswer[]
  readonly problem: { readonly code: string; readonly errors?: readonly { readonly pointer: string }[] }
}

async function send(
  app: Pick<App, "fetch">,
  body: unknown,
  headers: Record<string, string> = {},
  address = "192.0.2.7",
): Promise<Answered> {
  const request = new Request("http://api.test/batch", {
    method: "POST",
    headers: { host: "api.test", "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  })
  const response = await app.fetch(request, () => ({ address }))
  const problem = (await response.json()) as Answered["problem"] & { responses: BatchAnswer[] }
  return { status: response.status, headers: response.headers, responses: problem.responses, problem }
}

const events: string[] = []
const reported: unknown[] = []
function makeApp(options: BatchOptions = {}): Pick<App, "fetch"> {
  events.length = 0
  reported.length = 0
  const counting = layer({ name: "counting", before: (ctx) => void events.push(`layer ${ctx.path}`) })
  const app = createApp({
    layers: [counting, createRequestIds({ accept: true })],
    onError: (error) => void reported.push(error),
    trustedProxies: ["10.0.0.0/8"],
  })
  app.get("/seen", (ctx) => ({
    headers: Object.fromEntries(ctx.headers),
    address: ctx.address,
    url: ctx.url.href,
    query: ctx.query,
  }))
  app.on("QUERY")("/seen", async (ctx) => ({ method: ctx.method, text: await ctx.read("text") }))
  app.post("/echo", async (ctx) => ({ type: ctx.headers.get("content-type"), got: await ctx.read("text") }))
  app.get("/conflict", () => {
    throw new errors.Conflict("no", { details: { current: 3 } })
  })
  app.get("/defect", () => {
    throw new TypeError("secret")
  })
  app.get("/empty", () => null)
  app.get("/text", () => "plain")
  app.get("/bytes", () => new Uint8Array([0, 255]))
  app.get("/not-json", () => new Response("{", { headers: { "content-type": "application/json" } }))
  app.get("/latin", () => new Response(new Uint8Array([0xe9]), { headers: { "content-type": "text/plain" } }))
  app.get("/large", () => "x".repeat(1000))
  app.get("/cookie/:name", (ctx) => {
    ctx.set("set-cookie", `${ctx.params.name}=1; HttpOnly`)
    return "ok"
  })
  app.get("/step/:n", async (ctx) => {
    events.push(`+${ctx.params.n}`)
    await Bun.sleep(3)
    events.push(`-${ctx.params.n}`)
    return ctx.params.n
  })
  app.get("/forever", async (ctx) => {
    await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve))
    events.push("aborted")
    return "late"
  })
  app.get("/endless", () => {
    let timer: ReturnType<typeof setInterval>
    return new ReadableStream({
      start(controller) {
        timer = setInterval(() => controller.enqueue(new Uint8Array([97])), 2)
      },
      cancel() {
        clearInterval(timer)
        events.push("cancelled")
      },
    })
  })
  app.get("/breaks", () => {
    let first = true
    return new ReadableStream({
      pull(controller) {
        if (first) controller.enqueue(new Uint8Array([97]))
        else controller.error(new TypeError("broke off"))
        first = false
      },
    })
  })
  app.add(batch(app, options))
  return app
}

describe("a batch", () => {
  test("answers every part by itself, in order", async () => {
    const app = makeApp()
    const { status, responses } = await send(app, {
      requests: [
        { id: "a", path: "/text" },
        { path: "/conflict" },
        { id: "c", path: "/nowhere" },
        { path: "/defect" },
        { path: "/empty" },
        { path: "/bytes" },
        { method: "DELETE", path: "/text" },
      ],
    })
    expect(status).toBe(200)
    expect(responses).toEqual([
      {
        id: "a",
        status: 200,
        headers: expect.objectContaining({ "content-type": expect.stringContaining("text/plain") }),
        body: "plain",
      },
      {
        status: 409,
        headers: expect.objectContaining({ "cache-control": "no-store" }),
        body: expect.objectContaining({ code: "HTTP_CONFLICT", details: { current: 3 } }),
      },
      { id: "c", status: 404, headers: expect.anything(), body: expect.objectContaining({ code: "HTTP_NOT_FOUND" }) },
      { status: 500, headers: expect.anything(), body: expect.objectContaining({ code: "INTERNAL" }) },
      { status: 204, headers: expect.anything() },
      { status: 200, headers: expect.anything(), body: "AP8=", encoding: "base64" },
      { status: 405, headers: expect.objectContaining({ allow: "GET, HEAD, OPTIONS" }), body: expect.anything() },
    ])
    expect(reported).toHaveLength(1)
  })

  test("passes each part through all layers", async () => {
    await send(makeApp(), { requests: [{ path: "/text" }, { path: "/nowhere" }] })
    expect(events.sort()).toEqual(["layer /batch", "layer /nowhere", "layer /text"])
  })

  test.each<[string, object, unknown]>([
    ["JSON by default", { body: { a: [1] } }, { type: "application/json", got: '{"a":[1]}' }],
    ["text as JSON", { body: "x" }, { type: "application/json", got: '"x"' }],
    ["null as JSON", { body: null }, { type: "application/json", got: "null" }],
    [
      "another JSON type",
      { body: 1, headers: { "Content-Type": "application/merge-patch+json" } },
      { type: "application/merge-patch+json", got: "1" },
    ],
    [
      "text of another type",
      { body: "a=1", headers: { "content-type": "application/x-www-form-urlencoded" } },
      { type: "application/x-www-form-urlencoded", got: "a=1" },
    ],
    ["no body", {}, { type: null, got: "" }],
  ])("sends a part's body: %s", async (_what, part, seen) => {
    const { responses } = await send(makeApp(), { requests: [{ method: "POST", path: "/echo", ...part }] })
    expect(responses[0]!.body).toEqual(seen)
  })

  test("takes any method and query", async () => {
    const { responses } = await send(makeApp(), {
      requests: [
        { method: "QUERY", path: "/seen", body: "q", headers: { "content-type": "text/plain" } },
        { path: "/seen?a=1&b=%20" },
      ],
    })
    expect(responses[0]!.body).toEqual({ method: "QUERY", text: "q" })
    expect(responses[1]!.body).toMatchObject({ query: { a: "1", b: " " } })
  })

  test("calls an answer what it is, and not what it says it is", async () => {
    const { responses } = await send(makeApp(), { requests: [{ path: "/not-json" }, { path: "/latin" }] })
    expect(responses.map(({ body, encoding }) => [body, encoding])).toEqual([
      [btoa("{"), "base64"],
      ["6Q==", "base64"],
    ])
  })

  test("sets the cookies of its parts, and shows them to no script", async () => {
    const answered = await send(makeApp(), {
      requests: [{ path: "/cookie/a" }, { path: "/cookie/b" }],
      sequential: true,
    })
    expect(answered.headers.getSetCookie()).toEqual(["a=1; HttpOnly", "b=1; HttpOnly"])
    expect(JSON.stringify(answered.responses)).not.toContain("HttpOnly")
  })
})

describe("a part of a batch", () => {
  const seen = async (part: object, headers: Record<string, string>, address?: string, options?: BatchOptions) =>
    (await send(makeApp(options), { requests: [{ path: "/seen", ...part }] }, headers, address)).responses[0]!.body as {
      headers: Record<string, string>
      address: string
      url: string
    }

  test("is a request of the same caller, to the same host", async () => {
    const own = { authorization: "Bearer x", cookie: "s=1", "x-user": "from-the-proxy", origin: "http://page.test" }
    const { headers, address, url } = await seen({}, own)
    expect(headers).toMatchObject({ ...own, host: "api.test" })
    expect([address, url]).toEqual(["192.0.2.7", "http://api.test/seen"])
  })

  test("is seen through the same proxies", async () => {
    const forwarded = {
      "x-forwarded-for": "203.0.113.9",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "shop.test",
    }
    const { address, url } = await seen({}, forwarded, "10.0.0.1")
    expect([address, url]).toEqual(["203.0.113.9", "https://shop.test/seen"])
  })

  test("has nothing of what is true of the batch alone", async () => {
    const own = {
      "idempotency-key": "1",
      "if-match": '"a"',
      "accept-encoding": "gzip",
      "x-request-id": "outer",
      range: "bytes=0-1",
      expect: "x",
    }
    const { headers } = await seen({}, own)
    for (const name of Object.keys(own)) expect(headers).not.toHaveProperty(name)
    expect(headers).not.toHaveProperty("content-type")
    expect(headers).not.toHaveProperty("content-length")
  })

  test("may choose what callers choose", async () => {
    const { headers } = await seen(
      { headers: { Accept: "text/plain", "If-Match": '"b"', "X-Tenant": "7" } },
      { accept: "*/*" },
      undefined,
      { headers: ["X-Tenant"] },
    )
    expect(headers).toMatchObject({ accept: "text/plain", "if-match": '"b"', "x-tenant": "7" })
  })

  test("goes on with the batch's trace", async () => {
    const app = createApp({ layers: [traceContext()] })
    app.get("/trace", ({ trace }) => [trace.traceId, trace.parentId])
    app.add(batch(app))
    const { responses } = await send(
      app,
      { requests: [{ path: "/trace" }] },
      { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` },
    )
    expect(responses[0]!.body).toEqual(["a".repeat(32), expect.not.stringContaining("bbbb")])
  })

  test("may not be a batch, whatever it is called", async () => {
    const inner = { requests: [{ path: "/text" }] }
    const app = makeApp()
    const { responses } = await send(app, {
      requests: [
        { method: "POST", path: "/batch", body: inner },
        { method: "POST", path: "/x/../batch", body: inner },
        { path: "/text" },
      ],
    })
    expect(responses.map(({ status }) => status)).toEqual([400, 400, 200])
    expect(responses[0]!.body).toMatchObject({ code: "HTTP_BAD_REQUEST" })
    expect((await send(app, inner)).status).toBe(200)
  })
})

describe("a batch that is refused as a whole", () => {
  const part = (more: object): unknown => ({ requests: [{ path: "/text" }, { path: "/text", ...more }] })
  test.each<[string, unknown, string]>([
    ["not an object", [], "/requests"],
    ["nothing", null, "/requests"],
    ["no list", { requests: {} }, "/requests"],
    ["an empty list", { requests: [] }, "/requests"],
    ["a part that is none", { requests: [7] }, "/requests/0"],
    ["an odd order", { requests: [{ path: "/text" }], sequential: 1 }, "/sequential"],
    ["no path", part({ path: undefined }), "/requests/1/path"],
    ["another server", part({ path: "http://evil.test/" }), "/requests/1/path"],
    ["another server, without its scheme", part({ path: "//evil.test/" }), "/requests/1/path"],
    ["a relative path", part({ path: "text" }), "/requests/1/path"],
    ["a path with a line break", part({ path: "/a\r\nx: 1" }), "/requests/1/path"],
    ["a path with a space", part({ path: "/a b" }), "/requests/1/path"],
    ["a tunnel", part({ method: "CONNECT" }), "/requests/1/method"],
    ["a trace", part({ method: "trace" }), "/requests/1/method"],
    ["a method with a space", part({ method: "GET /x" }), "/requests/1/method"],
    ["a body on GET", part({ body: 1 }), "/requests/1/body"],
    [
      "a body that is no text, as text",
      part({ method: "POST", body: { a: 1 }, headers: { "content-type": "text/plain" } }),
      "/requests/1/body",
    ],
    ["headers that are none", part({ headers: [] }), "/requests/1/headers"],
    ["a header of two lines", part({ headers: { accept: "a\r\nx: 1" } }), "/requests/1/headers/accept"],
    ["a header that is no text", part({ headers: { accept: 1 } }), "/requests/1/headers/accept"],
    ["other credentials", part({ headers: { authorization: "Bearer y" } }), "/requests/1/headers/authorization"],
    ["another host", part({ headers: { Host: "evil.test" } }), "/requests/1/headers/Host"],
    ["another client", part({ headers: { "x-forwarded-for": "127.0.0.1" } }), "/requests/1/headers/x-forwarded-for"],
    ["what only a proxy may say", part({ headers: { "x-user": "admin" } }), "/requests/1/headers/x-user"],
    ["another origin", part({ headers: { origin: "http://api.test" } }), "/requests/1/headers/origin"],
    [
      "framing",
      part({ method: "POST", body: 1, headers: { "content-length": "0" } }),
      "/requests/1/headers/content-length",
    ],
    [
      "a poisoned name",
      JSON.stringify(part({ headers: { a: 1 } })).replace('"a"', '"__proto__"'),
      "/requests/1/headers/__proto__",
    ],
    [
      "an id that is there twice",
      {
        requests: [
          { path: "/text", id: "a" },
          { path: "/text", id: "a" },
        ],
      },
      "/requests/1/id",
    ],
    ["an endless id", part({ id: "x".repeat(65) }), "/requests/1/id"],
  ])("%s", async (_what, body, pointer) => {
    const { status, problem } = await send(makeApp(), body)
    expect(status).toBe(422)
    expect(problem.code).toBe("HTTP_INVALID")
    expect(problem.errors!.map((one) => one.pointer)).toEqual([pointer])
    expect(events).toEqual(["layer /batch"]) // nothing has run
  })

  test("a form, which any page may send", async () => {
    const form = await send(makeApp(), "requests=1", { "content-type": "application/x-www-form-urlencoded" })
    const text = await send(makeApp(), '{"requests":[{"path":"/text"}]}', { "content-type": "text/plain" })
    expect([form.status, text.status]).toEqual([415, 415])
    expect(form.problem.code).toBe("HTTP_UNSUPPORTED_MEDIA_TYPE")
  })

  test("one that is too long, in parts or in bytes", async () => {
    const requests = [{ path: "/text" }, { path: "/text" }, { path: "/text" }]
    expect(await send(makeApp({ maxParts: 2 }), { requests })).toMatchObject({
      status: 413,
      problem: { code: "HTTP_BATCH_TOO_LARGE", details: { maxParts: 2 } },
    })
    expect((await send(makeApp({ maxBodyBytes: 20 }), { requests })).problem.code).toBe("HTTP_BODY_TOO_LARGE")
    expect((await send(makeApp(), "{")).problem.code).toBe("HTTP_BODY_INVALID")
  })
})

describe("the limits of a batch", () => {
  const steps = { requests: [1, 2, 3, 4].map((n) => ({ path: `/step/${n}` })) }
  const most = (): number => {
    let [running, highest] = [0, 0]
    for (const event of events.filter((one) => !one.startsWith("layer"))) {
      running += event.startsWith("+") ? 1 : -1
      highest = Math.max(highest, running)
    }
    return highest
  }

  test.each<[string, BatchOptions, object, number]>([
    ["several at once", {}, {}, 4],
    ["no more at once than may be", { maxParallel: 2 }, {}, 2],
    ["one after the other, where the batch says so", {}, { sequential: true }, 1],
  ])("parts run %s", async (_what, options, more, expected) => {
    const { responses } = await send(makeApp(options), { ...steps, ...more })
    expect(responses.map(({ body }) => body)).toEqual(["1", "2", "3", "4"])
    expect(most()).toBe(expected)
  })

  test("a part that is late is answered for, and its work told to stop; the others are not lost", async () => {
    const began = performance.now()
    const { responses } = await send(makeApp({ timeoutMs: 60 }), {
      requests: [{ path: "/text" }, { id: "slow", path: "/forever" }, { path: "/endless" }, { path: "/text" }],
    })
    expect(responses.map(({ status }) => status)).toEqual([200, 503, 503, 200])
    expect(responses[1]).toMatchObject({ id: "slow", body: { code: "HTTP_TIMEOUT", details: { timeoutMs: 60 } } })
    expect(performance.now() - began).toBeLessThan(3000)
    await Bun.sleep(20)
    expect(events).toContain("aborted")
    expect(events).toContain("cancelled")
  })

  test("what comes after the time is over does not begin", async () => {
    const { responses } = await send(makeApp({ timeoutMs: 30 }), {
      requests: [{ path: "/forever" }, { path: "/step/1" }],
      sequential: true,
    })
    expect(responses.map(({ status }) => status)).toEqual([503, 503])
    expect(events).not.toContain("+1")
  })

  test("answers beyond the bytes there may be are left out, one by one", async () => {
    const { responses } = await send(makeApp({ maxAnswerBytes: 1500 }), {
      requests: [{ path: "/large" }, { path: "/large" }, { path: "/endless" }],
      sequential: true,
    })
    expect(responses.map(({ status }) => status)).toEqual([200, 413, 413])
    expect(responses[1]!.body).toMatchObject({ code: "HTTP_BATCH_TOO_LARGE", details: { maxAnswerBytes: 1500 } })
    await Bun.sleep(20)
    expect(events).toContain("cancelled")
  })

  test("an answer that breaks off is a defect of its part alone", async () => {
    const { responses } = await send(makeApp(), { requests: [{ path: "/breaks" }, { path: "/text" }] })
    expect(responses.map(({ status }) => status)).toEqual([500, 200])
    expect(responses[0]!.body).toMatchObject({ code: "INTERNAL" })
    expect(reported.map(String)).toContain("TypeError: broke off")
  })
})
