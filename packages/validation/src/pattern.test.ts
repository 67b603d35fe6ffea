import { describe, expect, test } from "bun:test"
import { boundedPattern, MAX_PATTERN_TEXT } from "./pattern.ts"
import { v } from "./v.ts"
import { validate } from "./validate.ts"

describe("a pattern", () => {
  test.each([
    /(a+)+$/,
    /(a*)*/,
    /^(\w+\s?)*$/,
    /(?:a+b?)+c/,
    /(?<word>[a-z]+)*!/,
    /((a+))+/,
    /(x|a+)+/,
    /([\s\S]*)*/,
    /(a{2,})+/,
    /((a|b)+)*c/,
    /(?:(?:a+)?)+/,
    /^(([a-z])+.?)+$/,
  ])("%p repeats nothing but repetitions: VALIDATION_SCHEMA_INVALID", (pattern) => {
    expect(() => v.string().regex(pattern)).toThrow(expect.objectContaining({ code: "VALIDATION_SCHEMA_INVALID" }))
  })

  test.each([
    /^[a-z]+(?:-[a-z]+)*$/,
    /^(?:[a-z]+\.)+[a-z]{2,}$/,
    /^a+b*c?$/,
    /(abc)+/,
    /^(?:\d{1,3}\.){3}\d{1,3}$/,
    /(a+)?/,
    /(a+){3}/,
    /\(a+\)+/,
    /[(a+)+]+/,
    /(?=a+)b+/,
    /^(?:"[^"]*"|,)*$/,
    /\p{L}+/u,
    /a{,3}/,
    /^$/,
  ])("%p is taken", (pattern) => {
    expect(() => boundedPattern(pattern)).not.toThrow()
  })

  test("is not tried on text beyond its bound", () => {
    const schema = v.string().regex(/^a*$/)
    expect(validate(schema, "a".repeat(MAX_PATTERN_TEXT)).issues).toBeUndefined()
    expect(validate(schema, "a".repeat(MAX_PATTERN_TEXT + 1)).issues).toMatchObject([{ code: "format" }])
  })
})
