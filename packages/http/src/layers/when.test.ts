import { describe, expect, test } from "bun:test"
import { createApp, errors, fail, type Layer, layer, type Middleware } from "../index.ts"
import { type Optional, parallel, when } from "./index.ts"

const at = (path: string, headers: Record<string, string> = {}): Request => new Request(`http://x${path}`, { headers })
const YES = { "x-yes": "1" }
const asked = <const P>(one: Layer<P>): Layer<Optional<P>> =>
  when((ctx) => ctx.headers.has("x-yes"), one) as Layer<Optional<P>>

describe("a conditional layer", () => {
  const trace: string[] = []
  const around: Middleware = async (_ctx, next) => {
    trace.push("around")
    return next()
  }
  const full = layer({
    name: "full",
    before: () => {
      trace.push("before")
      return { field: 1 }
    },
    after: () => void trace.push("after"),
    within: (_ctx, run) => {
      trace.push("within")
      return run()
    },
    error: (ctx) => {
      trace.push("error")
      return ctx.text("recovered", 418)
    },
    finish: () => void trace.push("finish"),
    headers: { "X-Constant": "1", "x-own": "constant" },
  })
  const app = createApp()
  app.scope(
    "/",
    [when((ctx) => ctx.headers.has("x-yes"), full), when(async (ctx) => ctx.headers.has("x-yes"), around)],
    (scope) => {
      scope.get("/ok", (ctx) => ctx.json(ctx.field ?? 0))
      scope.get("/own", () => new Response("x", { headers: { "x-own": "mine" } }))
      scope.get("/fails", () => fail(errors.Gone))
    },
  )

  test("runs with all its hooks where its condition holds", async () => {
    const response = await app.fetch(at("/ok", YES))
    await Bun.sleep(1)
    expect(trace.splice(0)).toEqual(["before", "within", "around", "after", "finish"])
    expect([await response.text(), response.headers.get("x-constant")]).toEqual(["1", "1"])
    const failed = await app.fetch(at("/fails", YES))
    await Bun.sleep(1)
    expect(trace.splice(0)).toEqual(["before", "within", "around", "error", "finish"])
    expect([failed.status, failed.headers.get("x-constant")]).toEqual([418, "1"])
  })

  test("runs with none of them where it does not", async () => {
    const response = await app.fetch(at("/ok"))
    const failed = await app.fetch(at("/fails"))
    await Bun.sleep(1)
    expect(trace).toEqual([])
    expect([await response.text(), response.headers.get("x-constant")]).toEqual(["0", null])
    expect(failed.status).toBe(410)
  })

  test("leaves what an answer says itself", async () => {
    expect((await app.fetch(at("/own", YES))).headers.get("x-own")).toBe("mine")
    trace.length = 0
  })

  test("asks its condition once for each request", async () => {
    let times = 0
    const condition = (): boolean => {
      times++
      return true
    }
    const app = createApp({ layers: [when(condition, full), when(async () => true, layer({ name: "other" }))] })
    app.get("/", () => "x")
    await app.fetch(at("/"))
    expect(times).toBe(1)
    trace.length = 0
  })

  test("is refused with its condition: what that throws is answered like any error", async () => {
    const app = createApp({
      layers: [
        when(() => {
          throw new errors.Forbidden("no")
        }, full),
      ],
    })
    app.get("/", () => "x")
    expect((await app.fetch(at("/"))).status).toBe(403)
    expect(trace.splice(0)).toEqual([])
  })

  test("runs once, whichever of several conditions hold", async () => {
    let runs = 0
    const count = layer({ name: "count", before: () => ({ count: ++runs }) })
    const app = createApp({ layers: [when(() => true, count)] })
    app.scope("/twice", [when(() => true, count)], (scope) => scope.get("/", (ctx) => ctx.count ?? 0))
    const later = createApp({ layers: [when(() => false, count)] })
    later.scope("/twice", [when(() => true, count)], (scope) => scope.get("/", (ctx) => ctx.count ?? 0))
    const always = createApp({ layers: [count] })
    always.scope("/twice", [when(() => true, count)], (scope) => scope.get("/", (ctx) => ctx.count))
    expect(await (await app.fetch(at("/twice"))).text()).toBe("1")
    expect(await (await later.fetch(at("/twice"))).text()).toBe("2")
    expect(await (await always.fetch(at("/twice"))).text()).toBe("3")
  })

  test("may be a group, and of a group", async () => {
    const a = layer({ name: "a", before: async () => ({ a: 1 }) })
    const b = layer({ name: "b", before: async () => ({ b: 2 }) })
    const whole = createApp({ layers: [asked(parallel(a, b))] })
    whole.get("/", ({ a, b }) => [a ?? 0, b ?? 0])
    const part = createApp({ layers: [parallel(asked(a), b)] })
    part.get("/", ({ a, b }) => [a ?? 0, b])
    expect(await (await whole.fetch(at("/"))).json()).toEqual([0, 0])
    expect(await (await whole.fetch(at("/", YES))).json()).toEqual([1, 2])
    expect(await (await part.fetch(at("/"))).json()).toEqual([0, 2])
    expect(await (await part.fetch(at("/", YES))).json()).toEqual([1, 2])
  })

  test("says nothing in the table that is true of some requests only", () => {
    const guard = layer({ name: "guard", errors: [errors.Unauthorized], meta: { entry: "person" } })
    const app = createApp({ layers: [when(() => true, guard)] })
    app.get("/", () => "x")
    const [record] = app.table().records
    expect(record!.meta).toEqual({})
    expect(record!.errors.map(({ code }) => code)).toEqual(["HTTP_UNAUTHORIZED"])
    expect(record!.layers.map(({ name }) => name)).toEqual(["when(guard)"])
  })

  test("is not what another layer needs", () => {
    const base = layer({ name: "base", before: () => ({ base: 1 }) })
    const needy = layer({ name: "needy", needs: [base] })
    const app = createApp()
    // @ts-expect-error: the types refuse it too
    app.scope("/", [when(() => true, base), needy], (scope) => scope.get("/x", () => "x"))
    expect(() => app.table()).toThrow(expect.objectContaining({ code: "HTTP_LAYER_UNMET" }))
  })
})
