import { describe, expect, spyOn, test } from "bun:test"
import { createApp } from "@ashlar/http"
import { type LambdaEvent, type LambdaResult, lambdaContext, toLambda } from "@ashlar/http/lambda"
import { albEvent, albListsEvent, httpEvent, restEvent, sqsEvent, urlEvent } from "./lambda-events.ts"

const lambda = lambdaContext<LambdaEvent, { awsRequestId: string }>()
const context = { awsRequestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef" }

const app = createApp()
/** What the app saw, whatever was in front. */
app.get("/seen/*rest", (ctx) => ({
  url: ctx.url.href,
  rest: ctx.params.rest,
  query: ctx.query,
  cookie: ctx.headers.get("cookie"),
  header1: ctx.headers.get("header1"),
  header2: ctx.headers.get("header2"),
  address: ctx.address,
}))
app.get("/my/path", (ctx) => ({ url: ctx.url.href, address: ctx.address }))
app.get("/", () => "root")
app.post("/bytes", { maxBodyBytes: 10 }, async (ctx) => ({
  bytes: [...(await ctx.read("bytes"))],
  length: ctx.headers.get("content-length"),
}))
app.get("/header/:name", (ctx) => ctx.headers.get(ctx.params.name))
app.get("/text/:type", (ctx) => new Response("grüße 🎉", { headers: { "content-type": atob(ctx.params.type) } }))
app.get("/binary", () => new Uint8Array([0, 255, 254, 1]))
app.get("/untyped", () => new Response(new TextEncoder().encode("a")))
app.get("/liar", () => new Response(new Uint8Array([0xff, 0xfe]), { headers: { "content-type": "text/plain" } }))
app.get(
  "/bom",
  () => new Response(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]), { headers: { "content-type": "text/plain" } }),
)
app.get(
  "/zipped",
  () => new Response("not really", { headers: { "content-type": "text/plain", "content-encoding": "gzip" } }),
)
app.get("/cookies/:count", (ctx) => {
  for (let index = 0; index < Number(ctx.params.count); index++) ctx.set("set-cookie", `c${index}=${index}; Path=/`)
  return ctx.text("baked")
})
app.get("/none", () => null)
const late: string[] = []
app.get("/late", (ctx) => {
  ctx.defer(async () => {
    await Bun.sleep(30)
    late.push("done")
  })
  return "answered"
})
app.get("/unchanged", () => new Response(null, { status: 304, headers: { etag: '"1"' } }))
app.get("/size/:bytes", (ctx) => ctx.text("x".repeat(Number(ctx.params.bytes))))
app.get("/quotes/:bytes", (ctx) => ctx.text('"'.repeat(Number(ctx.params.bytes))))
app.get("/throw", () => {
  throw new TypeError("secret")
})
let cancelled = false
app.get("/endless", () => {
  const chunk = new Uint8Array(64 * 1024)
  return new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(chunk),
    cancel: () => {
      cancelled = true
    },
  })
})
app.get("/broken", () => {
  let pulled = 0
  return new ReadableStream<Uint8Array>({
    pull: (controller) =>
      pulled++ === 0 ? controller.enqueue(new Uint8Array([1])) : controller.error(new Error("broke")),
  })
})
app.get("/given", { layers: [lambda] }, (ctx) => ({ id: ctx.lambda.context.awsRequestId, event: ctx.lambda.event }))

const handler = toLambda(app)
const call = (event: object): Promise<LambdaResult> => handler(event as LambdaEvent, context)
const text = ({ body, isBase64Encoded }: LambdaResult): string =>
  isBase64Encoded ? Buffer.from(body, "base64").toString() : body
const json = (result: LambdaResult): Record<string, unknown> => JSON.parse(text(result)) as Record<string, unknown>

/** Each kind of event for one path and query as they were sent. */
const fronts: Readonly<Record<string, (path: string, headers?: Record<string, string>) => object>> = {
  "a REST API": (path, headers) => restEvent({ path, ...(headers && { headers, multiValueHeaders: {} }) }),
  "an HTTP API": (path, headers) => httpEvent({ rawPath: path, ...(headers && { headers }) }),
  "a function URL": (path, headers) => urlEvent({ rawPath: path, ...(headers && { headers }) }),
  "a load balancer": (path, headers) => albEvent({ path, ...(headers && { headers }) }),
}

