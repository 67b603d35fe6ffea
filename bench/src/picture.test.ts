import { expect, test } from "bun:test"
import { drawFinding } from "./picture.ts"
import type { Row } from "./row.ts"

const machine = { processor: "<Test> & Co", cores: 2, bun: "1.0.0" }
const row = (name: string, subject: string, ratioToRaw?: number): Row => ({
  case: name,
  subject,
  unit: "us",
  value: 1,
  ...(ratioToRaw !== undefined && { ratioToRaw }),
})
const placesOf = (svg: string): number[] =>
  [...svg.matchAll(/<circle cx="([\d.]+)"/g)].map(([, x]) => Number(x)).slice(1)

test("draws a mark for each ratio, further right where it is greater, and none beyond the edge", () => {
  const rows = [
    row("bun a", "ashlar", 0.5),
    row("bun b", "ashlar", 1),
    row("bun c", "ashlar", 8),
    row("bun d", "ashlar", 99),
  ]
  const places = placesOf(drawFinding({ name: "http", machine, rows }))
  expect(places).toHaveLength(4)
  expect(places.toSorted((a, b) => a - b)).toEqual(places)
  expect(Math.max(...places)).toBeLessThanOrEqual(940)
})
test("names panes, cases and subjects, and leaves out the raw runtime and other ways of Ashlar", () => {
  const rows = [
    row("bun a", "raw", 1),
    row("bun a", "ashlar", 1),
    row("bun a", "ashlar-other", 1),
    row("node a", "hono", 2),
  ]
  const svg = drawFinding({ name: "http", machine, rows, labels: { a: "text" } })
  for (const text of [">bun<", ">node<", ">text<", ">hono<", "hono: 2.00 of raw"]) expect(svg).toContain(text)
  expect(svg).not.toContain("ashlar-other")
})
test("escapes what it is given", () => {
  expect(drawFinding({ name: "http", machine, rows: [row("bun a", "<b>", 1)] })).not.toMatch(/<b>|<Test>/)
})
test("draws nothing where nothing was compared with raw", () => {
  expect(drawFinding({ name: "queue", machine, rows: [row("redis add", "ashlar")] })).toBe("")
})
