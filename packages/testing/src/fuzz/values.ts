import type * as FastCheck from "fast-check"
import { alternativesOf, isRecord, MAX_DEPTH, placeOf, resolved, type SchemaPlace, typesOf } from "./json-schema.ts"
import { anyText, textOf } from "./texts.ts"

type Fc = typeof FastCheck
type Arbitrary<T> = FastCheck.Arbitrary<T>

/** What names are known to mean: values for members, parameters and headers of a name. */
export interface KnownValues {
  readonly values: readonly unknown[]
  /** How often one of these is taken, of ten times. */
  readonly weight: number
}

export interface ValueMaker {
  readonly fc: Fc
  readonly known: (name: string) => KnownValues
}

const MAX_EXTRA_ITEMS = 4

/**
 * Values that a JSON Schema takes, at its bounds more often than not. What a schema cannot say, or this cannot read, may make
 * values that are refused: whoever sends them asks the schema itself.
 */
export function valuesOf(maker: ValueMaker, place: SchemaPlace, name = ""): Arbitrary<unknown> {
  const here = resolved(place)
  const { schema } = here
  const { fc } = maker
  if ("const" in schema) return fc.constant(schema.const)
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as unknown[]))
  const alternatives = alternativesOf(here)
  if (alternatives.length > 1 || alternatives[0] !== here)
    return fc.oneof(...alternatives.map((one) => valuesOf(maker, one, name)))
  const kinds = (typesOf(schema) ?? impliedTypes(schema)).map((type) => ofType(maker, type, here, name))
  const made = kinds.length === 0 ? anyValue(fc) : fc.oneof(...kinds)
  const { values, weight } = maker.known(name)
  if (name === "" || values.length === 0) return made
  return fc.oneof({ arbitrary: fc.constantFrom(...values), weight }, { arbitrary: made, weight: 10 - weight })
}

function impliedTypes(schema: object): readonly string[] {
  if ("properties" in schema || "additionalProperties" in schema) return ["object"]
  if ("items" in schema || "prefixItems" in schema) return ["array"]
  if ("minLength" in schema || "pattern" in schema || "format" in schema) return ["string"]
  return "minimum" in schema || "maximum" in schema ? ["number"] : []
}

function ofType(maker: ValueMaker, type: string, place: SchemaPlace, name: string): Arbitrary<unknown> {
  const { fc } = maker
  switch (type) {
    case "string":
      return textOf(fc, place.schema)
    case "integer":
      return integers(fc, place)
    case "number":
      return fc.oneof(integers(fc, place), doubles(fc, place))
    case "boolean":
      return fc.boolean()
    case "array":
      return lists(maker, place, name)
    case "object":
      return objects(maker, place)
    default:
      return fc.constant(null)
  }
}

/** Anything that JSON can say. */
export function anyValue(fc: Fc): Arbitrary<unknown> {
  return fc.oneof(anyText(fc), fc.constantFrom(null, true, 0, -1, 1.5, 1e300, 2 ** 53), fc.jsonValue({ maxDepth: 2 }))
}

function boundsOf({ schema }: SchemaPlace): { readonly least: number; readonly most: number } {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema as Readonly<
    Record<string, number | undefined>
  >
  const least = Math.max(minimum ?? Number.NEGATIVE_INFINITY, exclusiveMinimum ?? Number.NEGATIVE_INFINITY)
  const most = Math.min(maximum ?? Number.POSITIVE_INFINITY, exclusiveMaximum ?? Number.POSITIVE_INFINITY)
  return { least, most }
}

const INTEGERS: readonly number[] = [
  0,
  1,
  -1,
  7,
  255,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
]

