import { describe, expect, test } from "bun:test"
import type { JsonSchema } from "./json-schema.ts"
import { accepts } from "./schema-accepts.ts"
import { misfits } from "./schema-fit.ts"

const demands = (given: JsonSchema, taken: JsonSchema, ignoresUnknown = false): string[] =>
  misfits(given, taken, { ignoresUnknown }).map(({ pointer, demand }) => `${pointer}: ${demand}`)

const tree: JsonSchema = {
  $ref: "#/$defs/Tree",
  $defs: {
    Tree: {
      type: "object",
      required: ["label"],
      properties: { label: { type: "string" }, children: { type: "array", items: { $ref: "#/$defs/Tree" } } },
    },
  },
}
const shortTree: JsonSchema = {
  $ref: "#/$defs/Node",
  $defs: {
    Node: {
      type: "object",
      properties: {
        label: { type: "string", maxLength: 5 },
        children: { type: "array", items: { $ref: "#/$defs/Node" } },
      },
    },
  },
}
const tagged = (...kinds: string[]): JsonSchema => ({
  oneOf: kinds.map((kind) => ({ type: "object", required: ["kind"], properties: { kind: { const: kind } } })),
})

describe("one schema against another", () => {
  test.each<[string, JsonSchema, JsonSchema, string[]]>([
    ["anything takes anything", {}, {}, []],
    ["a number takes whole numbers", { type: "integer" }, { type: "number" }, []],
    ["whole numbers take no number", { type: "number" }, { type: "integer" }, [': type "integer"']],
    ["a list of types takes one of them", { type: "string" }, { type: ["string", "null"] }, []],
    ["one type takes no list of them", { type: ["string", "null"] }, { type: "string" }, [': type "string"']],
    ["texts take a choice of texts", { enum: ["a", "b"] }, { type: "string" }, []],
    ["a choice takes no text", { type: "string" }, { enum: ["a", "b"] }, [': one of "a","b"']],
    ["both booleans are a boolean", { type: "boolean" }, { enum: [true, false] }, []],
    ["bounds within bounds", { type: "number", exclusiveMinimum: 3 }, { minimum: 3 }, []],
    ["bounds beyond bounds", { type: "number", minimum: 3 }, { exclusiveMinimum: 3 }, [": exclusiveMinimum 3"]],
    ["bounds of numbers say nothing of text", { type: "string" }, { minimum: 3 }, []],
    [
      "a second demand in allOf counts",
      { type: "string", pattern: "a" },
      { allOf: [{ pattern: "a" }, { pattern: "b" }] },
      [': pattern "b"'],
    ],
    ["facts in allOf count", { type: "string", allOf: [{ minLength: 4 }] }, { minLength: 3 }, []],
    ["an alternative is enough", { type: "string" }, { anyOf: [{ type: "number" }, { type: "string" }] }, []],
    ["every alternative must fit", tagged("a", "b"), tagged("a"), ['/kind: const "a"']],
    ["fewer alternatives fit", tagged("a"), tagged("a", "b"), []],
    [
      "tuples, item by item",
      { type: "array", prefixItems: [{ type: "string" }, {}] },
      { prefixItems: [{ type: "string" }, { type: "number" }] },
      ['/1: type "number"'],
    ],
    [
      "items",
      { type: "array", items: { type: "string" } },
      { items: { type: "string", minLength: 1 } },
      ["/*: minLength 1"],
    ],
    ["a recursive schema fits itself", tree, tree, []],
    ["a recursive schema, narrower", tree, shortTree, ["/label: maxLength 5", "/children/*/label: maxLength 5"]],
    [
      "names are escaped",
      { type: "object", properties: { "a/b": {} } },
      { properties: { "a/b": { type: "string" } } },
      ['/a~1b: type "string"'],
    ],
    [
      "unknown keywords must be the same",
      { type: "string", contentEncoding: "base64" },
      { contentEncoding: "base64" },
      [],
    ],
    ["unknown keywords that differ", { type: "string" }, { contentEncoding: "base64" }, [': contentEncoding "base64"']],
    ["annotations say nothing", {}, { title: "x", description: "y", default: 1, "x-order": 2 }, []],
    ["a reference that leads nowhere", { $ref: "#/$defs/Gone" }, { type: "string" }, [': type "string"']],
    ["a reference in a circle", { $ref: "#" }, {}, []],
  ])("%s", (_what, given, taken, expected) => {
    expect(demands(given, taken)).toEqual(expected)
  })

  test("closed objects take no more members, unless the reader ignores them", () => {
    const given = { type: "object", properties: { a: {}, b: {} }, additionalProperties: false }
    const taken = { type: "object", properties: { a: {} }, additionalProperties: false }
    expect(demands(given, taken)).toEqual(["/b: that it is absent"])
    expect(demands(given, taken, true)).toEqual([])
    expect(demands({ type: "object" }, taken)).toEqual([": no unknown members"])
  })

  test("a misfit inside a discarded alternative is found again where it counts", () => {
    const name = { type: "object", properties: { name: { type: "string" } }, required: ["kind"] }
    const strict = { type: "object", properties: { name: { type: "string", minLength: 1 } } }
    const given = { type: "object", properties: { a: name, b: name } }
    const taken = { type: "object", properties: { a: { anyOf: [strict, {}] }, b: strict } }
    expect(demands(given, taken)).toEqual(["/b/name: minLength 1"])
  })

  test("a comparison without end is given up, and does not count as fitting", () => {
    const wide = (depth: number): JsonSchema =>
      depth === 0
        ? { type: "string" }
        : { anyOf: Array.from({ length: 8 }, (_, n) => ({ ...wide(depth - 1), title: `${n}` })) }
    expect(demands(wide(5), { anyOf: [wide(5), { type: "number" }] })).toEqual([": what is too large to compare"])
  })
})

