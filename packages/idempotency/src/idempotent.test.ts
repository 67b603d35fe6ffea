import { describe, expect, test } from "bun:test"
import { type ManualClock, manualClock } from "@ashlar/core"
import { type BaseContext, createApp, errors, fail, type Layer, layer, NotFound, Reply } from "@ashlar/http"
import { createOpenApi } from "@ashlar/openapi"
import { v } from "@ashlar/validation"
import { MemoryStore } from "./drivers/memory.ts"
import { defineIdempotency, type IdempotentOptions, idempotent, openIdempotency } from "./index.ts"
import type { IdempotencyStore } from "./store.ts"

interface Ask {
  readonly key?: string | null
  readonly path?: string
  readonly method?: string
  readonly body?: BodyInit
  readonly headers?: Record<string, string>
}
type Work = (ctx: BaseContext, runs: number) => unknown

const user = layer({ name: "user", before: (ctx) => ({ user: ctx.headers.get("x-user") ?? undefined }) })

/** An app whose one handler counts its runs, and what comes of asking it. */
function stage(work: Work, options: Partial<IdempotentOptions<readonly [typeof user]>> = {}, around?: Layer) {
  const clock: ManualClock = manualClock()
  const store = new MemoryStore({ maxEntries: 1_000, maxBytes: 50_000_000 }, clock)
  const told: unknown[] = []
  const seen = { runs: 0 }
  const once = idempotent({
    store: openIdempotency(store),
    needs: [user],
    scope: (ctx) => ctx.user,
    onError: (error) => told.push(error),
    ...options,
  })
  const app = createApp({ onError: () => undefined, development: false })
  const handler = (ctx: BaseContext) => work(ctx, ++seen.runs)
  const layers = around === undefined ? ([user, once] as const) : ([around, user, once] as const)
  app.post("/pay/:id?", { layers: layers as never }, handler as never)
  app.put("/pay", { layers: layers as never }, handler as never)
  const ask = async ({ key = "one", path = "/pay", method = "POST", body = "{}", headers = {} }: Ask = {}) => {
    const all = { "x-user": "ana", ...headers, ...(key !== null && { "idempotency-key": key }) }
    const response = await app.fetch(new Request(`http://localhost${path}`, { method, body, headers: all }))
    const text = await response.text()
    const isProblem = response.headers.get("content-type")?.includes("problem")
    const code = isProblem ? (JSON.parse(text) as { code: string }).code : undefined
    return { status: response.status, headers: response.headers, text, code }
  }
  return { app, ask, seen, told, clock, store }
}
const replayed = ({ headers }: { headers: Headers }) => headers.get("idempotency-replayed")

