import { describe, expect, test } from "bun:test"
import type { ValidationIssue } from "./issue.ts"
import { toJsonSchema } from "./json-schema.ts"
import { de } from "./locales/de.ts"
import { Rule } from "./rule.ts"
import type { AnyAsyncSchema, AnySchema } from "./schema.ts"
import { v } from "./v.ts"
import { parse, parseAsync, validate, validateAsync } from "./validate.ts"

function issues(schema: AnySchema, value: unknown): string[] {
  return told(validate(schema, value).issues)
}

function told(all: readonly ValidationIssue[] = []): string[] {
  return all.map(({ code, path, message }) => `${code} ${path.join(".")}: ${message}`)
}

describe("refine", () => {
  const Period = v
    .object({ from: v.integer(), to: v.integer() })
    .refine(({ from, to }) => from <= to, { path: ["to"], message: "Must not be before `from`." })

  test("blames a part of the value by its path, also inside other values", () => {
    expect(issues(Period, { from: 2, to: 1 })).toEqual(["refused to: Must not be before `from`."])
    expect(issues(v.array(v.object({ period: Period })), [{ period: { from: 2, to: 1 } }])).toEqual([
      "refused 0.period.to: Must not be before `from`.",
    ])
    expect(
      issues(
        v.unknown().refine(() => false, { path: ["a", 0, "b"] }),
        1,
      ),
    ).toEqual(["refused a.0.b: This value is not accepted."])
  })

  test("makes its message of what is known", () => {
    const schema = v.string().refine(
      () => false,
      ({ code, locale }) => `${code} in ${locale}`,
    )
    expect(issues(schema, "x")).toEqual(["refused : refused in en"])
    expect(told(validate(schema, "x", { locale: de }).issues)).toEqual(["refused : refused in de"])
  })
})

describe("Rule.custom", () => {
  const between = Rule.custom(
    "between",
    (value: number, least: number, most: number) => value >= least && value <= most,
    ([least, most], { locale }) => `${least} to ${most}, in ${locale}`,
  )
  const even = Rule.custom("even", (value: number) => value % 2 === 0, "Must be even.")

  test("is used again with other parameters", () => {
    const schema = v.object({ a: v.integer().rule(between(1, 3)), b: v.integer().rule(between(10, 20)).rule(even()) })
    expect(validate(schema, { a: 2, b: 12 })).toEqual({ value: { a: 2, b: 12 } })
    expect(validate(schema, { a: 5, b: 13 }).issues).toEqual([
      { code: "refused", path: ["a"], rule: "between", message: "1 to 3, in en" },
      { code: "refused", path: ["b"], rule: "even", message: "Must be even." },
    ])
  })

  test("has a name: VALIDATION_SCHEMA_INVALID", () => {
    expect(() => Rule.custom("", () => true, "x")).toThrow(
      expect.objectContaining({ code: "VALIDATION_SCHEMA_INVALID" }),
    )
  })
})

describe("messages of one's own", () => {
  test("are a rule's, or the schema's for all that its rules do not say", () => {
    const schema = v
      .string()
      .min(2, "Too short.")
      .max(4)
      .email()
      .message(({ code }) => `Not a mail (${code}).`)
    expect(issues(schema, "a")).toEqual(["too_small : Too short."])
    expect(issues(schema, "abcde")).toEqual(["too_big : Not a mail (too_big)."])
    expect(issues(schema, 5)).toEqual(["type : Not a mail (type)."])
    expect(issues(v.object({ mail: schema }), {})).toEqual(["required mail: Not a mail (required)."])
    expect(issues(v.object({ mail: schema.optional() }), { mail: 1 })).toEqual(["type mail: Not a mail (type)."])
  })

  test("are of the value itself, not of its parts", () => {
    const schema = v.object({ a: v.string() }).message("Need an object.")
    expect(issues(schema, 1)).toEqual(["type : Need an object."])
    expect(issues(schema, { a: 1 })).toEqual(["type a: Expected a string, got a number."])
    expect(issues(v.array(v.integer()).max(1, "One is enough."), [1, 2])).toEqual(["too_big : One is enough."])
  })

  test("can be set on every rule", () => {
    const build = [
      () => v.string().regex(/^a$/, "an a", "x"),
      () => v.string().length(3, "x"),
      () => v.string().uuid("x"),
      () => v.string().startsWith("q", "x"),
      () => v.number().min(1e9, "x"),
      () => v.number().multipleOf(7, "x"),
      () => v.number().int("x"),
      () => v.array(v.unknown()).min(9, "x"),
      () => v.array(v.unknown()).unique("x"),
      () => v.record(v.string(), v.unknown()).min(3, "x"),
      () => v.bigint().max(1n, "x"),
      () => v.date().max(new Date(0), "x"),
    ]
    const values: unknown[] = ["b", 1.5, [1, 1], {}, 5n, new Date(5)]
    for (const make of build) {
      const said = values
        .flatMap((value) => validate(make(), value).issues ?? [])
        .filter(({ code }) => code !== "type" || make() === undefined)
      expect(said.every(({ message }) => message === "x")).toBe(true)
    }
    expect(told(validate(v.number().int("x"), 1.5).issues)).toEqual(["type : x"])
  })
})

