import { expect, test } from "bun:test"
import { parseQuery } from "./query.ts"

test.each([
  ["a=1&b&c=2&d&&=x&e==&f=", { a: "1", b: "", c: "2", d: "", "": "x", e: "=", f: "" }],
  ["a&b&c=1&d", { a: "", b: "", c: "1", d: "" }],
  ["a=1&a&a=2", { a: ["1", "", "2"] }],
  ["a+b=%2B+%26%3D", { "a b": "+ &=" }],
  ["%C3%A9=%E2%82%AC&x=%F0%9F%98%80", { é: "€", x: "😀" }],
  ["a=%zz&b=%&c=%4&d=%ff&e=%E2%82", { a: "%zz", b: "%", c: "%4", d: "\ufffd", e: "\ufffd" }],
])("%s is read", (text, expected) => {
  expect({ ...parseQuery(text) }).toEqual(expected as never)
})

test("pairs are read as the web reads them, whatever they hold", () => {
  const parts = [
    "%",
    "%2",
    "%zz",
    "%41",
    "%C3",
    "%A9",
    "%c3%a9",
    "%ED%A0%80",
    "%EF%BB%BF",
    "%00",
    "+",
    "a",
    "é",
    "=",
    "&",
  ]
  let seed = 3
  const random = (below: number): number => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    return seed % below
  }
  for (let round = 0; round < 5000; round++) {
    const text = Array.from({ length: random(12) }, () => parts[random(parts.length)]).join("")
    const params = new URLSearchParams(text)
    const expected = Object.fromEntries([...params.keys()].map((name) => [name, params.getAll(name)]))
    const got = Object.entries(parseQuery(text)).map(([name, value]) => [name, [value].flat()])
    expect(Object.fromEntries(got)).toEqual(expected)
  }
})

test.each(["a&", "a=1&a&", "%zz&", "%ff=&", "+&"])(
  "a long form of %s is read in time that grows with its length",
  (pair) => {
    const began = performance.now()
    parseQuery(pair.repeat(1_000_000 / pair.length), Number.POSITIVE_INFINITY)
    expect(performance.now() - began).toBeLessThan(3000)
  },
)