describe("a request that is sent again", () => {
  test("is done once, and answered as the first with its status, body and headers", async () => {
    const { ask, seen } = stage((ctx, runs) => {
      ctx.set("x-inside", "1")
      ctx.set("vary", "accept")
      return new Reply(201, { runs }, undefined, { location: "/pay/7", "x-own": "2" })
    })
    const [first, again] = [await ask(), await ask({ key: '"one"' })]
    expect([again.status, again.text, seen.runs]).toEqual([201, '{"runs":1}', 1])
    for (const name of ["content-type", "location", "x-inside", "x-own", "vary"])
      expect([name, again.headers.get(name)]).toEqual([name, first.headers.get(name) ?? "missing"])
    expect([replayed(first), replayed(again)]).toEqual([null, "true"])
    expect([(await ask({ key: "two" })).text, (await ask({ key: null })).text]).toEqual(['{"runs":2}', '{"runs":3}'])
    expect([(await ask({ key: null })).text, (await ask({ method: "PUT" })).text]).toEqual(['{"runs":4}', '{"runs":5}'])
  })
  test.each<[string, () => unknown, number, string]>([
    ["text", () => "é\u0000", 200, "é\u0000"],
    ["bytes", () => new Uint8Array([0, 255]), 200, new TextDecoder().decode(new Uint8Array([0, 255]))],
    ["nothing", () => null, 204, ""],
    ["a response", () => Response.json({ a: 1 }, { status: 202, headers: { "x-own": "1" } }), 202, '{"a":1}'],
    ["a response without a body", () => new Response(null, { status: 204 }), 204, ""],
    ["a client's error, thrown", () => Promise.reject(new NotFound("no such")), 404, "HTTP_NOT_FOUND"],
    ["a client's error, returned", () => fail(errors.Conflict, "taken", { by: "7" }), 409, '"by":"7"'],
    ["a refusal of its own", () => new Reply(402, { code: "declined" }), 402, "declined"],
  ])("may be answered with %s", async (_what, work, status, text) => {
    const { ask, seen, told } = stage(work)
    const [first, again] = [await ask(), await ask()]
    expect([first.status, again.status, seen.runs, told]).toEqual([status, status, 1, []])
    expect([first.text.includes(text), again.text.includes(text), replayed(again)]).toEqual([true, true, "true"])
    const type = first.headers.get("content-type")
    expect(again.headers.get("content-type")?.toLowerCase()).toBe(type?.toLowerCase())
  })
  test("is done again after a defect, a failure of the server, or what passes", async () => {
    for (const status of [500, 503, 408, 425, 429]) {
      const { ask, seen } = stage((_ctx, runs) => (runs < 3 ? new Reply(status, "later") : "done"))
      expect([await ask(), await ask(), await ask(), await ask()].map(({ text }) => text)).toEqual([
        "later",
        "later",
        "done",
        "done",
      ])
      expect(seen.runs).toBe(3)
    }
    const thrown = stage((_ctx, runs) => {
      if (runs < 2) throw new RangeError("a defect")
      return "done"
    })
    expect([(await thrown.ask()).status, (await thrown.ask()).text, thrown.seen.runs]).toEqual([500, "done", 2])
  })
  test("is another one once the time is over", async () => {
    const { ask, seen, clock } = stage((_ctx, runs) => `${runs}`, { ttlMs: 5_000 })
    expect([(await ask()).text, (await ask()).text]).toEqual(["1", "1"])
    clock.advance(5_001)
    expect([(await ask()).text, seen.runs]).toEqual(["2", 2])
  })
  test("reads its body as if nobody had before, whatever reads it", async () => {
    const app = createApp()
    const once = idempotent({ store: openIdempotency("memory:"), scope: () => "me" })
    const body = v.object({ n: v.integer() })
    app.post("/", { layers: [once], body }, async (ctx) => ({ ...ctx.body, raw: await ctx.read("text") }))
    const send = async (json: unknown) => {
      const init = { method: "POST", body: JSON.stringify(json), headers: HEADERS }
      const response = await app.fetch(new Request("http://localhost/", init))
      return [response.status, await response.json()] as const
    }
    const HEADERS = { "idempotency-key": "a", "content-type": "application/json" }
    expect([await send({ n: 7 }), await send({ n: 7 })]).toEqual([
      [200, { n: 7, raw: '{"n":7}' }],
      [200, { n: 7, raw: '{"n":7}' }],
    ])
  })
})

