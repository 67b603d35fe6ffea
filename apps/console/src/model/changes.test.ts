import { describe, expect, test } from "bun:test"
import type { JsonObject } from "@ashlar/sdk"
import { diff, diverge, isEqual, merge, toUpdate } from "./changes.ts"

const stored: JsonObject = { name: "Austria", area: 83_871, at: { lat: 47, lng: 13 }, tags: ["eu"] }

describe("differences", () => {
  test.each([
    [{ ...stored }, []],
    [{ ...stored, area: 1 }, [{ path: ["area"], from: 83_871, to: 1 }]],
    [{ ...stored, at: { lat: 48, lng: 13 } }, [{ path: ["at", "lat"], from: 47, to: 48 }]],
    [{ ...stored, tags: ["eu", "alps"] }, [{ path: ["tags"], from: ["eu"], to: ["eu", "alps"] }]],
    [{ ...stored, at: 5 }, [{ path: ["at"], from: { lat: 47, lng: 13 }, to: 5 }]],
    [{ ...stored, motto: "" }, [{ path: ["motto"], from: undefined, to: "" }]],
  ] as [JsonObject, object[]][])("to %j", (to, changes) => expect(diff(stored, to)).toEqual(changes as never))

  test("the order of keys is none, the order of elements is one, and missing is not null", () => {
    expect(isEqual({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(true)
    expect(isEqual([1, 2], [2, 1])).toBe(false)
    expect(isEqual({ a: null }, {})).toBe(false)
    expect(isEqual([], {})).toBe(false)
  })
})

describe("updates", () => {
  test("travel as operations on single fields", () => {
    const { area: _, ...without } = stored
    const to = { ...without, at: { lat: 48, lng: 13 }, motto: "x" }
    expect(toUpdate(diff(stored, to), to)).toEqual({
      kind: "patch",
      operations: { $set: { "at.lat": 48, motto: "x" }, $unset: ["area"] },
    })
  })

  test.each([[{ "a.b": 1 }], [{ $set: 1 }], [{ at: { "": 1 } }]] as [JsonObject][])(
    "travel as a whole document when a key cannot be written as a path: %j",
    (added) => {
      const to = { ...stored, ...added }
      expect(toUpdate(diff(stored, to), to)).toEqual({ kind: "replace", data: to })
    },
  )
})

describe("conflicts", () => {
  const mine = { ...stored, area: 1, name: "Mine" }
  const theirs = { ...stored, area: 2, tags: [] }

  test("name each field that either side changed, and contest only what both did", () => {
    const fields = diverge(stored, mine, theirs)
    expect(fields.map(({ path, contested }) => [path.join("."), contested])).toEqual([
      ["name", false],
      ["area", true],
      ["tags", false],
    ])
    expect(merge(theirs, fields, ({ contested }) => contested)).toEqual({ ...stored, area: 1, tags: [] })
    expect(merge(theirs, fields, () => false)).toEqual(theirs)
  })

  test("the same change on both sides is no conflict", () => {
    expect(diverge(stored, { ...stored, area: 9 }, { ...stored, area: 9 })).toEqual([
      { path: ["area"], base: 83_871, mine: 9, theirs: 9, contested: false },
    ])
  })

  test("a change of a part meets the removal of the whole at the whole", () => {
    const { at: _, ...without } = stored
    const fields = diverge(stored, { ...stored, at: { lat: 1, lng: 13 } }, without)
    expect(fields).toMatchObject([{ path: ["at"], contested: true, theirs: undefined }])
    expect(merge(without, fields, () => true)).toEqual({ ...stored, at: { lat: 1, lng: 13 } })
  })
})
