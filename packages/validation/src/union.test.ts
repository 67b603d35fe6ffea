import { describe, expect, test } from "bun:test"
import { MAX_DEPTH } from "./issue.ts"
import type { AnySchema, Schema } from "./schema.ts"
import { v } from "./v.ts"
import { validate } from "./validate.ts"

function issues(schema: AnySchema, given: unknown): string[] {
  return (validate(schema, given).issues ?? []).map(
    ({ code, path, message }) => `${code} ${path.join(".")}: ${message}`,
  )
}

describe("v.literal() and v.enum()", () => {
  test.each<[AnySchema, unknown]>([
    [v.literal("a"), "a"],
    [v.literal(null), null],
    [v.literal(false), false],
    [v.enum(["asc", "desc"]), "desc"],
    [v.enum([1, 2, "x"]), 2],
  ])("takes row %#", (schema, given) => {
    expect(validate(schema, given)).toEqual({ value: given })
  })

  test.each<[AnySchema, unknown, string]>([
    [v.literal("a"), "b", 'value : Expected "a", got "b".'],
    [v.literal(1), "1", 'value : Expected 1, got "1".'],
    [v.literal(null), undefined, "value : Expected null, got nothing."],
    [v.enum(["asc", "desc"]), "dsc", 'value : Expected one of "asc", "desc", got "dsc". Did you mean "asc"?'],
    [v.enum(["asc", "desc"]), 3, 'value : Expected one of "asc", "desc", got 3.'],
    [v.enum([1, 2]), 3, "value : Expected one of 1, 2, got 3."],
    [v.enum(["asc", "desc"]), {}, 'value : Expected one of "asc", "desc", got an object.'],
    [v.enum(["a", "b"]), "x".repeat(500), `value : Expected one of "a", "b", got "${"x".repeat(64)}…".`],
    [
      v.enum(Array.from({ length: 20 }, (_, i) => i)),
      -1,
      "value : Expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 8 more, got -1.",
    ],
  ])("refuses row %#", (schema, given, issue) => {
    expect(issues(schema, given)).toEqual([issue])
  })

  test("an enum of nothing makes no schema", () => {
    expect(() => v.enum([])).toThrow(expect.objectContaining({ code: "VALIDATION_SCHEMA_INVALID" }))
  })
})

describe("v.union()", () => {
  const Shape = v.union([
    v.object({ kind: v.literal("circle"), radius: v.number() }),
    v.object({ kind: v.literal("square"), width: v.number() }),
  ])
  const Path = v.union([v.string().min(1), v.array(v.string())])

  test.each<[AnySchema, unknown, unknown]>([
    [Shape, { kind: "square", width: 2 }, { kind: "square", width: 2 }],
    [Path, "a", "a"],
    [Path, ["a", "b"], ["a", "b"]],
    [v.union([v.string().transform((text) => text.length), v.string()]), "abc", 3],
    [v.union([v.coerce.integer(), v.string()]), "7", 7],
    [v.union([v.coerce.integer(), v.string()]), "x", "x"],
  ])("takes row %#", (schema, given, expected) => {
    expect(validate(schema, given)).toEqual({ value: expected })
  })

  test.each<[string, AnySchema, unknown, string[]]>([
    [
      "the member whose tag it has",
      Shape,
      { kind: "square", width: "2" },
      ["type width: Expected a number, got a string."],
    ],
    [
      "all tags, when it has none of them",
      Shape,
      { kind: "oval" },
      ['value kind: Expected "circle" or "square", got another value.'],
    ],
    ["all tags, when it has no tag", Shape, {}, ['value kind: Expected "circle" or "square", got another value.']],
    ["the member of its type", Path, [1], ["type 0: Expected a string, got a number."]],
    ["the member of its type", Path, "", ["too_small : Expected at least 1 character, got 0 characters."]],
    ["all types, when it has none of them", Path, 5, ["union : Expected a string or an array, got a number."]],
    [
      "the one it comes nearest to",
      v.union([v.object({ a: v.string(), b: v.string() }), v.object({ a: v.string(), c: v.string() })]),
      { a: "", c: 1 },
      ["type c: Expected a string, got a number."],
    ],
    [
      "unions in unions",
      v.union([Path, v.boolean()]),
      5,
      ["union : Expected a string or an array or true or false, got a number."],
    ],
  ])("when no member takes a value, it explains %s", (_, schema, given, expected) => {
    expect(issues(schema, given)).toEqual(expected)
  })

  test("of nothing makes no schema", () => {
    expect(() => v.union([])).toThrow(expect.objectContaining({ code: "VALIDATION_SCHEMA_INVALID" }))
  })
})

