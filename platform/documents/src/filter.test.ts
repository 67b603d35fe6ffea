import { describe, expect, test } from "bun:test"
import { refusal } from "../test/project.ts"
import { parseFilter } from "./filter.ts"

test("a filter is read to one form", () => {
  const eq = (path: string[], value: unknown) => ({ op: "eq", path, value })
  expect(parseFilter({})).toEqual({ op: "and", filters: [] })
  expect(parseFilter({ a: 1 }) as unknown).toEqual(eq(["a"], 1))
  expect(parseFilter({ a: { $eq: { $gt: 1 } } }) as unknown).toEqual(eq(["a"], { $gt: 1 }))
  expect(parseFilter({ a: { $ne: 1 } }) as unknown).toEqual({ op: "not", filter: eq(["a"], 1) })
  expect(parseFilter({ "a.b": 1, c: { $gt: 1, $exists: false } }) as unknown).toEqual({
    op: "and",
    filters: [
      eq(["a", "b"], 1),
      {
        op: "and",
        filters: [
          { op: "gt", path: ["c"], value: 1 },
          { op: "not", filter: { op: "exists", path: ["c"] } },
        ],
      },
    ],
  })
  expect(parseFilter({ $nor: [{ a: 1 }] }) as unknown).toEqual({
    op: "not",
    filter: { op: "or", filters: [eq(["a"], 1)] },
  })
})

const deep = (levels: number): unknown => (levels === 0 ? { a: 1 } : { $and: [deep(levels - 1)] })
const wide = (count: number): unknown => ({ $or: Array.from({ length: count }, () => ({ a: 1 })) })

describe("a filter at a limit is taken", () => {
  const rows: readonly [name: string, filter: unknown][] = [
    ["16 levels", deep(15)],
    ["256 conditions", wide(255)],
    ["1,000 values", { a: { $in: Array.from({ length: 1000 }, (_, i) => i) } }],
  ]
  for (const [name, filter] of rows) test(name, () => expect(() => parseFilter(filter)).not.toThrow())
})

