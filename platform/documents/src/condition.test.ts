import { describe, expect, test } from "bun:test"
import { type KeySet, toCondition } from "./condition.ts"
import { parseFilter } from "./filter.ts"

const keysOf = (filter: unknown): unknown => {
  const condition = toCondition(parseFilter(filter), () => true)
  return condition.op === "keys" ? condition.keys : condition
}
const never = { op: "or", conditions: [] }
const values = (...list: (null | boolean | number | string)[]): KeySet => ({ kind: "values", values: list })

describe("the comparisons of one path become one set of keys", () => {
  const rows: readonly [filter: unknown, keys: unknown][] = [
    [{ a: 1 }, values(1)],
    [{ a: null }, values(null)],
    [{ a: { $in: [1, "x", 1] } }, values(1, "x")],
    [{ a: { $gt: 1 } }, { kind: "interval", type: "number", lower: { value: 1, inclusive: false } }],
    [
      { a: { $gt: 1, $gte: 2, $lt: 9, $lte: 9 } },
      {
        kind: "interval",
        type: "number",
        lower: { value: 2, inclusive: true },
        upper: { value: 9, inclusive: false },
      },
    ],
    [
      { $and: [{ a: { $gte: "b" } }, { $and: [{ a: { $gt: "b" } }, { a: { $lt: "z" } }] }] },
      {
        kind: "interval",
        type: "string",
        lower: { value: "b", inclusive: false },
        upper: { value: "z", inclusive: false },
      },
    ],
    [
      { a: { $gt: "\uffff", $gte: "😀" } },
      { kind: "interval", type: "string", lower: { value: "😀", inclusive: true } },
    ],
    [{ a: { $in: [1, 5, "x", null, true], $gt: 2 } }, values(5)],
    [{ a: { $gt: 2, $eq: 7 } }, values(7)],
    [{ a: { $gt: false } }, values(true)],
    [{ a: { $lte: true } }, values(false, true)],
    [{ a: { $gt: 2, $lt: "x" } }, never],
    [{ a: { $eq: 2, $gt: 2 } }, never],
    [{ a: { $gt: true } }, values()],
    [{ $or: [{ a: { $in: [] } }, { a: 1 }] }, values(1)],
  ]
  for (const [filter, keys] of rows) test(JSON.stringify(filter), () => expect(keysOf(filter)).toEqual(keys))
})

test("a contradiction leaves the array branch where there may be arrays", () => {
  const condition = toCondition(parseFilter({ a: { $gt: 5, $lt: 1 } }), () => false)
  expect(condition).toMatchObject({ op: "keys", leaves: [{ op: "gt" }, { op: "lt" }] })
})

test("constants fold away", () => {
  expect(toCondition(parseFilter({ $and: [{}, { a: 1 }] }), () => true)).toMatchObject({ op: "keys" })
  expect(toCondition(parseFilter({ $or: [{}, { a: 1 }] }), () => true)).toEqual({ op: "and", conditions: [] })
  expect(toCondition(parseFilter({ $nor: [{ a: { $in: [] } }] }), () => true)).toEqual({ op: "and", conditions: [] })
  expect(toCondition(parseFilter({ $not: {} }), () => true)).toEqual({ op: "or", conditions: [] })
  expect(toCondition(parseFilter({ a: 1, b: { $all: [] } }), () => true)).toEqual({ op: "or", conditions: [] })
})
