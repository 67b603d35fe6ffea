import { describe, expect, test } from "bun:test"
import { createContainer, defineService, systemClock, token, uuidv7 } from "@ashlar/core"
import { type App, createApp, errors } from "@ashlar/http"
import { cookies } from "@ashlar/http/cookies"
import { toMemory, uploads } from "@ashlar/http/uploads"
import { v } from "@ashlar/validation"
import { type TestApp, testApp } from "./index.ts"
import { closedAfter, failure, under } from "./testing-apps.ts"
import "./matchers/bun.ts"

function shop(): App {
  const app = createApp()
  app
    .get("/items/:id", { query: v.object({ tags: v.array(v.string()).optional() }) }, (ctx) => ({
      id: ctx.params.id,
      ...ctx.query,
      by: ctx.headers.get("authorization"),
    }))
    .name("items.show")
  app.post(
    "/items",
    {
      name: "items.make",
      body: v.object({ name: v.string().min(1) }),
      response: { 201: v.object({ id: v.string(), name: v.string() }) },
    },
    (ctx) => ctx.json({ id: uuidv7(), name: ctx.body.name }, 201).withHeaders({ location: "/items/1" }),
  )
  app.get("/broken", () => {
    throw new TypeError("the cup is broken")
  })
  app.get("/gone", { errors: [errors.Gone] }, () => {
    throw new errors.Gone("it was here")
  })
  app.get("/text", () => "plain text")
  return app
}

describe("requests", () => {
  test("are made of a path, a pattern or a route's name", async () => {
    const test = under(shop())
    for (const to of ["/items/a%2Fb", "/items/:id", "items.show"])
      await test
        .get(to, to.includes("%") ? {} : { params: { id: "a/b" } })
        .expectStatus(200)
        .expectJson({ id: "a/b" })
    await test.route("items.show", { params: { id: 7 } }).expectJson({ id: "7" })
    expect((await failure(test.get("items.shaw"))).code).toBe("HTTP_ROUTE_UNKNOWN")
    expect(() => test.route("items.shaw")).toThrow(expect.objectContaining({ code: "TESTING_MISUSED" }))
  })

  test("carry queries, headers, tokens and bodies of every kind", async () => {
    const app = createApp()
    app.all("/echo", async (ctx) => ({
      method: ctx.method,
      search: ctx.url.search,
      type: ctx.headers.get("content-type")?.split(";")[0],
      own: ctx.headers.get("x-own"),
      text: await ctx.read("text"),
    }))
    const test = under(app, { headers: { "x-own": "all" } })
    await test
      .get("/echo", { query: { a: [1, "b c"], none: undefined, filter: { age: { gt: 3 } } } })
      .query({ z: true })
      .expectJson({ search: "?a=1&a=b%20c&filter%5Bage%5D%5Bgt%5D=3&z=true", own: "all", text: "" })
    await test
      .put("/echo")
      .json({ a: [null] })
      .header("x-own", "one")
      .expectJson({ method: "PUT", type: "application/json", text: '{"a":[null]}', own: "one" })
    await test
      .post("/echo")
      .form({ a: [1, 2], b: "ü&" })
      .expectJson({ type: "application/x-www-form-urlencoded", text: "a=1&a=2&b=%C3%BC%26" })
    await test.patch("/echo").body("<a/>", "application/xml").expectJson({ type: "application/xml", text: "<a/>" })
    await test.delete("/echo").expectJson({ method: "DELETE", text: "" })
    expect(() => test.post("/echo").json(1).json(2)).toThrow(expect.objectContaining({ code: "TESTING_MISUSED" }))
    expect(() => test.post("/echo").json(() => 1)).toThrow("JSON")
  })

  test("carry forms with files", async () => {
    const app = createApp()
    const form = uploads({ target: toMemory(), files: { photo: { required: true } }, fields: { title: {} } })
    app.post("/photos", { layers: [form] }, (ctx) => ({
      title: ctx.form.fields.title,
      name: ctx.form.files.photo[0].originalName,
    }))
    const test = under(app)
    const photo = new File(["bytes"], "a.png")
    await test
      .post("/photos")
      .multipart({ title: "Ä", photo })
      .expectStatus(200)
      .expectJson({ title: "Ä", name: "a.png" })
    const shown = (await test.post("/photos").multipart({ title: "Ä" }).expectStatus(422)).exchange
    expect(shown).toContain("title: Ä")
  })

  test("are sent once, however often they are awaited", async () => {
    let count = 0
    const app = createApp()
    app.post("/count", () => ({ count: ++count }))
    const request = under(app).post("/count")
    const [one, two] = await Promise.all([request, request.send()])
    expect(one).toBe(two)
    expect(count).toBe(1)
  })

  test("are for whoever the test says", async () => {
    const actingAs = (who: { name: string }) => ({ authorization: `Bearer of-${who.name}` })
    const test = closedAfter(testApp(shop(), { actingAs }))
    await test.actingAs({ name: "ada" }).get("/items/1").expectJson({ by: "Bearer of-ada" })
    await test.bearer("token").get("/items/1").expectJson({ by: "Bearer token" })
    await test.get("/items/1").bearer("own").expectJson({ by: "Bearer own" })
    await test.get("/items/1").expectJson({ by: null })
    expect(() => under(shop()).actingAs("ada" as never)).toThrow(expect.objectContaining({ code: "TESTING_MISUSED" }))
  })
})

