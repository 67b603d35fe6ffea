import { describe, expect, test } from "bun:test"
import { type Clause, isClause, parseOperand, toWhere } from "./where.ts"

describe("filters", () => {
  test.each([
    [[], undefined],
    [[["region", "eq", "Europe"]], { region: { $eq: "Europe" } }],
    [[["a", "exists", null]], { a: { $exists: true } }],
    [[["a", "missing", null]], { a: { $exists: false } }],
    [
      [
        ["a", "gt", 1],
        ["a", "lte", 5],
      ],
      { $and: [{ a: { $gt: 1 } }, { a: { $lte: 5 } }] },
    ],
  ] as [Clause[], object | undefined][])("%j", (clauses, where) => expect(toWhere(clauses)).toEqual(where as never))

  test.each([
    ["5,000,000", "gt", false, 5_000_000],
    ["-1.5e3", "eq", false, -1_500],
    ["true", "eq", false, true],
    ["null", "ne", false, null],
    ["true", "eq", true, "true"],
    ["42", "eq", true, "42"],
    ['"42"', "eq", false, "42"],
    ['"broken', "eq", false, '"broken'],
    ["Europe", "eq", false, "Europe"],
    ["CH, AT ,", "in", true, ["CH", "AT"]],
    ["1, 2", "nin", false, [1, 2]],
    ["null", "gt", false, undefined],
  ] as const)("%s for %s reads %#", (text, operator, isText, value) =>
    expect(parseOperand(text, operator, isText)).toEqual(value as never),
  )

  test.each([[["a", "eq"]], [["a", "regex", "x"]], [[1, "eq", 1]], ["a"], [null], [["a", "toString", 1]]])(
    "an address that says %j is no filter",
    (value) => expect(isClause(value)).toBe(false),
  )
})
