import { alternativesOf, isRecord, placeOf, resolved, type SchemaPlace, typesOf } from "./json-schema.ts"

/** One way to make a value wrong. */
export interface Breakage {
  /** Where: keys and indexes from the root. */
  readonly path: readonly (string | number)[]
  /** What is done there, for people. */
  readonly what: string
  /** Nobody could take it for right, whatever is changed or converted on the way: a member that is missing, or one too many. */
  readonly isGross: boolean
  readonly change: { readonly to: unknown } | "remove"
}

const MAX_BREAKAGES = 200

/** The ways to break a value that a schema takes, each at one place. */
export function breakagesOf(place: SchemaPlace, value: unknown): readonly Breakage[] {
  const found: Breakage[] = []
  visit(resolved(place), value, [], found)
  return found.slice(0, MAX_BREAKAGES)
}

function visit(place: SchemaPlace, value: unknown, path: Breakage["path"], found: Breakage[]): void {
  if (found.length >= MAX_BREAKAGES) return
  const { schema } = place
  const to = (what: string, made: unknown, isGross = false): unknown =>
    found.push({ path, what, isGross, change: { to: made } })
  const alternatives = alternativesOf(place)
  if (alternatives.length > 1 || alternatives[0] !== place) {
    to("a value of none of the kinds", { unexpected: [[null]] })
    return
  }
  const types = typesOf(schema)
  if (Array.isArray(schema.enum) || "const" in schema) to("another value than those listed", "\u0001none of these")
  if (types !== undefined) breakType(types, to)
  if (typeof value === "string") breakText(schema, value, to)
  else if (typeof value === "number") breakNumber(schema, to)
  else if (Array.isArray(value)) breakList(place, value, path, found)
  else if (isRecord(value)) breakObject(place, value, path, found)
}

type To = (what: string, value: unknown, isGross?: boolean) => unknown

function breakType(types: readonly string[], to: To): void {
  if (!types.includes("object")) to("an object", { a: 1 })
  if (!types.includes("array")) to("a list", [[]])
  if (!types.includes("null")) to("null", null)
  if (!types.includes("string")) to("text", "\u0001text")
  if (!types.includes("number") && !types.includes("integer")) to("a number", 12345.5)
  if (!types.includes("boolean")) to("a boolean", true)
}

function breakText(schema: SchemaPlace["schema"], value: string, to: To): void {
  const { minLength, maxLength } = schema as { readonly minLength?: number; readonly maxLength?: number }
  if (minLength !== undefined && minLength > 0) to("shorter text", [...value].slice(0, minLength - 1).join(""))
  if (maxLength !== undefined && maxLength <= 100_000)
    to("longer text", value + "x".repeat(Math.max(1, maxLength + 1 - [...value].length)))
  if ("format" in schema || "pattern" in schema) to("text of another form", `\u0001 ${value}\u0001`)
}

function breakNumber(schema: SchemaPlace["schema"], to: To): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema as Readonly<
    Record<string, number | undefined>
  >
  if (minimum !== undefined) to("less", minimum - 1)
  if (maximum !== undefined) to("more", maximum + 1)
  if (exclusiveMinimum !== undefined) to("the lower bound itself", exclusiveMinimum)
  if (exclusiveMaximum !== undefined) to("the upper bound itself", exclusiveMaximum)
  if (schema.type === "integer") {
    to("a fraction", 0.5)
    to("a huge number", 1e300)
  }
}

function breakList(place: SchemaPlace, value: readonly unknown[], path: Breakage["path"], found: Breakage[]): void {
  const { schema } = place
  const to: To = (what, made) => found.push({ path, what, isGross: false, change: { to: made } })
  const { minItems, maxItems } = schema as { readonly minItems?: number; readonly maxItems?: number }
  if (minItems !== undefined && minItems > 0) to("a shorter list", value.slice(0, minItems - 1))
  if (maxItems !== undefined && maxItems < 10_000 && value.length > 0)
    to(
      "a longer list",
      Array.from({ length: maxItems + 1 }, (_, at) => value[at % value.length]),
    )
  if (schema.uniqueItems === true && value.length > 0) to("the same twice", [...value, value[0]])
  const first = (Array.isArray(schema.prefixItems) ? schema.prefixItems : []) as readonly unknown[]
  value.forEach((one, at) => void visit(placeOf(first[at] ?? schema.items, place), one, [...path, at], found))
}

function breakObject(
  place: SchemaPlace,
  value: Readonly<Record<string, unknown>>,
  path: Breakage["path"],
  found: Breakage[],
): void {
  const { schema } = place
  const properties = isRecord(schema.properties) ? schema.properties : {}
  for (const key of Array.isArray(schema.required) ? (schema.required as string[]) : [])
    if (Object.hasOwn(value, key))
      found.push({ path: [...path, key], what: "a member that is missing", isGross: true, change: "remove" })
  if (schema.additionalProperties === false)
    for (const key of ["unexpected", "__proto__"])
      found.push({
        path: [...path, key],
        what: "a member too many",
        isGross: true,
        change: { to: { polluted: "yes" } },
      })
  for (const [key, one] of Object.entries(properties))
    if (Object.hasOwn(value, key)) visit(placeOf(one, place), value[key], [...path, key], found)
}

/** The value with one thing changed. */
export function broken(value: unknown, { path, change }: Pick<Breakage, "path" | "change">): unknown {
  const [step, ...rest] = path
  if (step === undefined) return change === "remove" ? undefined : change.to
  if (Array.isArray(value)) return value.map((one, at) => (at === step ? broken(one, { path: rest, change }) : one))
  const pairs = Object.entries(value as object).filter(([key]) => key !== String(step))
  const inner = Object.hasOwn(value as object, String(step))
    ? (value as Record<string, unknown>)[String(step)]
    : undefined
  const made = broken(inner, { path: rest, change })
  return Object.fromEntries(rest.length === 0 && change === "remove" ? pairs : [...pairs, [String(step), made]])
}

export function toPointer(path: Breakage["path"]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")
}
