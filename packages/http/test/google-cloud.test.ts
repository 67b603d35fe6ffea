import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { deflateSync, gzipSync } from "node:zlib"
import type { Subprocess } from "bun"

const node = [process.env.NODE_BIN, Bun.which("node")].find((path) => typeof path === "string" && existsSync(path))
const folder = mkdtempSync(join(tmpdir(), "ashlar-google-"))
let child: Subprocess<"ignore", "pipe", "ignore">
let url = ""
const ask = (path: string, init?: RequestInit): Promise<Response> => fetch(`${url}${path}`, init)

beforeAll(async () => {
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "google-cloud-serve.ts")],
    target: "node",
    outdir: folder,
    naming: "serve.mjs",
  })
  expect(built.success).toBe(true)
  child = Bun.spawn([node ?? process.execPath, join(folder, "serve.mjs")], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
    env: { ...process.env, NODE_ENV: "production" },
  })
  const { value } = await child.stdout.getReader().read()
  url = (JSON.parse(new TextDecoder().decode(value)) as { url: string }).url
}, 30_000)
afterAll(async () => {
  child.kill("SIGKILL")
  await child.exited
  rmSync(folder, { recursive: true, force: true })
})

describe("an app as a function of Google Cloud", () => {
  test("answers, with the headers of its layers", async () => {
    const response = await ask("/")
    expect([response.status, await response.text(), response.headers.get("x-constant")]).toEqual([200, "hello", "1"])
    expect(response.headers.get("x-powered-by")).toBeNull()
  })

  test("sees the path as it was sent, and the last address that was forwarded", async () => {
    const headers = {
      "x-forwarded-for": "10.9.9.9, 203.0.113.7",
      "x-forwarded-proto": "https",
      host: "api.example.com",
    }
    const response = await ask("/seen/a%2Fb%20ü?x=1&x=2&__proto__=3", { headers })
    expect(await response.json()).toEqual({
      url: "https://api.example.com/seen/a%2Fb%20%C3%BC?x=1&x=2&__proto__=3",
      rest: "a/b ü",
      query: JSON.parse('{ "x": ["1", "2"], "__proto__": "3" }') as object,
      address: "203.0.113.7",
      host: "api.example.com",
    })
  })

  const bodies: readonly [
    what: string,
    path: string,
    type: string | undefined,
    body: string | Uint8Array<ArrayBuffer>,
    got: object,
  ][] = [
    ["JSON", "/json", "application/json", '{"a":[1]}', { a: [1] }],
    ["JSON of another name", "/json", "application/vnd.api+json", '{"a":1}', { a: 1 }],
    ["a form", "/form", "application/x-www-form-urlencoded", "a=1&b=2&a=3", { a: ["1", "3"], b: "2" }],
    ["text", "/bytes", "text/plain", "ü", { bytes: [0xc3, 0xbc] }],
    ["bytes", "/bytes", "application/octet-stream", new Uint8Array([0, 255]), { bytes: [0, 255] }],
    ["bytes of no type", "/bytes", undefined, new Uint8Array([7]), { bytes: [7] }],
    ["nothing", "/bytes", "application/json", "", { bytes: [] }],
  ]
  for (const [what, path, type, body, got] of bodies) {
    test(`reads ${what}, which the framework has read before`, async () => {
      const headers: Record<string, string> = type === undefined ? {} : { "content-type": type }
      const response = await ask(path, { method: "POST", body, headers })
      expect([response.status, await response.json()]).toEqual([200, got])
    })
  }

  test("reads a compressed body as what it is, once", async () => {
    for (const [encoding, body] of [
      ["gzip", gzipSync('{"a":1}')],
      ["deflate", deflateSync('{"a":1}')],
    ] as const) {
      const headers = { "content-type": "application/json", "content-encoding": encoding }
      expect(await (await ask("/json", { method: "POST", body, headers })).json()).toEqual({ a: 1 })
    }
  })

  test("bounds bodies by its own limit, inflated ones by what they come to", async () => {
    const headers = { "content-type": "application/json" }
    const large = await ask("/json", { method: "POST", body: `["${"x".repeat(65 * 1024)}"]`, headers })
    expect([large.status, ((await large.json()) as { code: string }).code]).toEqual([413, "HTTP_BODY_TOO_LARGE"])
    const bomb = gzipSync(`["${"x".repeat(1024 * 1024)}"]`)
    expect(bomb.byteLength).toBeLessThan(8 * 1024)
    const packed = { ...headers, "content-encoding": "gzip" }
    expect((await ask("/json", { method: "POST", body: bomb, headers: packed })).status).toBe(413)
  })

  const answers: readonly [method: string, path: string, status: number, code?: string][] = [
    ["GET", "/nowhere", 404, "HTTP_NOT_FOUND"],
    ["DELETE", "/", 405, "HTTP_METHOD_NOT_ALLOWED"],
    ["GET", "/broken", 500, "INTERNAL"],
    ["HEAD", "/", 200],
    ["HEAD", "/large/9", 200],
    ["OPTIONS", "/", 204],
  ]
  for (const [method, path, status, code] of answers) {
    test(`answers ${method} ${path} with ${status}`, async () => {
      const response = await ask(path, { method })
      const text = await response.text()
      expect(response.status).toBe(status)
      if (code === undefined) expect(text).toBe("")
      else expect(JSON.parse(text)).toMatchObject({ code, status })
      expect(text).not.toContain("secret")
    })
  }

  test("sends each cookie in a header of its own", async () => {
    expect((await ask("/cookies")).headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2; Path=/"])
  })

  test("streams, no faster than it is taken, and stops when its caller leaves", async () => {
    expect((await (await ask("/large/40")).arrayBuffer()).byteLength).toBe(40 * 64 * 1024)
    const { port } = new URL(url)
    const socket = connect(Number(port), "127.0.0.1")
    socket.write("GET /large/100000 HTTP/1.1\r\nHost: a\r\n\r\n")
    socket.pause()
    await Bun.sleep(300)
    const waiting = (await (await ask("/state")).json()) as { pulled: number; cancelled: boolean }
    expect(waiting.pulled).toBeLessThan(200) // what the sockets hold, and not six gigabytes
    expect(waiting.cancelled).toBe(false)
    socket.destroy()
    let state: object = {}
    for (let tries = 0; tries < 100 && !("cancelled" in state && state.cancelled); tries++) {
      await Bun.sleep(50)
      state = (await (await ask("/state")).json()) as object
    }
    expect(state).toMatchObject({ cancelled: true, aborted: true })
  })

  test("breaks the connection off with the body that breaks off, so that it is not taken for whole", async () => {
    const response = await ask("/half")
    expect(response.status).toBe(200)
    await expect(response.arrayBuffer()).rejects.toThrow()
    expect((await ask("/")).status).toBe(200)
  })

  test("refuses a target that is no path", async () => {
    const status = await new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(url).port), "127.0.0.1", () =>
        socket.write("GET http://evil.example/seen/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
      )
      let text = ""
      socket.on("data", (chunk) => {
        text += String(chunk)
      })
      socket.on("close", () => resolve(text.split("\r\n")[0]!))
    })
    expect(status).toMatch(/ 40[04] /)
  })
})