describe("expectations", () => {
  test("that hold say nothing, before and after the answer", async () => {
    const test = under(shop())
    const answer = await test
      .post("/items")
      .json({ name: "cup" })
      .expectStatus("2xx")
      .expectHeader("location", "/items/1")
    answer.expectStatus(201).expectStatus([200, 201]).expectHeader("location", /items/).expectNoHeader("x-none")
    answer
      .expectJson({ name: /^c/, id: (id: string) => id.length === 36 })
      .expectJson(expect.objectContaining({ name: "cup" }))
      .expectJson({ id: expect.any(String), name: expect.stringMatching(/^c/) })
    expect(answer.json<{ name: string }>().name).toBe("cup")
    await test.get("/text").expectText("plain text").expectText(/plain/)
    await test.get("/gone").expectProblem(errors.Gone, { detail: "it was here" }).expectProblem("HTTP_GONE")
    await test
      .post("/items")
      .json({ name: "" })
      .expectProblem("HTTP_INVALID", { errors: [{ in: "body", pointer: "/name" }] })
    expect(test.last?.status).toBe(422)
  })

  const rows: [string, (test: TestApp) => PromiseLike<unknown>, string][] = [
    ["a status", (test) => test.get("/text").expectStatus(201), "Expected status 201, got 200"],
    [
      "a class of statuses",
      (test) => test.get("/gone").expectStatus("2xx"),
      "Expected status 2xx, got 410 (HTTP_GONE)",
    ],
    ["some statuses", (test) => test.get("/text").expectStatus([201, 204]), "Expected status 201 or 204, got 200"],
    ["a header", (test) => test.get("/text").expectHeader("location"), "Expected the header location, got none"],
    ["a header's value", (test) => test.get("/text").expectHeader("content-type", "a/b"), 'to be a/b, got "text/plain'],
    ["no header", (test) => test.get("/text").expectNoHeader("content-type"), "Expected no header content-type"],
    ["a problem", (test) => test.get("/text").expectProblem("HTTP_GONE"), "Expected a problem document, got 200"],
    [
      "another problem",
      (test) => test.get("/gone").expectProblem("HTTP_CONFLICT"),
      "Expected the problem HTTP_CONFLICT, got 410 HTTP_GONE",
    ],
    [
      "a problem's members",
      (test) => test.get("/gone").expectProblem("HTTP_GONE", { detail: "no" }),
      '/detail: expected "no", got "it was here"',
    ],
    [
      "JSON",
      (test) => test.get("/items/1").expectJson({ id: "2", none: 1 }),
      '/id: expected "2", got "1"\n  /none: expected 1, got nothing',
    ],
    ["what a matcher takes", (test) => test.get("/items/1").expectJson({ id: expect.any(Number) }), "/id: expected"],
    ["JSON where there is none", (test) => test.get("/text").expectJson({}), 'Expected JSON, got "plain text"'],
    ["text", (test) => test.get("/text").expectText(/rich/), 'Expected the text /rich/, got "plain text"'],
  ]
  test.each(rows)("that fail say what is not so: %s", async (_what, act, message) => {
    const error = await failure(act(under(shop())))
    expect(error.code).toBe("TESTING_EXPECTATION_FAILED")
    expect(error.message).toContain(message)
  })

  test("that fail show the request, the answer, and what the app reported", async () => {
    const test = under(shop())
    const failed = await failure(
      test
        .post("/items", { query: { a: "b" } })
        .json({ name: "" })
        .bearer("very-secret")
        .expectStatus(201),
    )
    for (const part of [
      "POST /items?a=b",
      "application/json",
      '"name": ""',
      "422",
      '"pointer": "/name"',
      "authorization: (18 characters)",
    ])
      expect(failed.message).toContain(part)
    expect(failed.message).not.toContain("very-secret")
    expect(failed.stack).toContain("test-app.test.ts")
    expect(failed.stack).not.toContain("test-request.ts")
    const broken = await failure(test.get("/broken").expectStatus(200))
    expect(broken.message).toContain("The app reported:")
    expect(broken.message).toContain("TypeError: the cup is broken")
    const next = await failure(test.get("/text").expectStatus(201))
    expect(next.message).not.toContain("cup")
  })

  test("hold no answers to be well-formed that are not", async () => {
    const app = createApp({ checkResponses: false })
    app.get("/lies", { response: v.object({ id: v.string() }) }, () => ({ id: 1 as unknown as string }))
    await under(app).get("/lies").expectStatus(500)
  })

  test("take snapshots that are the same at every run", async () => {
    const snap = async (): Promise<unknown> => {
      const test = under(shop())
      const { snapshot } = await test
        .post("/items")
        .json({ name: "cup" })
        .then((answer) => ({ snapshot: answer.snapshot() }))
      return snapshot
    }
    const first = await snap()
    expect(first).toEqual({
      status: 201,
      headers: expect.objectContaining({ location: "/items/1" }),
      body: { id: "<id 1>", name: "cup" },
    })
    expect(await snap()).toEqual(first)
    const app = createApp()
    const id = uuidv7()
    app.get("/", () => ({ id, parent: id, other: uuidv7(), at: new Date().toISOString(), count: Math.random() }))
    const answer = await under(app).get("/")
    expect(answer.snapshot({ volatile: ["count"] }).body).toEqual({
      id: "<id 1>",
      parent: "<id 1>",
      other: "<id 2>",
      at: "<time>",
      count: "<count>",
    })
  })
})

