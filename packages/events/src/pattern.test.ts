import { expect, test } from "bun:test"
import { matchesPattern, parsePattern } from "./pattern.ts"

test.each([
  ["order.placed", ["order.placed"], ["order", "order.placed.late", "orders.placed"]],
  ["order.*", ["order.placed", "order.paid"], ["order", "order.placed.late", "x.order.placed"]],
  ["*", ["order"], ["order.placed"]],
  ["**", ["a", "a.b", "a.b.c.d"], []],
  ["order.**", ["order", "order.placed", "order.placed.late"], ["orders", "x.order"]],
  ["**.failed", ["failed", "a.failed", "a.b.failed"], ["failed.a", "a.failed.b"]],
  ["a.**.b.*.c", ["a.b.x.c", "a.x.y.b.z.c", "a.b.b.b.c"], ["a.b.c", "a.x.b.c", "a.b.x.c.d"]],
  ["**.**.a.**.b", ["a.b", "x.a.y.b"], ["b.a", "a"]],
])("%s", (pattern, fitting, others) => {
  const segments = parsePattern(pattern)
  expect(fitting.filter((name) => !matchesPattern(segments, name))).toEqual([])
  expect(others.filter((name) => matchesPattern(segments, name))).toEqual([])
})

test("a pattern of many stars takes no time", () => {
  const pattern = parsePattern(Array.from({ length: 40 }, () => "**.a").join("."))
  expect(matchesPattern(pattern, `${Array.from({ length: 100 }, () => "a").join(".")}.b`)).toBe(false)
})