describe("what an app sees", () => {
  const seen: readonly [front: string, event: object, expected: object][] = [
    [
      "a REST API",
      restEvent({ path: "/seen/x" }),
      {
        url: "https://id.execute-api.us-east-1.amazonaws.com/seen/x?parameter1=value1&parameter1=value2&parameter2=value",
        query: { parameter1: ["value1", "value2"], parameter2: "value" },
        cookie: null,
        header1: "value1",
        header2: "value1, value2",
        address: "192.0.2.1",
      },
    ],
    [
      "an HTTP API",
      httpEvent({ rawPath: "/seen/x" }),
      {
        url: "https://id.execute-api.us-east-1.amazonaws.com/seen/x?parameter1=value1&parameter1=value2&parameter2=value",
        query: { parameter1: ["value1", "value2"], parameter2: "value" },
        cookie: "cookie1; cookie2",
        header1: "value1",
        header2: "value1,value2",
        address: "192.0.2.1",
      },
    ],
    [
      "an HTTP API with payload 1.0",
      { ...restEvent({ path: "/seen/x y" }), version: "1.0" },
      {
        url: "https://id.execute-api.us-east-1.amazonaws.com/seen/x%20y?parameter1=value1&parameter1=value2&parameter2=value",
        rest: "x y",
      },
    ],
    [
      "a function URL",
      urlEvent({ rawPath: "/seen/x" }),
      {
        url: "https://url-id12345.lambda-url.us-west-2.on.aws/seen/x?parameter1=value1&parameter1=value2&parameter2=value",
        query: { parameter1: ["value1", "value2"], parameter2: "value" },
        cookie: null,
        address: "123.123.123.123",
      },
    ],
    [
      "a load balancer",
      albEvent({ path: "/seen/x" }),
      {
        url: "https://lambda-846800462-us-east-2.elb.amazonaws.com/seen/x?parameter1=value2&parameter2=value",
        query: { parameter1: "value2", parameter2: "value" },
        cookie: "cookie1; cookie2",
        address: "72.21.198.66",
      },
    ],
    [
      "a load balancer with lists",
      albListsEvent({ path: "/seen/x" }),
      {
        url: "http://lambda-846800462-us-east-2.elb.amazonaws.com/seen/x?parameter1=value1&parameter1=value2&parameter2=value",
        query: { parameter1: ["value1", "value2"], parameter2: "value" },
        cookie: "cookie1; cookie2",
        header2: "value1, value2",
        address: "72.21.198.66",
      },
    ],
  ]
  for (const [front, event, expected] of seen) {
    test(`behind ${front}`, async () => expect(json(await call(event))).toMatchObject(expected))
  }

  test("of the event itself, with a layer", async () => {
    const event = urlEvent({ rawPath: "/given" })
    expect(json(await call(event))).toEqual({ id: context.awsRequestId, event: JSON.parse(JSON.stringify(event)) })
    const log = spyOn(console, "error").mockImplementation(() => undefined)
    const elsewhere = await app.fetch(new Request("http://x/given"))
    log.mockRestore()
    expect(elsewhere.status).toBe(500)
    expect(await elsewhere.json()).toMatchObject({ code: "HTTP_PLATFORM_MISSING" })
  })
})