describe("a key", () => {
  test("is refused for another request: IDEMPOTENCY_KEY_REUSED", async () => {
    const { ask, seen } = stage(() => "done")
    await ask({ path: "/pay/7?a=1", body: "x", headers: { "content-type": "text/plain" } })
    const others: Ask[] = [
      { path: "/pay/7?a=1", body: "y", headers: { "content-type": "text/plain" } },
      { path: "/pay/7?a=2", body: "x", headers: { "content-type": "text/plain" } },
      { path: "/pay/8?a=1", body: "x", headers: { "content-type": "text/plain" } },
      { path: "/pay/7?a=1", body: "x", headers: { "content-type": "text/html" } },
    ]
    for (const other of others) expect(await ask(other)).toMatchObject({ status: 422, code: "IDEMPOTENCY_KEY_REUSED" })
    expect(seen.runs).toBe(1)
  })
  test("is compared as the app says", async () => {
    const fingerprint = (_ctx: BaseContext, body: Uint8Array) =>
      String((JSON.parse(new TextDecoder().decode(body)) as { n: number }).n)
    const { ask, seen } = stage(() => "done", { fingerprint })
    const codes = [await ask({ body: '{"n":1}' }), await ask({ body: '{ "n": 1 }' }), await ask({ body: '{"n":2}' })]
    expect([codes.map(({ status }) => status), seen.runs]).toEqual([[200, 200, 422], 1])
  })
  test("must be one, and must be there where it is required", async () => {
    const { ask, seen } = stage(() => "done", { required: true })
    expect(await ask({ key: null })).toMatchObject({ status: 400, code: "IDEMPOTENCY_KEY_MISSING" })
    for (const key of ["", "a b", '"a', "x".repeat(256)])
      expect(await ask({ key })).toMatchObject({ status: 400, code: "IDEMPOTENCY_KEY_INVALID" })
    expect([seen.runs, (await ask({ key: null, method: "PUT" })).status]).toEqual([0, 200])
  })
  test("is each one's own: nobody gets another's answer", async () => {
    const { ask, seen } = stage((ctx, runs) => `${runs} for ${ctx.headers.get("x-user") ?? "nobody"}`)
    const as = (headers: Record<string, string>) => ask({ headers }).then(({ text }) => text)
    expect([await as({}), await as({ "x-user": "bob" }), await as({}), await as({ "x-user": "bob" })]).toEqual([
      "1 for ana",
      "2 for bob",
      "1 for ana",
      "2 for bob",
    ])
    expect(seen.runs).toBe(2)
  })
  test("of nobody in particular goes with the credentials of the request, and scopes are not mixed up", async () => {
    const { ask, seen } = stage((_ctx, runs) => `${runs}`, { scope: () => undefined })
    const as = (headers: Record<string, string>) => ask({ headers }).then(({ text }) => text)
    const all = [{}, { authorization: "a" }, { authorization: "b" }, { cookie: "a" }, { authorization: "a" }, {}]
    const texts: string[] = []
    for (const headers of all) texts.push(await as(headers as Record<string, string>))
    expect([texts, seen.runs]).toEqual([["1", "2", "3", "4", "2", "1"], 4])
    const two = stage((_ctx, runs) => `${runs}`, {
      scope: (ctx) => (ctx.user === "pair" ? ["a", "b"] : ctx.user === "text" ? "a,b" : ["a,b"]),
    })
    const said = []
    for (const name of ["pair", "text", "list"]) said.push((await two.ask({ headers: { "x-user": name } })).text)
    expect(said).toEqual(["1", "2", "3"])
  })
})

describe("while the first runs", () => {
  test("others are told so: IDEMPOTENCY_IN_PROGRESS, and when to ask again", async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { ask, seen } = stage(() => promise.then(() => "done"), { leaseMs: 20_000 })
    const first = ask()
    while (seen.runs === 0) await Bun.sleep(1)
    const second = await ask()
    expect(second).toMatchObject({ status: 409, code: "IDEMPOTENCY_IN_PROGRESS" })
    expect(second.headers.get("retry-after")).toBe("20")
    expect(await ask({ body: "another" })).toMatchObject({ status: 422, code: "IDEMPOTENCY_KEY_REUSED" })
    resolve()
    expect([(await first).text, (await ask()).text, seen.runs]).toEqual(["done", "done", 1])
  })
  test("one of a hundred at once is done", async () => {
    const { ask, seen } = stage(async () => {
      await Bun.sleep(20)
      return "done"
    })
    const statuses = (await Promise.all(Array.from({ length: 100 }, () => ask()))).map(({ status }) => status)
    expect([statuses.filter((status) => status === 200).length >= 1, seen.runs]).toEqual([true, 1])
    expect(new Set(statuses).difference(new Set([200, 409])).size).toBe(0)
  })
  test("its claim is held on to, for however long it takes", async () => {
    const { ask, seen, clock } = stage(
      async () => {
        for (let at = 0; at < 20; at++) {
          clock.advance(20) // four times the lease, all in all
          await Bun.sleep(40)
        }
        return "done"
      },
      { leaseMs: 100 },
    )
    const first = ask()
    while (seen.runs === 0) await Bun.sleep(1)
    await Bun.sleep(300)
    expect((await ask()).status).toBe(409)
    expect([(await first).text, (await ask()).text, seen.runs]).toEqual(["done", "done", 1])
  })
  test("one whose claim ran out is done again, and tells nobody another's answer", async () => {
    const release: (() => void)[] = []
    const { ask, clock, told, store } = stage((_ctx, runs) =>
      new Promise<void>((resolve) => release.push(resolve)).then(() => `${runs}`),
    )
    store.extend = async () => false // asleep: no sign of life
    const first = ask()
    while (release.length < 1) await Bun.sleep(1)
    clock.advance(30_001)
    const second = ask()
    while (release.length < 2) await Bun.sleep(1)
    release[0]!()
    expect((await first).text).toBe("1")
    expect(told).toMatchObject([{ code: "IDEMPOTENCY_CLAIM_LOST" }])
    release[1]!()
    expect([(await second).text, (await ask()).text]).toEqual(["2", "2"])
  })
})

