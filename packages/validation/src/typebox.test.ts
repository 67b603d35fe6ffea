import { describe, expect, test } from "bun:test"
import { Type } from "typebox"
import { Compile } from "typebox/compile"
import { fromTypeBox } from "./typebox.ts"

const User = Type.Object(
  { name: Type.String({ minLength: 2 }), age: Type.Integer(), "a/b": Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
)

describe("a TypeBox type as a Standard Schema", () => {
  const { validate, jsonSchema } = fromTypeBox(Compile(User))["~standard"]

  test("takes what fits, as it is", () => {
    const user = { name: "Emma", age: 20 }
    expect(validate(user)).toEqual({ value: user })
    expect((validate(user) as { value: unknown }).value).toBe(user)
  })

  test.each([
    ["another type", { name: "Emma", age: "x" }, { path: ["age"], code: "type", expected: "integer" }],
    ["an absent member", { name: "Emma" }, { path: ["age"], code: "required" }],
    ["one too many", { name: "Emma", age: 1, b: 1 }, { path: ["b"], code: "additionalProperties" }],
    ["a short text", { name: "E", age: 1 }, { path: ["name"], code: "minLength", expected: "2" }],
    ["a name with a slash", { name: "Em", age: 1, "a/b": 1 }, { path: ["a/b"], code: "type", expected: "boolean" }],
  ])("names the place of %s", (_what, value, issue) => {
    expect(validate(value)).toMatchObject({ issues: expect.arrayContaining([expect.objectContaining(issue)]) })
  })

  test("is described by itself", () => {
    expect(jsonSchema.input({ target: "draft-2020-12" })).toMatchObject({ type: "object", required: ["name", "age"] })
  })

  test("decodes what its codec decodes", () => {
    const day = Type.Decode(Type.String(), (text) => new Date(text))
    expect(fromTypeBox(Compile(day))["~standard"].validate("2026-01-02")).toEqual({ value: new Date("2026-01-02") })
  })

  test("reads texts where it is told to, and writes nothing into what it was given", () => {
    const given = { name: "Emma", age: "20" }
    expect(fromTypeBox(Compile(User), { convert: true })["~standard"].validate(given)).toEqual({
      value: { name: "Emma", age: 20 },
    })
    expect(given.age).toBe("20")
  })
})
