import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import type { Server } from "@ashlar/http"
import { type BatchingOptions, batching } from "../src/batch.ts"
import { type Client, ClientError, type ClientOptions, createClient, type Transport } from "../src/index.ts"
import { seen, startShop, type users } from "./shop.ts"

let server: Server
let api: Client<typeof users>
const client = (options?: ClientOptions): Client<typeof users> =>
  createClient<typeof users>(server.url, { backoffMs: 1, ...options })

beforeAll(async () => {
  server = await startShop()
  api = client()
})
afterAll(() => server.stop(0))
beforeEach(() => {
  seen.calls = []
  seen.keys = []
})

/** The error that a promise rejects with. */
async function errorOf(promise: Promise<unknown>): Promise<ClientError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(ClientError)
  return error as ClientError
}

describe("a call", () => {
  test("resolves to what the route answers", async () => {
    expect(await api.show({ params: { id: "42" } })).toEqual({ id: "42", name: "Ada" })
    expect(await api.create({ body: { name: "Grace" } })).toEqual({ id: "1", name: "Grace" })
    expect(await api.remove()).toBeNull()
    expect(await api.nested.deep()).toBe("deep")
  })
  test("sends lists, defaults and dates as they are", async () => {
    expect(await api.list({ query: { limit: "3", tag: ["a b", "c&d"] } })).toEqual({
      limit: 3,
      tags: ["a b", "c&d"],
      at: "1970-01-01T00:00:00.000Z",
    })
  })
  test.each(["a/b", "ü?#", "%2e", "…", "a\\b"])("encodes the parameter %p", async (id) => {
    expect(await api.show({ params: { id } })).toEqual({ id, name: "Ada" })
  })
  test("keeps the slashes of a rest parameter, and encodes what is between them", async () => {
    expect(await api.file({ params: { path: "a b/c?d" } })).toBe("a b/c?d")
  })
  test.each([".", ".."])("never leaves its path by a parameter %p", async (id) => {
    expect((await errorOf(api.show({ params: { id } }))).code).toBe("CLIENT_INPUT_INVALID")
    expect((await errorOf(api.file({ params: { path: `a/${id}/b` } }))).code).toBe("CLIENT_INPUT_INVALID")
    expect(seen.calls).toEqual([])
  })
  test("without a parameter it needs makes no request", async () => {
    expect((await errorOf(api.show({ params: {} as never }))).code).toBe("CLIENT_INPUT_INVALID")
    expect((await errorOf(api.show({ params: Object.create({ id: "1" }) as never }))).code).toBe("CLIENT_INPUT_INVALID")
  })
  test("of a route that the server does not have says so", async () => {
    const wrong = createClient<{ lost: typeof users.show }>(server.url)
    expect((await errorOf(wrong.lost({ params: { id: "1" } }))).code).toBe("CLIENT_ROUTE_UNKNOWN")
    const inherited = createClient<{ constructor: typeof users.show }>(server.url, { manifest: {} })
    expect((await errorOf(inherited.constructor({ params: { id: "1" } }))).code).toBe("CLIENT_ROUTE_UNKNOWN")
  })
  test("with a manifest asks the server for none", async () => {
    const asked: string[] = []
    const manifest = { "nested.deep": "GET /v1/deep" }
    const direct = client({ manifest, onRequest: ({ url }) => void asked.push(new URL(url).pathname) })
    expect(await direct.nested.deep()).toBe("deep")
    expect(asked).toEqual(["/v1/deep"])
  })
  test("asks for the manifest once", async () => {
    const asked: string[] = []
    const one = client({ onRequest: ({ url }) => void asked.push(new URL(url).pathname) })
    await Promise.all([one.nested.deep(), one.remove()])
    expect(asked.filter((path) => path === "/.well-known/ashlar-routes").length).toBe(1)
  })
  test("gives bytes as a stream", async () => {
    expect([...new Uint8Array(await new Response((await api.bytes()) as never).arrayBuffer())]).toEqual([1, 2, 3])
  })
})

