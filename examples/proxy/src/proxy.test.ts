import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { createProxy } from "./app.ts"

/** An origin that says how often it was asked, and what it was asked. */
let asked = 0
const origin = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    asked++
    const { pathname, search } = new URL(request.url)
    if (pathname === "/kept")
      return new Response(`kept ${asked}`, { headers: { "cache-control": "max-age=60", "cache-tag": "news" } })
    if (pathname === "/mine")
      return new Response(`for ${request.headers.get("authorization")}`, { headers: { "cache-control": "max-age=60" } })
    if (pathname === "/away") return new Response(null, { status: 302, headers: { location: "/kept" } })
    if (pathname === "/packed")
      return new Response(Bun.gzipSync(Buffer.from("packed")), {
        headers: { "content-encoding": "gzip", "cache-control": "max-age=60", vary: "accept-encoding" },
      })
    const body = await request.text()
    return Response.json(
      { method: request.method, path: pathname + search, body, host: request.headers.get("host") },
      { status: 201, headers: { "set-cookie": "a=b" } },
    )
  },
})
afterAll(() => origin.stop(true))

/** `npm start` on every runtime. */
const root = join(import.meta.dir, "..", "..", "..")
for (const runtime of ["bun", "node", "deno"])
  describe(`a proxy on ${runtime}`, () => {
    let child: Bun.Subprocess<"ignore", "pipe", "inherit">
    let url = ""
    beforeAll(async () => {
      child = Bun.spawn([process.execPath, "--no-install", join(root, "scripts", "src", "example.ts"), "proxy"], {
        env: { ...process.env, RUNTIME: runtime, PORT: "0", ORIGIN: `http://127.0.0.1:${origin.port}` },
        stdin: "ignore",
        stdout: "pipe",
        stderr: "inherit",
      })
      const reader = child.stdout.getReader()
      let said = ""
      while (!said.includes("\n")) {
        const { done, value } = await reader.read()
        if (done) break
        said += new TextDecoder().decode(value)
      }
      url = /Proxy at (\S+),/.exec(said)![1]!
    }, 60_000)
    afterAll(() => child.kill())
    const ask = (path: string, init: RequestInit = {}) => fetch(`${url}${path}`, { redirect: "manual", ...init })

    test("passes on what is asked and answered, with its body, its cookies and its redirects", async () => {
      const posted = await ask("/any/path?a=1&b", { method: "POST", body: "hello" })
      expect([posted.status, posted.headers.get("set-cookie")]).toEqual([201, "a=b"])
      expect(await posted.json()).toEqual({
        method: "POST",
        path: "/any/path?a=1&b",
        body: "hello",
        host: `127.0.0.1:${origin.port}`,
      })
      const moved = await ask("/away")
      expect([moved.status, moved.headers.get("location")]).toEqual([302, "/kept"])
      expect((await ask("/")).status).toBe(201)
    })
    test("asks once for what may be kept, until it is purged", async () => {
      const first = await (await ask("/kept")).text()
      const before = asked
      const second = await ask("/kept")
      expect([await second.text(), asked]).toEqual([first, before])
      expect(Number(second.headers.get("age") ?? "none")).toBeLessThan(60)
      expect(second.headers.get("cache-status")).toMatch(/^ashlar; hit; ttl=\d+$/)
      const head = await ask("/kept", { method: "HEAD" })
      expect([head.status, await head.text(), asked]).toEqual([200, "", before])
      expect((await ask("/kept", { method: "PURGE", headers: { "cache-tag": "news" } })).status).toBe(204)
      expect(await (await ask("/kept")).text()).not.toBe(first)
      expect((await ask("/kept", { method: "PURGE" })).status).toBe(204)
      await ask("/kept")
      expect(asked).toBe(before + 2)
    })
    test("gives one caller's answer to no other", async () => {
      for (const authorization of ["ana", "bob", "ana"])
        expect(await (await ask("/mine", { headers: { authorization } })).text()).toBe(`for ${authorization}`)
    })
    test("gives packed bytes to those who unpack them", async () => {
      for (let at = 0; at < 2; at++) expect(await (await ask("/packed")).text()).toBe("packed")
    })
  })

test("an origin that is away is a 502, and what it said lives on unless it forbids that", async () => {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) =>
      new Response("once", {
        headers: { "cache-control": url.endsWith("/strict") ? "max-age=0, must-revalidate" : "max-age=0", etag: '"1"' },
      }),
  })
  const app = createProxy({ origin: `http://127.0.0.1:${server.port}` })
  const ask = (path: string) => app.fetch(new Request(`http://localhost${path}`))
  for (const path of ["/a", "/strict"]) expect(await (await ask(path)).text()).toBe("once")
  await server.stop(true)
  expect(await (await ask("/a")).text()).toBe("once")
  for (const path of ["/strict", "/b"]) expect((await ask(path)).status).toBe(502)
})
