import { describe, expect, spyOn, test } from "bun:test"
import { createApp } from "@ashlar/http"
import { azureContext, toAzure } from "@ashlar/http/azure"
import {
  type HttpHandler,
  HttpRequest,
  type HttpRequestInit,
  HttpResponse,
  type InvocationContext,
} from "@azure/functions"

/** Asked with Azure's own request and answered through its own response, as its worker makes and reads them. */

const azure = azureContext<InvocationContext>()
const app = createApp({ development: false })
app.get("/seen/*rest", (ctx) => ({ url: ctx.url.href, rest: ctx.params.rest, query: ctx.query, address: ctx.address }))
app.post("/bytes", { maxBodyBytes: 100 }, async (ctx) => ({ bytes: [...(await ctx.read("bytes"))] }))
app.get("/given", { layers: [azure] }, (ctx) => ({ id: ctx.azure.invocationId }))
app.get("/none", () => null)
app.get("/binary", () => new Uint8Array([0, 255]))
app.get("/cookies/:count", (ctx) => {
  const all = [
    "a=1%20%2B; Path=/x; Domain=example.com; Max-Age=60; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Secure; HttpOnly; SameSite=Strict",
    "b=%zz==; samesite=none; path=/; HTTPONLY",
    "c",
  ]
  for (const cookie of all.slice(0, Number(ctx.params.count))) ctx.set("set-cookie", cookie)
  return null
})
app.get("/ticks", () => {
  let count = 0
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      if (count === 3) controller.close()
      else controller.enqueue(new Uint8Array([count++]))
    },
  })
})
app.get("/broken", () => {
  throw new TypeError("secret")
})

const handler: HttpHandler = toAzure<InvocationContext>(app)
const context = { invocationId: "0b1c" } as unknown as InvocationContext

/** @see https://learn.microsoft.com/azure/azure-functions/functions-reference-node#http-request */
const ask = async (init: HttpRequestInit): Promise<HttpResponse> =>
  new HttpResponse((await handler(new HttpRequest({ method: "GET", ...init }), context)) as object)
const get = (path: string, headers: Record<string, string> = {}): Promise<HttpResponse> =>
  ask({ url: `https://fn.azurewebsites.net${path}`, headers })

describe("an app as an Azure function", () => {
  test("sees what was asked", async () => {
    const response = await get("/seen/a%2Fb%20c?x=1&x=2", { "client-ip": "203.0.113.7:49152" })
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"])
    expect(await response.json()).toEqual({
      url: "https://fn.azurewebsites.net/seen/a%2Fb%20c?x=1&x=2",
      rest: "a/b c",
      query: { x: ["1", "2"] },
      address: "203.0.113.7",
    })
  })

  const addresses: readonly [headers: Record<string, string>, address: string | undefined][] = [
    [{ "client-ip": "203.0.113.7:49152", "x-forwarded-for": "10.9.9.9" }, "203.0.113.7"],
    [{ "x-forwarded-for": "10.9.9.9, 203.0.113.7:49152" }, "203.0.113.7"],
    [{ "x-forwarded-for": "10.9.9.9, [2001:db8::1]:49152" }, "2001:db8::1"],
    [{ "x-forwarded-for": "2001:db8::1" }, "2001:db8::1"],
    [{ "x-forwarded-for": "203.0.113.7" }, "203.0.113.7"],
    [{ "x-forwarded-for": "" }, undefined],
    [{}, undefined],
  ]
  for (const [headers, address] of addresses) {
    test(`takes the address of ${JSON.stringify(headers)} for ${address}`, async () => {
      const seen = (await (await get("/seen/x", headers)).json()) as { address?: string }
      expect(seen.address).toBe(address!)
    })
  }

  test("reads bodies of bytes and text, and bounds them", async () => {
    const post = (body: HttpRequestInit["body"]): Promise<HttpResponse> =>
      ask({ method: "POST", url: "https://fn.azurewebsites.net/bytes", body: body! })
    expect(await (await post({ bytes: new Uint8Array([0, 255]) })).json()).toEqual({ bytes: [0, 255] })
    expect(await (await post({ string: "ü" })).json()).toEqual({ bytes: [0xc3, 0xbc] })
    expect((await post({ bytes: new Uint8Array(101) })).status).toBe(413)
  })

  test("streams its answers", async () => {
    const got: number[] = []
    let firstMs = 0
    for await (const chunk of (await get("/ticks")).body!) {
      if (got.length === 0) firstMs = performance.now()
      got.push(...(chunk as Uint8Array))
    }
    expect(got).toEqual([0, 1, 2])
    expect(performance.now() - firstMs).toBeGreaterThan(20) // the first came while the others were not made yet
  })

  test("answers with bytes, with nothing, and with problems", async () => {
    expect([...new Uint8Array(await (await get("/binary")).arrayBuffer())]).toEqual([0, 255])
    const none = await get("/none")
    expect([none.status, none.body]).toEqual([204, null])
    expect(await (await get("/nowhere")).json()).toMatchObject({ code: "HTTP_NOT_FOUND" })
    const log = spyOn(console, "error").mockImplementation(() => undefined)
    const broken = await get("/broken")
    log.mockRestore()
    const text = await broken.text()
    expect([broken.status, text.includes("INTERNAL"), text.includes("secret")]).toEqual([500, true, false])
  })

  test("sends one cookie as the header it is", async () => {
    const response = await get("/cookies/1")
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^a=1%20%2B; Path=\/x; .*SameSite=Strict$/)])
    expect(response.cookies).toEqual([])
  })

  test("sends several cookies as records, since headers of one name would overwrite each other", async () => {
    const response = await get("/cookies/3")
    expect(response.headers.has("set-cookie")).toBe(false)
    expect(response.cookies).toEqual([
      {
        name: "a",
        value: "1 +", // Azure escapes it again
        path: "/x",
        domain: "example.com",
        maxAge: 60,
        expires: new Date("2026-10-21T07:28:00Z"),
        secure: true,
        httpOnly: true,
        sameSite: "Strict",
      },
      { name: "b", value: "%zz==", sameSite: "None", path: "/", httpOnly: true },
      { name: "c", value: "" },
    ])
  })

  test("knows its invocation, by a layer", async () => {
    expect(await (await get("/given")).json()).toEqual({ id: "0b1c" })
  })
})