describe("an error", () => {
  test("that the route declares has its code, by either way", async () => {
    const error = await errorOf(api.show({ params: { id: "0" } }))
    expect([error.code, error.status, error.message]).toEqual(["HTTP_NOT_FOUND", 404, "No user has this id"])
    const result = await api.show({ params: { id: "0" } }).result()
    if (result.ok) throw result
    expect(result.error.code).toBe("HTTP_NOT_FOUND")
    expect(await api.show({ params: { id: "1" } }).result()).toEqual({ ok: true, data: { id: "1", name: "Ada" } })
  })
  test("of a layer is one of the route", async () => {
    expect((await errorOf(api.me())).code).toBe("HTTP_UNAUTHORIZED")
    expect(await client({ token: async () => "secret-marker" }).me()).toEqual({ name: "Ada" })
  })
  test("of the input says which values", async () => {
    const result = await api.create({ body: { name: "" } }).result()
    if (result.ok || result.error.code !== "HTTP_INVALID") throw result
    expect(result.error.errors[0]).toMatchObject({ in: "body", pointer: "/name" })
  })
  test("that the route does not declare says so, and has the answer", async () => {
    const error = await errorOf(api.teapot())
    expect([error.code, error.status, error.problem?.code]).toEqual(["CLIENT_UNDECLARED", 410, "HTTP_GONE"])
  })
  test("of the network is one", async () => {
    const nobody = createClient<typeof users>("http://127.0.0.1:1", { retries: 0 })
    const error = await errorOf(nobody.remove())
    expect([error.code, error.status]).toEqual(["CLIENT_NETWORK", 0])
  })
  test("of an answer that is not what it says", async () => {
    expect((await errorOf(api.broken())).code).toBe("CLIENT_ANSWER_INVALID")
    expect((await errorOf(client({ maxAnswerBytes: 500 }).nested.deep())).code).toBe("CLIENT_ANSWER_INVALID")
  })
  test("never comes from a key that would set a prototype", async () => {
    const value = (await api.poisoned()) as { a: object }
    expect(JSON.stringify(value)).toBe('{"a":{}}')
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })
})

describe("time", () => {
  test("ends a call that takes too long", async () => {
    expect((await errorOf(api.slow(undefined, { timeoutMs: 30 }))).code).toBe("CLIENT_TIMEOUT")
  })
  test("is the caller's too", async () => {
    const stop = new AbortController()
    const call = api.slow(undefined, { signal: stop.signal })
    setTimeout(() => stop.abort(), 20)
    expect((await errorOf(call)).code).toBe("CLIENT_ABORTED")
    expect((await errorOf(api.remove(undefined, { signal: AbortSignal.abort() }))).code).toBe("CLIENT_ABORTED")
  })
})

describe("a call that was called off before", () => {
  test("asks nobody, not even for the routes", async () => {
    let asked = 0
    const transport: Transport = () => {
      asked++
      return new Promise(() => undefined)
    }
    const call = client({ transport }).remove(undefined, { signal: AbortSignal.abort("no longer") })
    const error = await errorOf(call)
    expect([error.code, error.cause, asked]).toEqual(["CLIENT_ABORTED", "no longer", 0])
  })
})

describe("another try", () => {
  test("comes after the seconds that the server asks for", async () => {
    const started = performance.now()
    expect(await api.flaky({ params: { id: "a" } })).toEqual({ count: 3 })
    expect(performance.now() - started).toBeGreaterThan(1900)
  })
  test("does not come when it would be too late, or too often", async () => {
    const impatient = client({ maxRetryAfterMs: 10 })
    expect((await errorOf(impatient.flaky({ params: { id: "b" } }))).code).toBe("HTTP_UNAVAILABLE")
    expect((await errorOf(api.flaky({ params: { id: "c" } }, { retries: 0 }))).retryAfterMs).toBe(1000)
  })
  test("of a POST needs an Idempotency-Key, which all tries share", async () => {
    expect((await errorOf(api.flakyPost({ params: { id: "d" } }))).code).toBe("HTTP_UNAVAILABLE")
    expect(seen.keys).toEqual([null])
    expect(await api.flakyPost({ params: { id: "e" } }, { idempotencyKey: true })).toEqual({ count: 2 })
    expect(seen.keys[1]).toMatch(/^[0-9a-f-]{36}$/)
    expect(seen.keys[2]).toBe(seen.keys[1]!)
  })
})

