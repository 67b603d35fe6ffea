import { describe, expect, test } from "bun:test"
import { parseHeaderParams, type Quoting } from "./header-params.ts"
import { randomOf } from "./testing-form.ts"

describe("a header with parameters", () => {
  test.each<[string, Quoting, string, Record<string, string>]>([
    ["text/plain", "escaped", "text/plain", {}],
    [" Text/HTML ;Charset=UTF-8; q=1", "escaped", "text/html", { charset: "UTF-8", q: "1" }],
    ['a/b; x="1;2=3"; y=""', "escaped", "a/b", { x: "1;2=3", y: "" }],
    ['a/b; x="say \\"hi\\" \\\\"', "escaped", "a/b", { x: 'say "hi" \\' }],
    ['form-data; name="C:\\"; filename="a b"', "plain", "form-data", { name: "C:\\", filename: "a b" }],
    ["form-data; ; name=a;", "plain", "form-data", { name: "a" }],
    ["a/b; __proto__=x; constructor=y", "escaped", "a/b", JSON.parse('{"__proto__":"x","constructor":"y"}')],
  ])("%p is read", (text, quoting, value, params) => {
    const parsed = parseHeaderParams(text, quoting)
    expect(parsed?.value).toBe(value)
    expect([...(parsed?.params ?? [])]).toEqual(Object.entries(params))
  })

  test.each<[string]>([
    [""],
    [";"],
    ["a b"],
    ["a/b/c"],
    ["a/b; x"],
    ["a/b; x="],
    ["a/b; =1"],
    ["a/b; x =1"],
    ["a/b; x= 1"],
    ['a/b; x="1'],
    ['a/b; x="1"2'],
    ['a/b; x=1"2"'],
    ["a/b; x=1; X=2"],
    ["a/b, c/d"],
    ["a/b; x=é"],
    ["a/b\n; x=1"],
  ])("%p is refused", (text) => {
    expect(parseHeaderParams(text, "escaped")).toBeUndefined()
  })

  test("takes linear time whatever is in it", () => {
    const attacks = [
      " ".repeat(50_000),
      ";".repeat(50_000),
      "; ".repeat(25_000),
      `"${"\\".repeat(50_000)}`,
      "a".repeat(50_000),
    ]
    const started = performance.now()
    for (const attack of attacks) parseHeaderParams(`a/b; x=${attack}!`, "escaped")
    for (const attack of attacks) parseHeaderParams(`a/b${attack}\0`, "plain")
    expect(performance.now() - started).toBeLessThan(3000) // quadratic time is minutes
  })

  test("never throws", () => {
    const pieces = ['"', "\\", ";", "=", " ", "a", "/", ",", "\0", "é", "x=1", 'y="2"']
    for (let seed = 1; seed <= 2000; seed++) {
      const random = randomOf(seed)
      const text = Array.from({ length: random(20) }, () => pieces[random(pieces.length)]).join("")
      const parsed = parseHeaderParams(text, random(2) === 0 ? "plain" : "escaped")
      expect(parsed === undefined || typeof parsed.value === "string").toBe(true)
    }
  })
})
