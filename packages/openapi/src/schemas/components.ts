import type { AnySchema } from "@ashlar/http"
import { SchemaUndescribed } from "../errors.ts"
import { type Json, stable } from "../json.ts"
import { type Described, type Direction, describeSchema } from "./describe-schema.ts"
import { definitionOf, mapReferences, referencesOf } from "./references.ts"

/** What is to be done about a schema that its library cannot describe: say so in the document, or refuse to write it. */
export type Undescribed = "note" | "refuse"

type Definitions = Readonly<Record<string, Json>>

/**
 * The schemas of a document that have a name. A named or recursive schema is there once, however often and by whichever
 * conversion it is met; where one name means two things, as input and as output or by two authors, each has its own.
 */
export class Components {
  readonly #undescribed: Undescribed
  readonly #schemas = new Map<string, unknown>()
  /** The component of a definition, by its name and all that it consists of. */
  readonly #known = new Map<string, string>()

  constructor(undescribed: Undescribed) {
    this.#undescribed = undescribed
  }

  /** The schema as it stands in the document. `place` is for messages: `POST /users body`. */
  schema(schema: AnySchema, direction: Direction, place: string): Json {
    const described = this.describe(schema, direction, place)
    return this.hoist(described.json, described.definitions, direction)
  }

  /** What the schema's library says of it. @throws {OPENAPI_SCHEMA_UNDESCRIBED} */
  describe(schema: AnySchema, direction: Direction, place: string): Described {
    const described = describeSchema(schema, direction)
    if (described.gap === undefined || this.#undescribed === "note") return described
    throw new SchemaUndescribed(`${place}: ${described.gap}. Describe it another way, or allow \`undescribed: "note"\``)
  }

  /** A part of a schema, with what it refers to among the components. */
  hoist(json: Json, definitions: Definitions, direction: Direction): Json {
    // A schema that refers to its own outermost level needs a name for that.
    const refersToRoot = referencesOf(json).has("#")
    const root = refersToRoot ? freeName(titleOf(json), definitions) : undefined
    const all = root === undefined ? definitions : { ...definitions, [root]: json }
    const change = this.#changer(all, direction, root)
    if (root !== undefined) return { $ref: change("#") }
    return mapReferences(json, change) as Json
  }

  /** Adds a schema of the document's own. */
  add(name: string, schema: Json): Json {
    this.#schemas.set(name, schema)
    return referTo(name)
  }

  has(name: string): boolean {
    return this.#schemas.has(name)
  }

  /** All of them, by name. */
  get schemas(): Readonly<Record<string, unknown>> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** Puts the definitions among the components, and gives what makes references to them of references within a schema. */
  #changer(definitions: Definitions, direction: Direction, root: string | undefined): (reference: string) => string {
    const byId = new Map(Object.entries(definitions).map(([name, { $id }]) => [$id, name]))
    const nameOf = (reference: string): { name: string; rest: string } | undefined => {
      if (reference === "#") return root === undefined ? undefined : { name: root, rest: "" }
      const found = definitionOf(reference)
      const name = found?.name ?? byId.get(reference)
      return name !== undefined && Object.hasOwn(definitions, name) ? { name, rest: found?.rest ?? "" } : undefined
    }
    const change = (reference: string): string => {
      const found = nameOf(reference)
      return found === undefined ? reference : `${referTo(name(found.name)).$ref}${found.rest}`
    }
    const name = (definition: string): string => {
      const key = `${definition} ${signature(definition, definitions, nameOf)}`
      const before = this.#known.get(key)
      if (before !== undefined) return before
      const fresh = this.#freeName(definition, direction)
      this.#known.set(key, fresh)
      this.#schemas.set(fresh, undefined) // its place, should it refer to itself
      const { $id: _id, ...json } = definitions[definition]!
      this.#schemas.set(fresh, mapReferences(json, change))
      return fresh
    }
    return change
  }

  #freeName(wanted: string, direction: Direction): string {
    const base = wanted.replace(/[^A-Za-z0-9._-]+/g, "_") || "Schema"
    const candidates = [base, `${base}${direction === "input" ? "Input" : "Output"}`]
    for (let number = 2; ; number++) {
      const free = candidates.find((one) => !this.#schemas.has(one))
      if (free !== undefined) return free
      candidates.push(`${base}${number}`)
    }
  }
}

export function referTo(name: string): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${name}` }
}

/** A definition with all that it leads to: two of one signature are one schema. */
function signature(
  start: string,
  definitions: Definitions,
  nameOf: (reference: string) => { readonly name: string } | undefined,
): string {
  const reached = new Set([start])
  for (const name of reached)
    for (const reference of referencesOf(definitions[name])) {
      const found = nameOf(reference)
      if (found !== undefined) reached.add(found.name)
    }
  return stable([...reached].sort().map((name) => [name, definitions[name]]))
}

function titleOf({ title }: Json): string {
  return typeof title === "string" && title !== "" ? title : "Recursive"
}

function freeName(base: string, taken: Definitions): string {
  let name = base
  for (let number = 2; Object.hasOwn(taken, name); number++) name = `${base}${number}`
  return name
}
