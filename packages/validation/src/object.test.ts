import { describe, expect, test } from "bun:test"
import { MAX_ISSUES } from "./issue.ts"
import type { AnySchema } from "./schema.ts"
import { v } from "./v.ts"
import { validate } from "./validate.ts"

function value(schema: AnySchema, given: unknown): unknown {
  const result = validate(schema, given)
  expect(result.issues).toBeUndefined()
  return (result as { value: unknown }).value
}

/** `code path: message` of every issue. */
function issues(schema: AnySchema, given: unknown): string[] {
  return (validate(schema, given).issues ?? []).map(
    ({ code, path, message }) => `${code} ${path.join(".")}: ${message}`,
  )
}

const User = v.object({ name: v.string().trim(), age: v.integer().optional(), role: v.string().default("viewer") })

describe("an object", () => {
  test.each([
    [{ name: "ada" }, { name: "ada", role: "viewer" }],
    [
      { name: " ada ", age: 36 },
      { name: "ada", age: 36, role: "viewer" },
    ],
    [
      { name: "ada", age: undefined, role: undefined },
      { name: "ada", age: undefined, role: "viewer" },
    ],
  ])("%p gives %p", (given, expected) => {
    expect(value(User, given)).toStrictEqual(expected)
  })

  test("collects everything that is wrong, each with its path", () => {
    const Nested = v.object({ user: User, tags: v.array(v.object({ id: v.integer() })) })
    expect(issues(Nested, { user: { nmae: "x", age: "36" }, tags: [{ id: 1 }, { id: "2" }, 3], extra: true })).toEqual([
      "required user.name: Expected a string, got nothing.",
      "type user.age: Expected an integer, got a string.",
      'unknown_key user.nmae: Unknown key "nmae". Did you mean "name"?',
      "type tags.1.id: Expected an integer, got a string.",
      "type tags.2: Expected an object, got a number.",
      'unknown_key extra: Unknown key "extra". Known: user, tags.',
    ])
  })

  test.each([
    [null, "null"],
    [undefined, "nothing"],
    [[], "an array"],
    ["{}", "a string"],
  ])("refuses %p", (given, kind) => {
    expect(issues(User, given)).toEqual([`type : Expected an object, got ${kind}.`])
  })
})

describe("the same object comes out when nothing was changed, and a copy when something was", () => {
  const Deep = v.object({ a: v.object({ text: v.string().trim() }), list: v.array(v.string().trim()) })

  test("unchanged", () => {
    const given = { a: { text: "x" }, list: ["y"] }
    expect(value(Deep, given)).toBe(given)
  })

  test("changed: what was given stays as it was, and untouched parts are shared", () => {
    const given = { a: { text: " x " }, list: ["y"] }
    const result = value(Deep, given) as typeof given
    expect(result).toEqual({ a: { text: "x" }, list: ["y"] })
    expect(given).toEqual({ a: { text: " x " }, list: ["y"] })
    expect(result.list).toBe(given.list)
  })

  test("a default object is fresh each time", () => {
    const Box = v.object({ items: v.array(v.integer()).default([]), at: v.unknown().default(() => ({})) })
    const [one, two] = [value(Box, {}), value(Box, {})] as { items: number[]; at: object }[]
    expect(one).toEqual({ items: [], at: {} })
    expect(one!.items).not.toBe(two!.items)
    expect(one!.at).not.toBe(two!.at)
  })
})

describe("unknown keys", () => {
  const shape = { a: v.string().trim() }
  test.each([["strict", v.object(shape), { a: "x", b: 1 }, 'unknown_key b: Unknown key "b". Did you mean "a"?']])(
    "%s refuses them",
    (_, schema, given, issue) => {
      // One letter is no near name of another.
      expect(issues(schema, given)).toEqual([issue.replace('Did you mean "a"?', "Known: a.")])
    },
  )

  test("passthrough keeps them", () => {
    const given = { a: "x", b: { c: 1 } }
    expect(value(v.object(shape).passthrough(), given)).toBe(given)
    expect(value(v.object(shape).passthrough(), { ...given, a: " x" })).toEqual(given)
  })

  test("strip drops them, and gives the same object when there are none", () => {
    expect(value(v.object(shape).strip(), { a: "x", b: 1 })).toEqual({ a: "x" })
    const given = { a: "x" }
    expect(value(v.object(shape).strip(), given)).toBe(given)
  })

  test("notes and checks that were added before stay", () => {
    const schema = v
      .object(shape)
      .refine(({ a }) => a !== "no", "not no")
      .strip()
    expect(issues(schema, { a: "no", b: 1 })).toEqual(["refused : not no"])
  })

  test("a long key is cut in the message, and its control characters are escaped", () => {
    const [issue] = issues(v.object({}), { [`${"k".repeat(500)}`]: 1, "\n": 1 })
    expect(issue).toContain(`"${"k".repeat(64)}…"`)
    expect(issues(v.object({}), { "\n": 1 })[0]).toContain('"\\n"')
  })
})

