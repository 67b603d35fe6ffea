import { describe, expect, test } from "bun:test"
import { defineService } from "@ashlar/core"
import { createApp } from "./app.ts"

describe("an app that stops", () => {
  test("goes from idle to stopped, and two stops are one", async () => {
    const app = createApp()
    const log: string[] = []
    app.onStop(() => void log.push(`first ${app.state}`))
    app.onStop(() => void log.push(`second ${app.state}`))
    expect(app.state).toBe("idle")
    await app.listen({ port: 0 })
    expect(app.state).toBe("ready")
    const [one, other] = [app.stop(), app.stop(0)]
    expect(app.state).toBe("draining")
    expect(await one).toEqual({ clean: true, failures: [] })
    expect(await other).toBe(await one)
    expect([app.state, log]).toEqual(["stopped", ["second stopping", "first stopping"]])
  })

  test("listens no more: HTTP_LISTEN_FAILED", async () => {
    const app = createApp()
    const listening = app.listen({ port: 0 })
    const stopped = app.stop()
    await expect(listening).rejects.toMatchObject({ code: "HTTP_LISTEN_FAILED" })
    await stopped
    await expect(app.listen({ port: 0 })).rejects.toMatchObject({ code: "HTTP_LISTEN_FAILED" })
  })

  test("says which hook and which service did not end well, and ends all others", async () => {
    const app = createApp()
    const log: string[] = []
    const bad = defineService({ name: "bad", open: () => 1, close: () => Promise.reject(new RangeError("disk")) })
    const stuck = defineService({ name: "stuck", open: () => 1, drain: () => new Promise<void>(() => undefined) })
    app.get("/", async (ctx) => `${await ctx.use(bad)}${await ctx.use(stuck)}`)
    app.onStop(() => void log.push("hook"))
    app.onStop(() => new Promise<void>(() => undefined))
    await app.fetch(new Request("http://localhost/"))
    const { clean, failures } = await app.stop({ graceMs: 10, closeMs: 10 })
    expect([clean, log]).toEqual([false, ["hook"]])
    expect(failures).toMatchObject([
      { part: "stuck", phase: "drain", error: { code: "CORE_DEADLINE_EXCEEDED" } },
      { part: "onStop", phase: "stop", error: { code: "CORE_DEADLINE_EXCEEDED" } },
      { part: "services", phase: "stop", error: { code: "CORE_SERVICE_CLOSE_FAILED" } },
    ])
  })
})
