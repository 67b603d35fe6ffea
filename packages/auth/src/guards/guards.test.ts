import { describe, expect, test } from "bun:test"
import { type AnyLayer, createApp, layer } from "@ashlar/http"
import { upgrade } from "@ashlar/http/upgrade"
import { createOpenApi } from "@ashlar/openapi"
import {
  anyOf,
  basicGuard,
  createPrincipal,
  guard,
  optional,
  type Principal,
  refused,
  requireScopes,
} from "../index.ts"
import { authorizationOf } from "./authorization.ts"

/** Knows `Bearer good` and `Bearer narrow`; other words are not its own, but `bad`. */
const token = guard({
  name: "token",
  security: { token: { type: "http", scheme: "bearer" } },
  challenge: { scheme: "Bearer", params: { realm: "api" } },
  identify(ctx) {
    const text = authorizationOf(ctx, "bearer")
    if (text === "bad") return refused()
    if (text !== "good" && text !== "narrow") return undefined
    return createPrincipal({ id: text, kind: "key", method: "token", scopes: text === "good" ? ["a", "b"] : ["a"] })
  },
})
const cookie = guard({
  name: "cookie",
  security: { cookie: { type: "apiKey", in: "cookie", name: "s" } },
  challenge: { scheme: "Cookie" },
  identify: async (ctx) =>
    ctx.headers.get("cookie") === "s=1" ? createPrincipal({ id: "ana", kind: "user", method: "cookie" }) : undefined,
})
const basic = basicGuard({
  verify: ({ username, password }) =>
    username === "ana" && password === "pä:ss" ? createPrincipal({ id: username, kind: "user" }) : undefined,
})
const base64 = (text: string | Uint8Array) => Buffer.from(text as string, "utf8").toString("base64")

interface Document {
  readonly paths: Readonly<Record<string, { readonly get: { readonly security: unknown } }>>
  readonly components: { readonly securitySchemes: object }
}

async function ask(layers: readonly AnyLayer[], headers: Record<string, string> = {}) {
  const app = createApp()
  app.get(
    "/",
    { layers: layers as never },
    (ctx) => (ctx as unknown as { principal?: Principal }).principal?.id ?? "nobody",
  )
  const response = await app.fetch(new Request("http://localhost/", { headers }))
  const text = await response.text()
  const isProblem = response.status >= 400
  return {
    status: response.status,
    body: isProblem ? (JSON.parse(text) as { code: string }).code : text,
    challenge: response.headers.get("www-authenticate"),
    caching: response.headers.get("cache-control"),
  }
}

describe("a guard", () => {
  test("tells who calls, and asks all others for credentials", async () => {
    expect(await ask([token], { authorization: "Bearer good" })).toMatchObject({ status: 200, body: "good" })
    expect(await ask([token], { authorization: "bEARER   good" })).toMatchObject({ status: 200, body: "good" })
    expect(await ask([token])).toEqual({
      status: 401,
      body: "AUTH_CREDENTIALS_MISSING",
      challenge: 'Bearer realm="api"',
      caching: "no-store",
    })
    expect(await ask([token], { authorization: "Bearer bad" })).toMatchObject({
      status: 401,
      body: "AUTH_CREDENTIALS_INVALID",
      challenge: 'Bearer realm="api", error="invalid_token"',
    })
  })
  test.each([
    "Bearer unknown",
    "Bearer",
    "Bearergood",
    "Bearer good, Bearer good",
    "Bearer good good",
    "Bearer\tgood",
    "good",
    "Basic good",
    "",
  ])("refuses Authorization: %p, though nobody knows it", async (authorization) => {
    expect(await ask([token], { authorization })).toMatchObject({ status: 401, body: "AUTH_CREDENTIALS_INVALID" })
    expect((await ask([optional(token)], { authorization })).status).toBe(401)
  })
  test("fails as the server when it throws, and lets nobody pass", async () => {
    const broken = guard({
      name: "broken",
      security: {},
      challenge: { scheme: "Bearer" },
      identify: () => {
        throw new RangeError("the store is away")
      },
    })
    const app = createApp({ onError: () => undefined, development: false })
    app.get("/", { layers: [optional(broken)] }, () => "in")
    const response = await app.fetch(new Request("http://localhost/"))
    expect([response.status, (await response.text()).includes("store")]).toEqual([500, false])
  })
  test.each([
    { scheme: "Bea rer" },
    { scheme: "" },
    { scheme: "Bearer", params: { "re alm": "x" } },
    { scheme: "Bearer", params: { realm: "x\r\nset-cookie: a=b" } },
    { scheme: "Bearer", params: { realm: "ü" } },
  ])("says no challenge that is none: %p", (challenge) => {
    expect(() => guard({ name: "odd", security: {}, challenge, identify: () => undefined })).toThrow(
      expect.objectContaining({ code: "AUTH_SETUP_INVALID" }),
    )
  })
  test("quotes what it says", async () => {
    const quoted = guard({
      name: "q",
      security: {},
      challenge: { scheme: "Bearer", params: { realm: 'a"b\\' } },
      identify: () => undefined,
    })
    expect((await ask([quoted])).challenge).toBe('Bearer realm="a\\"b\\\\"')
  })
})

