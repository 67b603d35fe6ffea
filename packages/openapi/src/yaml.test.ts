import { describe, expect, test } from "bun:test"
import { parse } from "yaml"
import { toYaml } from "./yaml.ts"

const TEXTS = [
  ..."yes|no|on|off|y|n|true|False|NULL|~|null|.inf|.nan|NaN|1|1.5|1e3|0x1f|0o17|1_000|12:30:45|2026-01-01|<<|=".split(
    "|",
  ),
  ..."|-|- a|? a|: a|a: b|a:|a #b|#a|&a|*a|!a|@a|`a|%a|>|\"a\"|'a'|[a]|{a}|,|a, b| a|a |a\tb|a\nb|a\r\nb|\u2028|\u0085|\u007f|\ufeff".split(
    "|",
  ),
  "é",
  "\ud83d\ude00",
  "\\",
  "/users/{id}",
  "#/components/schemas/User",
  "a---b",
  "---",
  "...",
  "__proto__",
  "a very long text ".repeat(20),
]

describe("YAML", () => {
  test("is read as what was written, by YAML 1.2 and 1.1", () => {
    const value = { texts: TEXTS, keys: Object.fromEntries(TEXTS.map((text, at) => [`${text}`, at])) }
    for (const version of ["1.2", "1.1"] as const) {
      const read = parse(toYaml(value), { version, uniqueKeys: true }) as typeof value
      expect(read.texts).toEqual(value.texts)
      expect(Object.entries(read.keys).length).toBe(Object.entries(value.keys).length)
      for (const [key, at] of Object.entries(value.keys)) expect(Object.entries(read.keys)).toContainEqual([key, at])
    }
  })

  test("is in blocks, with what is empty in place", () => {
    expect(toYaml({ a: [1, { b: null, c: [] }, [[], ["x"]]], d: {}, e: "text", f: undefined })).toBe(
      "a:\n  - 1\n  - b: null\n    c: []\n  - - []\n    - - x\nd: {}\ne: text\n",
    )
    expect([toYaml("a"), toYaml([]), toYaml(1)]).toEqual(["a\n", "[]\n", "1\n"])
  })

  test("is read as what was written, whatever that is", () => {
    let seed = 7
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed % below
    }
    const any = (depth: number): unknown => {
      const kind = random(depth > 3 ? 4 : 6)
      if (kind === 0) return TEXTS[random(TEXTS.length)]
      if (kind === 1) return String.fromCharCode(...Array.from({ length: random(4) }, () => random(0xd7ff)))
      if (kind === 2) return random(1000) / 8 - 10
      if (kind === 3) return [true, false, null][random(3)]
      const many = Array.from({ length: random(4) }, () => any(depth + 1))
      return kind === 4 ? many : Object.fromEntries(many.map((one, at) => [`${TEXTS[random(TEXTS.length)]}${at}`, one]))
    }
    for (let round = 0; round < 2000; round++) {
      const value = any(0)
      expect(parse(toYaml(value))).toEqual(value)
    }
  })
})
