import { describe, expect, test } from "bun:test"
import { v } from "@ashlar/validation"
import { de } from "@ashlar/validation/locales/de"
import { english } from "@ashlar/validation/locales/en"
import { fromTypeBox } from "@ashlar/validation/typebox"
import { type } from "arktype"
import { Type } from "typebox"
import { Compile } from "typebox/compile"
import * as valibot from "valibot"
import { z } from "zod"
import { type AnySchema, createApp, type RequestIssue } from "../src/index.ts"

/** The same shape in every library: a name of three letters at least, and a count that may come as text. */
const libraries: Record<string, { readonly text: AnySchema; readonly count: AnySchema }> = {
  v: { text: v.object({ name: v.string().min(3) }), count: v.object({ count: v.coerce.integer() }) },
  Zod: { text: z.strictObject({ name: z.string().min(3) }), count: z.object({ count: z.coerce.number().int() }) },
  Valibot: {
    text: valibot.strictObject({ name: valibot.pipe(valibot.string(), valibot.minLength(3)) }),
    count: valibot.object({ count: valibot.pipe(valibot.string(), valibot.toNumber(), valibot.integer()) }),
  },
  ArkType: {
    text: type({ "+": "reject", name: "string >= 3" }),
    count: type({ count: "string.integer.parse" }),
  },
  TypeBox: {
    text: fromTypeBox(Compile(Type.Object({ name: Type.String({ minLength: 3 }) }, { additionalProperties: false }))),
    count: fromTypeBox(Compile(Type.Object({ count: Type.Integer() })), { convert: true }),
  },
}

interface Problem {
  readonly status: number
  readonly code: string
  readonly errors: readonly RequestIssue[]
}

async function ask(app: { fetch(request: Request): Promise<Response> }, path: string, init: RequestInit = {}) {
  const response = await app.fetch(new Request(`http://localhost${path}`, init))
  return { status: response.status, body: (await response.json()) as Problem & Record<string, unknown> }
}

const json = (value: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  body: JSON.stringify(value),
  headers: { "content-type": "application/json", ...headers },
})

describe.each(Object.entries(libraries))("schemas of %s", (_name, { text, count }) => {
  const app = createApp()
  app.post("/body", { body: text }, (ctx) => ctx.json(ctx.body as object))
  app.get("/query", { query: count }, (ctx) => ctx.json(ctx.query as object))
  app.get("/params/:count", { params: count }, (ctx) => ctx.json(ctx.params as object))
  app.get("/headers", { headers: count }, (ctx) => ctx.json(ctx.valid.headers as object))
  app.get("/cookies", { cookies: count }, (ctx) => ctx.json(ctx.valid.cookies as object))
  app.get("/answer", { response: { 201: text } }, (ctx) => ctx.json({ name: "ok" }, 201) as never)

  test("check every part, and what they make of it reaches the handler", async () => {
    expect((await ask(app, "/body", json({ name: "Emma" }))).body).toEqual({ name: "Emma" } as never)
    expect((await ask(app, "/query?count=3")).body).toEqual({ count: 3 } as never)
    expect((await ask(app, "/params/3")).body).toEqual({ count: 3 } as never)
    expect((await ask(app, "/headers", { headers: { Count: "3", other: "x" } })).body).toEqual({ count: 3 } as never)
    expect((await ask(app, "/cookies", { headers: { cookie: "a=1; count=3" } })).body).toEqual({ count: 3 } as never)
  })

  test.each([
    ["params", "/params/x", {}],
    ["query", "/query?count=x", {}],
    ["headers", "/headers", { headers: { count: "x" } }],
    ["headers", "/headers", {}],
    ["cookies", "/cookies", { headers: { cookie: "count=x" } }],
    ["body", "/body", json({ name: 7 })],
    ["body", "/body", json({ name: "ab" })],
    ["body", "/body", json({})],
  ])("name the place of what is wrong in %s: %s", async (part, path, init) => {
    const { status, body } = await ask(app, path, init)
    expect([status, body.code]).toEqual([422, "HTTP_INVALID"])
    expect(body.errors[0]).toMatchObject({ in: part, pointer: part === "body" ? "/name" : "/count" })
    expect(body.errors[0]!.code).not.toBe("invalid")
    expect(body.errors[0]!.message).not.toBe("")
  })

  test("say what was expected and what kind of thing came", async () => {
    const { body } = await ask(app, "/body", json({ name: 7 }))
    expect(body.errors[0]).toMatchObject({ expected: expect.stringContaining("string"), received: "a number" })
  })

  test("tell nothing of secrets, whatever the library's own messages do", async () => {
    const secret = "hunter2-hunter2"
    const answers = [
      await ask(app, "/headers", { headers: { count: "1", authorization: secret } }),
      await ask(app, "/cookies", { headers: { cookie: `count=${secret}` } }),
    ]
    expect(JSON.stringify(answers)).not.toContain("hunter2")
  })
})