describe("an answer that cannot be kept", () => {
  const stream = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(600))
        controller.close()
      },
    })
  test.each<[string, Work]>([
    ["is too large", () => "x".repeat(1_001)],
    ["is a large response", () => new Response("x".repeat(1_001))],
    ["is a large response of unknown length", () => new Response(new Blob(["x".repeat(5_001)]).stream())],
    ["is a stream", stream],
    ["is a stream of events", () => new Response("data: 1\n\n", { headers: { "content-type": "text/event-stream" } })],
    [
      "comes piece by piece",
      async function* (): AsyncGenerator<string> {
        yield "a"
      } as never,
    ],
  ])("since it %s, is given once, and its request not done again: IDEMPOTENCY_ANSWER_UNKEPT", async (_what, work) => {
    const { ask, seen } = stage(work, { maxBodyBytes: 1_000 })
    const [first, again] = [await ask(), await ask()]
    expect([first.status, first.text.length > 0, seen.runs]).toEqual([200, true, 1])
    expect(again).toMatchObject({ status: 409, code: "IDEMPOTENCY_ANSWER_UNKEPT" })
    expect(JSON.parse(again.text).details).toEqual({ status: 200 })
  })
  test("with a cookie is kept for the one whose it is, and for nobody else", async () => {
    const work: Work = (ctx) => {
      ctx.set("set-cookie", "a=1")
      ctx.set("set-cookie", "b=2")
      return "signed in"
    }
    const own = stage(work)
    await own.ask()
    expect((await own.ask()).headers.getSetCookie()).toEqual(["a=1", "b=2"])
    const anybody = stage(work, { scope: () => undefined })
    expect((await anybody.ask()).headers.getSetCookie()).toEqual(["a=1", "b=2"])
    const again = await anybody.ask()
    expect([again.code, again.headers.getSetCookie(), anybody.seen.runs]).toEqual(["IDEMPOTENCY_ANSWER_UNKEPT", [], 1])
  })
  test("does not take the headers of layers outside, which say what they say now", async () => {
    let at = 0
    const outer = layer({ name: "outer", before: (ctx) => ctx.set("x-at", String(++at)) })
    const { ask } = stage(() => new Reply(200, "a", undefined, { date: "then", connection: "close" }), {}, outer)
    const [first, again] = [await ask(), await ask()]
    expect([first.headers.get("x-at"), again.headers.get("x-at"), again.headers.get("connection")]).toEqual([
      "1",
      "2",
      null,
    ])
  })
})

