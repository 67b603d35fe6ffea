import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Subprocess } from "bun"

/** The same requests over real sockets on every runtime: what differs between them is a defect of an adapter. */

const here = import.meta.dir
const deno = [process.env.DENO_BIN, Bun.which("deno")].find((path) => typeof path === "string" && existsSync(path))
const node = Bun.which("node")
const folder = mkdtempSync(join(tmpdir(), "ashlar-adapters-"))
const bundle = join(folder, "serve.mjs")

const runtimes: { name: string; command: string[] | undefined }[] = [
  { name: "bun", command: [process.execPath, join(here, "serve.ts")] },
  { name: "node", command: node === null ? undefined : [node, bundle] },
  { name: "deno", command: deno ? [deno, "run", "--quiet", "--allow-all", "--no-lock", bundle] : undefined },
]

beforeAll(async () => {
  const built = await Bun.build({
    entrypoints: [join(here, "serve.ts")],
    target: "node",
    outdir: folder,
    naming: "serve.mjs",
  })
  expect(built.success).toBe(true)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

for (const { name, command } of runtimes) {
  if (command === undefined) {
    if (process.env.CI === "true") test(`${name} is installed`, () => expect(command).toBeDefined())
    else console.warn(`skipped: the adapter suite on ${name}, which is not installed`)
    continue
  }
  describe(`an app on ${name}`, () => {
    let child: Subprocess<"ignore", "pipe", "inherit">
    let url = ""
    let output: ReadableStreamDefaultReader<Uint8Array>

    beforeAll(async () => {
      child = Bun.spawn(command, {
        env: { ...process.env, PORT: "0" },
        stdout: "pipe",
        stdin: "ignore",
        stderr: "inherit",
      })
      output = child.stdout.getReader()
      url = (JSON.parse(new TextDecoder().decode((await output.read()).value)) as { url: string }).url
    })
    afterAll(() => child.kill("SIGKILL"))

    const plain: [string, string, number, string | null, unknown][] = [
      ["GET", "/", 200, "text/plain;charset=utf-8", "hello"],
      ["GET", "/json", 200, "application/json", { a: 1 }],
      ["GET", "/nothing", 204, null, ""],
      ["GET", "/response", 203, "text/plain;charset=UTF-8", "own"],
      ["GET", "/stream", 200, "application/octet-stream", "one two three"],
      ["GET", "/users/42?a=1&b=x%20y&b=z", 200, "application/json", { id: "42", query: { a: "1", b: ["x y", "z"] } }],
      ["GET", "/users/a%2Fb", 200, "application/json", { id: "a/b", query: {} }],
      ["PUT", "/users/ana", 200, "application/json", { name: "ana" }],
      ["GET", "/files/x/y.txt", 200, "application/json", { path: "x/y.txt" }],
      ["GET", "/address", 200, "application/json", { known: true }],
      ["HEAD", "/json", 200, "application/json", ""],
      ["OPTIONS", "/json", 204, null, ""],
    ]
    test.each(plain)("answers %s %s", async (method, path, status, type, body) => {
      const response = await fetch(url + path, { method })
      expect(response.status).toBe(status)
      // Bun says the charset of JSON, which has but one.
      const got = response.headers.get("content-type")?.toLowerCase().replace("json;charset=utf-8", "json") ?? null
      expect(got).toBe(type?.toLowerCase() ?? null)
      const text = await response.text()
      expect(typeof body === "string" ? text : JSON.parse(text)).toEqual(body)
      expect(response.headers.get("x-request-id")).toBeTruthy()
      expect(response.headers.get("x-outer")).toBe("1")
    })

    const refused: [string, string, RequestInit, number, string][] = [
      ["an unknown path", "/nowhere", {}, 404, "HTTP_NOT_FOUND"],
      ["an unknown method", "/json", { method: "DELETE" }, 405, "HTTP_METHOD_NOT_ALLOWED"],
      ["a malformed escape", "/users/%zz", {}, 400, "HTTP_BAD_REQUEST"],
      ["no credentials", "/admin/me", {}, 401, "HTTP_UNAUTHORIZED"],
      ["malformed JSON", "/echo", { method: "POST", body: "{" }, 400, "HTTP_BODY_INVALID"],
      [
        "bytes that are not UTF-8",
        "/text",
        { method: "POST", body: new Uint8Array([0xff, 0xfe]) },
        400,
        "HTTP_BODY_INVALID",
      ],
      ["a body over the limit", "/text", { method: "POST", body: "x".repeat(1001) }, 413, "HTTP_BODY_TOO_LARGE"],
      [
        "an undeclared body over the limit",
        "/text",
        { method: "POST", body: endless(2000) },
        413,
        "HTTP_BODY_TOO_LARGE",
      ],
      ["a conflict", "/conflict", {}, 409, "HTTP_CONFLICT"],
      ["a defect", "/throws", {}, 500, "INTERNAL"],
    ]
    test.each(refused)("refuses %s with a problem document", async (_what, path, init, status, code) => {
      const response = await fetch(url + path, init)
      expect(response.status).toBe(status)
      expect(response.headers.get("content-type")).toBe("application/problem+json")
      const problem = (await response.json()) as Record<string, unknown>
      expect(problem).toMatchObject({ status, code, type: `urn:ashlar:error:${code}` })
      expect(problem.requestId).toBe(response.headers.get("x-request-id"))
      expect(JSON.stringify(problem)).not.toContain("secret of the implementation")
      expect(response.headers.get("x-outer")).toBe("1")
    })

    test("lists the methods it takes", async () => {
      const response = await fetch(`${url}/json`, { method: "OPTIONS" })
      expect(response.headers.get("allow")).toBe("GET, HEAD, OPTIONS")
    })
    test("keeps two cookies apart", async () => {
      const response = await fetch(`${url}/cookies`)
      expect(response.headers.getSetCookie()).toEqual(["a=1; HttpOnly", "b=2"])
    })
    test("gives a layer's field to the handlers it covers", async () => {
      const response = await fetch(`${url}/admin/me`, { headers: { "x-user": "ana" } })
      expect(await response.text()).toBe("ana")
    })
    test("reads a body of exactly the limit", async () => {
      const response = await fetch(`${url}/text`, { method: "POST", body: "x".repeat(1000) })
      expect([response.status, (await response.text()).length]).toEqual([201, 1000])
    })
    const bodies: [string, string | ReadableStream<Uint8Array>, string, unknown][] = [
      ["JSON", '{ "a": [1,2] }', '{ "a": [1,2] }', { a: [1, 2] }],
      ["JSON of undeclared length", new Blob(['{"a":1}']).stream(), '{"a":1}', { a: 1 }],
      ["what is no JSON", "{é", "{é", "HTTP_BODY_INVALID"],
    ]
    test.each(bodies)("gives a body that is held again, whoever reads it: %s", async (_what, body, raw, json) => {
      const response = await fetch(`${url}/held`, { method: "POST", body })
      const same = { raw, again: raw, text: raw, pieces: raw, request: raw }
      expect(await response.json()).toEqual({ ...same, json, bound: "HTTP_BODY_TOO_LARGE" } as never)
    })
    test("holds what was no body, and refuses one over the limit", async () => {
      const none = await fetch(`${url}/held`, { method: "POST" })
      expect(await none.json()).toMatchObject({ raw: "", text: "", pieces: "", request: "", bound: "fits" })
      for (const body of ["x".repeat(1001), endless(2000)])
        expect((await fetch(`${url}/held`, { method: "POST", body })).status).toBe(413)
    })
    test("believes a trusted proxy about the client, and only in what it added itself", async () => {
      const headers = {
        "x-forwarded-for": "127.0.0.1, 203.0.113.9",
        "x-forwarded-proto": "https",
        "x-forwarded-host": "acme.example.com",
      }
      const response = await fetch(`${url}/origin?a=1`, { headers })
      expect(await response.json()).toEqual({ address: "203.0.113.9", url: "https://acme.example.com/origin?a=1" })
      expect(await (await fetch(`${url}/shop`, { headers })).text()).toBe("acme")
      expect((await fetch(`${url}/shop`)).status).toBe(404)
    })

    test("answers a batch as it answers each of its parts", async () => {
      const requests = [
        { path: "/who" },
        { method: "POST", path: "/echo", body: { a: 1 } },
        { path: "/nowhere" },
        { path: "/admin/me" },
        { path: "/bytes" },
        { path: "/cookies" },
      ]
      const response = await fetch(`${url}/batch`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-user": "ana", "x-forwarded-for": "203.0.113.9" },
        body: JSON.stringify({ requests }),
      })
      expect(response.status).toBe(200)
      expect(response.headers.getSetCookie()).toEqual(["a=1; HttpOnly", "b=2"])
      const { responses } = (await response.json()) as { responses: { status: number; body?: unknown }[] }
      expect(responses.map(({ status }) => status)).toEqual([200, 200, 404, 200, 200, 200])
      const host = new URL(url).host
      expect(responses[0]!.body).toEqual({ user: "ana", address: "203.0.113.9", url: `${url}/who`, host })
      expect(responses[1]!.body).toEqual({ got: { a: 1 } })
      expect(responses[3]!.body).toBe("ana")
      expect(responses[4]).toMatchObject({ body: "AQID", encoding: "base64" })
    })

    test("tells the log what it does not tell the caller", async () => {
      await fetch(`${url}/throws`)
      expect(await (await fetch(`${url}/trace`)).text()).toContain("secret of the implementation")
    })

    test("drains: a request under way ends, a new one is refused", async () => {
      const late = fetch(`${url}/slow`)
      await Bun.sleep(50)
      child.kill("SIGTERM")
      await Bun.sleep(50)
      expect(await refusesConnection(url)).toBe(true)
      expect(await (await late).text()).toBe("late")
      const { value } = await output.read()
      expect(new TextDecoder().decode(value)).toContain('"stopped":true')
    })
  })
}

function endless(bytes: number): ReadableStream {
  let sent = 0
  return new ReadableStream({
    pull(controller) {
      sent += 100
      controller.enqueue(new Uint8Array(100).fill(97))
      if (sent >= bytes) controller.close()
    },
  })
}

function refusesConnection(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) })
    socket.on("connect", () => {
      socket.destroy()
      resolve(false)
    })
    socket.on("error", () => resolve(true))
  })
}
