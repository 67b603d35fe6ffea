import { describe, expect, test } from "bun:test"
import type { StandardSchemaV1 } from "@ashlar/core"
import { type AppOptions, createApp, errors, fail, layer, requestIds } from "../index.ts"
import { PAGE_STYLE, PAGE_STYLE_HASH } from "./error-page.ts"

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
const PROBLEM = "application/problem+json"
const JSON_API = "application/vnd.api+json"
const HTML = "text/html;charset=utf-8"
const Named: StandardSchemaV1<{ name: string }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: () => ({
      issues: [
        { message: "Expected <b>text</b>", path: ["name", "a/b"] },
        { message: "Expected a number", path: ["age"] },
      ],
    }),
  },
}

function makeApp(options: AppOptions = {}): ReturnType<typeof createApp> {
  const app = createApp({ development: false, onError: () => undefined, ...options } as object)
  app.get("/conflict", () => {
    throw new errors.Conflict('<script>alert("x")</script>', { details: { current: "<i>3</i>" } })
  })
  app.get("/gone", () => fail(errors.Gone))
  app.get("/limited", () => fail(errors.TooManyRequests, "Slowly", { retryAfterSeconds: 7 }))
  app.get("/defect", () => {
    throw new TypeError("secret")
  })
  app.get("/signed-out", () => fail(errors.Unauthorized))
  app.get("/headers", (ctx) => {
    ctx.set("x-mine", "1")
    ctx.set("etag", '"a"')
    return fail(errors.Forbidden)
  })
  app.post("/body", { body: Named }, () => "x")
  app.get("/query", { query: Named }, () => "x")
  app.get("/params/:name", { params: Named }, () => "x")
  app.get("/ok", () => "x")
  return app
}

const ask = (
  app: ReturnType<typeof createApp>,
  path: string,
  accept?: string,
  init: RequestInit = {},
): Promise<Response> =>
  app.fetch(
    new Request(`http://x${path}`, { ...init, headers: { ...init.headers, ...(accept !== undefined && { accept }) } }),
  )

describe("the form of an error", () => {
  const app = makeApp()
  test.each<[string | undefined, string]>([
    [undefined, PROBLEM],
    ["*/*", PROBLEM],
    ["application/json", PROBLEM],
    [BROWSER, HTML],
    ["text/html", HTML],
    ["TEXT/HTML", HTML],
    ["text/*", HTML],
    ["application/vnd.api+json", JSON_API],
    ["application/vnd.api+json, application/json;q=0.9", JSON_API],
    ["application/json, text/html", PROBLEM],
    ["application/json;q=0.5, text/html", HTML],
    ["text/html;q=0.1, */*;q=0.8", PROBLEM],
    ["text/html;q=0", PROBLEM],
    ["image/png", PROBLEM],
    ["text/html-but-not-really", PROBLEM],
    ["", PROBLEM],
    ["html", PROBLEM],
    [`${"text/html,".repeat(5000)}`, HTML],
  ])("for Accept %p is %s", async (accept, type) => {
    const response = await ask(app, "/conflict", accept)
    expect([response.status, response.headers.get("content-type")]).toEqual([409, type])
    expect(response.headers.get("cache-control")).toBe("no-store")
  })

  test.each([
    ["/nowhere", 404, { method: "GET" }],
    ["/ok", 405, { method: "DELETE" }],
    ["/gone", 410, {}],
    ["/defect", 500, {}],
    ["/query", 422, {}],
    ["/params/%zz", 400, {}],
    ["/body", 415, { method: "POST", body: "x", headers: { "content-type": "text/csv" } }],
  ])("is the same wherever it comes from: %s, %d", async (path, status, init) => {
    const withLayers = makeApp({ layers: [layer({ name: "any" })] })
    for (const [accept, type] of [
      [BROWSER, HTML],
      [JSON_API, JSON_API],
      ["*/*", PROBLEM],
    ] as const) {
      const response = await ask(withLayers, path, accept, init)
      expect([response.status, response.headers.get("content-type")]).toEqual([status, type])
    }
  })

  test("is one for all to unknown paths in production without layers, unless the app names its forms", async () => {
    expect((await ask(makeApp(), "/nowhere", BROWSER)).headers.get("content-type")).toBe(PROBLEM)
    const named = makeApp({ errorFormats: ["html"] })
    expect((await ask(named, "/nowhere", BROWSER)).headers.get("content-type")).toBe(HTML)
    expect((await ask(named, "/nowhere", JSON_API)).headers.get("content-type")).toBe(PROBLEM)
    const server = await named.listen({ port: 0 })
    const response = await fetch(`${server.url}/nowhere`, { headers: { accept: BROWSER } })
    expect([response.status, response.headers.get("content-type")?.replace(/; /, ";").toLowerCase()]).toEqual([
      404,
      HTML,
    ])
    await named.stop()
  })

  test("is the problem document where the app wants no other", async () => {
    for (const path of ["/conflict", "/nowhere", "/defect"])
      expect((await ask(makeApp({ errorFormats: [] }), path, BROWSER)).headers.get("content-type")).toBe(PROBLEM)
  })

  test.each([BROWSER, JSON_API, "*/*"])("keeps the headers of the error, and those of layers (%s)", async (accept) => {
    const limited = await ask(app, "/limited", accept)
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "7"])
    expect((await ask(app, "/signed-out", accept)).headers.get("www-authenticate")).toBe("Bearer")
    expect((await ask(app, "/ok", accept, { method: "PUT" })).headers.get("allow")).toBe("GET, HEAD, OPTIONS")
    const { headers } = await ask(app, "/headers", accept)
    expect([headers.get("x-mine"), headers.get("etag")]).toEqual(["1", null])
  })

  test("has no body for HEAD", async () => {
    const response = await ask(app, "/gone", BROWSER, { method: "HEAD" })
    expect([response.status, await response.text()]).toEqual([410, ""])
  })
})

