import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test"
import { connect } from "node:net"
import { join } from "node:path"
import { bundleWorker, startWorkerd, type Workerd } from "@ashlar/http/testing/workerd"
import worker from "./worker.ts"

const entry = join(import.meta.dir, "worker.ts")

test("the bundle of a worker imports nothing of Node", async () => {
  const source = await bundleWorker(entry)
  expect(source).not.toMatch(/(?:from|import|require)\s*\(?\s*["']node:/)
})

describe("an app in workerd", () => {
  let workerd: Workerd
  const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(`${workerd.url}${path}`, init)

  beforeAll(async () => {
    workerd = await startWorkerd({ entry, bindings: { GREETING: 'hello "workers" \\ ü' } })
  })
  afterAll(() => workerd.stop())

  test("has its bindings", async () => {
    const response = await ask("/")
    expect([response.status, response.headers.get("content-type")?.toLowerCase().replace(" ", "")]).toEqual([
      200,
      "text/plain;charset=utf-8",
    ])
    expect(await response.text()).toBe('hello "workers" \\ ü')
  })

  test("routes, with parameters, queries and the caller's address", async () => {
    const headers = { "cf-connecting-ip": "203.0.113.7" }
    const response = await ask("/users/a%2Fb%20ü?x=1&x=2", { headers })
    expect(await response.json()).toEqual({
      id: "a/b ü",
      query: { x: ["1", "2"] },
      address: "203.0.113.7",
      url: `${workerd.url}/users/a%2Fb%20%C3%BC?x=1&x=2`,
    })
    expect(await (await ask("/files/a/b/c")).json()).toEqual({ path: "a/b/c" })
    expect(await (await ask("/users/1")).json()).not.toHaveProperty("address")
  })

  test("reads bodies, and bounds them", async () => {
    const post = (body: string): Promise<Response> =>
      ask("/echo", { method: "POST", body, headers: { "content-type": "application/json" } })
    expect(await (await post('{"a":1}')).json()).toEqual({ got: { a: 1 } })
    expect((await post("{")).status).toBe(400)
    const large = await post(`"${"x".repeat(2000)}"`)
    expect([large.status, ((await large.json()) as { code: string }).code]).toEqual([413, "HTTP_BODY_TOO_LARGE"])
  })

  test("streams both ways", async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000))
    const back = await ask("/stream", { method: "PUT", body: bytes })
    expect(Buffer.from(await back.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true)
    let [text, firstMs] = ["", 0]
    for await (const chunk of (await ask("/ticks")).body!) {
      if (text === "") firstMs = performance.now()
      text += new TextDecoder().decode(chunk)
    }
    expect(text).toBe("tick 0\ntick 1\ntick 2\n")
    expect(performance.now() - firstMs).toBeGreaterThan(50) // the first came while the others were not made yet
  })

  const answers: readonly [method: string, path: string, status: number, code?: string][] = [
    ["GET", "/missing", 404, "HTTP_NOT_FOUND"],
    ["GET", "/nowhere", 404, "HTTP_NOT_FOUND"],
    ["DELETE", "/", 405, "HTTP_METHOD_NOT_ALLOWED"],
    ["OPTIONS", "/", 204],
    ["HEAD", "/", 200],
    ["GET", "/users/%ff", 400, "HTTP_BAD_REQUEST"],
    ["GET", "/broken", 500, "INTERNAL"],
  ]
  for (const [method, path, status, code] of answers) {
    test(`answers ${method} ${path} with ${status}`, async () => {
      const response = await ask(path, { method })
      expect(response.status).toBe(status)
      const text = await response.text()
      if (code === undefined) expect(text).toBe("")
      else expect(JSON.parse(text)).toMatchObject({ code, status })
      expect(text).not.toContain("secret")
    })
  }

  const confusing: readonly [target: string, host: string][] = [
    ["/", "a/users/42?"],
    ["/", "a/users/42#"],
    ["/", "http://a"],
    ["/", "user@a"],
    ["*", "a"],
  ]
  for (const [target, host] of confusing) {
    test(`refuses the target ${target} with the Host ${host}`, async () => {
      expect(await send(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 400 /,
      )
    })
  }

  /** Exact bytes, which `fetch` would not send. */
  function send(bytes: string): Promise<string> {
    return new Promise((resolve) => {
      let answer = ""
      const socket = connect(Number(new URL(workerd.url).port), "127.0.0.1", () => socket.write(bytes))
      socket.on("data", (chunk) => {
        answer += String(chunk)
      })
      socket.on("close", () => resolve(answer))
    })
  }

  test("sends no header with a control character", async () => {
    expect((await ask("/header?value=a%09b%20%C3%BC")).status).toBe(204)
    for (const value of ["a%0B", "a%1B[0m", "a%7F", "a%0D%0Ax-injected:%201", "a%00"]) {
      const response = await ask(`/header?value=${value}`)
      expect([value, response.status, response.headers.get("x-injected"), response.headers.get("x-value")]).toEqual([
        value,
        500,
        null,
        null,
      ])
    }
  })

  test("sends each cookie in a header of its own", async () => {
    const response = await ask("/cookies")
    expect([response.status, response.headers.getSetCookie()]).toEqual([204, ["a=1; Path=/", "b=2; Path=/"]])
  })

  test("goes on after the answer with what was deferred", async () => {
    expect((await ask("/late/one", { method: "POST" })).status).toBe(204)
    let late: unknown = []
    for (let tries = 0; tries < 100 && (late as unknown[]).length === 0; tries++) {
      await Bun.sleep(50)
      late = await (await ask("/late")).json()
    }
    expect(late).toEqual(["one"])
  })

  test("lives on when callers leave", async () => {
    for (let index = 0; index < 5; index++) {
      const gone = new AbortController()
      const asked = ask("/ticks", { signal: gone.signal })
      setTimeout(() => gone.abort(), 10)
      await asked.then((response) => response.text()).catch(() => undefined)
    }
    expect((await ask("/")).status).toBe(200)
  })
})

describe("a worker's function", () => {
  const waited: Promise<unknown>[] = []
  const execution = {
    waitUntil: (work: Promise<unknown>) => void waited.push(work),
    passThroughOnException: () => undefined,
  }

  test("gives the environment and the execution to its layer", async () => {
    const response = await worker.fetch(new Request("http://x/"), { GREETING: "hi" }, execution)
    expect(await response.text()).toBe("hi")
    await worker.fetch(new Request("http://x/late/two", { method: "POST" }), { GREETING: "" }, execution)
    expect(waited.length).toBe(1)
    await Promise.all(waited)
    const late = await worker.fetch(new Request("http://x/late"), { GREETING: "" }, execution)
    expect([await late.json(), waited.length]).toEqual([["two"], 1])
  })

  test("without the runtime is answered with an error that names the adapter", async () => {
    const log = spyOn(console, "error").mockImplementation(() => undefined)
    const { createApp } = await import("@ashlar/http")
    const { toNetlify } = await import("@ashlar/http/netlify")
    const { workerContext } = await import("@ashlar/http/workers")
    const app = createApp({ layers: [workerContext()] })
    app.get("/", () => "never")
    for (const response of [
      await app.fetch(new Request("http://x/")),
      await toNetlify(app)(new Request("http://x/"), { ip: "192.0.2.1" }),
    ]) {
      const problem = (await response.json()) as { code: string; detail: string }
      expect([response.status, problem.code]).toEqual([500, "HTTP_PLATFORM_MISSING"])
      expect(problem.detail).toContain("toWorker(app)")
    }
    log.mockRestore()
  })
})