describe("several guards", () => {
  test("let pass by any of them, and name all ways in", async () => {
    const either = anyOf(token, cookie)
    expect((await ask([either], { authorization: "Bearer good" })).body).toBe("good")
    expect((await ask([either], { cookie: "s=1" })).body).toBe("ana")
    expect(await ask([either])).toMatchObject({ status: 401, challenge: 'Bearer realm="api", Cookie' })
  })
  test("refuse what is presented and not good, though another would let pass", async () => {
    for (const either of [anyOf(token, cookie), optional(anyOf(token, cookie))])
      expect(await ask([either], { authorization: "Bearer bad", cookie: "s=1" })).toMatchObject({
        status: 401,
        challenge: 'Bearer realm="api", error="invalid_token", Cookie',
      })
  })
  test("need names of their own, and at least one", () => {
    for (const make of [() => anyOf(token, token), () => anyOf()])
      expect(make).toThrow(expect.objectContaining({ code: "AUTH_SETUP_INVALID" }))
  })
  test("are optional: nobody is undefined", async () => {
    const maybe = optional(anyOf(token, cookie))
    expect((await ask([maybe])).body).toBe("nobody")
    expect((await ask([maybe], { cookie: "s=1" })).body).toBe("ana")
    expect((await ask([maybe], { cookie: "s=2" })).body).toBe("nobody")
  })
})

describe("basic credentials", () => {
  test("are read as RFC 7617 says", async () => {
    expect((await ask([basic], { authorization: `Basic ${base64("ana:pä:ss")}` })).body).toBe("ana")
    expect((await ask([basic])).challenge).toBe('Basic realm="basic", charset="UTF-8"')
  })
  test.each([
    base64("ana:wrong"),
    base64("bob:pä:ss"),
    base64("anapä:ss"),
    base64("ana"),
    base64("ana:pä:ss\0"),
    base64("ana\r\n:pä:ss"),
    Buffer.from([0x61, 0x6e, 0x61, 0x3a, 0xff]).toString("base64"),
    `${base64("ana:pä:ss")}!`,
    base64(`ana:${"x".repeat(10_000)}`),
    "",
  ])("are refused: %p", async (text) => {
    expect(await ask([basic], { authorization: `Basic ${text}` })).toMatchObject({
      status: 401,
      body: "AUTH_CREDENTIALS_INVALID",
    })
  })
})

describe("scopes", () => {
  const both = anyOf(token, cookie)
  test("must be granted, all of them, and what lacks is said", async () => {
    const layers = [both, requireScopes(both, "a", "b")]
    expect((await ask(layers, { authorization: "Bearer good" })).status).toBe(200)
    expect(await ask(layers, { authorization: "Bearer narrow" })).toMatchObject({
      status: 403,
      body: "AUTH_SCOPE_MISSING",
      challenge: 'Bearer realm="api", error="insufficient_scope", scope="a b"',
    })
    expect((await ask(layers, { cookie: "s=1" })).status).toBe(200)
    expect(() => requireScopes(both, "a b")).toThrow(expect.objectContaining({ code: "AUTH_SETUP_INVALID" }))
  })
  test("are in OpenAPI with the schemes, and in the table", () => {
    const app = createApp()
    app.get("/one", { layers: [both, requireScopes(both, "b", "a")] }, () => "one")
    app.get("/maybe", { layers: [optional(token)] }, () => "maybe")
    const { paths, components } = createOpenApi(app.table(), { title: "t", version: "1" }) as unknown as Document
    expect(paths["/one"]!.get.security).toEqual([{ token: ["a", "b"] }, { cookie: ["a", "b"] }])
    expect(paths["/maybe"]!.get.security).toEqual([{ token: [] }, {}])
    expect(Object.keys(components.securitySchemes)).toEqual(["cookie", "token"])
    const record = app.table().records.find(({ path }) => path === "/one")!
    expect(record.layers.map(({ name }) => name)).toEqual(["anyOf(token, cookie)", "requireScopes(b a)"])
    expect(record.meta.auth).toEqual(["token", "cookie"])
  })
})

test("a connection is opened for those only whom the guard knows", async () => {
  const app = createApp({ layers: [layer({ name: "outer", headers: { "x-outer": "1" } })] })
  const seen: string[] = []
  app.get("/live", { websocket: {}, layers: [token] }, (ctx) =>
    upgrade(ctx, {
      open(connection) {
        seen.push(ctx.principal.id)
        connection.close(4_000)
      },
      message: () => undefined,
    }),
  )
  const server = await app.listen({ port: 0, host: "127.0.0.1" })
  try {
    const connect = (headers: Record<string, string>) =>
      new Promise<number>((resolve) => {
        const socket = new WebSocket(`${server.url.replace("http", "ws")}/live`, { headers } as never)
        socket.onclose = ({ code }) => resolve(code)
      })
    expect(await connect({ authorization: "Bearer good" })).toBe(4_000)
    expect(seen).toEqual(["good"])
    expect(await connect({})).not.toBe(4_000)
    expect(await connect({ authorization: "Bearer bad" })).not.toBe(4_000)
    expect(seen).toEqual(["good"])
  } finally {
    await app.stop(0)
  }
})