describe("secret", () => {
  const hunter = "hunter2"
  const Login = v.object({
    name: v.string(),
    password: v.string().min(12).secret(),
    pin: v.enum(["hunter1", "hunter3"]).secret(),
    keys: v.record(v.string().max(3), v.integer()).secret(),
    more: v.object({ a: v.literal("a") }).secret(),
  })

  test("nothing that was sent shows, wherever it was sent", () => {
    const { issues } = validate(Login, {
      name: "a",
      password: hunter,
      pin: hunter,
      keys: { [hunter]: hunter },
      more: { [hunter]: 1, a: hunter },
    })
    expect(issues).toHaveLength(6)
    expect(JSON.stringify(issues)).not.toContain(hunter)
    for (const issue of issues!) expect(issue.received).toBeUndefined()
    expect(told(issues)).toContain("too_small password: Expected at least 12 characters.")
    expect(told(issues)).toContain("unknown_key more: A key does not fit.")
    expect(told(validate(Login, {}, { locale: de }).issues)).toContain("required password: Erwartet: Text.")
  })

  test("a message of one's own is not told either", () => {
    const schema = v
      .integer()
      .secret()
      .message((issue) => JSON.stringify(issue))
    expect(issues(schema, 1.5)).toEqual([
      `type : ${JSON.stringify({ code: "type", expected: "an integer", locale: "en" })}`,
    ])
  })

  test("in JSON Schema text is a password", () => {
    expect(toJsonSchema(v.string().secret())).toMatchObject({ type: "string", format: "password" })
    expect(toJsonSchema(v.string().uuid().secret())).toMatchObject({ format: "uuid" })
  })
})

describe("nullish, catch, brand and pipe", () => {
  test.each<[AnySchema, unknown, unknown]>([
    [v.string().nullish(), null, null],
    [v.string().nullish(), undefined, undefined],
    [v.object({ a: v.string().nullish() }), {}, {}],
    [v.integer().min(1).catch(5), 0, 5],
    [v.integer().min(1).catch(5), 2, 2],
    [v.object({ a: v.array(v.integer()).catch([]) }), { a: ["x"] }, { a: [] }],
    [v.object({ a: v.integer().catch(() => 3) }), {}, { a: 3 }],
    [v.string().uuid().brand("UserId"), "01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac96-774b-bcce-b302099a8057"],
    [v.pipe(v.coerce.integer(), v.integer().min(1)), "7", 7],
    [v.pipe(v.string().trim(), v.coerce.integer(), v.integer().max(9), v.integer().transform(String)), " 7", "7"],
    [v.string().pipe(v.string().max(3)), "abc", "abc"],
  ])("row %# gives", (schema, value, expected) => {
    expect(parse(schema, value)).toEqual(expected)
  })
  test.each<[AnySchema, unknown, string]>([
    [v.pipe(v.coerce.integer(), v.integer().min(1)), "0", "too_small : Expected at least 1, got 0."],
    [v.pipe(v.coerce.integer(), v.integer().min(1)), "x", "type : Expected an integer, got other text."],
    [v.string().brand("A"), 1, "type : Expected a string, got a number."],
  ])("row %# refuses", (schema, value, issue) => {
    expect(issues(schema, value)).toEqual([issue])
  })
  test("in JSON Schema", () => {
    const { $schema: _, ...json } = toJsonSchema(v.pipe(v.string().trim(), v.coerce.integer()), "output")
    expect(json).toEqual({ type: "integer" })
    expect(toJsonSchema(v.pipe(v.string(), v.string().max(3)))).toMatchObject({
      allOf: [{ type: "string" }, { type: "string", maxLength: 3 }],
    })
    expect(toJsonSchema(v.integer().catch(5))).toEqual({ $schema: expect.any(String), default: 5 })
  })
})