describe("own properties only", () => {
  const hostile = JSON.parse('{"__proto__": {"admin": true}, "name": "x"}') as object

  test("what every object inherits is not there", () => {
    const Odd = v.object({ constructor: v.unknown(), toString: v.unknown(), hasOwnProperty: v.unknown().optional() })
    expect(issues(Odd, {})).toEqual([
      "required constructor: Expected any value, got nothing.",
      "required toString: Expected any value, got nothing.",
    ])
    expect(value(Odd, { constructor: 1, toString: 2 })).toEqual({ constructor: 1, toString: 2 } as never)
  })

  test("what an object inherits from one of its own is not there either", () => {
    expect(issues(v.object({ name: v.string() }), Object.create({ name: "inherited" }))).toEqual([
      "required name: Expected a string, got nothing.",
    ])
  })

  test("__proto__ is a key like any other: unknown, dropped, kept as own data, or in the shape", () => {
    const name = v.string().lowercase()
    expect(issues(v.object({ name }), hostile)).toEqual([
      'unknown_key __proto__: Unknown key "__proto__". Known: name.',
    ])
    expect(Reflect.ownKeys(value(v.object({ name }).strip(), hostile) as object)).toEqual(["name"])
    const shape = Object.fromEntries([["__proto__", v.object({ admin: v.boolean().transform(String) })]])
    for (const schema of [
      v.object({ name }).passthrough(),
      v.object({ name: name.transform((text) => `${text}!`) }).passthrough(),
      v.object({ ...shape, name }),
      v.record(v.string(), v.unknown()),
      v.record(v.string(), v.union([v.string().transform((text) => `${text}!`), v.unknown()])),
    ]) {
      const result = value(schema, hostile) as Record<string, unknown>
      expect(Object.getPrototypeOf(result)).toBe(Object.prototype)
      expect(Reflect.ownKeys(result).toSorted()).toEqual(["__proto__", "name"])
      expect(result.admin).toBeUndefined()
    }
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
  })

  test("an object without a prototype is an object", () => {
    const given = Object.assign(Object.create(null), { name: "ada", role: "x" })
    expect(value(User, given)).toBe(given)
  })
})

describe("v.array()", () => {
  test("bounds the number of items before it looks at them", () => {
    let looked = 0
    const item = v.unknown().refine(() => ++looked > 0, "never")
    expect(issues(v.array(item).min(2).max(3), [1, 2, 3, 4])).toEqual([
      "too_big : Expected at most 3 items, got 4 items.",
    ])
    expect(issues(v.array(item).min(2).max(3), [1])).toEqual(["too_small : Expected at least 2 items, got 1 item."])
    expect(looked).toBe(0)
  })

  test("refuses what only looks like a list", () => {
    for (const given of [{ length: 0 }, "ab", new Set(), new Uint8Array(1), null])
      expect(issues(v.array(v.unknown()), given)).toHaveLength(1)
  })

  test("a hole is a missing item", () => {
    // biome-ignore lint/suspicious/noSparseArray: the hole is what is tested
    expect(issues(v.array(v.string()), ["a", , "b"])).toEqual(["type 1: Expected a string, got nothing."])
  })
})

describe("v.record()", () => {
  const Ages = v.record(v.string().regex(/^[a-z]+$/, "small letters"), v.integer()).max(3)

  test("takes any keys of the form, and the same object comes out", () => {
    const given = { ada: 36, grace: 85 }
    expect(value(Ages, given)).toBe(given)
    expect(value(Ages, {})).toEqual({})
  })

  test.each([
    [{ Ada: 36 }, ['key Ada: Key "Ada" does not fit. Expected small letters, got other text.']],
    [{ ada: "36" }, ["type ada: Expected an integer, got a string."]],
    [{ a: 1, b: 2, c: 3, d: 4 }, ["too_big : Expected at most 3 entries, got 4 entries."]],
    [[1], ["type : Expected an object, got an array."]],
    [null, ["type : Expected an object, got null."]],
  ])("%p is refused", (given, expected) => {
    expect(issues(Ages, given)).toEqual(expected)
  })

  test("changed keys and values go into a copy; two keys that become one are refused", () => {
    const Lower = v.record(v.string().lowercase(), v.string().trim())
    const given = { Ada: " x ", b: "y" }
    expect(value(Lower, given)).toEqual({ ada: "x", b: "y" })
    expect(given).toEqual({ Ada: " x ", b: "y" })
    expect(issues(Lower, { Ada: "1", ada: "2" })).toEqual([
      'key Ada: Keys "Ada" and "ada" mean the same. Leave one out.',
    ])
    expect(issues(Lower, { ADA: "1", Ada: "2" })).toEqual([
      'key Ada: Keys "Ada" and "ada" mean the same. Leave one out.',
    ])
  })
})

describe("issues are bounded", () => {
  const many = Array.from({ length: 100_000 }, () => "wrong")

  test.each<[string, AnySchema, unknown]>([
    ["in a list", v.array(v.integer()), many],
    ["in a record", v.record(v.string(), v.integer()), { ...many }],
    ["of unknown keys", v.object({}), { ...many }],
    ["in a union", v.union([v.array(v.integer()), v.boolean()]), many],
    ["in JSON", v.json(), many.map(() => undefined)],
    ["in lists of lists", v.array(v.array(v.integer())), [many, many]],
  ])("%s", (_, schema, given) => {
    const started = performance.now()
    expect(validate(schema, given).issues).toHaveLength(MAX_ISSUES)
    expect(performance.now() - started).toBeLessThan(500)
  })
})

test("a part that is no schema of this package makes no schema", () => {
  const foreign = {
    "~standard": { version: 1, vendor: "other", validate: () => ({ value: 1 }) },
  } as unknown as AnySchema
  for (const build of [
    () => v.object({ a: foreign }),
    () => v.array(foreign),
    () => v.record(v.string(), foreign),
    () => v.union([foreign]),
    () => v.object({ a: undefined as never }),
  ])
    expect(build).toThrow(expect.objectContaining({ code: expect.stringMatching(/VALIDATION_SCHEMA_INVALID/) }))
})