describe("a path", () => {
  /** What came, as each front gives it, and what the app must see as its decoded rest. */
  const paths: readonly [front: string, event: object, path: string, rest: string][] = [
    ["a REST API", restEvent({ path: "/seen/a%2Fb%20c" }), "/seen/a%2Fb%20c", "a/b c"],
    ["a function URL", urlEvent({ rawPath: "/seen/a%2Fb%20c" }), "/seen/a%2Fb%20c", "a/b c"],
    ["a load balancer", albEvent({ path: "/seen/a%2Fb%20c" }), "/seen/a%2Fb%20c", "a/b c"],
    ["a function URL, twice escaped", urlEvent({ rawPath: "/seen/%252e%252e" }), "/seen/%252e%252e", "%2e%2e"],
    // An HTTP API has decoded it once: whatever looks like an escape now was escaped twice.
    ["an HTTP API", httpEvent({ rawPath: "/seen/a b" }), "/seen/a%20b", "a b"],
    ["an HTTP API, a percent sign", httpEvent({ rawPath: "/seen/100%" }), "/seen/100%25", "100%"],
    ["an HTTP API, twice escaped", httpEvent({ rawPath: "/seen/%2e%2e%2fx" }), "/seen/%252e%252e%252fx", "%2e%2e%2fx"],
    ["an HTTP API, a question mark", httpEvent({ rawPath: "/seen/a?b#c" }), "/seen/a%3Fb%23c", "a?b#c"],
    ["an HTTP API, not ASCII", httpEvent({ rawPath: "/seen/größe" }), "/seen/gr%C3%B6%C3%9Fe", "größe"],
    ["an HTTP API, half a character", httpEvent({ rawPath: "/seen/\ud800" }), "/seen/%EF%BF%BD", "\ufffd"],
    ["a REST API, not ASCII", restEvent({ path: "/seen/größe#x?y" }), "/seen/gr%C3%B6%C3%9Fe%23x%3Fy", "größe#x?y"],
    ["an HTTP API with a stage", httpEvent({ rawPath: "/dev/seen/x", stage: "dev" }), "/seen/x", "x"],
    ["an HTTP API whose stage begins alike", httpEvent({ rawPath: "/seen/x", stage: "see" }), "/seen/x", "x"],
    ["an HTTP API, payload 1.0", { ...restEvent({ path: "/prod/seen/a b" }), version: "1.0" }, "/seen/a%20b", "a b"],
  ]
  for (const [what, event, path, rest] of paths) {
    test(`is seen as it was sent, behind ${what}`, async () => {
      const result = json(await call(event))
      expect([new URL(result.url as string).pathname, result.rest]).toEqual([path, rest])
    })
  }

  test("may be the stage and nothing else", async () => {
    expect(text(await call(httpEvent({ rawPath: "/dev", stage: "dev" })))).toBe("root")
    expect(text(await call(httpEvent({ rawPath: "/dev/", stage: "dev" })))).toBe("root")
  })

  test("loses the base path of a custom domain", async () => {
    const based = toLambda(app, { basePath: "/v1/" })
    const ask = async (path: string): Promise<number> => (await based(restEvent({ path }), context)).statusCode
    expect([await ask("/v1/seen/x"), await ask("/v1"), await ask("/v1/")]).toEqual([200, 200, 200])
    expect([await ask("/seen/x"), await ask("/v1seen/x")]).toEqual([200, 404])
  })

  for (const [front, event] of Object.entries(fronts)) {
    test(`names no other host, behind ${front}`, async () => {
      for (const path of [
        "//evil.example/seen/x",
        "https://evil.example/seen/x",
        "@evil.example/seen/x",
        "\\\\evil.example/",
      ]) {
        const result = await call(event(path))
        expect([path, result.statusCode]).toEqual([path, 404])
        expect(result.body).not.toContain("secret")
      }
    })
  }
})

