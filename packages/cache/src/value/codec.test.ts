import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { decodeValue, encodeValue } from "./codec.ts"
import { copyAndMeasure, copyKept } from "./copy.ts"

const leaf = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom(null, undefined, -0, "toJSON", "__proto__", "j", "\\u005f"),
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => new Uint8Array(bytes)),
)
/** Everything a cache keeps, nested in itself. */
const anything: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  node: fc.oneof({ depthSize: "small" }, leaf, tie("list"), tie("record"), tie("map"), tie("set")),
  list: fc.array(tie("node"), { maxLength: 5 }),
  record: fc.dictionary(
    fc.string().filter((key) => key !== "__proto__"),
    tie("node"),
    { maxKeys: 5, noNullPrototype: true },
  ),
  map: fc.array(fc.tuple(tie("node"), tie("node")), { maxLength: 4 }).map((pairs) => new Map(pairs)),
  set: fc.array(tie("node"), { maxLength: 4 }).map((items) => new Set(items)),
})).node

/** Maps and sets as lists: their order counts, and `toStrictEqual` pairs keys that are objects in any order. */
function listed(value: unknown): unknown {
  if (value instanceof Map) return { map: [...value].map(([key, item]) => [listed(key), listed(item)]) }
  if (value instanceof Set) return { set: [...value].map(listed) }
  if (Array.isArray(value)) return { list: value.map(listed) }
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, listed(item)]))
}

test("what is encoded comes back as it was", () => {
  fc.assert(
    fc.property(anything, (value) => expect(listed(decodeValue(encodeValue(value)))).toStrictEqual(listed(value))),
    { numRuns: 500 },
  )
})
test("a copy is like the value, and so is its copy", () => {
  fc.assert(
    fc.property(anything, (value) => {
      const { value: copy, bytes } = copyAndMeasure(value)
      expect(listed(copy)).toStrictEqual(listed(value))
      expect(listed(copyKept(copy))).toStrictEqual(listed(value))
      expect(bytes).toBeGreaterThan(0)
    }),
    { numRuns: 500 },
  )
})
test("a copy shares nothing with the value", () => {
  const value = {
    list: [{ a: 1 }],
    map: new Map([["k", { b: 1 }]]),
    set: new Set([[1]]),
    bytes: new Uint8Array(2),
    at: new Date(0),
  }
  for (const copy of [
    copyAndMeasure(value).value,
    copyKept(value),
    decodeValue(encodeValue(value)),
  ] as (typeof value)[]) {
    copy.list[0]!.a = 2
    copy.map.get("k")!.b = 2
    ;[...copy.set][0]!.push(2)
    copy.bytes[0] = 2
    copy.at.setTime(2)
  }
  expect(value).toEqual({
    list: [{ a: 1 }],
    map: new Map([["k", { b: 1 }]]),
    set: new Set([[1]]),
    bytes: new Uint8Array(2),
    at: new Date(0),
  })
})

const cycle: unknown[] = []
cycle.push(cycle)
class Money {
  amount = 1
}
test.each<[string, unknown, RegExp]>([
  ["a function", () => 1, /a function/],
  ["a symbol", Symbol("x"), /a symbol/],
  ["an instance of a class", new Money(), /an instance of Money/],
  ["an error", new RangeError("x"), /an instance of RangeError/],
  ["a pattern", /x/, /an instance of RegExp/],
  ["what holds itself", cycle, /within itself/],
  ["a property that would be a prototype", JSON.parse('{"a":{"__proto__":{"isAdmin":true}}}'), /__proto__/],
  ["a method in a record", { toJSON: () => "other" }, /a function/],
  ["a promise", Promise.resolve(1), /an instance of Promise/],
])("%s is refused, also deep within", (_what, value, message) => {
  for (const one of [value, { a: [new Map([["k", value]])] }])
    for (const keep of [encodeValue, copyAndMeasure])
      expect(() => keep(one)).toThrow(
        expect.objectContaining({ code: "CACHE_VALUE_INVALID", message: expect.stringMatching(message) }),
      )
})

describe("a text that somebody else wrote", () => {
  test.each([
    'j{"__proto__":{"isAdmin":true},"a":1}',
    'j{"\\u005f_proto__":{"isAdmin":true},"a":1}',
    'j{"__pr\\u006Fto__":{"isAdmin":true},"a":1}',
    'x{"__proto__":{"isAdmin":true},"a":1}',
  ])("%s changes no prototype, whatever it is merged into", (text) => {
    const value = decodeValue(text) as { a: number; isAdmin?: boolean }
    const merged = Object.assign({}, value)
    expect([value.isAdmin, merged.isAdmin, merged.a, Object.keys(value)]).toEqual([undefined, undefined, 1, ["a"]])
  })
})
