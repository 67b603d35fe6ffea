import { describe, expect, test } from "bun:test"
import { v } from "./v.ts"
import { validate } from "./validate.ts"

/** The value that comes out, or the first message. */
function outcome(schema: Parameters<typeof validate>[0], value: unknown): unknown {
  const result = validate(schema, value)
  return result.issues ? { refused: result.issues[0]?.message } : result.value
}

describe("v.string()", () => {
  test.each(["", "a", "\u0000", "😀", "__proto__"])("takes %p", (text) => {
    expect(outcome(v.string(), text)).toBe(text)
  })

  test.each([
    [undefined, "nothing"],
    [null, "null"],
    [5, "a number"],
    [Number.NaN, "NaN"],
    [true, "true"],
    [[], "an array"],
    [{}, "an object"],
    [new String("a"), "an object"],
    [Symbol("a"), "a symbol"],
    [() => "a", "a function"],
  ])("refuses %p", (value, kind) => {
    expect(outcome(v.string(), value)).toEqual({ refused: `Expected a string, got ${kind}.` })
  })
})

describe("lengths", () => {
  test.each([
    [v.string().min(2), "ab"],
    [v.string().max(2), "ab"],
    [v.string().length(2), "ab"],
    [v.string().max(2), "😀😀"],
    [v.string().length(1), "\ud800"],
    [v.string().min(0).max(0), ""],
  ])("takes row %#", (schema, text) => {
    expect(outcome(schema, text)).toBe(text)
  })

  test.each([
    [v.string().min(2), "a", "Expected at least 2 characters, got 1 character."],
    [v.string().min(2), "😀", "Expected at least 2 characters, got 1 character."],
    [v.string().min(1), "", "Expected at least 1 character, got 0 characters."],
    [v.string().max(2), "abc", "Expected at most 2 characters, got 3 characters."],
    [v.string().max(1), "😀😀", "Expected at most 1 character, got 2 characters."],
    [v.string().length(2), "abc", "Expected at most 2 characters, got 3 characters."],
  ])("refuses row %#", (schema, text, message) => {
    expect(outcome(schema, text)).toEqual({ refused: message })
  })

  test("count code points, as iterating a string does", () => {
    const pieces = ["a", "é", "漢", "😀", "\ud800", "\udc00", "👨‍👩‍👧"]
    for (let i = 0; i < 2_000; i++) {
      const text = Array.from(
        { length: Math.floor(Math.random() * 6) },
        () => pieces[Math.floor(Math.random() * pieces.length)],
      ).join("")
      for (const bound of [0, 1, 2, 3, 5, 8]) {
        expect(validate(v.string().min(bound), text).issues === undefined).toBe([...text].length >= bound)
        expect(validate(v.string().max(bound), text).issues === undefined).toBe([...text].length <= bound)
      }
    }
  })

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "2"])("a bound of %p makes no schema", (bound) => {
    for (const method of ["min", "max", "length"] as const)
      expect(() => v.string()[method](bound as number)).toThrow(
        expect.objectContaining({ code: "VALIDATION_SCHEMA_INVALID" }),
      )
  })
})

describe("formats", () => {
  const email = v.string().email()
  const url = v.string().url()
  const uuid = v.string().uuid()
  const slug = v.string().regex(/^[a-z-]+$/, "a slug")

  test.each([
    [email, "a@b"],
    [email, "ada.lovelace+tag@mail.example.org"],
    [email, "!#$%&'*+/=?^_`{|}~-@x.y"],
    [url, "https://example.org/a?b#c"],
    [url, "HTTP://localhost:3000"],
    [uuid, "01890a5d-ac96-774b-bcce-b302099a8057"],
    [uuid, "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"],
    [uuid, "00000000-0000-0000-0000-000000000000"],
    [slug, "a-b"],
  ])("takes row %#", (schema, text) => {
    expect(outcome(schema, text)).toBe(text)
  })

  test.each([
    [email, "a", "an email address"],
    [email, "a@", "an email address"],
    [email, "@b", "an email address"],
    [email, "a b@c", "an email address"],
    [email, "a@b@c", "an email address"],
    [email, "a@-b", "an email address"],
    [email, "a@b\n", "an email address"],
    [email, `${"a".repeat(250)}@b.org`, "an email address"],
    [url, "example.org", "an http: or https: URL"],
    [url, "javascript:alert(1)", "an http: or https: URL"],
    [url, "ftp://example.org", "an http: or https: URL"],
    [url, "https://", "an http: or https: URL"],
    [url, " https://a", "an http: or https: URL"],
    [uuid, "01890a5dac96774bbcceb302099a8057", "a UUID"],
    [uuid, "01890a5d-ac96-774b-bcce-b302099a805", "a UUID"],
    [uuid, "01890a5d-ac96-774b-bcce-b302099a8057\n", "a UUID"],
    [uuid, "g1890a5d-ac96-774b-bcce-b302099a8057", "a UUID"],
    [slug, "A", "a slug"],
    [v.string().regex(/^a+$/), "b", "text that matches /^a+$/"],
  ])("refuses row %#", (schema, text, expected) => {
    expect(outcome(schema, text)).toEqual({ refused: `Expected ${expected}, got other text.` })
  })

  test("a pattern with the flags g or y answers the same each time", () => {
    for (const pattern of [/a/g, /a/y]) {
      const schema = v.string().regex(pattern)
      for (let i = 0; i < 4; i++) expect(outcome(schema, "a")).toBe("a")
    }
  })

  test("hostile text is refused in linear time", () => {
    const started = performance.now()
    for (const text of [
      "a".repeat(1_000_000),
      `a@${"a.".repeat(500_000)}`,
      `a@${"a-".repeat(500_000)}`,
      "-".repeat(1_000_000),
    ])
      for (const schema of [email, uuid, url, slug]) validate(schema, text)
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

describe("changes and checks run in the order they were called", () => {
  test.each([
    [v.string().trim().min(1), "  a ", "a"],
    [v.string().lowercase(), "ÄB", "äb"],
    [v.string().trim().lowercase().email(), " Ada@Example.org\n", "ada@example.org"],
    [v.string().max(2).trim(), " a ", { refused: "Expected at most 2 characters, got 3 characters." }],
    [v.string().trim().min(1), "   ", { refused: "Expected at least 1 character, got 0 characters." }],
    [
      v
        .string()
        .lowercase()
        .regex(/^[A-Z]+$/),
      "AB",
      { refused: "Expected text that matches /^[A-Z]+$/, got other text." },
    ],
  ])("row %#", (schema, text, expected) => {
    expect(outcome(schema, text)).toEqual(expected)
  })

  test("a check after a failed one is not asked", () => {
    let asked = 0
    const schema = v
      .string()
      .min(3)
      .refine(() => ++asked > 0, "never")
    expect(outcome(schema, "a")).toEqual({ refused: "Expected at least 3 characters, got 1 character." })
    expect(asked).toBe(0)
  })
})

test("a method leaves the schema it is called on as it was", () => {
  const base = v.string()
  base.min(5).email()
  expect(outcome(base, "a")).toBe("a")
})

test("no message repeats the text that was refused: it may be a password", () => {
  for (const schema of [
    v.string().email(),
    v.string().min(50),
    v.string().max(1),
    v.integer(),
    v.array(v.string()),
    v.coerce.integer(),
  ])
    expect(JSON.stringify(validate(schema, "hunter2"))).not.toContain("hunter2")
})
