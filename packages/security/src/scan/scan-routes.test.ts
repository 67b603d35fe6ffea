import { describe, expect, test } from "bun:test"
import { createApp, layer } from "@ashlar/http"
import { v } from "@ashlar/validation"
import { csrf } from "../csrf/csrf.ts"
import { concurrencyLimit } from "../limits/concurrency-limit.ts"
import { scanRoutes } from "./scan-routes.ts"

describe("routes", () => {
  const session = layer({
    name: "session",
    security: { session: { type: "apiKey", in: "cookie", name: "sid" } },
    before: () => undefined,
  })
  const bearer = layer({
    name: "bearer",
    security: { bearer: { type: "http", scheme: "bearer" } },
    before: () => undefined,
  })
  const maybe = layer({
    name: "maybe",
    security: { bearer: { type: "http", scheme: "bearer" }, anonymous: { type: "none" } },
    before: () => undefined,
  })
  const limit = concurrencyLimit({ max: 2 })
  const body = v.object({ a: v.string() })
  test("each danger is named once, with its line, and what is guarded is not", () => {
    const app = createApp({ timeoutMs: 1_000 })
    app.get("/", () => "a")
    app.post("/open", { body }, () => "a")
    app.delete("/maybe", { layers: [maybe] }, () => "a")
    app.post("/login", { body }, () => "a")
    app.post("/sign-in", { body, layers: [limit] }, () => "a")
    app.post("/meant", { body, meta: { public: true }, layers: [limit] }, () => "a")
    app.post("/unchecked", { layers: [bearer] }, () => "a")
    app.post("/bare", { layers: [bearer], meta: { noBody: true } }, () => "a")
    app.put("/cookie", { body, layers: [session] }, () => "a")
    app.put("/cookie/safe", { body, layers: [csrf(), session] }, () => "a")
    app.put("/token-of-a-user", { body, layers: [bearer, limit] }, () => "a")
    app.get("/admin/users", () => "a")
    app.get("/admin/mine", { layers: [bearer] }, () => "a")
    const found = scanRoutes(app.table())
    expect(found.map(({ rule, place }) => `${rule} ${place.route}`).sort()).toEqual([
      "route/no-auth DELETE /maybe",
      "route/no-auth POST /open",
      "route/no-csrf PUT /cookie",
      "route/no-limit DELETE /maybe",
      "route/no-limit POST /login",
      "route/no-limit POST /open",
      "route/no-schema POST /unchecked",
      "route/open-admin GET /admin/users",
    ])
    for (const { place } of found)
      expect([place.file?.endsWith("scan-routes.test.ts"), (place.line ?? 0) > 0]).toEqual([true, true])
  })
  test("an app without a time says so once", () => {
    const app = createApp()
    app.get("/a", () => "a")
    app.get("/b", () => "b")
    expect(scanRoutes(app.table())).toMatchObject([
      { rule: "route/no-timeout", message: "2 of 2 routes have no timeoutMs." },
    ])
  })
})
