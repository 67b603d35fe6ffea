import { describe, expect, test } from "bun:test"
import { defineError } from "@ashlar/core"
import { createApp, errors, fail, NotFoundError, onError } from "./index.ts"

const Sold = defineError("HTTP_TEST_SOLD", 409, "Somebody else bought it.")
const at = (path: string): Request => new Request(`http://x${path}`)

describe("onError", () => {
  const reported: unknown[] = []
  const app = createApp({
    layers: [
      onError(errors.NotFound, (ctx, error) => ctx.text(`page: ${error.message}`, 404)),
      onError(Error, (ctx, error) => (error.message === "ours" ? ctx.text("any error", 500) : undefined)),
    ],
    onError: (error) => void reported.push(error),
  })
  const sold = onError([Sold, TypeError], (ctx, error) => ctx.json({ kind: error.name }, 409))
  app.scope("/shop", [sold], (shop) => {
    shop.get("/sold", () => {
      throw new Sold()
    })
    shop.get("/type", () => {
      throw new TypeError("x")
    })
    shop.get("/missing", () => fail(NotFoundError, "no such thing"))
    shop.get("/other", () => {
      throw new RangeError("not ours")
    })
    shop.get("/ours", async () => {
      throw new RangeError("ours")
    })
    shop.get("/again", { layers: [onError(Sold, () => fail(errors.Gone))] }, () => {
      throw new Sold()
    })
  })

  test.each([
    ["/shop/sold", 409, '{"kind":"HTTP_TEST_SOLD"}'],
    ["/shop/type", 409, '{"kind":"TypeError"}'],
    ["/shop/missing", 404, "page: no such thing"],
    ["/shop/ours", 500, "any error"],
    ["/shop/again", 410, expect.stringContaining("HTTP_GONE")],
    ["/shop/other", 500, expect.stringContaining("INTERNAL")],
    ["/nowhere", 404, expect.stringMatching(/^page: /)],
  ])("answers for %s", async (path, status, body) => {
    const response = await app.fetch(at(path))
    expect([response.status, await response.text()]).toEqual([status, body as string])
  })

  test.each(["text", undefined, null, 404, { message: "x" }])("is told of %p, which is no error", async (thrown) => {
    const told: unknown[] = []
    const logged: unknown[] = []
    const any = createApp({ onError: (error) => void logged.push(error) })
    const all = onError(Error, (ctx, error) => {
      told.push(error.cause)
      return ctx.headers.has("x-pass") ? undefined : ctx.text("caught", 500)
    })
    any.get("/", { layers: [all, onError(TypeError, (ctx) => ctx.text("wrong", 500))] }, () => {
      throw thrown
    })
    expect(await (await any.fetch(at("/"))).text()).toBe("caught")
    const passed = await any.fetch(new Request("http://x/", { headers: { "x-pass": "1" } }))
    expect((await passed.json()).code).toBe("INTERNAL")
    expect([told, logged]).toEqual([[thrown, thrown], [thrown]])
  })

  test("leaves to the log what it passes on", () => {
    expect(reported).toEqual([expect.objectContaining({ message: "not ours" })])
  })
})
