import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { uuidv7 } from "@ashlar/core"
import { type App, createApp, errors, type Server } from "@ashlar/http"
import { toMemory, uploads } from "@ashlar/http/uploads"
import { v } from "@ashlar/validation"
import * as fc from "fast-check"
import { toCurl } from "../src/fuzz/curl.ts"
import { plansFor, withFiles } from "../src/fuzz/request-plan.ts"
import { shapeOf } from "../src/fuzz/route-shape.ts"
import { toRequest, toSent } from "../src/fuzz/sent-request.ts"
import { fuzzRoutes } from "../src/index.ts"

function notes(): App {
  const app = createApp({ development: false })
  const kept = new Map<string, string>()
  app.delete("/notes/:id", { name: "notes.remove", response: { 204: null }, errors: [errors.NotFound] }, (ctx) => {
    if (!kept.delete(ctx.params.id)) throw new errors.NotFound()
    return ctx.empty()
  })
  app.get("/notes/:id", { name: "notes.show", errors: [errors.NotFound] }, (ctx) => {
    if (!kept.has(ctx.params.id)) throw new errors.NotFound()
    return { id: ctx.params.id, text: kept.get(ctx.params.id) }
  })
  app.post(
    "/notes",
    { name: "notes.make", body: v.object({ text: v.string() }), response: { 201: v.object({ id: v.string() }) } },
    (ctx) => {
      const id = uuidv7()
      kept.set(id, ctx.body.text)
      return ctx.json({ id }, 201)
    },
  )
  app.get("/crash", { name: "crash" }, () => {
    throw new TypeError("always")
  })
  return app
}
const quiet = { progress: false, runs: 60, skip: ["crash"] } as const

describe("a run", () => {
  test("makes things before it asks for them, and deletes them last", async () => {
    const report = await fuzzRoutes(notes(), { ...quiet, seed: 5 })
    expect(report.routes.map(({ route }) => route)).toEqual(["notes.make", "notes.show", "notes.remove"])
    expect(report.routes[1]!.statuses[200]).toBeGreaterThan(5)
    expect(report.routes[2]!.statuses[204]).toBeGreaterThan(5)
    expect(report.neverSucceeded).toEqual([])
    expect(report.routes[0]!.valid).toBeGreaterThan(10)
    expect(report.routes[0]!.invalid).toBeGreaterThan(10)
  })

  test("is the same with the same seed, and another with another", async () => {
    const statuses = async (seed: number): Promise<unknown> =>
      (await fuzzRoutes(notes(), { ...quiet, only: ["notes.make"], seed })).routes
    expect(await statuses(1)).toEqual(await statuses(1))
    expect(await statuses(1)).not.toEqual(await statuses(2))
  })

  test("fails with what it found, with its cause, and how to find it again", async () => {
    const failed = await fuzzRoutes(notes(), { seed: 3, runs: 5, progress: false }).catch((error) => error)
    expect(failed.code).toBe("TESTING_FUZZ_FAILED")
    for (const part of [
      "✗ crash: server-error",
      "curl -isg -X GET 'http://localhost:3000/crash'",
      "→ 500",
      "TypeError: always",
      'only: ["crash"]',
      "seed: 3",
    ])
      expect(failed.message).toContain(part)
  })

  test("takes headers, what to set up, hints, values, and errors that any route may have", async () => {
    const seen: string[] = []
    const app = createApp({ development: false })
    app.get("/places/:place", { name: "place" }, (ctx) => {
      seen.push(`${ctx.headers.get("x-own")} ${ctx.params.place} ${ctx.query.limit ?? ""}`)
      throw new errors.TooManyRequests()
    })
    const setUp: string[] = []
    await fuzzRoutes(app, {
      seed: 1,
      runs: 40,
      progress: false,
      headers: ({ name }) => ({ "x-own": name ?? "" }),
      setup: ({ name }) => void setUp.push(name ?? ""),
      values: { place: ["here"] },
      hints: { place: { query: { type: "object", properties: { limit: { const: "7" } }, required: ["limit"] } } },
      allowedErrors: ["HTTP_TOO_MANY_REQUESTS"],
    })
    expect(setUp).toEqual(["place"])
    expect(seen.every((one) => one.startsWith("place "))).toBe(true)
    expect(seen.filter((one) => one === "place here 7").length).toBeGreaterThan(5)
  })

  test("leaves the services and the container of the app alone, and uses them", async () => {
    const app = notes()
    await fuzzRoutes(app, { ...quiet, seed: 9 })
    expect(
      (
        await app.fetch(
          new Request("http://x/notes", {
            method: "POST",
            body: '{"text":""}',
            headers: { "content-type": "application/json" },
          }),
        )
      ).status,
    ).toBe(201)
  })

  test("refuses names that no route has", async () => {
    for (const options of [{ only: ["x"] }, { skip: ["x"] }, { stateful: ["x"] }, { hints: { x: {} } }])
      expect((await fuzzRoutes(notes(), options).catch((error) => error)).code).toBe("TESTING_MISUSED")
  })
})

describe("the command of a finding", () => {
  const app = createApp({ development: false })
  const seen: unknown[] = []
  const Body = v.object({ text: v.string(), list: v.array(v.unknown()).optional() })
  const form = uploads({ target: toMemory(), files: { photo: {} }, fields: { title: {} } })
  app.post("/echo/:id", { query: v.object({ q: v.string(), n: v.coerce.number().optional() }), body: Body }, () => null)
  app.post("/photos", { layers: [form] }, () => null)
  const echo = createApp({ development: false, maxBodyBytes: 10_000_000 })
  echo.all("/*path", async (ctx) => {
    const type = ctx.headers.get("content-type")
    const bytes = Buffer.from(await ctx.read("bytes"))
    const form = await new Response(bytes, { headers: { "content-type": type ?? "" } })
      .formData()
      .catch(() => undefined)
    const parts = [...(form ?? [])].map(([name, value]) => [
      name,
      typeof value === "string" ? value : [value.name, value.type, value.size],
    ])
    // The boundary of a form is made anew each time.
    const isForm = type?.startsWith("multipart/") && form !== undefined
    const body = isForm ? parts : bytes.toString("hex")
    seen.push({
      method: ctx.method,
      url: ctx.url.pathname + ctx.url.search,
      type: isForm ? "multipart" : type,
      body,
      own: ctx.headers.get("if-match"),
    })
    return null
  })
  let server: Server
  beforeAll(async () => {
    server = await echo.listen({ port: 0 })
  })
  afterAll(() => echo.stop(100))

  test.each(["/echo/:id", "/photos"])(
    "sends the same request to %s again",
    async (path) => {
      const record = app.table().records.find((one) => one.path === path)!
      const shape = shapeOf(record)
      const plans = fc.sample(plansFor({ fc, known: () => ({ values: [], weight: 0 }) }, shape), {
        numRuns: 40,
        seed: 11,
      })
      for (const plan of plans) {
        const sent = toSent(record, { ...plan, body: plan.body && withFiles(shape, plan.body) }, {})
        seen.length = 0
        await echo.fetch(toRequest(sent, server.url))
        const child = Bun.spawn(["bash", "-c", toCurl(sent, server.url)], {
          stdin: "ignore",
          stdout: "ignore",
          stderr: "pipe",
        })
        expect([await child.exited, await new Response(child.stderr).text()]).toEqual([0, ""])
        expect(seen).toHaveLength(2)
        expect([seen[1], toCurl(sent, "")]).toEqual([seen[0], toCurl(sent, "")])
      }
    },
    60_000,
  )
})
