import { describe, expect, test } from "bun:test"
import type { Document, JsonObject } from "@ashlar/sdk"
import { fitColumns, inferColumns, isPlainPath, titleOf, typeOf, valueAt, valueText, withValue } from "./fields.ts"

function documentOf(data: JsonObject, id = "0199c4e2-7000-7000-8000-0000008f3c21"): Document {
  return { id, rev: 1, createdAt: "2026-11-20T10:00:00.000Z", updatedAt: "2026-11-20T10:00:00.000Z", data }
}

describe("what people call a document", () => {
  test.each([
    [{ name: "Switzerland", code: "CH" }, "Switzerland"],
    [{ code: "CH", title: "A page" }, "A page"],
    [{ name: { official: "Swiss Confederation", common: "Switzerland" } }, "Switzerland"],
    [{ area: 3, motto: "One for all" }, "One for all"],
    [{ name: "", note: "kept" }, "kept"],
    [{ area: 3 }, "…8f3c21"],
    [{}, "…8f3c21"],
  ])("%j is %s", (data, title) => expect(titleOf(documentOf(data))).toBe(title))
})

describe("columns", () => {
  const rows = ["CH", "AT", "LI"].map((code, at) =>
    documentOf({
      code,
      area: at * 1_000,
      name: `Country ${at}`,
      region: "Europe",
      tags: ["a"],
      at: { lat: 4.5, lng: 2 },
      landlocked: true,
    }),
  )

  test("are inferred: the title first, codes in mono, numbers to the right, parts of objects on their own", () => {
    const columns = inferColumns(rows)
    expect(columns[0]).toMatchObject({ id: "name", look: "title", type: "text" })
    expect(columns.find(({ id }) => id === "code")).toMatchObject({ look: "code" })
    expect(columns.find(({ id }) => id === "area")).toMatchObject({ type: "int", alignRight: true })
    expect(columns.map(({ id }) => id)).toContain("at.lat")
    expect(columns.map(({ id }) => id)).not.toContain("at")
    expect(columns.at(-1)?.id).toBe("tags")
  })

  test("a field of several types is text, whole and broken numbers together are numbers", () => {
    const mixed = inferColumns([documentOf({ a: 1, b: 1 }), documentOf({ a: "x", b: 1.5 })])
    expect(mixed.find(({ id }) => id === "a")?.type).toBe("text")
    expect(mixed.find(({ id }) => id === "b")?.type).toBe("num")
  })

  test("fit the width: what is asked for stays, a figure is kept, numbers stand right", () => {
    const columns = inferColumns(rows)
    const narrow = fitColumns(columns, 520, ["region"])
    expect(narrow.map(({ id }) => id)).toEqual(["name", "code", "region", "area"])
    expect(narrow.reduce((sum, { widthPx }) => sum + widthPx, 0)).toBeLessThanOrEqual(520 - 34 - 84)
    const wide = fitColumns(columns, 2_000, [])
    const firstNumber = wide.findIndex(({ alignRight }) => alignRight)
    expect(wide.slice(firstNumber).every(({ alignRight }) => alignRight)).toBe(true)
    expect(fitColumns(columns, 0, [])).toHaveLength(1)
    expect(fitColumns([], 900, ["x"])).toEqual([])
  })

  test("a field whose key holds a dot is no column, since no path names it", () => {
    expect(inferColumns([documentOf({ "a.b": 1, c: 2 })]).map(({ id }) => id)).toEqual(["c"])
    expect([isPlainPath(["a", 0, "b"]), isPlainPath(["a.b"]), isPlainPath(["$set"]), isPlainPath([""])]).toEqual([
      true,
      false,
      false,
      false,
    ])
  })
})

describe("values", () => {
  test.each([
    ["text", "text"],
    [1, "int"],
    [1.5, "num"],
    [true, "bool"],
    [null, "null"],
    [[1], "array"],
    [{ a: 1 }, "object"],
  ] as const)("%j is %s", (value, type) => expect(typeOf(value)).toBe(type))

  test.each([
    [68_401_997, "68,401,997"],
    [46.818, "46.818"],
    [1e21, "1e+21"],
    [false, "false"],
    [["AT", "DE"], "AT, DE"],
    [{ lat: 1, lng: 2 }, "1 · 2"],
    [undefined, ""],
  ])("%j reads %s", (value, text) => expect(valueText(value)).toBe(text))

  test("are replaced in a copy that keeps the order of keys", () => {
    const data = { a: 1, b: { c: [1, 2] } }
    expect(JSON.stringify(withValue(data, ["a"], 2))).toBe('{"a":2,"b":{"c":[1,2]}}')
    expect(withValue(data, ["b", "c", 1], undefined)).toEqual({ a: 1, b: { c: [1] } })
    expect(withValue(data, ["d", "e"], true)).toEqual({ ...data, d: { e: true } })
    expect(withValue(data, ["a"], undefined)).toEqual({ b: { c: [1, 2] } })
    expect(data).toEqual({ a: 1, b: { c: [1, 2] } })
  })

  test("are looked up by own keys only", () => {
    expect(valueAt({ a: [{ b: 1 }] }, ["a", 0, "b"])).toBe(1)
    expect(valueAt({}, ["constructor"])).toBeUndefined()
    expect(valueAt({ a: null }, ["a", "b"])).toBeUndefined()
  })
})
