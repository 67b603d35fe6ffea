import { describe, expect, spyOn, test } from "bun:test"
import { createAmbient } from "./ambient.ts"

describe("an ambient value", () => {
  const user = createAmbient<string>("current user")

  test("follows calls and awaits, and ends where its run ends", async () => {
    expect(user.get()).toBeUndefined()
    const seen = await user.run("ada", async () => {
      await Bun.sleep(1)
      const inner = user.run("grace", () => user.require())
      return [inner, user.require()]
    })
    expect(seen).toEqual(["grace", "ada"])
    expect(user.get()).toBeUndefined()
  })

  test("is its own for each of several runs at the same time", async () => {
    const later = async () => {
      await Bun.sleep(2)
      return user.get()
    }
    const names = ["a", "b", "c"]
    expect(await Promise.all(names.map((name) => user.run(name, later)))).toEqual(names)
  })

  test("is missed by name outside of any run: CORE_AMBIENT_MISSING", () => {
    expect(() => user.require()).toThrow(expect.objectContaining({ code: "CORE_AMBIENT_MISSING" }))
    expect(() => user.require()).toThrow("There is no current user here")
  })
})

test("where the runtime has no AsyncLocalStorage, making one fails: CORE_AMBIENT_UNAVAILABLE", () => {
  const builtin = spyOn(process, "getBuiltinModule").mockReturnValue(undefined as never)
  try {
    expect(() => createAmbient("request")).toThrow(expect.objectContaining({ code: "CORE_AMBIENT_UNAVAILABLE" }))
  } finally {
    builtin.mockRestore()
  }
})