describe("a filter is refused", () => {
  const rows: readonly [name: string, filter: unknown, code: string, pointer: string, nearest?: string][] = [
    ["no object", 5, "DOCUMENTS_QUERY_INVALID", "/where"],
    ["a list", [], "DOCUMENTS_QUERY_INVALID", "/where"],
    ["null", null, "DOCUMENTS_QUERY_INVALID", "/where"],
    ["a misspelt operator", { a: { $gtt: 1 } }, "DOCUMENTS_OPERATOR_UNKNOWN", "/where/a/$gtt", "$gt"],
    ["another case", { a: { $elemmatch: {} } }, "DOCUMENTS_OPERATOR_UNKNOWN", "/where/a/$elemmatch", "$elemMatch"],
    ["an operator of another system", { a: { $near: 1 } }, "DOCUMENTS_OPERATOR_UNKNOWN", "/where/a/$near"],
    ["a misspelt combination", { $an: [] }, "DOCUMENTS_OPERATOR_UNKNOWN", "/where/$an", "$and"],
    ["code", { $where: "1" }, "DOCUMENTS_OPERATOR_UNKNOWN", "/where/$where"],
    ["an operator beside paths", { $gt: 5 }, "DOCUMENTS_OPERATOR_UNKNOWN", "/where/$gt"],
    ["$or under a path", { a: { $or: [1] } }, "DOCUMENTS_OPERATOR_UNKNOWN", "/where/a/$or"],
    ["keys beside operators", { a: { $gt: 1, b: 2 } }, "DOCUMENTS_QUERY_INVALID", "/where/a/b"],
    ["$and of no list", { $and: { a: 1 } }, "DOCUMENTS_QUERY_INVALID", "/where/$and"],
    ["$or of nothing", { $or: [] }, "DOCUMENTS_QUERY_INVALID", "/where/$or"],
    ["$or of a value", { $or: [1] }, "DOCUMENTS_QUERY_INVALID", "/where/$or/0"],
    ["$not of a value", { a: { $not: 5 } }, "DOCUMENTS_QUERY_INVALID", "/where/a/$not"],
    ["$in of no list", { a: { $in: 5 } }, "DOCUMENTS_QUERY_INVALID", "/where/a/$in"],
    ["a range of null", { a: { $gt: null } }, "DOCUMENTS_QUERY_INVALID", "/where/a/$gt"],
    ["a range of an array", { a: { $lt: [1] } }, "DOCUMENTS_QUERY_INVALID", "/where/a/$lt"],
    ["a range of an object", { a: { $gte: { x: 1 } } }, "DOCUMENTS_QUERY_INVALID", "/where/a/$gte"],
    ["$exists of a number", { a: { $exists: 1 } }, "DOCUMENTS_QUERY_INVALID", "/where/a/$exists"],
    ["$size below zero", { a: { $size: -1 } }, "DOCUMENTS_QUERY_INVALID", "/where/a/$size"],
    ["$size of a fraction", { a: { $size: 1.5 } }, "DOCUMENTS_QUERY_INVALID", "/where/a/$size"],
    ["an unknown type", { a: { $type: "int" } }, "DOCUMENTS_QUERY_INVALID", "/where/a/$type"],
    ["no type", { a: { $type: [] } }, "DOCUMENTS_QUERY_INVALID", "/where/a/$type"],
    ["$elemMatch of a value", { a: { $elemMatch: 5 } }, "DOCUMENTS_QUERY_INVALID", "/where/a/$elemMatch"],
    ["$options alone", { a: { $options: "i" } }, "DOCUMENTS_QUERY_INVALID", "/where/a/$options"],
    ["$regex beyond the subset", { a: { $regex: "a+" } }, "DOCUMENTS_REGEX_UNSUPPORTED", "/where/a/$regex"],
    ["an empty path", { "": 1 }, "DOCUMENTS_PATH_INVALID", "/where/"],
    ["a path of 9 segments", { "a.b.c.d.e.f.g.h.i": 1 }, "DOCUMENTS_PATH_INVALID", "/where/a.b.c.d.e.f.g.h.i"],
    ["U+0000 in an operand", { a: "x\0" }, "DOCUMENTS_VALUE_INVALID", "/where/a"],
    ["a lone surrogate in a list", { a: { $in: ["\ud800"] } }, "DOCUMENTS_VALUE_INVALID", "/where/a/$in/0"],
    ["1e400", JSON.parse('{"a":{"$gt":1e400}}'), "DOCUMENTS_VALUE_INVALID", "/where/a/$gt"],
    ["17 levels", deep(16), "DOCUMENTS_QUERY_TOO_COMPLEX", `/where${"/$and/0".repeat(15)}/$and`],
    [
      "17 levels of $elemMatch",
      nestedElements(17),
      "DOCUMENTS_QUERY_TOO_COMPLEX",
      `/where${"/a/$elemMatch".repeat(16)}`,
    ],
    ["257 conditions", wide(256), "DOCUMENTS_QUERY_TOO_COMPLEX", "/where/$or"],
    [
      "1,001 values",
      { a: { $in: Array.from({ length: 1001 }, () => 1) } },
      "DOCUMENTS_QUERY_TOO_COMPLEX",
      "/where/a/$in",
    ],
    [
      "300 values for $all",
      { a: { $all: Array.from({ length: 300 }, () => 1) } },
      "DOCUMENTS_QUERY_TOO_COMPLEX",
      "/where/a/$all",
    ],
  ]
  for (const [name, filter, code, pointer, nearest] of rows) {
    test(name, async () => {
      const { code: got, details, message } = await refusal(() => parseFilter(filter))
      expect({ code: got, pointer: details.pointer }).toEqual({ code, pointer })
      if (nearest !== undefined) {
        expect(details.nearest).toBe(nearest)
        expect(message).toContain(nearest)
      }
    })
  }
})

function nestedElements(levels: number): unknown {
  return levels === 0 ? { x: 1 } : { a: { $elemMatch: nestedElements(levels - 1) } }
}

test("a misplaced operator is told where it belongs", async () => {
  expect((await refusal(() => parseFilter({ $gt: 5 }))).message).toContain('{ "path": { "$gt": … } }')
  expect((await refusal(() => parseFilter({ a: { $or: [] } }))).message).toContain('{ "$or": [ … ] }')
})
