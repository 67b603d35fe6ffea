import { describe, expect, test } from "bun:test"
import { parseDirectives, seconds } from "./directives.ts"
import { parseDate } from "./http-date.ts"

describe("Cache-Control", () => {
  test.each<[string | null, Record<string, string>]>([
    [null, {}],
    ["", {}],
    ["max-age=60, private", { "max-age": "60", private: "" }],
    ["Max-Age=60 ,PRIVATE,,  no-cache", { "max-age": "60", private: "", "no-cache": "" }],
    ['private="set-cookie, x", max-age="60"', { private: "set-cookie, x", "max-age": "60" }],
    ['a="q\\"uo,te", b', { a: 'q"uo,te', b: "" }],
    ["max-age=60, max-age=10, max-age=100", { "max-age": "10" }],
    ["max-age=60, max-age=x", { "max-age": "x" }],
    ["=3, max age=3, no-store", { "no-store": "" }],
    ['"unended, no-store', { "no-store": "" }],
    ["extension=1;max-age=2, no-store", { extension: "1;max-age=2", "no-store": "" }],
    ["no-store".padEnd(5_000), {}],
  ])("%j reads as %j", (field, directives) => {
    expect(Object.fromEntries(parseDirectives(field))).toEqual(directives)
  })
  test.each<[string, number | undefined]>([
    ["max-age=60", 60],
    ["max-age=0060", 60],
    ["max-age=99999999999999999999", 2 ** 31],
    ["max-age=-1", 0],
    ["max-age=1.5", 0],
    ["max-age=1e3", 0],
    ["max-age", 0],
    ["s-maxage=1", undefined],
  ])("%j lasts for %p seconds", (field, expected) => {
    expect(seconds(parseDirectives(field), "max-age")).toBe(expected)
  })
  test("costs no more than its length, whatever is in it", () => {
    for (const field of [
      '"'.repeat(4_000),
      "a=".repeat(2_000),
      "\\".repeat(4_000),
      'a="\\'.repeat(1_000),
      " ".repeat(4_000),
      "a ".repeat(2_000),
    ])
      expect(parseDirectives(field).size).toBeLessThan(3)
  })
})

test.each<[string | null, number | undefined]>([
  ["Sun, 06 Nov 1994 08:49:37 GMT", 784111777000],
  ["Sunday, 06-Nov-94 08:49:37 GMT", 784111777000],
  ["Sun Nov  6 08:49:37 1994", 784111777000],
  ["sun, 06 nov 1994 08:49:37 gmt", 784111777000],
  ["Thursday, 18-Aug-50 02:01:18 GMT", 2544400878000],
  ["Sun, 31 Feb 1994 08:49:37 GMT", undefined],
  ["Sun, 06 Nov 1994 25:49:37 GMT", undefined],
  ["0", undefined],
  ["-1", undefined],
  ["1994-11-06", undefined],
  ["Sun, 06 Nov 1994 08:49:37 +0200", undefined],
  [null, undefined],
])("the date %j is %p", (text, time) => expect(parseDate(text)).toBe(time))