function integers(fc: Fc, place: SchemaPlace): Arbitrary<number> {
  const { schema } = place
  const { least, most } = boundsOf(place)
  const step = typeof schema.multipleOf === "number" && Number.isInteger(schema.multipleOf) ? schema.multipleOf : 1
  const low = Math.ceil(schema.exclusiveMinimum === least ? least + 1 : least)
  const high = Math.floor(schema.exclusiveMaximum === most ? most - 1 : most)
  const [from, to] = [Math.max(low, -(2 ** 31)), Math.min(high, 2 ** 31 - 1)]
  const edges = [low, high, ...INTEGERS].filter(
    (one) => Number.isSafeInteger(one) && one >= low && one <= high && one % step === 0,
  )
  const drawn = fc.integer({ min: Math.min(from, to), max: Math.max(from, to) }).map((one) => one - (one % step))
  return edges.length === 0 ? drawn : fc.oneof(drawn, fc.constantFrom(...edges))
}

function doubles(fc: Fc, place: SchemaPlace): Arbitrary<number> {
  const { least, most } = boundsOf(place)
  const [min, max] = [Math.max(least, -Number.MAX_VALUE), Math.min(most, Number.MAX_VALUE)]
  // JSON has no -0 that would come back.
  return fc
    .double({ min: Math.min(min, max), max: Math.max(min, max), noNaN: true, noDefaultInfinity: true })
    .map((one) => one + 0)
}

function lists(maker: ValueMaker, place: SchemaPlace, name: string): Arbitrary<unknown> {
  const { fc } = maker
  const { schema, depth } = place
  const first = (Array.isArray(schema.prefixItems) ? schema.prefixItems : []) as readonly unknown[]
  const heads = first.map((one) => valuesOf(maker, placeOf(one, place)))
  const least = Math.max(0, Number(schema.minItems ?? 0) - first.length)
  const most = Math.max(
    least,
    Math.min(Number(schema.maxItems ?? Number.POSITIVE_INFINITY) - first.length, least + MAX_EXTRA_ITEMS),
  )
  const hasNoRest = schema.items === false || (first.length > 0 && schema.items === undefined)
  const item = valuesOf(maker, placeOf(schema.items, { ...place, depth: depth + 1 }), singular(name))
  const maxLength = depth >= MAX_DEPTH ? least : most
  const selector = (one: unknown): string | undefined => JSON.stringify(one)
  const rest =
    schema.uniqueItems === true
      ? fc.uniqueArray(item, { minLength: least, maxLength, selector })
      : fc.array(item, { minLength: least, maxLength })
  return fc.tuple(fc.tuple(...heads), hasNoRest ? fc.constant([]) : rest).map(([head, tail]) => [...head, ...tail])
}

function singular(name: string): string {
  return name.replace(/s$/, "")
}

function objects(maker: ValueMaker, place: SchemaPlace): Arbitrary<unknown> {
  const { fc } = maker
  const { schema, depth } = place
  const properties = isRecord(schema.properties) ? schema.properties : {}
  const required = new Set(Array.isArray(schema.required) ? (schema.required as string[]) : [])
  const inner = { ...place, depth: depth + 1 }
  const pairs = Object.entries(properties)
    .filter(([key]) => required.has(key) || depth < MAX_DEPTH)
    .map(([key, one]) => {
      const value = valuesOf(maker, placeOf(one, inner), key).map((made) => [key, made] as const)
      return required.has(key) ? value : fc.option(value, { nil: undefined, freq: 2 })
    })
  const { additionalProperties: more } = schema
  const hasMore =
    isRecord(more) && (Object.keys(properties).length === 0 || Object.keys(more).length > 0) && depth < MAX_DEPTH
  const keys = isRecord(schema.propertyNames)
    ? valuesOf(maker, placeOf(schema.propertyNames, inner))
    : fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom("__proto__", "constructor"))
  const extra = hasMore
    ? fc.array(fc.tuple(keys.map(String), valuesOf(maker, placeOf(more, inner))), { maxLength: 3 })
    : fc.constant([])
  return fc.tuple(fc.tuple(...pairs), extra).map(([known, others]) => {
    const taken = others.filter(([key]) => !Object.hasOwn(properties, key))
    return fromPairs([...known.filter((one) => one !== undefined), ...taken])
  })
}

/** `__proto__` becomes a member like any other. */
export function fromPairs(pairs: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  return Object.fromEntries(pairs)
}
