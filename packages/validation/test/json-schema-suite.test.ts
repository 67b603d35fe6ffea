import { describe, expect, test } from "bun:test"
import { Ajv2020 } from "ajv/dist/2020.js"
import { type FromJsonSchemaOptions, fromJsonSchema } from "../src/from-json-schema/from-json-schema.ts"
import { type AnySchema, toJsonSchema, validate } from "../src/index.ts"
import { nodeOf } from "../src/node.ts"
import { isSuiteHere, type SuiteGroup, suiteDocuments, suiteGroups } from "./json-schema-suite.ts"

const documents = suiteDocuments()

/** By the beginning of a group's name, and why it is left out. */
type Excluded = Readonly<Record<string, string>>

/** Where the other validator is known to answer wrongly. */
const WRONG_IN_AJV = [
  // It looks for a property that every object inherits.
  "properties: properties whose names are Javascript object property names, __proto__ not valid",
  // It does not count what `contains` has found among the evaluated items, and forgets some of what `items` and `if` have seen.
  "unevaluatedItems: unevaluatedItems with nested items, with no additional items",
  "unevaluatedItems: unevaluatedItems with nested items, with invalid additional item",
  "unevaluatedItems: unevaluatedItems depends on adjacent contains, contains passes, second item is not evaluated",
  "unevaluatedItems: unevaluatedItems depends on multiple nested contains, 7 not evaluated, fails unevaluatedItems",
  "unevaluatedItems: unevaluatedItems and contains interact to control item dependency relationship, only b's are invalid",
  "unevaluatedItems: unevaluatedItems and contains interact to control item dependency relationship, only c's are invalid",
  "unevaluatedItems: unevaluatedItems and contains interact to control item dependency relationship, only b's and c's are invalid",
  "unevaluatedItems: unevaluatedItems and contains interact to control item dependency relationship, only a's and c's are invalid",
  "unevaluatedProperties: unevaluatedProperties with if/then/else, then not defined, when if is false and has unevaluated properties",
]

/** What this package answers: by its issues, without them, and after a turn through JSON Schema. */
function verdicts(schema: AnySchema, data: unknown, options: FromJsonSchemaOptions): boolean[] {
  const again = fromJsonSchema(toJsonSchema(schema), { formats: options.formats ?? "annotate" })
  return [
    validate(schema, data).issues === undefined,
    nodeOf(schema).fits!(data),
    validate(again, data).issues === undefined,
  ]
}

function run(groups: [string, SuiteGroup][], excluded: Excluded, options: FromJsonSchemaOptions): void {
  const isExcluded = (name: string): boolean => Object.keys(excluded).some((start) => name.startsWith(start))
  test.each(groups.filter(([name]) => !isExcluded(name)))("%s", (_, { schema, tests }) => {
    const own = fromJsonSchema(schema, { documents, ...options })
    const told = tests.map(({ description, data }) => [description, ...verdicts(own, data, options)])
    expect(told).toEqual(tests.map(({ description, valid }) => [description, valid, valid, valid]))
  })
  test("what is left out is there", () => {
    const names = groups.map(([name]) => name)
    for (const start of Object.keys(excluded)) expect(names.some((name) => name.startsWith(start))).toBe(true)
  })
}

describe.skipIf(!isSuiteHere)("draft 2020-12", () => {
  const groups = suiteGroups("draft2020-12")
  const vocabulary = { "vocabulary: ": "Dialects of one's own are refused, never guessed." }

  run(groups, vocabulary, {})

  test("other dialects are refused", () => {
    const own = groups.filter(([name]) => name.startsWith("vocabulary: "))
    for (const [, { schema }] of own)
      expect(() => fromJsonSchema(schema, { documents })).toThrow(
        expect.objectContaining({ code: "VALIDATION_JSON_SCHEMA_INVALID" }),
      )
    expect(own.length).toBeGreaterThan(0)
  })

  test("what is given out means the same to another validator", () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false, ownProperties: true, addUsedSchema: false })
    const wrong: string[] = []
    let asked = 0
    for (const [name, { schema, tests }] of groups) {
      if (name.startsWith("vocabulary: ")) continue
      const accepts = ajv.compile(toJsonSchema(fromJsonSchema(schema, { documents })))
      for (const { data, valid, description } of tests) {
        asked++
        if (accepts(data) !== valid) wrong.push(`${name}, ${description}`)
      }
    }
    expect(wrong).toEqual(WRONG_IN_AJV)
    expect(asked).toBeGreaterThan(1000)
  })
})

describe.skipIf(!isSuiteHere)("draft 7", () => {
  run(suiteGroups("draft7"), {}, { dialect: "draft-07" })
})

describe.skipIf(!isSuiteHere)("what need not be", () => {
  const excluded = {
    "cross-draft: ": "Draft 2019-09 is refused.",
    "format-assertion: ": "Dialects of one's own are refused.",
    "ecmascript-regex: \\a is not an ECMA 262 control escape":
      "Asks for the format `regex` to refuse, which is an option.",
  }
  run(suiteGroups("draft2020-12/optional"), excluded, {})
})

describe.skipIf(!isSuiteHere)("formats that refuse", () => {
  const excluded = {
    "email: ": "An address is what browsers take: no quoted names, no hosts by number.",
    "idn-": "A note.",
    iri: "A note.",
    "uri-template: ": "A note.",
  }
  run(suiteGroups("draft2020-12/optional/format"), excluded, { formats: "assert" })
})
