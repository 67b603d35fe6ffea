import { describe, expect, test } from "bun:test"
import { inspect } from "node:util"
import { AshlarError, defineError, fromReport, Internal } from "./errors.ts"

const Teapot = defineError("CORE_TEAPOT", 418, "This is a teapot.")

describe("a defined error", () => {
  test("is an Error and an AshlarError with its code as name", () => {
    const error = new Teapot("Expected coffee, got a teapot.")
    expect(error).toBeInstanceOf(Error)
    expect(error).toBeInstanceOf(AshlarError)
    expect(error).toBeInstanceOf(Teapot)
    expect([error.name, error.code, error.status, error.message]).toEqual([
      "CORE_TEAPOT",
      "CORE_TEAPOT",
      418,
      "Expected coffee, got a teapot.",
    ])
  })

  test("says its summary when it is thrown without words", () => {
    expect(new Teapot().message).toBe("This is a teapot.")
    expect([Teapot.code, Teapot.status, Teapot.summary]).toEqual(["CORE_TEAPOT", 418, "This is a teapot."])
  })

  test("keeps cause and stack out of its report and its JSON", () => {
    const error = new Teapot("Short.", { cause: new TypeError("password is hunter2"), details: { got: 1 } })
    expect(error.report()).toEqual({ code: "CORE_TEAPOT", status: 418, message: "Short.", details: { got: 1 } })
    const json = JSON.stringify({ error })
    expect(json).not.toContain("hunter2")
    expect(json).not.toContain("stack")
    expect(inspect(error.cause)).toContain("hunter2")
  })

  test("survives a border as its report", () => {
    const back = fromReport(JSON.parse(JSON.stringify(new Teapot("Short.", { details: { a: [1] } }))))
    expect(back).toBeInstanceOf(AshlarError)
    expect([back.code, back.status, back.message, back.details]).toEqual(["CORE_TEAPOT", 418, "Short.", { a: [1] }])
    expect(fromReport({ code: "X", status: 400, message: "m" }).report()).toEqual({
      code: "X",
      status: 400,
      message: "m",
    })
  })

  test("INTERNAL tells a caller nothing", () => {
    const report = new Internal(undefined, { cause: new TypeError("secret path /root/x") }).report()
    expect(report).toEqual({ code: "INTERNAL", status: 500, message: Internal.summary })
  })
})
