import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createApp } from "@ashlar/http"
import { toLambda } from "@ashlar/http/lambda"
import { type LambdaFront, type LambdaFrontKind, startLambdaFront } from "@ashlar/http/testing/lambda-front"

/** An app behind each front of Lambda, asked over HTTP: what went in comes out, whichever it was. */

const app = createApp({ maxBodyBytes: 8 * 1024 * 1024 })
app.get("/seen/*rest", (ctx) => ({
  rest: ctx.params.rest,
  query: ctx.query,
  cookie: ctx.headers.get("cookie"),
  list: ctx.headers.get("x-list"),
  address: ctx.address,
  host: ctx.headers.get("host"),
}))
app.post("/echo", async (ctx) => new Response((await ctx.read("bytes")) as Uint8Array<ArrayBuffer>, { status: 201 }))
app.get("/cookies", (ctx) => {
  ctx.set("set-cookie", "a=1; Path=/")
  ctx.set("set-cookie", "b=2; Path=/")
  return null
})

const kinds: readonly LambdaFrontKind[] = ["rest", "http", "url", "alb"]
for (const kind of kinds) {
  describe(`an app behind the front "${kind}"`, () => {
    let front: LambdaFront
    beforeAll(async () => {
      front = await startLambdaFront(toLambda(app), { kind })
    })
    afterAll(() => front.stop())

    test("sees the request as it was sent", async () => {
      const headers = { cookie: "a=1; b=2", "x-list": "1, 2", "x-forwarded-for": "10.9.9.9" }
      const response = await fetch(`${front.url}/seen/a%20b/%C3%BC?x=1%262&x=3&y=a+b&z=%25`, { headers })
      expect(await response.json()).toEqual({
        rest: "a b/ü",
        query: { x: ["1&2", "3"], y: "a b", z: "%" },
        cookie: "a=1; b=2",
        list: "1, 2",
        address: "127.0.0.1",
        host: new URL(front.url).host,
      })
    })

    test("gives bytes and text back as they came", async () => {
      const bytes = crypto.getRandomValues(new Uint8Array(50_000))
      for (const [type, body] of [
        ["application/octet-stream", bytes],
        ["text/plain; charset=utf-8", new TextEncoder().encode('"grüße"\n🎉')],
        ["application/json", new TextEncoder().encode("[1]")],
      ] as const) {
        const response = await fetch(`${front.url}/echo`, { method: "POST", body, headers: { "content-type": type } })
        expect(response.status).toBe(201)
        expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.from(body))).toBe(true)
      }
    })

    test("sends each cookie, and no body where there is none", async () => {
      const response = await fetch(`${front.url}/cookies`)
      expect([response.status, response.headers.getSetCookie()]).toEqual([204, ["a=1; Path=/", "b=2; Path=/"]])
      expect((await fetch(`${front.url}/nowhere`, { method: "HEAD" })).status).toBe(404)
    })

    test("is asked for no more than AWS takes", async () => {
      const body = new Uint8Array(6 * 1024 * 1024 + 1)
      const status = await fetch(`${front.url}/echo`, { method: "POST", body }).then(
        (response) => response.status,
        () => "closed",
      )
      expect(status).toBeOneOf([413, "closed"])
    })
  })
}