describe("hooks", () => {
  test("see and change requests and answers", async () => {
    const hooked = client({
      headers: () => ({ authorization: "Bearer wrong" }),
      onRequest: ({ headers }) => headers.set("authorization", "Bearer secret-marker"),
      onResponse: async (response) => (response.status === 410 ? Response.json("instead") : response),
    })
    expect(await hooked.me()).toEqual({ name: "Ada" })
    expect(await hooked.teapot()).toBe("instead" as never)
  })
})

describe("streams", () => {
  test("of rows come one by one", async () => {
    const rows: number[] = []
    for await (const { n } of await api.rows()) rows.push(n)
    expect(rows).toEqual([1, 2, 3])
  })
  test("of events go on after a connection that broke off, without a gap or a repetition", async () => {
    const ticks: number[] = []
    for await (const { data } of await api.ticks()) ticks.push(data.n)
    expect(ticks).toEqual([1, 2, 3, 4, 5])
  })
  test("of events begin after the one that is named", async () => {
    const ticks: number[] = []
    for await (const { data } of await api.ticks(undefined, { lastEventId: "3" })) ticks.push(data.n)
    expect(ticks).toEqual([4, 5])
  })
})

describe("a WebSocket", () => {
  test("sends and gets messages of its types, and ends its iteration with itself", async () => {
    const socket = await api.chat({ params: { room: "a b" } })
    socket.send({ say: "hello" })
    const said: string[] = []
    for await (const message of socket) {
      said.push(message.said)
      socket.close()
    }
    expect(said).toEqual(["a b: hello"])
    expect((await socket.closed).code).toBe(1000)
  })
})

describe("a batch", () => {
  /** A transport that batches, and the number of its requests. */
  function counting(options: BatchingOptions = {}): { transport: Transport; requests: string[] } {
    const requests: string[] = []
    const send: Transport = ({ url, ...init }) => {
      requests.push(url)
      return fetch(url, init as RequestInit)
    }
    return { transport: batching({ ...options, send }), requests }
  }
  test("takes the calls of one turn in one request, and gives each its own answer", async () => {
    const { transport, requests } = counting()
    const manifest = { show: "GET /v1/users/:id HTTP_NOT_FOUND", create: "POST /v1/users" }
    const batched = client({ transport, manifest })
    const [one, two, three] = await Promise.all([
      batched.show({ params: { id: "1" } }),
      batched.show({ params: { id: "0" } }).result(),
      batched.create({ body: { name: "Ada" } }),
    ])
    expect([one, two.ok ? "" : two.error.code, three]).toEqual([
      { id: "1", name: "Ada" },
      "HTTP_NOT_FOUND",
      { id: "1", name: "Ada" },
    ])
    expect(requests.length).toBe(1)
  })
  test("is never larger than it may be", async () => {
    const { transport, requests } = counting({ maxParts: 2 })
    const batched = client({ transport, manifest: { show: "GET /v1/users/:id" } })
    await Promise.all(["1", "2", "3", "4", "5"].map((id) => batched.show({ params: { id } })))
    expect(requests.length).toBe(3)
    expect(seen.calls.sort()).toEqual(["1", "2", "3", "4", "5"])
  })
  test("lets one call go without the others", async () => {
    const { transport } = counting()
    const batched = client({ transport, manifest: { show: "GET /v1/users/:id", slow: "GET /v1/slow" } })
    const slow = batched.slow(undefined, { timeoutMs: 50 })
    const shown = batched.show({ params: { id: "1" } }, { timeoutMs: 60_000 })
    expect((await errorOf(slow)).code).toBe("CLIENT_TIMEOUT")
    void shown
  })
  test("that the server refuses refuses each of its calls", async () => {
    const { transport } = counting({ path: "/nowhere" })
    const batched = client({ transport, manifest: { show: "GET /v1/users/:id" }, retries: 0 })
    const codes = await Promise.all(
      ["1", "2"].map(async (id) => (await errorOf(batched.show({ params: { id } }))).status),
    )
    expect(codes).toEqual([404, 404])
  })
})