describe("asynchronous rules", () => {
  const taken = new Set(["ada", "grace"])
  const asked: string[] = []
  const free = Rule.async(
    "free",
    async (name: string, among: ReadonlySet<string>) => {
      asked.push(name)
      await Promise.resolve()
      return !among.has(name)
    },
    "Is taken.",
  )
  const User = v.object({ name: v.string().min(2).ruleAsync(free(taken)), age: v.integer().optional() })

  test("are waited for, and told at their place", async () => {
    expect(await validateAsync(User, { name: "alan" })).toEqual({ value: { name: "alan" } })
    expect(
      await validateAsync(v.object({ list: v.array(User) }), { list: [{ name: "alan" }, { name: "ada" }] }),
    ).toEqual({
      issues: [{ code: "refused", path: ["list", 1, "name"], rule: "free", message: "Is taken." }],
    })
    await expect(parseAsync(User, { name: "grace" })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      message: "name: Is taken.",
    })
    expect(await parseAsync(v.object({ a: v.string().trim() }), { a: " x" })).toEqual({ a: "x" })
  })

  test("are not asked about a value that is not good otherwise", async () => {
    asked.length = 0
    const result = await validateAsync(User, { name: "ada", age: "x" })
    expect(told(result.issues)).toEqual(["type age: Expected an integer, got a string."])
    expect(await validateAsync(User, { name: "a" })).toMatchObject({ issues: [{ code: "too_small" }] })
    expect(asked).toEqual([])
  })

  test("across fields, with a path; absent and null values are not asked about", async () => {
    const Pair = v
      .object({ a: v.string(), b: v.string() })
      .refineAsync(async ({ a, b }) => a !== b, { path: ["b"], message: "The same." })
    expect(told((await validateAsync(Pair, { a: "x", b: "x" })).issues)).toEqual(["refused b: The same."])
    const name = v.string().refineAsync(async () => false, "never")
    const Loose = v.object({ a: name.optional(), b: name.nullable() })
    expect(await validateAsync(Loose, { b: null })).toEqual({ value: { b: null } })
    expect(told((await validateAsync(Loose, { a: "x", b: null })).issues)).toEqual(["refused a: never"])
  })

  test("eight at a time, and none after fifty refusals", async () => {
    let [running, most, calls] = [0, 0, 0]
    const slow = v.integer().refineAsync(async () => {
      calls++
      most = Math.max(most, ++running)
      await new Promise((done) => setTimeout(done, 1))
      running--
      return false
    }, "no")
    const { issues } = await validateAsync(
      v.array(slow),
      Array.from({ length: 100 }, (_, at) => at),
    )
    expect([most, issues?.length, calls]).toEqual([8, 50, 56])
  })

  test("what a rule rejects with comes through", async () => {
    const broken = v.string().refineAsync(async () => Promise.reject(new RangeError("no database")))
    await expect(validateAsync(broken, "x")).rejects.toThrow("no database")
  })

  test("make a Standard Schema that answers by promises, and no other", async () => {
    const answer = User["~standard"].validate({ name: "ada" })
    expect(answer).toBeInstanceOf(Promise)
    expect((await answer).issues).toHaveLength(1)
    expect(v.object({ a: v.string() })["~standard"].validate({})).not.toBeInstanceOf(Promise)
  })

  test("cannot be answered at once: VALIDATION_ASYNC", () => {
    expect(() => validate(User as unknown as AnySchema, { name: "x" })).toThrow(
      expect.objectContaining({ code: "VALIDATION_ASYNC" }),
    )
  })

  test("are no part of what cannot wait: VALIDATION_SCHEMA_INVALID", () => {
    const waits = v.string().refineAsync(async () => true) as AnyAsyncSchema as unknown as AnySchema
    for (const build of [
      () => v.record(v.string(), waits),
      () => v.union([waits]),
      () => v.tuple([waits]),
      () =>
        validate(
          v.lazy(() => waits),
          "x",
        ),
    ])
      expect(build).toThrow(expect.objectContaining({ code: "VALIDATION_SCHEMA_INVALID" }))
  })

  test("messages, secrets and notes of the schema hold", async () => {
    const schema = v
      .string()
      .refineAsync(async () => false)
      .message("My own.")
      .describe("d")
      .secret()
    expect(told((await validateAsync(schema, 1)).issues)).toEqual(["type : My own."])
    expect(told((await validateAsync(schema, "x")).issues)).toEqual(["refused : My own."])
    const nested = v.object({ keys: v.object({ a: v.string().refineAsync(async () => false) }) }).locale(de)
    expect(told((await validateAsync(nested, { keys: { a: "x" } })).issues)).toEqual([
      "refused keys.a: Dieser Wert wird nicht angenommen.",
    ])
    const secret = v.object({ keys: v.array(v.string().refineAsync(async () => false)).secret() })
    expect(told((await validateAsync(secret, { keys: ["x"] })).issues)).toEqual([
      "refused keys: This value is not accepted.",
    ])
    expect(schema["~standard"].jsonSchema.input({ target: "draft-2020-12" })).toMatchObject({ description: "d" })
  })
})
