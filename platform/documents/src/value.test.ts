import { describe, expect, test } from "bun:test"
import { refusal } from "../test/project.ts"
import { canonical, isEqual, type Json } from "./value.ts"

const nested = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`

describe("canonical text", () => {
  const rows: readonly [json: string, text: string][] = [
    ['{"b":1,"a":2}', '{"a":2,"b":1}'],
    ['{"a":1,"a":2}', '{"a":2}'],
    ['{ "a" : [ 1 , 2 ] }', '{"a":[1,2]}'],
    ["1.0", "1"],
    ["-0", "0"],
    ["[-0.0]", "[0]"],
    ["9007199254740993", "9007199254740992"],
    ["1234567890123456800", "1234567890123456800"],
    ["1e21", "1e+21"],
    ["5e-324", "5e-324"],
    ["0.30000000000000004", "0.30000000000000004"],
    ['{"10":1,"9":2,"a":3}', '{"10":1,"9":2,"a":3}'],
    ['{"b":[{"10":1,"2":"é\\n"}],"a":0}', '{"a":0,"b":[{"10":1,"2":"é\\n"}]}'],
    ['{"\\uffff":1,"\\ud83d\\ude00":2}', '{"\uffff":1,"😀":2}'],
    ['{"\\ud83d\\ude00":2,"\\uffff":1}', '{"\uffff":1,"😀":2}'],
    ['{"__proto__":{"b":1,"a":2}}', '{"__proto__":{"a":2,"b":1}}'],
    ['"\\u00e9\\n"', '"é\\n"'],
    [nested(64), nested(64)],
  ]
  for (const [json, text] of rows) {
    test(`of ${json.slice(0, 40)}`, () => expect(canonical(JSON.parse(json))).toBe(text))
  }

  const refused: readonly [name: string, value: unknown, pointer: string][] = [
    ["a number beyond the doubles", JSON.parse('{"a":[1,1e400]}'), "/a/1"],
    ["not a number", { a: Number.NaN }, "/a"],
    ["undefined", { a: undefined }, "/a"],
    ["a function", [() => 1], "/0"],
    ["a bigint", { a: 1n }, "/a"],
    ["a hole in an array", new Array(1), "/0"],
    ["a date", { at: new Date(0) }, "/at"],
    ["a map", new Map(), ""],
    ["a lone surrogate", { a: { b: "\ud800" } }, "/a/b"],
    ["a lone surrogate as a key", { "\udc00": 1 }, "/\ufffd"],
    ["U+0000", JSON.parse('{"a/b":"x\\u0000"}'), "/a~1b"],
    ["U+0000 in a key", { "x\0": 1 }, "/x\ufffd"],
    ["65 levels", JSON.parse(nested(65)), "/0".repeat(64)],
    ["very many levels", JSON.parse(nested(5000)), "/0".repeat(64)],
  ]
  for (const [name, value, pointer] of refused) {
    test(`refuses ${name}`, async () => {
      const { code, details } = await refusal(() => canonical(value))
      expect({ code, pointer: details.pointer }).toEqual({ code: "DOCUMENTS_VALUE_INVALID", pointer })
    })
  }
})

describe("equality", () => {
  const rows: readonly [a: Json, b: Json, equal: boolean][] = [
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: [{ x: 1, y: 2 }] }, { a: [{ y: 2, x: 1 }] }, true],
    [1, "1", false],
    [1, true, false],
    [0, -0, true],
    [null, false, false],
    [[1, 2], [2, 1], false],
    [[1], [1, 1], false],
    [[], {}, false],
    [{}, { a: 1 }, false],
    [{ a: 1 }, { b: 1 }, false],
    [JSON.parse('{"__proto__":1}'), {}, false],
    [{}, JSON.parse('{"__proto__":1}'), false],
    ["constructor", "constructor", true],
  ]
  for (const [a, b, equal] of rows) {
    test(`${JSON.stringify(a)} ${equal ? "=" : "≠"} ${JSON.stringify(b)}`, () => expect(isEqual(a, b)).toBe(equal))
  }
})
