import { afterEach, describe, expect, test } from "bun:test"
import type { App } from "../../app.ts"
import type { ErrorDescription } from "../error-description.ts"
import { createPageApp, createWaitingApp } from "./page-app.ts"

const environment = process.env.NODE_ENV
afterEach(() => {
  process.env.NODE_ENV = environment ?? "test"
})

const feed = { snapshot: () => ({ secret: "of the code" }), open: () => () => undefined }

function ask(app: App, path: string, { address = "127.0.0.1", ...headers }: Record<string, string | undefined> = {}) {
  const given = { host: "localhost:3000", ...headers } as Record<string, string>
  return app.fetch(new Request(`http://localhost${path}`, { headers: given }), () => ({
    address: address === "none" ? undefined : address,
  }))
}

describe("the development page", () => {
  const let_in: [string, Record<string, string>][] = [
    ["this machine", {}],
    ["another address of it", { address: "127.8.0.1" }],
    ["its IPv6 address", { address: "::1", host: "[::1]:3000" }],
    ["an IPv4 peer on an IPv6 socket", { address: "::ffff:127.0.0.1", host: "127.0.0.1:3000" }],
    ["a subdomain of localhost", { host: "app.localhost:3000" }],
  ]
  test.each(let_in)("answers %s", async (_, request) => {
    const response = await ask(createPageApp(feed), "/_dev/state", request)
    expect([response.status, await response.json()]).toEqual([200, { secret: "of the code" }])
    expect(response.headers.get("cache-control")).toBe("no-store")
  })

  const kept_out: [string, Record<string, string>][] = [
    ["another machine", { address: "192.168.0.7" }],
    ["another machine that says it is this one", { address: "10.0.0.1", host: "localhost" }],
    ["an address that only begins like this one's", { address: "127.0.0.1.example" }],
    ["nobody known", { address: "none" }],
    ["a proxy on this machine", { "x-forwarded-for": "203.0.113.9" }],
    ["a tunnel", { forwarded: "for=203.0.113.9" }],
    ["a CDN", { "cf-connecting-ip": "203.0.113.9" }],
    ["a name that was made to point here", { host: "evil.example" }],
    ["a name that begins like this machine's", { host: "localhost.evil.example" }],
    ["a name that ends like an address of it", { host: "evil-127.0.0.1" }],
    ["a name with this machine's in it", { host: "evil.example/localhost" }],
    ["no name", { host: "" }],
  ]
  test.each(kept_out)("refuses %s: HTTP_DEV_REFUSED", async (_, request) => {
    for (const path of ["/_dev", "/_dev/state", "/_dev/events", "/_dev/nothing"]) {
      const response = await ask(createPageApp(feed), path, request)
      expect(response.status).toBe(403)
      const body = await response.text()
      expect(JSON.parse(body)).toMatchObject({ code: "HTTP_DEV_REFUSED" })
      expect(body).not.toContain("secret")
    }
  })

  test("refuses everybody in production", async () => {
    process.env.NODE_ENV = "production"
    const response = await ask(createPageApp(feed), "/_dev")
    expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
      403,
      expect.stringContaining("this is production"),
    ])
  })

  test("lets nothing run but its own script, and shows itself in no frame", async () => {
    const response = await ask(createPageApp(feed), "/_dev")
    const policy = response.headers.get("content-security-policy") ?? ""
    expect(policy).toStartWith("default-src 'none'; style-src 'sha256-")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain("unsafe")
    const html = await response.text()
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
    expect(html.length).toBeLessThan(40_000)
  })
})

describe("what answers while no app does", () => {
  const failure: ErrorDescription = {
    name: "TypeError",
    message: "<script>alert(1)</script> & more",
    frame: { file: "src/<b>.ts", line: 2, column: 3, lines: [{ number: 2, text: "a < b && c" }] },
    stack: ["call (src/app.ts:1:2)"],
    cause: { name: "Error", message: "<i>", stack: [] },
  }

  test("is a page for browsers, in which the code is text", async () => {
    const response = await ask(
      createWaitingApp(() => failure),
      "/any/path",
      { accept: "text/html,*/*" },
    )
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"])
    const html = await response.text()
    for (const text of ["<script>alert", "<b>", "<i>", "a < b"]) expect(html).not.toContain(text)
    for (const text of ["TypeError", "src/&#60;b&#62;.ts:2", "a &#60; b &#38;&#38; c", "call (src/app.ts:1:2)"])
      expect(html).toContain(text)
  })
  test("is a problem for programs", async () => {
    const response = await ask(
      createWaitingApp(() => failure),
      "/",
      { method: "POST" },
    )
    expect(await response.json()).toMatchObject({
      code: "HTTP_UNAVAILABLE",
      detail: "The app does not start: <script>alert(1)</script> & more",
      details: { at: "src/<b>.ts:2" },
    })
  })
  test("tells other machines nothing of the code", async () => {
    for (const accept of ["text/html", "application/json"]) {
      const response = await ask(
        createWaitingApp(() => failure),
        "/",
        { address: "192.168.0.7", accept },
      )
      expect(response.status).toBe(503)
      const text = await response.text()
      expect(text).toContain("is being changed")
      for (const secret of ["TypeError", "alert(1)", "src/"])
        expect(text.replace(/<style>[\s\S]*<\/style>/, "")).not.toContain(secret)
    }
  })
})
