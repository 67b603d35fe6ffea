import { expect, test } from "bun:test"
import { createApp } from "@ashlar/http"
import { cors, csrf, securityHeaders } from "@ashlar/security"

test("preflights and refusals are the same behind a real socket", async () => {
  const app = createApp({ layers: [securityHeaders(), csrf({ origins: ["https://app.test"] })] })
  app.scope("/books", [cors({ origins: ["https://app.test"] })], (books) => {
    books.get("/:id", (ctx) => ctx.params.id)
    books.put("/:id", (ctx) => ctx.params.id)
  })
  const server = await app.listen({ port: 0 })
  try {
    const ask = (method: string, headers: Record<string, string>) => fetch(`${server.url}/books/7`, { method, headers })
    const preflight = { origin: "https://app.test", "access-control-request-method": "PUT" }
    const answer = await ask("OPTIONS", preflight)
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([204, "https://app.test"])
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff")
    expect((await ask("OPTIONS", { ...preflight, origin: "https://evil.test" })).status).toBe(403)
    const done = await ask("PUT", { origin: "https://app.test", "sec-fetch-site": "cross-site" })
    expect([await done.text(), done.headers.get("access-control-allow-origin")]).toEqual(["7", "https://app.test"])
    const refused = await ask("PUT", { origin: "https://evil.test", "sec-fetch-site": "cross-site" })
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([403, null])
    expect(refused.headers.get("content-security-policy")).toContain("default-src 'self'")
  } finally {
    await app.stop(0)
  }
})