describe("secrets", () => {
  const wrong = "hunter2"
  const app = createApp()
  app.post("/v", { body: v.object({ password: v.string().min(12) }) }, () => "")
  app.post(
    "/zod",
    { body: z.object({ password: z.string().min(12, { error: (one) => `no ${one.input}` }) }) },
    () => "",
  )
  app.post("/valibot", { body: valibot.object({ user: valibot.object({ apiKey: valibot.literal("k") }) }) }, () => "")
  app.post("/arktype", { body: type({ newPassword: "'a' | 'b'" }) }, () => "")
  app.post("/object", { body: type("string") }, () => "")
  app.post("/token", { headers: v.object({ "x-token": v.string().max(3), authorization: v.literal("x") }) }, () => "")

  test.each([
    ["/v", { password: wrong }, {}],
    ["/zod", { password: wrong }, {}],
    ["/valibot", { user: { apiKey: wrong } }, {}],
    ["/arktype", { newPassword: wrong }, {}],
    ["/object", { user: { passphrase: wrong } }, {}],
    ["/token", {}, { "x-token": wrong, authorization: wrong }],
  ])("are in no answer of %s", async (path, body, headers) => {
    const answer = await ask(app, path, json(body, headers as Record<string, string>))
    expect(answer.status).toBe(422)
    const text = JSON.stringify(answer.body)
    expect(text).not.toContain(wrong)
    expect(text).not.toContain("7 characters")
    for (const issue of answer.body.errors) if (issue.pointer !== "") expect(issue).not.toHaveProperty("received")
  })

  test("keep the message of their rule where it shows nothing", async () => {
    const own = createApp()
    own.post("/", { body: v.object({ password: v.string().min(12).message("Choose a longer one") }) }, () => "")
    const { body } = await ask(own, "/", json({ password: wrong }))
    expect(body.errors).toEqual([
      {
        in: "body",
        pointer: "/password",
        code: "too_small",
        message: "Choose a longer one",
        expected: "at least 12 characters",
      },
    ])
  })

  test("show nothing of what is too deep or too much to be looked through", async () => {
    const nested = { password: wrong } as Record<string, unknown>
    let deep: unknown = nested
    for (let level = 0; level < 40; level++) deep = { deep }
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`key${at}`, at === 2999 ? nested : at]))
    for (const body of [deep, many]) {
      const answer = await ask(app, "/object", json(body))
      expect(answer.status).toBe(422)
      expect(JSON.stringify(answer.body)).not.toContain(wrong)
    }
  })
})

describe("issues", () => {
  test("are cut to a bounded length, and no key means more than itself", async () => {
    const app = createApp()
    app.post("/", { body: v.object({}) }, () => "")
    const { body } = await ask(app, "/", {
      ...json({}),
      body: `{"__proto__":1,"${"k".repeat(100_000)}":1}`,
    })
    expect(body.errors.map(({ pointer }) => pointer.slice(0, 10))).toEqual(["/__proto__", "/kkkkkkkkk"])
    expect(JSON.stringify(body.errors).length).toBeLessThan(3000)
  })
})

describe("headers and cookies", () => {
  const app = createApp()
  const schema = v.object({ "X-Tenant": v.string(), "accept-language": v.string().optional() })
  app.get("/strict", { headers: schema }, (ctx) => ctx.valid.headers["X-Tenant"])
  app.get("/all", { headers: v.record(v.string(), v.string()) }, (ctx) => ctx.json(Object.keys(ctx.valid.headers)))
  app.get("/jar", { cookies: v.record(v.string(), v.string()) }, (ctx) => ctx.json(ctx.valid.cookies))
  app.get("/none", (ctx) => ctx.json([ctx.valid.headers, ctx.valid.cookies]))
  const both = { headers: v.object({ a: v.coerce.integer() }), cookies: v.object({ b: v.coerce.integer() }) }
  app.get("/both", both, (ctx) => ctx.json(ctx.valid.headers.a + ctx.valid.cookies.b))

  test("are those that the schema names, in its case", async () => {
    const answer = await app.fetch(
      new Request("http://localhost/strict", { headers: { "x-tenant": "7", "x-other": "1" } }),
    )
    expect(await answer.text()).toBe("7")
  })
  test("are all there are, where it names none", async () => {
    expect((await ask(app, "/all", { headers: { a: "1", b: "2" } })).body).toEqual(["a", "b"] as never)
    const cookie = "x=1; __proto__=2; x=3"
    expect(Object.entries((await ask(app, "/jar", { headers: { cookie } })).body)).toEqual([
      ["x", "1"],
      ["__proto__", "2"],
    ] as never)
  })
  test("are told apart, and are nothing without a schema", async () => {
    expect((await ask(app, "/both", { headers: { a: "1", cookie: "b=2" } })).body).toBe(3 as never)
    expect((await ask(app, "/none")).body).toEqual([null, null] as never)
  })
})

describe("locales", () => {
  const app = createApp({ locales: [english, de] })
  app.post("/", { body: v.object({ age: v.integer() }) }, () => "")
  app.post("/zod", { body: z.object({ age: z.int() }) }, () => "")

  test.each([
    [undefined, "Expected an integer, got a string."],
    ["de-AT,en;q=0.5", "Erwartet"],
    ["fr", "Expected"],
    ["*", "Expected"],
    ["de;q=0, *", "Expected"],
  ])("%p gives %s", async (language, message) => {
    const headers = language === undefined ? {} : { "accept-language": language }
    const { body } = await ask(app, "/", json({ age: "x" }, headers as Record<string, string>))
    expect(body.errors[0]!.message).toStartWith(message.slice(0, 8))
    expect(body.errors[0]!.expected).toBe("an integer")
  })
  test("leave other libraries as they are, and apps that name none too", async () => {
    const { status } = await ask(app, "/zod", json({ age: "x" }, { "accept-language": "de" }))
    const plain = createApp()
    plain.post("/", { body: v.object({ age: v.integer() }) }, () => "")
    const { body } = await ask(plain, "/", json({ age: "x" }, { "accept-language": "de" }))
    expect([status, body.errors[0]!.message.slice(0, 8)]).toEqual([422, "Expected"])
  })
})