describe("a query", () => {
  const queries: readonly [front: string, event: object, query: object][] = [
    [
      "decoded by a REST API is not decoded again",
      restEvent({
        path: "/seen/x",
        multiValueQueryStringParameters: { "a&b=c": ["1&2=3", "4+5", "100%25"], ü: ["🎉 #"] },
      }),
      { "a&b=c": ["1&2=3", "4+5", "100%25"], ü: "🎉 #" },
    ],
    [
      "of single values is used when there is nothing else",
      restEvent({ path: "/seen/x", multiValueQueryStringParameters: null, queryStringParameters: { a: "1" } }),
      { a: "1" },
    ],
    [
      "that is not there",
      restEvent({ path: "/seen/x", multiValueQueryStringParameters: null, queryStringParameters: null }),
      {},
    ],
    [
      "is read as sent from an HTTP API",
      httpEvent({ rawPath: "/seen/x", rawQueryString: "a=1%262&b=x+y&c=%25" }),
      { a: "1&2", b: "x y", c: "%" },
    ],
    [
      "is read as sent from a function URL",
      urlEvent({ rawPath: "/seen/x", rawQueryString: "a=b?c&d#e=ü" }),
      { a: "b?c", "d#e": "ü" },
    ],
    [
      "is encoded still behind a load balancer",
      albEvent({ path: "/seen/x", queryStringParameters: { "foo%5Ba%5D": "foo%5B+1%26", empty: "" } }),
      { "foo[a]": "foo[ 1&", empty: "" },
    ],
    [
      "with the name of a prototype is a name",
      urlEvent({ rawPath: "/seen/x", rawQueryString: "__proto__=1&constructor=2" }),
      JSON.parse('{"__proto__":"1","constructor":"2"}') as object,
    ],
  ]
  for (const [what, event, query] of queries) {
    test(what, async () => expect(json(await call(event)).query).toEqual(query as never))
  }
})

describe("headers", () => {
  test("that are no headers, and hosts that are none, are answered with 400", async () => {
    const wrong: readonly Record<string, string>[] = [
      { host: "a.example", "bad name": "x" },
      { host: "a.example", x: "a\r\nset-cookie: stolen=1" },
      { host: "evil.example/path?x" },
      { host: "user@evil.example" },
      { host: "a.example:99999999" },
      { host: "" },
    ]
    for (const front of Object.values(fronts)) {
      for (const headers of wrong) {
        const result = await call(front("/seen/x", headers))
        expect([headers, result.statusCode, json(result).code]).toEqual([headers, 400, "HTTP_BAD_REQUEST"])
        expect(JSON.stringify(result)).not.toContain("stolen")
      }
    }
    const twice = restEvent({ path: "/seen/x", multiValueHeaders: { Host: ["a.example", "b.example"] } })
    expect((await call(twice)).statusCode).toBe(400)
  })

  test("give the host; without one, it is the domain of the API", async () => {
    const own = json(await call(urlEvent({ rawPath: "/my/path", headers: { host: "[2001:db8::1]:8443" } })))
    expect(own.url).toStartWith("https://[2001:db8::1]:8443/my/path")
    const none = json(await call(httpEvent({ rawPath: "/my/path", headers: {} })))
    expect(none.url).toStartWith("https://id.execute-api.us-east-1.amazonaws.com/my/path")
  })

  test("come as the bytes they were sent in", async () => {
    const result = await call(urlEvent({ rawPath: "/header/x-name", headers: { host: "a", "x-name": "日本" } }))
    expect(Buffer.from(text(result), "latin1").toString()).toBe("日本")
  })

  test("with several cookies join with semicolons", async () => {
    const lists = restEvent({ path: "/seen/x", multiValueHeaders: { Cookie: ["a=1", "b=2; c=3"] } })
    expect(json(await call(lists)).cookie).toBe("a=1; b=2; c=3")
    const both = httpEvent({ rawPath: "/seen/x", cookies: ["a=1", "b=2"], headers: { cookie: "a=1; b=2" } })
    expect(json(await call(both)).cookie).toBe("a=1; b=2")
  })
})

