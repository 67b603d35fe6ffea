import { describe, expect, test } from "bun:test"
import { countBelow, median, medianRatio, slope } from "./statistics.ts"

describe("median", () => {
  const rows: [number[], number][] = [
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10],
  ]
  test.each(rows)("of %p is %p", (values, expected) => expect(median(values)).toBe(expected))
  test("of nothing is no number", () => expect(median([])).toBeNaN())
  test("leaves the values in their order", () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).toEqual([3, 1, 2])
  })
})

test("the median ratio is of pairs, so drift of both cancels out", () => {
  expect(medianRatio([1, 2, 40], [2, 4, 80])).toBe(0.5)
  expect(medianRatio([10, 10, 10], [5, 10, 20])).toBe(1)
})

test("counts the pairs that are below, and no ties", () => {
  expect(countBelow([1, 2, 3], [2, 2, 2])).toBe(1)
})

describe("slope", () => {
  test("of a straight line is its rise", () => {
    const line = [0, 1, 2, 3].map((x) => [x, 5 + 2 * x] as const)
    expect(slope(line)).toBeCloseTo(2)
  })
  test("of noise around a level is about nothing", () => {
    const noise = Array.from({ length: 100 }, (_, x) => [x, 50 + (x % 2 === 0 ? 1 : -1)] as const)
    expect(Math.abs(slope(noise))).toBeLessThan(0.01)
  })
  test("of points above one another is nothing", () => {
    const column: [number, number][] = [
      [1, 1],
      [1, 9],
    ]
    expect(slope(column)).toBe(0)
  })
})
