import { count } from "../bound.ts"
import { blueprint, SchemaBuilder } from "../builder.ts"
import { JsonSchemaInvalid } from "../errors.ts"
import { createNode, type Node } from "../node.ts"
import { Run } from "../run.ts"
import type { Schema } from "../schema.ts"
import { term } from "../term.ts"
import { Compiler } from "./compiler.ts"
import { CopyBudget, copyJson, type JsonValue } from "./json-copy.ts"
import { MAX_STEPS } from "./limits.ts"
import { Meter } from "./meter.ts"
import { objectOf, type Part } from "./part.ts"
import { type Dialect, Resources } from "./resources.ts"

export interface FromJsonSchemaOptions {
  /**
   * What a `format` does. `annotate`: it is a note, and refuses nothing, as draft 2020-12 says. `assert`: text of another
   * form is refused, for `date`, `date-time`, `time`, `duration`, `email`, `hostname`, `ipv4`, `ipv6`, `uuid`, `uri`,
   * `uri-reference`, `json-pointer`, `relative-json-pointer` and `regex`; other names stay notes. Default `annotate`.
   */
  readonly formats?: "annotate" | "assert"
  /** Other documents that references may lead to, by their addresses. Nothing is ever fetched. Default: none. */
  readonly documents?: Readonly<Record<string, unknown>>
  /** Of documents without `$schema`. Default `draft-2020-12`. */
  readonly dialect?: Dialect
  /** Times that parts of the schema are asked for one value. A value that takes more is refused. Default 1,000,000. */
  readonly maxSteps?: number
}

/**
 * A schema of a JSON Schema document, draft 2020-12 or 7: a Standard Schema like those of `v`, with their issues, languages
 * and JSON Schema, and to be a part of them. It changes nothing; a `default` is a note. Made for documents of strangers:
 * nothing is evaluated or fetched, patterns take a time that grows with the text only, and what a value costs is bounded.
 *
 * For values as `JSON.parse` makes them: what JSON has not, such as a `Date`, has no type here, and only a schema that asks
 * for none takes it.
 *
 * @throws {VALIDATION_JSON_SCHEMA_INVALID} for a document that is none, a reference that leads nowhere or in a circle about
 * the same value, another dialect, or a pattern
 * that could take without a bound: one that is exponential and looks ahead or repeats a group, so that no other way is there.
 * @throws {VALIDATION_JSON_SCHEMA_TOO_LARGE} above 100,000 values, 128 levels, 20,000 parts, or 64 schemas in a row for the
 * same value.
 * @see https://json-schema.org/draft/2020-12
 * @example
 * const Order = fromJsonSchema(JSON.parse(text))
 * const { issues } = validate(Order, value)
 */
export function fromJsonSchema(document: unknown, options: FromJsonSchemaOptions = {}): Schema<unknown> {
  const { formats = "annotate", documents = {}, dialect = "draft-2020-12", maxSteps = MAX_STEPS } = options
  const budget = new CopyBudget()
  const resources = new Resources()
  for (const [uri, other] of Object.entries(documents)) resources.add(schemaOf(other, budget), dialect, uri)
  const schema = schemaOf(document, budget)
  const resource = resources.add(schema, dialect)
  const meter = new Meter(count("maxSteps", maxSteps))
  const root = new Compiler(resources, meter, formats === "assert").compile({ schema, resource })
  return new SchemaBuilder<unknown>(blueprint(rootNode(root, meter)))
}

function schemaOf(document: unknown, budget: CopyBudget): JsonValue {
  const schema = copyJson(document, budget)
  if (typeof schema === "boolean" || (typeof schema === "object" && schema !== null && !Array.isArray(schema)))
    return schema
  throw new JsonSchemaInvalid("Expected a JSON Schema, which is an object, true or false.")
}

const AFFORDABLE = term("affordable")
const OTHER_VALUE = term("otherValue")

function rootNode(root: Part, meter: Meter): Node {
  const fits = (value: unknown): boolean => {
    meter.reset()
    return root.fits(value) && !meter.isSpent
  }
  return createNode({
    expected: root.expected,
    fits,
    check(value, run) {
      if (fits(value)) return value
      const attempt = new Run(run.depth)
      if (!meter.isSpent) {
        meter.reset()
        root.explain(value, attempt)
      }
      // To say what is wrong may take longer than to see that something is, and what was said by then may be wrong too.
      if (meter.isSpent) run.expect("too_deep", AFFORDABLE, OTHER_VALUE)
      else run.take(attempt)
      return undefined
    },
    toJson: (context) => objectOf(root.toJson(context)),
  })
}
