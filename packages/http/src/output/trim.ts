import { type JsonSchema, outlineOf } from "../routes/json-schema.ts"
import { isObject, resolve } from "../routes/schema-root.ts"
import type { AnySchema } from "../schema.ts"
import { chooseByTag } from "./tagged.ts"
import { trimItems, trimMembers } from "./trim-value.ts"

/** A value without the keys that its schema does not have: the same value where it has no others. */
export type Trim = (value: unknown) => unknown

/**
 * What leaves out of answers the keys that a schema does not have, read off its JSON Schema once, when the route is
 * compiled. Undefined where there is nothing to leave out: the schema has no objects, or says that theirs may have any keys.
 */
export function trimOf(schema: AnySchema): Trim | undefined {
  const outline = outlineOf(schema)
  // Ashlar's objects say when they are closed. Of other libraries' the type says so, and JSON Schema mostly does not.
  return outline && new TrimCompiler(outline, schema["~standard"].vendor === "ashlar").compile(outline)
}

/** A part under way: schemas refer to themselves. */
interface Holder {
  trim: Trim | undefined
  isReady: boolean
}

class TrimCompiler {
  readonly #root: JsonSchema
  readonly #isOpenByDefault: boolean
  readonly #known = new Map<string, Holder>()

  constructor(root: JsonSchema, isOpenByDefault: boolean) {
    this.#root = root
    this.#isOpenByDefault = isOpenByDefault
  }

  compile(schema: unknown): Trim | undefined {
    const key = JSON.stringify(schema)
    const known = this.#known.get(key)
    if (known?.isReady === true) return known.trim
    if (known !== undefined) return (value) => (known.trim === undefined ? value : known.trim(value))
    const holder: Holder = { trim: undefined, isReady: false }
    this.#known.set(key, holder)
    holder.trim = this.#make(this.#partsOf(schema))
    holder.isReady = true
    return holder.trim
  }

  /** The schema itself and what must hold besides (`allOf`), references resolved. */
  #partsOf(schema: unknown): readonly JsonSchema[] {
    const resolved = resolve(schema, this.#root)
    const { allOf } = resolved
    return [resolved, ...(Array.isArray(allOf) ? allOf.flatMap((part) => this.#partsOf(part)) : [])]
  }

  #make(parts: readonly JsonSchema[]): Trim | undefined {
    const trims = [
      this.#object(parts.filter(hasMembers), parts.some(isSealed)),
      ...parts.map((part) => this.#list(part)),
      ...parts.map((part) => this.#alternatives([...schemasIn(part.anyOf), ...schemasIn(part.oneOf)])),
    ].filter((trim) => trim !== undefined)
    const [first] = trims
    return trims.length < 2 ? first : (value) => trims.reduce((trimmed, trim) => trim(trimmed), value)
  }

  /** The objects of `allOf` are one object that has the keys of all. */
  #object(parts: readonly JsonSchema[], isSealed: boolean): Trim | undefined {
    if (parts.length === 0) return undefined
    const schemas = new Map<string, unknown[]>()
    for (const { properties } of parts)
      for (const [key, one] of Object.entries((properties ?? {}) as JsonSchema))
        schemas.set(key, [...(schemas.get(key) ?? []), one])
    const members = new Map<string, Trim | undefined>()
    const refused = new Set<string>()
    for (const [key, [one, ...others]] of schemas) {
      if (one === false || others.includes(false)) refused.add(key)
      else members.set(key, this.compile(others.length === 0 ? one : { allOf: [one, ...others] }))
    }
    const rest = parts.map(({ additionalProperties }) => additionalProperties).find(isObject)
    const isOpen = !isSealed && parts.some((part) => this.#isOpen(part))
    const takesAll = isOpen && rest === undefined && refused.size === 0
    if (takesAll && [...members.values()].every((trim) => trim === undefined)) return undefined
    return trimMembers({ members, refused, isOpen, rest: rest && this.compile(rest) })
  }

  #isOpen({ additionalProperties, patternProperties }: JsonSchema): boolean {
    if (additionalProperties === undefined && patternProperties === undefined) return this.#isOpenByDefault
    return additionalProperties !== false
  }

  #list({ items, prefixItems }: JsonSchema): Trim | undefined {
    const first = schemasIn(prefixItems).map((one) => this.compile(one))
    const rest = isObject(items) ? this.compile(items) : undefined
    return rest === undefined && first.every((trim) => trim === undefined) ? undefined : trimItems(first, rest)
  }

  /** The alternative that a value's tag says; where there are no tags, an object may have the keys of all of them. */
  #alternatives(schemas: readonly unknown[]): Trim | undefined {
    const all = schemas.map((one) => this.#partsOf(one))
    if (all.some((parts) => parts.every(takesAnyObject))) return undefined
    const wholes = all.filter((parts) => parts.some(hasShape))
    const [only] = wholes
    if (only === undefined) return undefined
    if (wholes.length === 1) return this.#make(only)
    const tagged = chooseByTag(wholes, (parts) => this.#make(parts))
    return tagged ?? this.#make(wholes.flatMap((parts) => parts.map(asAlternative)))
  }
}

/** Closed as a whole, whatever its parts say. */
function isSealed({ unevaluatedProperties }: JsonSchema): boolean {
  return unevaluatedProperties === false
}

function schemasIn(list: unknown): readonly unknown[] {
  return Array.isArray(list) ? list : []
}

/** What says nothing of its keys closes no object: "any object" is one that has any. */
function hasMembers({ properties, additionalProperties }: JsonSchema): boolean {
  return isObject(properties) || isObject(additionalProperties) || additionalProperties === false
}

function takesAnyObject(part: JsonSchema): boolean {
  return (
    (part.type === undefined || part.type === "object") && !SAYS_MORE.some((keyword) => part[keyword] !== undefined)
  )
}
const SAYS_MORE = ["properties", "additionalProperties", "anyOf", "oneOf", "const", "enum", "not"] as const

function hasShape(part: JsonSchema): boolean {
  return (
    hasMembers(part) ||
    part.items !== undefined ||
    part.prefixItems !== undefined ||
    part.anyOf !== undefined ||
    part.oneOf !== undefined
  )
}

/** In a mixture of alternatives a value's place in a list says nothing. */
function asAlternative({ prefixItems: _, ...part }: JsonSchema): JsonSchema {
  return part
}
