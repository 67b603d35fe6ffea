import { expect, test } from "bun:test"
import { rowsOf, SeriesBook } from "./series.ts"

function bookOf(figures: Readonly<Record<string, readonly number[]>>): SeriesBook {
  const book = new SeriesBook()
  for (const [subject, values] of Object.entries(figures)) for (const value of values) book.add("bun a", subject, value)
  return book
}

test("every row carries its ratio to raw, and ashlar's the one to the best peer", () => {
  const book = bookOf({ raw: [10, 10, 20], ashlar: [11, 9, 22], fast: [12, 12, 21], slow: [30, 30, 30] })
  expect(rowsOf("bun a", "us", book.of("bun a"))).toEqual([
    { case: "bun a", subject: "raw", unit: "us", value: 10, ratioToRaw: 1 },
    {
      case: "bun a",
      subject: "ashlar",
      unit: "us",
      value: 11,
      ratioToRaw: 1.1,
      peer: "fast",
      ratioToPeer: 11 / 12,
      rounds: 3,
      roundsAhead: 2,
    },
    { case: "bun a", subject: "fast", unit: "us", value: 12, ratioToRaw: 1.2 },
    { case: "bun a", subject: "slow", unit: "us", value: 30, ratioToRaw: 3 },
  ])
})

test("the best peer is the one with the lowest median, not with the lowest figure", () => {
  const book = bookOf({ raw: [1, 1, 1], ashlar: [2, 2, 2], lucky: [1, 9, 9], steady: [3, 3, 3] })
  expect(rowsOf("bun a", "us", book.of("bun a"))[1]).toMatchObject({ peer: "steady", roundsAhead: 3 })
})

test("without a peer there is no ratio to one", () => {
  const [, ashlar] = rowsOf("bun a", "us", bookOf({ raw: [1], ashlar: [1] }).of("bun a"))
  expect(ashlar).toEqual({ case: "bun a", subject: "ashlar", unit: "us", value: 1, ratioToRaw: 1 })
})

test("a case that was not measured has no rows", () => {
  expect(rowsOf("node a", "us", bookOf({}).of("node a"))).toEqual([])
})
