import { describe, expect, test } from "bun:test"
import { Ajv, type AnySchemaObject } from "ajv"
import { Ajv2020 } from "ajv/dist/2020.js"
import { default as Ajv04 } from "ajv-draft-04"
import { default as addFormats } from "ajv-formats"
import fc from "fast-check"
import { asJson } from "../src/as-json.ts"
import { fromJsonSchema } from "../src/from-json-schema/from-json-schema.ts"
import { type JsonSchemaTarget, toJsonSchema, validate } from "../src/index.ts"
import { nodeOf } from "../src/node.ts"
import { changingSchemas, schemas, values } from "./schema-arbitrary.ts"

/** What is said in JSON Schema is what is checked: by our own reading of it, and by another validator's. */

const options = { strict: false, ownProperties: true, addUsedSchema: false }
const ajv = new Ajv2020(options)
const ajv7 = new Ajv(options)
const ajv4 = new Ajv04.default(options)
for (const one of [ajv, ajv7, ajv4]) addFormats.default(one)

const VALUES_EACH = 12
/** A failure shows what was asked and answered, and not the insides of a schema. */
function assertHolds<T>(property: fc.IProperty<T>): void {
  const run = fc.check(property, { numRuns: 600, seed: 20_261_128 })
  if (run.failed) throw run.errorInstance
}

const cases = fc.tuple(schemas, fc.array(values, { minLength: VALUES_EACH, maxLength: VALUES_EACH }))

describe("for schemas that change nothing", () => {
  test("check, fast path, our reading and another's of the JSON Schema all agree", () => {
    let [taken, refused] = [0, 0]
    assertHolds(
      fc.property(cases, ([schema, some]) => {
        const json = toJsonSchema(schema)
        const accepts = ajv.compile(json)
        const again = fromJsonSchema(json, { formats: "assert" })
        const { fits } = nodeOf(schema)
        for (const value of some) {
          const isTaken = validate(schema, value).issues === undefined
          if (isTaken) taken++
          else refused++
          const told = {
            json,
            value,
            ajv: accepts(value),
            again: validate(again, value).issues === undefined,
            fits: fits?.(value) ?? isTaken,
          }
          expect(told).toEqual({ json, value, ajv: isTaken, again: isTaken, fits: isTaken })
        }
      }),
    )
    expect(taken).toBeGreaterThan(500)
    expect(refused).toBeGreaterThan(500)
  })

  test.each<[JsonSchemaTarget, (json: AnySchemaObject) => (value: unknown) => unknown]>([
    ["draft-07", (json) => ajv7.compile(json)],
    ["openapi-3.0", (json) => ajv4.compile(json)],
  ])("so they do in %s, or it says that it cannot", (target, compile) => {
    let [said, unsayable] = [0, 0]
    assertHolds(
      fc.property(cases, ([schema, some]) => {
        let json: Record<string, unknown>
        try {
          json = toJsonSchema(schema, { target })
        } catch (error) {
          expect(error).toMatchObject({ code: "VALIDATION_TARGET_UNSUPPORTED" })
          unsayable++
          return
        }
        said++
        const accepts = compile(json)
        for (const value of some)
          expect({ json, value, takes: accepts(value) }).toEqual({
            json,
            value,
            takes: validate(schema, value).issues === undefined,
          })
      }),
    )
    expect(said).toBeGreaterThan(unsayable)
  })
})

test("what comes out of a schema is what its output says", () => {
  let given = 0
  const changing = fc.tuple(changingSchemas, fc.array(values, { minLength: VALUES_EACH, maxLength: VALUES_EACH }))
  assertHolds(
    fc.property(changing, ([schema, some]) => {
      const json = toJsonSchema(schema, "output")
      const accepts = ajv.compile(json)
      for (const value of some) {
        const result = validate(schema, value)
        const output = result.issues === undefined ? asJson(result.value) : undefined
        if (output === undefined) continue
        given++
        expect({ json, value, output, accepts: accepts(output) }).toEqual({ json, value, output, accepts: true })
      }
    }),
  )
  expect(given).toBeGreaterThan(500)
})
