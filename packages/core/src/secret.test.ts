import { describe, expect, test } from "bun:test"
import { inspect } from "node:util"
import { Secret, secret } from "./secret.ts"
import type { StandardSchemaV1 } from "./standard-schema.ts"

const hidden = new Secret("hunter2")

const text: StandardSchemaV1<string, string> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof value === "string" ? { value } : { issues: [{ message: `Expected text, got ${String(value)}` }] },
  },
}

describe("a secret", () => {
  test.each([
    ["String()", () => String(hidden)],
    ["a template", () => `${hidden}`],
    ["joining", () => [hidden, "and more"].join(" ")],
    ["JSON", () => JSON.stringify({ a: [hidden] })],
    ["inspect", () => inspect({ a: hidden }, { showHidden: true, depth: 9 })],
    ["Bun.inspect", () => Bun.inspect({ a: [hidden] }, { depth: 9 })],
    ["an error message", () => new RangeError(`bad ${hidden}`).message],
  ])("is not printed by %s", (_, print) => {
    expect(print()).toContain("[secret]")
    expect(print()).not.toContain("hunter2")
  })

  test("has nothing to list, to copy or to clone", () => {
    expect(Object.keys(hidden)).toEqual([])
    expect(JSON.stringify({ ...hidden })).toBe("{}")
    expect(JSON.stringify(structuredClone(hidden))).not.toContain("hunter2")
  })

  test("gives its value to who asks for it by name", () => {
    expect(hidden.reveal()).toBe("hunter2")
  })
})

describe("secret(schema)", () => {
  const validate = (value: unknown) => secret(text)["~standard"].validate(value)

  test("wraps what its schema accepts, and takes a Secret again", () => {
    for (const value of ["hunter2", hidden]) {
      const { value: wrapped } = validate(value) as { value: Secret<string> }
      expect(wrapped).toBeInstanceOf(Secret)
      expect(wrapped.reveal()).toBe("hunter2")
    }
  })

  test("says nothing of the value it refuses, not even in the schema's words", () => {
    expect(JSON.stringify(validate(12345))).not.toContain("12345")
  })

  test("works with a schema that answers later", async () => {
    const later: StandardSchemaV1<string, string> = {
      "~standard": { version: 1, vendor: "test", validate: async (value) => text["~standard"].validate(value) },
    }
    const { value: wrapped } = (await secret(later)["~standard"].validate("a")) as { value: Secret<string> }
    expect(wrapped.reveal()).toBe("a")
  })
})