describe("cookies", () => {
  const app = createApp({ layers: [cookies({ prefix: "" })] })
  app.post("/signin", (ctx) => {
    ctx.cookies.set("session", "s1", { maxAgeSeconds: 3600 })
    return null
  })
  app.post("/signout", (ctx) => {
    ctx.cookies.delete("session")
    return null
  })
  app.get("/me", (ctx) => ({ session: ctx.cookies.get("session") ?? null }))

  test("are sent again, until they are deleted or expire", async () => {
    const test = under(app)
    await test.get("/me").expectJson({ session: null })
    await test.post("/signin").expectStatus(204)
    await test.get("/me").expectJson({ session: "s1" })
    expect(test.cookies.get("session")).toBe("s1")
    await test.withHeaders({}).get("/me").expectJson({ session: null })
    test.travel("61m")
    await test.get("/me").expectJson({ session: null })
    await test.post("/signin")
    await test.post("/signout")
    expect(test.cookies.get("session")).toBeUndefined()
    test.cookies.set("session", "mine")
    await test.get("/me").expectJson({ session: "mine" })
    test.cookies.clear()
    await test.get("/me").expectJson({ session: null })
  })
})

describe("time and ids", () => {
  const app = createApp()
  app.get("/now", () => ({ now: systemClock.now(), id: uuidv7() }))

  test("stand still where the test puts them, and go on after it", async () => {
    const test = under(app)
    test.freezeTime("2026-03-01T00:00:00Z")
    test.numberIds()
    test.travel("1d12h")
    const now = Date.parse("2026-03-02T12:00:00Z")
    await test.get("/now").expectJson({ now, id: "00000000-0000-7000-8000-000000000001" })
    test.travel(500)
    await test.get("/now").expectJson({ now: now + 500, id: "00000000-0000-7000-8000-000000000002" })
    await test.close()
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000)
    expect(uuidv7()).not.toStartWith("00000000")
  })

  test("belong to one test at a time", () => {
    const first = under(app)
    first.travel("1s")
    expect(() => under(app).travel("1s")).toThrow(expect.objectContaining({ code: "TESTING_MISUSED" }))
  })

  test.each(["", "2", "h", "2x", "2h and more", "-2h", -1, Number.NaN])("do not go %p", (duration) => {
    expect(() => under(app).travel(duration)).toThrow(expect.objectContaining({ code: "TESTING_MISUSED" }))
  })
})

