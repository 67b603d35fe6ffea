import type { StandardIssue } from "@ashlar/core"
import { QueryInvalid } from "../errors.ts"
import { type JsonSchema, toJsonSchema } from "../routes/json-schema.ts"
import type { AnySchema, Out } from "../schema.ts"
import { type Given, MAX_VALUE_LENGTH, toList } from "./parameter.ts"
import { notAllowed, type QueryIssue, wrong } from "./query-issue.ts"

/** How a field may be compared with a value. */
export type Operator = "eq" | "ne" | "lt" | "lte" | "gt" | "gte" | "in" | "contains" | "startsWith" | "isNull"

/** What callers may filter a field by: these operators, and values that the schema reads from text. Default: text as it is. */
export interface FilterRule {
  readonly type?: AnySchema
  readonly operators: readonly Operator[]
}

/** The fields that callers may filter by. No other can be. */
export type FilterRules = Readonly<Record<string, FilterRule>>

type ValueOf<R> = R extends { type: AnySchema } ? Out<R["type"]> : string
type OperatorsOf<R> = R extends { operators: readonly Operator[] } ? R["operators"][number] : never
type Compared<R, Op> = Op extends "in" ? readonly ValueOf<R>[] : Op extends "isNull" ? boolean : ValueOf<R>

/** One comparison that a caller asks for; all of them must hold. */
export type Condition<F> = {
  [K in keyof F & string]: {
    [Op in OperatorsOf<F[K]>]: { readonly field: K; readonly operator: Op; readonly value: Compared<F[K], Op> }
  }[OperatorsOf<F[K]>]
}[keyof F & string]

/** What a client sends: `{ "filter[age][gte]": 18 }`. */
export type FilterInput<F> = {
  readonly [K in keyof F & string as `filter[${K}][${OperatorsOf<F[K]>}]`]?:
    | string
    | number
    | boolean
    | readonly (string | number)[]
}

/** Conditions of one query, and values of one `in`, at most. */
const MAX_CONDITIONS = 20
const MAX_VALUES = 50

const NAME = /^filter\[([^[\]]{1,64})\](?:\[([^[\]]{1,16})\])?$/

const FIELD = /^[^[\]]{1,64}$/

interface AnyCondition {
  readonly field: string
  readonly operator: Operator
  readonly value: unknown
}

/** Reads `filter[field][operator]=value`; `filter[field]=value` is short for `eq`. */
export class Filters {
  readonly #rules: ReadonlyMap<string, FilterRule>

  constructor(rules: FilterRules) {
    this.#rules = new Map(Object.entries(rules))
    const odd = Object.keys(rules).find((field) => !FIELD.test(field))
    if (odd !== undefined)
      throw new QueryInvalid(`Expected fields to filter by of 1 to 64 characters without brackets, got "${odd}"`)
  }

  isFilter(name: string): boolean {
    return name === "filter" || name.startsWith("filter[")
  }

  read(given: readonly (readonly [name: string, Given])[], issues: StandardIssue[]): readonly AnyCondition[] {
    if (given.length > MAX_CONDITIONS) issues.push(wrong("filter", "too_big", `at most ${MAX_CONDITIONS} filters`))
    return given.slice(0, MAX_CONDITIONS).flatMap(([name, values]) => {
      const read = this.#readOne(name, values)
      if (!Array.isArray(read)) return [read as AnyCondition]
      issues.push(...(read as StandardIssue[]))
      return []
    })
  }

  #readOne(name: string, given: Given): AnyCondition | readonly StandardIssue[] {
    const [, field = "", operator = "eq"] = NAME.exec(name) ?? []
    const rule = this.#rules.get(field)
    if (rule === undefined) return [notAllowed(name, { got: field, allowed: [...this.#rules.keys()] })]
    if (!isAmong(operator, rule.operators)) return [notAllowed(name, { got: operator, allowed: rule.operators })]
    const texts = operator === "in" ? toList(given) : typeof given === "string" ? [given] : given
    const problem = problemOf(name, texts, operator)
    if (problem !== undefined) return [problem]
    if (operator === "isNull") return { field, operator, value: texts[0] === "true" }
    const values = texts.map((text) => readValue(name, text, rule.type))
    const issues = values.flatMap((one) => ("issues" in one ? one.issues : []))
    if (issues.length > 0) return issues
    const found = values.map((one) => (one as { value: unknown }).value)
    return { field, operator, value: operator === "in" ? found : found[0] }
  }

  /** The parameters, for documents: one for each field and operator. */
  describe(): JsonSchema {
    return Object.fromEntries(
      [...this.#rules].flatMap(([field, { type, operators }]) =>
        operators.map((operator) => [`filter[${field}][${operator}]`, describeValue(type, operator)]),
      ),
    )
  }
}

function isAmong(text: string, operators: readonly Operator[]): text is Operator {
  return (operators as readonly string[]).includes(text)
}

function problemOf(name: string, texts: readonly string[], operator: Operator): QueryIssue | undefined {
  if (operator === "in" && texts.length > MAX_VALUES) return wrong(name, "too_big", `at most ${MAX_VALUES} values`)
  if (operator === "in" && texts.length === 0) return wrong(name, "too_small", "a value")
  if (operator !== "in" && texts.length > 1) return wrong(name, "duplicate", "this parameter once")
  if (texts.some((text) => text.length > MAX_VALUE_LENGTH))
    return wrong(name, "too_big", `at most ${MAX_VALUE_LENGTH} characters`)
  if (operator === "isNull" && texts[0] !== "true" && texts[0] !== "false") return wrong(name, "value", "true or false")
  return undefined
}

/** What the field's schema makes of a text. */
function readValue(
  name: string,
  text: string,
  type: AnySchema | undefined,
): { readonly value: unknown } | { readonly issues: readonly StandardIssue[] } {
  const result = type?.["~standard"].validate(text) ?? { value: text }
  if (result instanceof Promise)
    throw new QueryInvalid(`The schema of ${name} answers later. Filters are read at once: use one that does not`)
  return result.issues === undefined ? result : { issues: result.issues.map((issue) => ({ ...issue, path: [name] })) }
}

function describeValue(type: AnySchema | undefined, operator: Operator): JsonSchema {
  if (operator === "isNull") return { type: "boolean" }
  const one = type === undefined ? { type: "string", maxLength: MAX_VALUE_LENGTH } : toJsonSchema(type, "output")
  return operator === "in" ? { type: "array", items: one, minItems: 1, maxItems: MAX_VALUES } : one
}