describe("a method or body", () => {
  const post = (change: object): object => urlEvent({ method: "POST", rawPath: "/bytes", ...change })

  test("comes as it was sent, encoded or not", async () => {
    expect(json(await call(post({ body: "AP8B", isBase64Encoded: true })))).toEqual({ bytes: [0, 255, 1], length: "3" })
    expect(json(await call(post({ body: "ü" })))).toEqual({ bytes: [0xc3, 0xbc], length: "2" })
    expect(json(await call(post({})))).toEqual({ bytes: [], length: null })
    const rest = restEvent({ httpMethod: "POST", path: "/bytes", body: "YQ==", isBase64Encoded: true })
    expect(json(await call(rest))).toEqual({ bytes: [97], length: "1" })
  })

  test("is bounded by what came, whatever it was said to be", async () => {
    const headers = { host: "a", "content-length": "1", "transfer-encoding": "chunked" }
    const result = await call(post({ body: "x".repeat(11), headers }))
    expect([result.statusCode, json(result).code]).toEqual([413, "HTTP_BODY_TOO_LARGE"])
  })

  test("that no request can have is refused", async () => {
    expect((await call(urlEvent({ method: "TRACE", rawPath: "/my/path" }))).statusCode).toBeOneOf([400, 405])
    expect((await call(urlEvent({ method: "GE T", rawPath: "/my/path" }))).statusCode).toBe(400)
    expect((await call(urlEvent({ method: "GET", rawPath: "/my/path", body: "x" }))).statusCode).toBe(200)
  })
})