describe("a store that fails", () => {
  const broken = (over: Partial<IdempotencyStore>): IdempotencyStore =>
    Object.assign(new MemoryStore({ maxEntries: 10, maxBytes: 1e6 }), over)
  const failing = () => Promise.reject(new errors.Unavailable("the database is away"))
  test("before the work refuses the request", async () => {
    const { ask, seen } = stage(() => "done", { store: openIdempotency(broken({ begin: failing })) })
    expect([(await ask()).status, seen.runs]).toEqual([503, 0])
  })
  test("after the work is told, and the caller gets the answer", async () => {
    const { ask, told } = stage(() => "done", { store: openIdempotency(broken({ keep: failing })) })
    expect([(await ask()).text, told.length]).toEqual(["done", 1])
    const other = stage(() => Promise.reject(new NotFound()), { store: openIdempotency(broken({ keep: failing })) })
    expect([(await other.ask()).status, other.told.length]).toEqual([404, 1])
    const ending = stage(() => new Reply(500, "no"), { store: openIdempotency(broken({ end: failing })) })
    expect([(await ending.ask()).text, ending.told.length]).toEqual(["no", 1])
  })
  test("in what it kept is an error, and no answer", async () => {
    const begin: IdempotencyStore["begin"] = async ({ fingerprint }) => ({
      state: "kept",
      fingerprint,
      answer: "no JSON",
    })
    const { ask, seen } = stage(() => "done", { store: openIdempotency(broken({ begin })) })
    expect([(await ask()).code, seen.runs]).toEqual(["IDEMPOTENCY_STORE_FAILED", 0])
  })
})

describe("options", () => {
  test.each<[string, object]>([
    ["ttlMs", { ttlMs: 999 }],
    ["leaseMs", { leaseMs: 99.5 }],
    ["maxBodyBytes", { maxBodyBytes: 9 * 1024 * 1024 }],
  ])("%s out of bounds is IDEMPOTENCY_OPTION_INVALID", (name, options) => {
    const make = () => idempotent({ store: openIdempotency("memory:"), scope: () => "a", ...options })
    expect(make).toThrow(
      expect.objectContaining({ code: "IDEMPOTENCY_OPTION_INVALID", message: expect.stringContaining(name) }),
    )
  })
  test("answers are sealed where the app says how, each for its own key", async () => {
    const written: string[] = []
    const seal = {
      seal: async (text: string, context: string) => `${context}:${btoa(text)}`,
      open: async (sealed: string, context: string) => {
        expect(sealed.startsWith(`${context}:`)).toBe(true)
        return atob(sealed.slice(context.length + 1))
      },
    }
    const store = new MemoryStore({ maxEntries: 10, maxBytes: 1e6 })
    const keep = store.keep.bind(store)
    store.keep = (claim, answer, ttlMs) => {
      written.push(answer)
      return keep(claim, answer, ttlMs)
    }
    const { ask, seen } = stage(() => "a secret", { seal, store: openIdempotency(store) })
    expect([(await ask()).text, (await ask()).text, seen.runs]).toEqual(["a secret", "a secret", 1])
    expect([written.length, written[0]!.includes("a secret")]).toEqual([1, false])
  })
  test("a store may be a service of the app, and the header is in its document", async () => {
    const app = createApp()
    const once = idempotent({ store: defineIdempotency(() => "memory:"), scope: () => "a", required: true })
    let runs = 0
    app.post("/pay", { layers: [once] }, () => ++runs)
    app.get("/pay", { layers: [once] }, () => runs)
    const ask = () =>
      app.fetch(new Request("http://localhost/pay", { method: "POST", headers: { "idempotency-key": "a" } }))
    expect([await (await ask()).text(), await (await ask()).text()]).toEqual(["1", "1"])
    const { paths } = createOpenApi(app.table(), { title: "a", version: "1" }) as never as {
      paths: { "/pay": Record<string, { parameters?: { name: string; in: string }[]; responses: object }> }
    }
    expect(paths["/pay"].post!.parameters).toMatchObject([{ name: "idempotency-key", in: "header" }])
    expect(Object.keys(paths["/pay"].post!.responses)).toEqual(expect.arrayContaining(["400", "409", "422"]))
    expect(paths["/pay"].get!.parameters).toBe(undefined)
    await app.stop()
  })
})
