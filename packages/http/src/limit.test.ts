import { describe, expect, test } from "bun:test"
import { batch } from "./batch/index.ts"
import { type App, createApp, layer } from "./index.ts"
import { createOffloadPool, defineTask } from "./offload/index.ts"

const double = defineTask(import.meta.url, "double", (n: number) => 2 * n)
const missing = Number(undefined)
const REFUSED = { code: "HTTP_LIMIT_INVALID" }

describe("a limit that is none", () => {
  test.each<
    [
      what: string,
      options: { readonly maxBodyBytes?: number; readonly timeoutMs?: number },
      declare: (app: App) => unknown,
    ]
  >([
    ["of an app's bodies", { maxBodyBytes: missing }, () => undefined],
    ["of an app's time", { timeoutMs: -1 }, () => undefined],
    ["of a route's bodies", {}, (app) => app.post("/a", { maxBodyBytes: -1 }, () => "a")],
    ["of a route's time", {}, (app) => app.get("/a", { timeoutMs: 0 }, () => "a")],
    ["of a batch", {}, (app) => app.add(batch(app, { maxParts: missing }))],
    ["of a layer's bodies", {}, (app) => app.post("/a", { layers: [sized] }, () => "a")],
  ])("%s is refused before the app starts", (_what, options, declare) => {
    const start = (): void => {
      const app = createApp(options)
      declare(app)
      app.table()
    }
    expect(start).toThrow(expect.objectContaining(REFUSED))
  })

  test("names its route", () => {
    const app = createApp()
    app.post("/a", { maxBodyBytes: missing }, () => "a")
    expect(() => app.table()).toThrow(
      /^Expected `maxBodyBytes` of POST \/a \(.*limit\.test\.ts:\d+\) to be a number of at least 0, got NaN$/,
    )
  })

  test("of idle connections is refused when it listens", async () => {
    await expect(createApp().listen({ port: 0, idleTimeoutSeconds: missing })).rejects.toMatchObject(REFUSED)
  })

  test("of threads is refused when the pool is made, and that of a task when it is run", async () => {
    expect(() => createOffloadPool({ maxQueued: missing })).toThrow(expect.objectContaining(REFUSED))
    const pool = createOffloadPool()
    await expect(pool.run(double, 1, { timeoutMs: missing })).rejects.toMatchObject(REFUSED)
    await pool.close()
  })

  test("Infinity is a limit", () => {
    const app = createApp({ maxBodyBytes: Number.POSITIVE_INFINITY, timeoutMs: Number.POSITIVE_INFINITY })
    app.get("/a", () => "a")
    expect(app.table().records[0]).toMatchObject({ maxBodyBytes: Number.POSITIVE_INFINITY, timeoutMs: undefined })
  })
})

const sized = layer({ name: "sized", maxBodyBytes: missing })