interface Mailer {
  readonly sent: string[]
  send(to: string): void
}
const mailer = (name: string): Mailer => {
  const sent: string[] = []
  return { sent, send: (to) => void sent.push(`${name}: ${to}`) }
}

describe("services", () => {
  const closed: string[] = []
  const Mail = defineService<Mailer>({
    name: "mail",
    open: () => mailer("real"),
    close: () => void closed.push("real"),
  })
  const Signup = defineService({ name: "signup", open: async (services) => ({ mail: await services.get(Mail) }) })
  const build = (): App => {
    const app: App = createApp()
    app.post("/signup", async (ctx) => {
      const { mail } = await ctx.use(Signup)
      mail.send("ada")
      return mail.sent
    })
    return app
  }

  test("are replaced, wherever they are asked for, and restored", async () => {
    closed.length = 0
    const app = build()
    const test = under(app)
    await test.post("/signup").expectJson(["real: ada"])
    const fake = mailer("fake")
    const restore = await test.override(Mail, { open: () => fake })
    expect(closed).toEqual(["real"])
    await test.post("/signup").expectJson(["fake: ada"])
    expect((await test.service(Mail)).sent).toEqual(["fake: ada"])
    await restore()
    await test.post("/signup").expectJson(["real: ada"])
    expect(await (await app.fetch(new Request("http://x/signup", { method: "POST" }))).json()).toEqual(["real: ada"])
    await test.close()
    expect(closed).toEqual(["real", "real"])
    expect((await failure(test.get("/signup"))).code).toBe("TESTING_MISUSED")
  })

  test("keep what the app's own container was told", async () => {
    const services = createContainer()
    const Port = token<Mailer>("mail port")
    services.override(Port, { open: () => mailer("told") })
    const app = createApp({ services })
    app.get("/", async (ctx) => {
      const mail = await ctx.use(Port)
      mail.send("x")
      return mail.sent
    })
    await under(app).get("/").expectJson(["told: x"])
  })

  test("are replaced in services of another make too", async () => {
    const real = mailer("theirs")
    const app = createApp({ services: { get: async <T>(): Promise<T> => real as T } })
    app.get("/", async (ctx) => {
      const mail = await ctx.use(Mail)
      mail.send("x")
      return mail.sent
    })
    const test = under(app)
    await test.get("/").expectJson(["theirs: x"])
    await test.override(Mail, { open: () => mailer("fake") })
    await test.get("/").expectJson(["fake: x"])
  })
})