interface Tree {
  readonly name: string
  readonly children: readonly Tree[]
}
const Tree: Schema<Tree> = v.object({ name: v.string().trim(), children: v.array(v.lazy(() => Tree)) })

function chain(depth: number): Tree {
  let tree: Tree = { name: "leaf", children: [] }
  for (let i = 0; i < depth; i++) tree = { name: "x", children: [tree] }
  return tree
}

describe("v.lazy()", () => {
  test("follows a schema into itself", () => {
    const given = { name: "a", children: [{ name: " b ", children: [] }] }
    expect(validate(Tree, given)).toEqual({ value: { name: "a", children: [{ name: "b", children: [] }] } })
    expect(issues(Tree, { name: "a", children: [{ name: 1, children: [{}] }] })).toEqual([
      "type children.0.name: Expected a string, got a number.",
      "required children.0.children.0.name: Expected a string, got nothing.",
      "required children.0.children.0.children: Expected an array, got nothing.",
    ])
  })

  test("down to its bound and no further", () => {
    expect(validate(Tree, chain(MAX_DEPTH)).issues).toBeUndefined()
    expect(validate(Tree, chain(MAX_DEPTH + 1)).issues).toMatchObject([{ code: "too_deep" }])
    expect(validate(Tree, chain(20_000)).issues).toMatchObject([{ code: "too_deep" }])
  })

  test("a value that contains itself is too deep, not endless", () => {
    const loop: { name: string; children: unknown[] } = { name: "a", children: [] }
    loop.children.push(loop)
    expect(validate(Tree, loop).issues).toMatchObject([{ code: "too_deep" }])
  })

  test("the depth is that of one branch, not of all together", () => {
    expect(
      validate(
        v.array(Tree),
        Array.from({ length: 10 }, () => chain(MAX_DEPTH - 1)),
      ).issues,
    ).toBeUndefined()
  })
})

describe("v.unknown() and v.json()", () => {
  test.each([[undefined], [null], [1], [() => 1], [new Date(0)], [Number.NaN]])(
    "unknown takes %p as it is",
    (given) => {
      expect((validate(v.unknown(), given) as { value: unknown }).value).toBe(given)
    },
  )

  test("json takes what JSON can hold, and gives the same value", () => {
    const given = { a: [1, "x", null, true, { __proto__: null, b: {} }], constructor: "own" }
    expect((validate(v.json(), given) as { value: unknown }).value).toBe(given)
  })

  test.each<[unknown, string[]]>([
    [{ a: [1, undefined] }, ["type a.1: Expected a JSON value, got nothing."]],
    [{ a: Number.NaN }, ["type a: Expected a JSON value, got NaN."]],
    [{ a: 1n }, ["type a: Expected a JSON value, got a bigint."]],
    [new Date(0), ["type : Expected a JSON value, got an object."]],
    [{ a: new Map() }, ["type a: Expected a JSON value, got an object."]],
    [{ a: Symbol("x") }, ["type a: Expected a JSON value, got a symbol."]],
  ])("json refuses %p", (given, expected) => {
    expect(issues(v.json(), given)).toEqual(expected)
  })

  test("json is bounded in depth", () => {
    const nested = (depth: number) => JSON.parse("[".repeat(depth) + "]".repeat(depth)) as unknown
    expect(validate(v.json(), nested(MAX_DEPTH)).issues).toBeUndefined()
    expect(validate(v.json(), nested(MAX_DEPTH + 1)).issues).toMatchObject([{ code: "too_deep" }])
    expect(validate(v.json(), nested(5_000)).issues).toMatchObject([{ code: "too_deep" }])
  })
})