describe("an answer", () => {
  const get = (path: string): Promise<LambdaResult> => call(urlEvent({ rawPath: path }))

  const types: readonly [type: string, isText: boolean][] = [
    ["text/plain", true],
    ["text/html; charset=utf-8", true],
    ['text/plain; charset="UTF-8"', true],
    ["application/json", true],
    ["application/problem+json", true],
    ["application/vnd.api+json; charset=utf-8", true],
    ["application/xml", true],
    ["text/event-stream", true],
    ["text/plain; charset=iso-8859-1", false],
    ["application/octet-stream", false],
    ["application/jsonp-but-not", false],
    ["image/svg", false],
  ]
  for (const [type, isText] of types) {
    test(`of ${type} goes as ${isText ? "text" : "base64"}`, async () => {
      const result = await get(`/text/${encodeURIComponent(btoa(type))}`)
      expect(result.isBase64Encoded).toBe(!isText)
      expect(isText ? result.body : Buffer.from(result.body, "base64").toString()).toBe("grüße 🎉")
    })
  }

  test("of bytes comes out as they are, whatever its type promises", async () => {
    const bytes = async (path: string): Promise<readonly number[]> => {
      const { body, isBase64Encoded } = await get(path)
      return [...Buffer.from(body, isBase64Encoded ? "base64" : "utf8")]
    }
    expect(await bytes("/binary")).toEqual([0, 255, 254, 1])
    expect(await bytes("/liar")).toEqual([0xff, 0xfe])
    expect(await bytes("/bom")).toEqual([0xef, 0xbb, 0xbf, 0x61])
    expect((await get("/zipped")).isBase64Encoded).toBe(true)
    expect((await get("/untyped")).isBase64Encoded).toBe(true)
  })

  test("gives several cookies as each front takes them", async () => {
    const cookies = ["c0=0; Path=/", "c1=1; Path=/", "c2=2; Path=/"]
    expect(await call(urlEvent({ rawPath: "/cookies/3" }))).toMatchObject({ cookies, statusCode: 200 })
    expect(await call(httpEvent({ rawPath: "/cookies/3" }))).toMatchObject({ cookies })
    const rest = await call(restEvent({ path: "/cookies/3" }))
    expect(rest.multiValueHeaders).toEqual({ "set-cookie": cookies })
    expect(rest).not.toHaveProperty("cookies")
    const lists = await call(albListsEvent({ path: "/cookies/3" }))
    expect(lists).not.toHaveProperty("headers")
    expect(lists.multiValueHeaders).toMatchObject({
      "set-cookie": cookies,
      "content-type": ["text/plain;charset=utf-8"],
    })
    const single = await call(albEvent({ path: "/cookies/40" }))
    const names = Object.keys(single.headers!).filter((name) => name.toLowerCase() === "set-cookie")
    expect([names.length, single.headers!["set-cookie"]]).toEqual([40, "c0=0; Path=/"])
    for (const event of [urlEvent({ rawPath: "/my/path" }), restEvent(), albEvent()]) {
      expect(JSON.stringify(await call(event))).not.toMatch(/cookie/i)
    }
  })

  test("is given when what was deferred is done", async () => {
    const result = await get("/late")
    expect([result.body, result.headers!["content-type"], late]).toEqual([
      "answered",
      "text/plain;charset=utf-8",
      ["done"],
    ])
  })

  test("without a body has none", async () => {
    expect(await get("/none")).toEqual({ statusCode: 204, headers: {}, body: "", isBase64Encoded: false })
    expect(await get("/unchanged")).toEqual({
      statusCode: 304,
      headers: { etag: '"1"' },
      body: "",
      isBase64Encoded: false,
    })
    const head = await call(urlEvent({ method: "HEAD", rawPath: "/binary" }))
    expect([head.statusCode, head.body, head.isBase64Encoded]).toEqual([200, "", false])
  })

  test("to HEAD has the type that GET has", async () => {
    for (const method of ["GET", "HEAD"]) {
      const { headers } = await call(urlEvent({ method, rawPath: "/" }))
      expect(headers!["content-type"]).toBe("text/plain;charset=utf-8")
    }
  })

  test("says nothing of the connection", async () => {
    expect(Object.keys((await get("/text/dGV4dC9wbGFpbg%3D%3D")).headers!)).toEqual(["content-type"])
  })

  test("tells a load balancer its reason", async () => {
    expect((await call(albEvent({ path: "/none" }))).statusDescription).toBe("204 No Content")
    expect((await call(albEvent({ path: "/gone" }))).statusDescription).toBe("404 Not Found")
  })

  test("larger than Lambda takes becomes an error, and is not read to its end", async () => {
    const log = spyOn(console, "error").mockImplementation(() => undefined)
    try {
      const large: readonly [what: string, event: object, maxAnswerBytes: number][] = [
        ["6 MiB", urlEvent({ rawPath: `/size/${6 * 1024 * 1024}` }), 6 * 1024 * 1024],
        ["1 MiB behind a load balancer", albEvent({ path: `/size/${1024 * 1024}` }), 1024 * 1024],
        ["quotes, which JSON escapes", albEvent({ path: `/quotes/${600 * 1024}` }), 1024 * 1024],
        ["an endless stream", urlEvent({ rawPath: "/endless" }), 6 * 1024 * 1024],
      ]
      for (const [what, event, maxAnswerBytes] of large) {
        const result = await call(event)
        expect([what, result.statusCode]).toEqual([what, 500])
        expect(json(result)).toMatchObject({ code: "HTTP_ANSWER_TOO_LARGE", details: { maxAnswerBytes } })
      }
      expect(cancelled).toBe(true)
      expect(log).toHaveBeenCalledTimes(large.length)
      expect((await call(urlEvent({ rawPath: `/size/${6 * 1024 * 1024 - 1024}` }))).statusCode).toBe(200)
      const small = toLambda(app, { maxAnswerBytes: 1000 })
      expect((await small(urlEvent({ rawPath: "/size/1000" }), context)).statusCode).toBe(500)
    } finally {
      log.mockRestore()
    }
  })

  test("that breaks off becomes an error that tells nothing", async () => {
    const log = spyOn(console, "error").mockImplementation(() => undefined)
    try {
      const result = await get("/broken")
      expect([result.statusCode, json(result).code]).toEqual([500, "INTERNAL"])
      expect(result.body).not.toContain("broke")
      expect(log).toHaveBeenCalledTimes(1)
    } finally {
      log.mockRestore()
    }
  })

  test("to an error of a handler is the app's own", async () => {
    const log = spyOn(console, "error").mockImplementation(() => undefined)
    const result = await get("/throw")
    log.mockRestore()
    expect([result.statusCode, json(result).code, result.body.includes("secret")]).toEqual([500, "INTERNAL", false])
  })
})

test("an event without a request is refused, and its content is not repeated", async () => {
  const websocket = {
    requestContext: { eventType: "CONNECT", connectionId: "x", routeKey: "$connect" },
    body: "secret",
  }
  for (const event of [sqsEvent, websocket, {}, { requestContext: null }, null]) {
    const error = await call(event as object).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: "HTTP_EVENT_UNKNOWN" })
    expect(String(error)).not.toMatch(/secret|Test message/)
  }
})
