import { afterEach, describe, expect, test } from "bun:test"
import { createApp } from "@ashlar/http"
import { netlifyContext, toNetlify } from "@ashlar/http/netlify"
import { toVercel } from "@ashlar/http/vercel"
import type { NetlifyFunction } from "@netlify/functions"

/** Platforms that ask with a web-standard request. */

type Context = Parameters<NonNullable<NetlifyFunction["fetch"]>>[1]

const netlify = netlifyContext<Context>()
const app = createApp()
app.get("/seen/*rest", (ctx) => ({ url: ctx.url.href, rest: ctx.params.rest, address: ctx.address }))
app.post("/echo", (ctx) => new Response(ctx.bodyStream(), { status: 201, headers: { "x-a": "1" } }))
app.get("/cookies", (ctx) => {
  ctx.set("set-cookie", "a=1")
  ctx.set("set-cookie", "b=2")
  return null
})
app.get("/place", { layers: [netlify] }, (ctx) => ({
  country: ctx.netlify.geo.country?.code,
  id: ctx.netlify.requestId,
}))

/** @see https://docs.netlify.com/build/functions/api/#netlify-specific-context-object */
const context = {
  account: { id: "account" },
  deploy: { context: "production", id: "deploy", published: true },
  geo: { city: "Lisbon", country: { code: "PT", name: "Portugal" } },
  ip: "203.0.113.7",
  params: {},
  requestId: "01F7H5Q7W3",
  server: { region: "eu-central-1" },
  site: { id: "site" },
  waitUntil: () => undefined,
} as unknown as Context

type Ask = (request: Request) => Promise<Response>
const vercel = toVercel(app)
const ways: readonly [name: string, ask: Ask][] = [
  ["Vercel", (request) => vercel.fetch(request)],
  ["Netlify", (request) => toNetlify<Context>(app)(request, context)],
]

for (const [name, ask] of ways) {
  describe(`an app on ${name}`, () => {
    test("sees what was asked", async () => {
      // As Vercel forwards it: what a caller wrote there is overwritten.
      const headers = { "x-real-ip": "203.0.113.7", "x-forwarded-for": "10.9.9.9, 203.0.113.7" }
      const response = await ask(new Request("https://x.example/seen/a%2Fb?y=1", { headers }))
      expect(await response.json()).toEqual({
        url: "https://x.example/seen/a%2Fb?y=1",
        rest: "a/b",
        address: "203.0.113.7",
      })
    })
    test("passes bodies, headers and cookies through", async () => {
      const echoed = await ask(new Request("https://x.example/echo", { method: "POST", body: "ü" }))
      expect([echoed.status, echoed.headers.get("x-a"), await echoed.text()]).toEqual([201, "1", "ü"])
      const cookies = await ask(new Request("https://x.example/cookies"))
      expect(cookies.headers.getSetCookie()).toEqual(["a=1", "b=2"])
      expect((await ask(new Request("https://x.example/nowhere"))).status).toBe(404)
    })
  })
}

test("Netlify's context is given to its layer", async () => {
  const handler: NonNullable<NetlifyFunction["fetch"]> = toNetlify<Context>(app)
  const response = await handler(new Request("https://x.example/place"), context)
  expect(await (response as Response).json()).toEqual({ country: "PT", id: "01F7H5Q7W3" })
})

afterEach(() => {
  delete (globalThis as Record<symbol, unknown>)[Symbol.for("@vercel/request-context")]
})
