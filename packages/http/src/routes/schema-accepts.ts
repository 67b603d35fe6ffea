import type { JsonSchema } from "./json-schema.ts"
import { isObject, resolve, type SchemaRoot } from "./schema-root.ts"

/** Keywords that say something about values, and about no value whether it fits. */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  "$schema",
  "$id",
  "$comment",
  "$defs",
  "title",
  "description",
  "default",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
])

type Test = (demand: unknown, value: unknown, schema: JsonSchema, root: SchemaRoot) => boolean

/**
 * Whether a schema takes a value. A keyword that is not known here counts as refused: this decides whether something is
 * called compatible, and may err on the other side only.
 */
export function accepts(schema: unknown, value: unknown, root: SchemaRoot): boolean {
  if (typeof schema === "boolean") return schema
  const found = resolve(schema, root)
  return Object.entries(found).every(([keyword, demand]) => {
    if (ANNOTATIONS.has(keyword)) return true
    const test = TESTS[keyword]
    return test?.(demand, value, found, root) ?? false
  })
}

const forNumbers =
  (test: (value: number, demand: number) => boolean): Test =>
  (demand, value) =>
    typeof value !== "number" || test(value, demand as number)
const forTexts =
  (test: (value: string, demand: unknown) => boolean): Test =>
  (demand, value) =>
    typeof value !== "string" || test(value, demand)
const forLists =
  (test: (value: readonly unknown[], demand: unknown, schema: JsonSchema, root: SchemaRoot) => boolean): Test =>
  (demand, value, schema, root) =>
    !Array.isArray(value) || test(value, demand, schema, root)
const forObjects =
  (test: (value: JsonSchema, demand: unknown, schema: JsonSchema, root: SchemaRoot) => boolean): Test =>
  (demand, value, schema, root) =>
    !isObject(value) || test(value, demand, schema, root)

const TESTS: Readonly<Record<string, Test>> = {
  type: (demand, value) => (Array.isArray(demand) ? demand : [demand]).some((type) => isOfType(value, type)),
  enum: (demand, value) => (demand as unknown[]).some((one) => isSame(one, value)),
  const: (demand, value) => isSame(demand, value),
  anyOf: (demand, value, _schema, root) => (demand as unknown[]).some((one) => accepts(one, value, root)),
  oneOf: (demand, value, _schema, root) =>
    (demand as unknown[]).filter((one) => accepts(one, value, root)).length === 1,
  allOf: (demand, value, _schema, root) => (demand as unknown[]).every((one) => accepts(one, value, root)),
  minimum: forNumbers((value, least) => value >= least),
  exclusiveMinimum: forNumbers((value, bound) => value > bound),
  maximum: forNumbers((value, most) => value <= most),
  exclusiveMaximum: forNumbers((value, bound) => value < bound),
  multipleOf: forNumbers((value, step) => Number.isInteger(value / step)),
  minLength: forTexts((value, least) => [...value].length >= (least as number)),
  maxLength: forTexts((value, most) => [...value].length <= (most as number)),
  minItems: forLists((value, least) => value.length >= (least as number)),
  maxItems: forLists((value, most) => value.length <= (most as number)),
  uniqueItems: forLists((value, unique) => !unique || new Set(value.map((one) => stable(one))).size === value.length),
  items: forLists((value, item, { prefixItems = [] }, root) =>
    value.slice((prefixItems as unknown[]).length).every((one) => accepts(item, one, root)),
  ),
  prefixItems: forLists((value, items, _schema, root) =>
    value.every(
      (one, index) => index >= (items as unknown[]).length || accepts((items as unknown[])[index], one, root),
    ),
  ),
  required: forObjects((value, names) => (names as string[]).every((name) => Object.hasOwn(value, name))),
  properties: forObjects((value, properties, _schema, root) =>
    Object.entries(properties as JsonSchema).every(
      ([name, one]) => !Object.hasOwn(value, name) || accepts(one, value[name], root),
    ),
  ),
  additionalProperties: forObjects((value, rest, { properties = {} }, root) =>
    Object.entries(value).every(([name, one]) => Object.hasOwn(properties as object, name) || accepts(rest, one, root)),
  ),
}

function isOfType(value: unknown, type: unknown): boolean {
  if (type === "null") return value === null
  if (type === "array") return Array.isArray(value)
  if (type === "object") return isObject(value)
  return type === "integer" ? Number.isInteger(value) : typeof value === type
}

export function isSame(a: unknown, b: unknown): boolean {
  return stable(a) === stable(b)
}

/** JSON with the keys of every object in order: equal texts are equal values. */
function stable(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    isObject(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one,
  )
}