describe("a fit", () => {
  /** Small schemas over small values, so that a counter-example is likely to be met. */
  const random = mulberry(20260)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const values: unknown[] = [
    null,
    true,
    false,
    0,
    1,
    2.5,
    7,
    "",
    "a",
    "abc",
    [],
    ["a"],
    [1, "a"],
    {},
    { a: 1 },
    { a: "a", b: 2 },
    { b: "abc" },
  ]

  function schema(depth: number): JsonSchema {
    const kind = pick(["type", "types", "enum", "number", "text", "object", "list", "any", "both"])
    if (depth === 0 || kind === "type")
      return { type: pick(["string", "number", "integer", "boolean", "null", "object", "array"]) }
    if (kind === "types") return { type: [pick(["string", "object"]), pick(["null", "integer"])] }
    if (kind === "enum") return { enum: [pick(values), pick(values)] }
    if (kind === "number")
      return { type: "number", minimum: pick([0, 1, 2]), ...(random() < 0.5 && { maximum: pick([2, 7]) }) }
    if (kind === "text") return { type: "string", minLength: pick([0, 1, 2]), maxLength: pick([1, 3]) }
    if (kind === "any") return { anyOf: [schema(depth - 1), schema(depth - 1)] }
    if (kind === "both") return { allOf: [schema(depth - 1), schema(depth - 1)] }
    if (kind === "list") return { type: "array", items: schema(depth - 1), ...(random() < 0.5 && { minItems: 1 }) }
    return {
      type: "object",
      properties: { a: schema(depth - 1), b: schema(depth - 1) },
      required: pick([[], ["a"], ["a", "b"]]),
      additionalProperties: false,
    }
  }

  test("never promises too much: what the one takes, the other takes", () => {
    let fits = 0
    for (let round = 0; round < 10_000; round++) {
      const [given, taken] = [schema(3), schema(3)]
      if (misfits(given, taken, { ignoresUnknown: false }).length > 0) continue
      fits++
      for (const value of values) {
        if (!accepts(given, value, given) || accepts(taken, value, taken)) continue
        throw new Error(`${JSON.stringify(value)} is in ${JSON.stringify(given)}, not in ${JSON.stringify(taken)}`)
      }
    }
    expect(fits).toBeGreaterThan(200)
  })

  test("finds that a schema fits itself", () => {
    for (let round = 0; round < 2000; round++) {
      const one = schema(3)
      if (misfits(one, one, { ignoresUnknown: false }).length > 0) expect(JSON.stringify(one)).toContain("allOf")
    }
  })
})

/** A small generator, so that a failure can be run again. */
function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
