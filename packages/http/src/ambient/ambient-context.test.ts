import { describe, expect, test } from "bun:test"
import { createApp, errors, layer } from "../index.ts"
import { ambientContext, currentContext, findContext } from "./index.ts"

const at = (path: string): Request => new Request(`http://x${path}`)
const idDeepDown = async (): Promise<string> => {
  await Bun.sleep(Math.random() * 3)
  return currentContext().id
}

describe("the current context", () => {
  const app = createApp({ onError: () => undefined })
  app.get("/outside", () => String(findContext()))
  app.get("/demand", () => currentContext().id)
  app.scope("/in", [ambientContext], (inside) => {
    inside.get("/deep", async (ctx) => ({ own: ctx.id, found: await idDeepDown() }))
    inside.get("/same", (ctx) => String(currentContext() === (ctx as unknown)))
    inside.get("/later", (ctx) => {
      const seen = Promise.withResolvers<string>()
      setTimeout(() => seen.resolve(String(findContext() === (ctx as unknown))), 1)
      return seen.promise
    })
    inside.get("/fails", () => {
      throw new errors.Conflict(currentContext().path)
    })
  })

  test("is that of each request, however many there are at once", async () => {
    const answers = await Promise.all(
      Array.from(
        { length: 50 },
        async () => (await app.fetch(at("/in/deep"))).json() as Promise<Record<string, string>>,
      ),
    )
    for (const { own, found } of answers) expect(found).toBe(own!)
    expect(new Set(answers.map(({ own }) => own)).size).toBe(50)
  })

  test("is the very context, in timers too", async () => {
    expect(await (await app.fetch(at("/in/same"))).text()).toBe("true")
    expect(await (await app.fetch(at("/in/later"))).text()).toBe("true")
  })

  test("leaves what is thrown as it was", async () => {
    const response = await app.fetch(at("/in/fails"))
    expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([409, "/in/fails"])
  })

  test("is not there outside its layer, nor after its request", async () => {
    await app.fetch(at("/in/same"))
    expect(findContext()).toBeUndefined()
    expect(await (await app.fetch(at("/outside"))).text()).toBe("undefined")
    expect((await app.fetch(at("/demand"))).status).toBe(500)
    expect(() => currentContext()).toThrow(expect.objectContaining({ code: "CORE_AMBIENT_MISSING" }))
  })
})

test("what is within a layer is its inside: the hooks of inner layers, and no more", async () => {
  const trace: string[] = []
  const mark = (name: string): ReturnType<typeof layer> =>
    layer({
      name,
      before: () => void trace.push(`${name} before ${findContext() !== undefined}`),
      after: () => void trace.push(`${name} after ${findContext() !== undefined}`),
    })
  const app = createApp({ layers: [mark("outer"), ambientContext, mark("inner")] })
  app.get("/", () => "x")
  await app.fetch(at("/"))
  expect(trace).toEqual(["outer before false", "inner before true", "inner after true", "outer after false"])
})