describe("the page", () => {
  const app = makeApp({ layers: [requestIds] })

  test("says what happened to people, and escapes all that comes from outside", async () => {
    const page = await (await ask(app, "/conflict", BROWSER)).text()
    expect(page).toStartWith("<!doctype html>")
    expect(page).toContain("<title>409 Conflict</title>")
    expect(page).toContain("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;")
    expect(page).toContain("&lt;i&gt;3&lt;/i&gt;")
    expect(page).toContain("HTTP_CONFLICT")
    expect(page).not.toMatch(/<script|<i>/)
  })

  test("lists the values that are not acceptable", async () => {
    const page = await (await ask(app, "/query", BROWSER)).text()
    expect(page).toContain(
      "<li>query/name/a~1b: Expected &lt;b&gt;text&lt;/b&gt;</li><li>query/age: Expected a number</li>",
    )
  })

  test("tells of a defect its id, and nothing else", async () => {
    const response = await ask(app, "/defect", BROWSER)
    const page = await response.text()
    expect(page).toContain(response.headers.get("x-request-id")!)
    expect(page).not.toContain("secret")
    expect(page).not.toContain(".ts")
  })

  test("loads nothing, runs nothing, and has one style that its policy knows", async () => {
    const response = await ask(app, "/gone", BROWSER)
    const page = await response.text()
    expect(page).not.toMatch(/\b(?:src|href|url|@import|on[a-z]+)\s*[=(]/i)
    expect(page.match(/<style>([\s\S]*)<\/style>/)![1]).toBe(PAGE_STYLE)
    expect(new Bun.CryptoHasher("sha256").update(PAGE_STYLE).digest("base64")).toBe(PAGE_STYLE_HASH)
    expect(response.headers.get("content-security-policy")).toBe(
      `default-src 'none'; style-src 'sha256-${PAGE_STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
    expect(response.headers.get("x-content-type-options")).toBe("nosniff")
    expect(page).toContain("color-scheme:light dark")
  })
})

describe("JSON:API", () => {
  const app = makeApp({ layers: [requestIds] })
  const documentOf = async (path: string, init?: RequestInit): Promise<{ errors: Record<string, unknown>[] }> =>
    (await ask(app, path, JSON_API, init)).json() as never

  test("has one error with its code, and its details as meta", async () => {
    expect(await documentOf("/conflict")).toEqual({
      errors: [
        {
          id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          status: "409",
          code: "HTTP_CONFLICT",
          title: "Conflict",
          detail: '<script>alert("x")</script>',
          links: { type: "urn:ashlar:error:HTTP_CONFLICT" },
          meta: { current: "<i>3</i>" },
        },
      ],
    })
  })

  test("has one error for each value, with its place", async () => {
    const post = { method: "POST", body: "{}", headers: { "content-type": "application/json" } }
    expect((await documentOf("/body", post)).errors.map(({ detail, source }) => [detail, source])).toEqual([
      ["Expected <b>text</b>", { pointer: "/name/a~1b" }],
      ["Expected a number", { pointer: "/age" }],
    ])
    expect((await documentOf("/query")).errors[0]!.source).toEqual({ parameter: "name" })
    expect((await documentOf("/params/x")).errors[0]!.meta).toEqual({ in: "params", name: "name" })
  })

  test("tells nothing of a defect", async () => {
    expect(JSON.stringify(await documentOf("/defect"))).not.toContain("secret")
  })
})
