import { describe, expect, test } from "bun:test"
import { type App, type BaseContext, createApp, errors, fail, layer, type Middleware } from "../index.ts"
import { parallel } from "./index.ts"

const at = (path: string): Request => new Request(`http://x${path}`)
const read = async (app: Pick<App, "fetch">, path = "/"): Promise<[number, string]> => {
  const response = await app.fetch(at(path))
  return [response.status, await response.text()]
}
/** The declarations below mix layers that the types would refuse together. */
const loosely = parallel as (...layers: readonly ReturnType<typeof layer>[]) => ReturnType<typeof layer>

describe("layers in parallel", () => {
  test("begin all before any of them ends, and provide what each provides", async () => {
    const trace: string[] = []
    const slow = layer({
      name: "slow",
      before: async () => {
        trace.push("+slow")
        await Bun.sleep(5)
        trace.push("-slow")
        return { slow: 1 }
      },
    })
    const fast = layer({
      name: "fast",
      before: async () => {
        trace.push("+fast")
        await Bun.sleep(1)
        trace.push("-fast")
        return { fast: 2 }
      },
    })
    const plain = layer({ name: "plain", before: () => ({ plain: 3 }) })
    const app = createApp({ layers: [parallel(slow, fast, plain)] })
    app.get("/", ({ slow, fast, plain }) => ({ slow, fast, plain }))
    expect(await read(app)).toEqual([200, '{"slow":1,"fast":2,"plain":3}'])
    expect(trace).toEqual(["+slow", "+fast", "-fast", "-slow"])
  })

  test("stay synchronous when all of them are", async () => {
    const order: string[] = []
    const app = createApp({ layers: [parallel(layer({ name: "a", before: () => ({ a: 1 }) }), layer({ name: "b" }))] })
    app.get("/", ({ a }) => {
      order.push(`handler ${a}`)
      return "x"
    })
    await app.fetch(at("/nowhere")) // the first one waits for the table to freeze
    order.length = 0
    const answer = app.fetch(at("/"))
    order.push("asked")
    await answer
    expect(order).toEqual(["handler 1", "asked"])
  })

  test("are decided by the first of the list, not by the fastest", async () => {
    const late = (before: (ctx: BaseContext) => unknown, ms: number): ReturnType<typeof layer> =>
      layer({
        name: `late ${ms}`,
        before: async (ctx): Promise<unknown> => {
          await Bun.sleep(ms)
          return before(ctx)
        },
      }) as never
    const refuses = (): never => {
      throw new errors.Unauthorized()
    }
    const cases: [ReturnType<typeof layer>[], number][] = [
      [[late(refuses, 5), late(() => fail(errors.NotFound), 1)], 401],
      [[late(() => fail(errors.NotFound), 1), late(refuses, 5)], 404],
      [[late(() => undefined, 1), late((ctx) => ctx.text("early", 202), 1), late(refuses, 0)], 202],
      [[late(() => undefined, 3), layer({ name: "throws", before: refuses })], 401],
    ]
    for (const [layers, status] of cases) {
      const app = createApp({ layers: [loosely(...layers)] })
      app.get("/", () => "handler")
      expect((await read(app))[0]).toBe(status)
    }
  })

  test("do not wait for those that can change nothing", async () => {
    const refuse = layer({ name: "refuse", before: async () => fail(errors.Forbidden) })
    const slow = layer({ name: "slow", before: () => Bun.sleep(5000) })
    const app = createApp({ layers: [loosely(refuse, slow)] })
    const began = performance.now()
    expect((await read(app))[0]).toBe(403)
    expect(performance.now() - began).toBeLessThan(2000)
  })

  test("leave no rejection unhandled", async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown): number => unhandled.push(error)
    process.on("unhandledRejection", note)
    const one = layer({ name: "one", before: async () => fail(errors.Forbidden) })
    const two = layer({
      name: "two",
      before: async () => {
        await Bun.sleep(2)
        throw new TypeError("nobody listens")
      },
    })
    const app = createApp({ layers: [loosely(one, two)] })
    expect((await read(app))[0]).toBe(403)
    await Bun.sleep(10)
    process.off("unhandledRejection", note)
    expect(unhandled).toEqual([])
  })

  test("run their other hooks as if they stood one after the other", async () => {
    const trace: string[] = []
    const full = (name: string): ReturnType<typeof layer> =>
      layer({
        name,
        before: () => void trace.push(`${name} before`),
        after: () => void trace.push(`${name} after`),
        error: () => void trace.push(`${name} error`),
        finish: () => void trace.push(`${name} finish`),
      })
    const around: Middleware = async (_ctx, next) => {
      trace.push("+around")
      const response = await next()
      trace.push("-around")
      return response
    }
    const app = createApp({ layers: [parallel(full("a"), around, full("b"))] })
    app.get("/", () => "x")
    app.get("/fails", () => fail(errors.Gone))
    await read(app)
    await Bun.sleep(1)
    expect(trace.splice(0)).toEqual([
      ...["+around", "a before", "b before", "b after", "-around", "a after", "b finish", "a finish"],
    ])
    await read(app, "/fails")
    await Bun.sleep(1)
    expect(trace).toEqual(["+around", "a before", "b before", "b error", "a error", "b finish", "a finish"])
  })

  test("run once, wherever they stand again", async () => {
    let runs = 0
    const count = layer({ name: "count", before: () => ({ count: ++runs }) })
    const other = layer({ name: "other", before: () => ({ other: true }) })
    const needy = layer({ name: "needy", needs: [count, other], before: (ctx) => ({ sum: ctx.count }) })
    const app = createApp({ layers: [count] })
    app.scope("/a", [loosely(count, other), needy as never], (scope) => {
      scope.get("/", (ctx) => (ctx as unknown as { sum: number }).sum)
    })
    const grouped = parallel(count, other)
    const second = createApp({ layers: [grouped] })
    second.scope("/a", [count, grouped], (scope) => scope.get("/", (ctx) => ctx.count))
    expect(await read(app, "/a")).toEqual([200, "1"])
    expect(await read(second, "/a")).toEqual([200, "2"])
    expect(runs).toBe(2)
    expect(app.table().records[0]!.layers.map(({ name }) => name)).toEqual(["count", "other", "needy"])
  })

  test("answer unknown paths too, when they are the app's own", async () => {
    const app = createApp({
      layers: [parallel(layer({ name: "a", before: (ctx) => ctx.set("x-a", "1") }), layer({ name: "b" }))],
    })
    expect((await app.fetch(at("/nowhere"))).headers.get("x-a")).toBe("1")
  })

  test("bring their errors, facts and constant headers to the routes", async () => {
    const guard = layer({
      name: "guard",
      errors: [errors.Unauthorized],
      meta: { entry: "person" },
      headers: { "x-guard": "1" },
    })
    const app = createApp({ layers: [parallel(guard, layer({ name: "b" }))] })
    app.get("/", () => "x")
    expect((await app.fetch(at("/"))).headers.get("x-guard")).toBe("1")
    const [record] = app.table().records
    expect(record!.errors.map(({ code }) => code)).toEqual(["HTTP_UNAUTHORIZED"])
    expect(record!.meta).toEqual({ entry: "person" })
  })

  test("may not provide one field, nor need each other", async () => {
    const reported: unknown[] = []
    const a = layer({ name: "a", before: () => ({ field: 1 }) })
    const b = layer({ name: "b", before: async () => ({ field: 2 }) })
    const app = createApp({ layers: [loosely(a, b)], onError: (error) => void reported.push(error) })
    app.get("/", () => "x")
    expect((await read(app))[0]).toBe(500)
    expect(reported).toEqual([expect.objectContaining({ code: "HTTP_LAYER_CONFLICT" })])
    const needy = layer({ name: "needy", needs: [a] })
    const other = createApp({ layers: [loosely(a, needy as never)] })
    other.get("/", () => "x")
    expect(() => other.table()).toThrow(expect.objectContaining({ code: "HTTP_LAYER_UNMET" }))
  })
})
