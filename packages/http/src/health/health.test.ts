import { describe, expect, test } from "bun:test"
import { AshlarError, createContainer, defineService } from "@ashlar/core"
import { createApp } from "../app.ts"
import { type Health, healthRoutes } from "./health.ts"

const ask = async (app: { fetch(request: Request): Promise<Response> }, path: string) => {
  const response = await app.fetch(new Request(`http://localhost${path}`))
  return { status: response.status, headers: response.headers, health: (await response.json()) as Health }
}

class TestFailed extends AshlarError {
  constructor() {
    super("TEST_FAILED", 500, "The disk is full.")
  }
}

describe("health routes", () => {
  test("an app that needs nothing is live and ready, and nobody keeps the answer", async () => {
    const app = createApp()
    app.add(healthRoutes())
    const { status, headers, health } = await ask(app, "/health/ready")
    expect([status, headers.get("cache-control"), health]).toEqual([200, "no-store", { status: "ok", checks: {} }])
    expect((await ask(app, "/health/live")).status).toBe(200)
    expect(app.url("health.ready")).toBe("/health/ready")
  })

  test("a service that is required is opened, and its health asked", async () => {
    let isWell = true
    const database = defineService({
      name: "database",
      open: () => 1,
      health: () => {
        if (!isWell) throw new RangeError("password hunter2")
      },
    })
    const app = createApp({ services: createContainer() })
    app.add(healthRoutes({ services: [database], cacheMs: 0, path: "/up" }))
    expect((await ask(app, "/up/ready")).health.checks).toEqual({ database: { status: "ok", detail: "ok" } })
    isWell = false
    const { status, health } = await ask(app, "/up/ready")
    expect([status, health.status]).toEqual([503, "failing"])
    expect(JSON.stringify(health)).not.toContain("hunter2")
    expect((await ask(app, "/up/live")).status).toBe(200)
  })

  test("a check fails, or takes too long: 503 with what may be shown", async () => {
    const app = createApp()
    const checks = {
      disk: () => {
        throw new TestFailed()
      },
      stuck: () => new Promise<void>(() => undefined),
      well: () => undefined,
    }
    app.add(healthRoutes({ checks, timeoutMs: 10 }))
    const { status, health } = await ask(app, "/health/ready")
    expect(status).toBe(503)
    expect(health).toEqual({
      status: "failing",
      checks: {
        disk: { status: "failing", detail: "The disk is full." },
        stuck: { status: "failing", detail: "No answer within 10 ms." },
        well: { status: "ok", detail: "ok" },
      },
    })
  })

  test("checks run once for all who ask at a time", async () => {
    let runs = 0
    const app = createApp()
    const count = async (): Promise<void> => {
      runs++
      await Bun.sleep(5)
    }
    app.add(healthRoutes({ checks: { count } }))
    await Promise.all(Array.from({ length: 20 }, () => ask(app, "/health/ready")))
    await ask(app, "/health/ready")
    expect(runs).toBe(1)
  })

  test("an app that stops is not ready, whatever its checks say, and still live", async () => {
    const app = createApp()
    app.add(healthRoutes())
    await app.stop()
    const { status, health } = await ask(app, "/health/ready")
    expect([status, health.status]).toEqual([503, "draining"])
    expect((await ask(app, "/health/live")).status).toBe(200)
  })
})
