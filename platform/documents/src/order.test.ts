import { expect, test } from "bun:test"
import { compareSortValues, sortValue } from "./order.ts"
import { compareText } from "./text.ts"
import type { Json } from "./value.ts"

const ascending: readonly Json[] = [
  null,
  -1e308,
  -1,
  -5e-324,
  0,
  5e-324,
  1,
  2 ** 53,
  1e308,
  "",
  "A",
  "a",
  "aa",
  "b",
  "é",
  "\ud7ff",
  "\ue000",
  "\uffff",
  "😀",
  false,
  true,
  [],
  {},
]

test("the total order is null, numbers, strings by code point, false, true, arrays, objects", () => {
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) {
      const compared = compareSortValues(sortValue({ v: a }, ["v"]), sortValue({ v: b }, ["v"]))
      expect([a, b, Math.sign(compared)]).toEqual([a, b, Math.sign(i - j)])
    }
  }
})

test("missing sorts as null, and arrays and objects tie among themselves", () => {
  expect(compareSortValues(sortValue({}, ["v"]), sortValue({ v: null }, ["v"]))).toBe(0)
  expect(compareSortValues(sortValue({ v: [9] }, ["v"]), sortValue({ v: [] }, ["v"]))).toBe(0)
  expect(compareSortValues(sortValue({ v: { a: 9 } }, ["v"]), sortValue({ v: {} }, ["v"]))).toBe(0)
})

test("a path that runs into an array sorts as an array, at a position too", () => {
  expect(sortValue({ a: [{ b: 1 }] }, ["a", "b"])).toEqual([])
  expect(sortValue({ a: [5] }, ["a", "0"])).toEqual([])
  expect(sortValue({ a: { "0": 5 } }, ["a", "0"])).toBe(5)
})

test("what every object inherits is missing", () => {
  expect(sortValue({}, ["constructor"])).toBe(null)
  expect(sortValue({ a: "text" }, ["a", "length"])).toBe(null)
})

test("JavaScript's own comparison would put astral characters elsewhere", () => {
  expect("\uffff" < "😀").toBe(false)
  expect(compareText("\uffff", "😀")).toBeLessThan(0)
})
