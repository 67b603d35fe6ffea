import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { linearPattern } from "./linear-pattern.ts"
import { machineOf } from "./pattern-machine.ts"
import { readPattern } from "./pattern-tree.ts"

/** Patterns of all kinds of parts, and texts of the characters that are in them. */
const patterns = fc.letrec<{ pattern: string }>((tie) => {
  const part = fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.constantFrom(
      "a",
      "b",
      "c",
      ".",
      "\\d",
      "\\w",
      "\\s",
      "[ab]",
      "[^a]",
      "[a-c]",
      "\\n",
      "é",
      "😀",
      "\\p{L}",
      "\\u0061",
      "^",
      "$",
      "\\b",
      "\\B",
      "\\.",
    ),
    tie("pattern").map((inner) => `(${inner})`),
    tie("pattern").map((inner) => `(?:${inner})`),
  )
  const repeated = fc
    .tuple(part, fc.constantFrom("", "", "", "*", "+", "?", "*?", "{2}", "{1,3}", "{2,}", "{0,2}?"))
    .map(([one, sign]) => (/[$^Bb]$/.test(one) && one !== "b" ? one : `${one}${sign}`))
  const sequence = fc.array(repeated, { minLength: 0, maxLength: 4 }).map((parts) => parts.join(""))
  return {
    pattern: fc.oneof(
      { maxDepth: 2 },
      sequence,
      fc.tuple(sequence, sequence).map(([one, other]) => `${one}|${other}`),
    ),
  }
}).pattern
const texts = fc
  .array(fc.constantFrom("a", "b", "c", "1", " ", "\n", "é", "😀", "."), { maxLength: 6 })
  .map((all) => all.join(""))

describe("the machine", () => {
  test.each(["u", ""])("finds what the runtime's patterns find, with the flags %p", (flags) => {
    let [found, asked] = [0, 0]
    fc.assert(
      fc.property(patterns, fc.array(texts, { minLength: 5, maxLength: 5 }), (source, some) => {
        const tree = readPattern(source, flags === "u")
        fc.pre(tree !== undefined)
        const machine = machineOf(tree, flags === "u")!
        for (const text of some) {
          const isFound = new RegExp(source, flags).test(text)
          asked++
          if (isFound) found++
          expect({ source, text, isFound: machine(text) }).toEqual({ source, text, isFound })
        }
      }),
      { numRuns: 1500, seed: 20_261_128 },
    )
    expect(found).toBeGreaterThan(asked / 10)
    expect(found).toBeLessThan(asked - asked / 10)
  })
})

describe("patterns that take for ever elsewhere", () => {
  const long = "a".repeat(60_000)

  test.each([
    "^(a+)+$",
    "^(a|a)*$",
    "^(a|aa)+$",
    "^(a*)*$",
    "^(a?){50}a{50}b$",
    "(a*)*b",
    "a*a*a*a*a*b",
    ".*.*.*=.*",
    "^(\\w+\\s?)*$",
    "([a-z]+)*!",
    "(x+x+)+y",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
  ])("%s", (source) => {
    const started = performance.now()
    expect(linearPattern(source)(`${long}!`)).toBe(
      /!$/.test(source) || source === ".*.*.*=.*" ? source.endsWith("!") : false,
    )
    expect(performance.now() - started).toBeLessThan(4000)
  })

  test.each(["^(?=(a+)+$)", "(a+)+\\1", "(?=a*b)(?=.*c)(a*)*", `${"(a{1,100}){1,100}".repeat(3)}`])(
    "not taken: %s",
    (source) => {
      expect(() => linearPattern(source)).toThrow(expect.objectContaining({ code: "VALIDATION_SCHEMA_INVALID" }))
    },
  )

  test.each(["(", "[", "a{2,1}", "a".repeat(5001), "(".repeat(100) + ")".repeat(100)])("none: %#", (source) => {
    expect(() => linearPattern(source)).toThrow(expect.objectContaining({ code: "VALIDATION_SCHEMA_INVALID" }))
  })
})

test.each([
  ["^(?=.*[A-Z])(?=.*\\d).{8,}$", "Abcdefg1", "abcdefg1"],
  ["^(['\"]).*\\1$", "'a'", "'a\""],
  ["^[\\w\\-]+$", "a-b", "a b"],
  ["^\\d{4}-\\d{2}$", "2026-01", "2026-1"],
  ["^(https?)://[^\\s/$.?#].[^\\s]*$", "http://a.b", "ftp://a.b"],
])("%s takes %p and not %p", (source, good, bad) => {
  const finds = linearPattern(source)
  expect([finds(good), finds(bad)]).toEqual([true, false])
})
