import type { JsonSchema } from "./json-schema.ts"
import { ANNOTATIONS, accepts, isSame } from "./schema-accepts.ts"
import { isObject, resolve } from "./schema-root.ts"

/** Something that one schema demands and another does not promise. */
export interface Misfit {
  /** Where in the value, as RFC 6901 says it. */
  readonly pointer: string
  /** In words that go after "demands": `a value`, `type "string"`, `minLength 3`. */
  readonly demand: string
}

export interface FitOptions {
  /** The reader leaves out members that it does not know, so that more of them hurt nobody. */
  readonly ignoresUnknown: boolean
}

/** So many characters of schemas are compared at most; beyond them they count as not fitting. */
const MAX_COMPARED_LENGTH = 5_000_000

/**
 * Why a value of `given` might not be taken by `taken`; nothing, when every value is. Sound and not complete: what this
 * cannot decide is called a misfit. `oneOf` is read as `anyOf`. Members that `given` does not name count as never sent.
 */
export function misfits(given: JsonSchema, taken: JsonSchema, options: FitOptions): readonly Misfit[] {
  const comparison = new Comparison(given, taken, options)
  comparison.fit([given], taken, "")
  // Alternatives may all lack the same.
  return [...new Map(comparison.found.map((one) => [`${one.pointer} ${one.demand}`, one])).values()]
}

/** A value is described by all the facts of a list together; `true` says nothing, `false` that there is none. */
type Facts = readonly unknown[]

class Comparison {
  readonly #given: JsonSchema
  readonly #taken: JsonSchema
  readonly #options: FitOptions
  /** Pairs that are being compared: a recursive schema fits unless something is found before it comes round again. */
  readonly #open = new Set<string>()
  #compared = 0
  found: Misfit[] = []

  constructor(given: JsonSchema, taken: JsonSchema, options: FitOptions) {
    this.#given = given
    this.#taken = taken
    this.#options = options
  }

  fit(facts: Facts, demand: unknown, pointer: string): void {
    if (demand === true || demand === undefined) return
    if (this.#compared > MAX_COMPARED_LENGTH) {
      this.#say(pointer, "what is too large to compare")
      return
    }
    const pair = JSON.stringify([facts, demand])
    if (this.#open.has(pair)) return
    this.#compared += pair.length
    this.#open.add(pair)
    this.#fitFacts(facts, demand, pointer)
    this.#open.delete(pair)
  }

  #fitFacts(facts: Facts, demand: unknown, pointer: string): void {
    const known = this.#flatten(facts)
    if (known === undefined) return
    const branches = branchesOf(known)
    if (demand === false) this.#say(pointer, "that it is absent")
    else if (branches === undefined) this.#fitPlain(known, resolve(demand, this.#taken), pointer)
    else for (const branch of branches) this.fit(branch, demand, pointer)
  }

  #fitPlain(facts: readonly JsonSchema[], wanted: JsonSchema, pointer: string): void {
    const values = valuesOf(facts)
    const { type } = wanted
    const isOfType =
      type === undefined ||
      (values?.some((value) => accepts({ type }, value, wanted)) ?? facts.some((fact) => isWithin(fact.type, type)))
    if (!isOfType) this.#say(pointer, inWords({ type }))
    else if (values === undefined) this.#fitKeywords(facts, wanted, pointer)
    else if (!values.every((value) => accepts(wanted, value, this.#taken))) this.#say(pointer, inWords(wanted))
  }

  /** The facts one by one, references followed and `allOf` taken apart; undefined when no value can be so. */
  #flatten(facts: Facts): readonly JsonSchema[] | undefined {
    const flat: JsonSchema[] = []
    for (const fact of facts) {
      if (fact === false) return undefined
      const { allOf, ...own } = resolve(fact, this.#given)
      flat.push(own)
      const inner = this.#flatten((allOf ?? []) as Facts)
      if (inner === undefined) return undefined
      flat.push(...inner)
    }
    return flat
  }

  #fitKeywords(facts: readonly JsonSchema[], wanted: JsonSchema, pointer: string): void {
    for (const [keyword, demand] of Object.entries(wanted)) {
      if (keyword === "type" || ANNOTATIONS.has(keyword) || keyword.startsWith("x-")) continue
      if (isIrrelevant(keyword, facts)) continue
      if (this.#fitStructure({ keyword, demand, wanted, pointer }, facts)) continue
      const implied = IMPLIED[keyword] ?? isSame
      if (!facts.some((fact) => implied(fact[keyword], demand, fact)))
        this.#say(pointer, inWords({ [keyword]: demand }))
    }
  }

  /** The keywords with schemas inside. Whether the keyword was one of them. */
  #fitStructure({ keyword, demand, wanted, pointer }: Wanted, facts: readonly JsonSchema[]): boolean {
    if (keyword === "allOf") for (const one of demand as unknown[]) this.fit(facts, one, pointer)
    else if (keyword === "anyOf" || keyword === "oneOf") this.#fitOne(facts, demand as unknown[], pointer)
    else if (keyword === "properties") this.#fitProperties(facts, demand as JsonSchema, pointer)
    else if (keyword === "additionalProperties") this.#fitRest(facts, wanted, pointer)
    else if (keyword === "items" || keyword === "prefixItems") this.#fitItems(facts, wanted, pointer)
    else if (keyword === "required") {
      for (const name of demand as string[])
        if (!facts.some((fact) => ((fact.required ?? []) as string[]).includes(name)))
          this.#say(inside(pointer, name), "a value")
    } else return false
    return true
  }

  /** One alternative that fits is enough; where none does, the nearest one tells what is missing. */
  #fitOne(facts: readonly JsonSchema[], alternatives: readonly unknown[], pointer: string): void {
    const before = this.found
    let nearest: Misfit[] | undefined
    for (const one of alternatives) {
      this.found = []
      this.fit(facts, one, pointer)
      if (nearest === undefined || this.found.length < nearest.length) nearest = this.found
      if (nearest.length === 0) break
    }
    this.found = [...before, ...(nearest ?? [])]
  }

  #fitProperties(facts: readonly JsonSchema[], demands: JsonSchema, pointer: string): void {
    for (const [name, demand] of Object.entries(demands)) {
      const own = facts.flatMap(({ properties }) => memberOf(properties, name))
      if (own.length > 0) this.fit(own, demand, inside(pointer, name))
    }
  }

  #fitRest(facts: readonly JsonSchema[], { properties = {}, additionalProperties }: JsonSchema, pointer: string): void {
    const isClosed = additionalProperties === false
    if (isClosed && this.#options.ignoresUnknown) return
    const names = new Set(facts.flatMap((fact) => Object.keys((fact.properties ?? {}) as object)))
    for (const name of names) {
      if (Object.hasOwn(properties as object, name)) continue
      const own = facts.flatMap((fact) => memberOf(fact.properties, name))
      this.fit(own, additionalProperties, inside(pointer, name))
    }
    const rest = facts.flatMap((fact) => memberOf(fact, "additionalProperties"))
    if (rest.includes(false)) return
    if (isClosed) this.#say(pointer, "no unknown members")
    else this.fit(rest.length === 0 ? [true] : rest, additionalProperties, inside(pointer, "*"))
  }

  #fitItems(facts: readonly JsonSchema[], wanted: JsonSchema, pointer: string): void {
    const length = Math.max(...[wanted, ...facts].map(({ prefixItems = [] }) => (prefixItems as unknown[]).length))
    for (let index = 0; index < length; index++)
      this.fit(
        facts.map((fact) => itemOf(fact, index)),
        itemOf(wanted, index),
        inside(pointer, String(index)),
      )
    this.fit(
      facts.map(({ items = true }) => items),
      wanted.items,
      inside(pointer, "*"),
    )
  }

  #say(pointer: string, demand: string): void {
    this.found.push({ pointer, demand })
  }
}

interface Wanted {
  readonly keyword: string
  readonly demand: unknown
  readonly wanted: JsonSchema
  readonly pointer: string
}

/** The first choice among the facts, taken apart: a value is described by one of these lists. */
function branchesOf(facts: readonly JsonSchema[]): Facts[] | undefined {
  for (const [index, fact] of facts.entries()) {
    const { anyOf, oneOf, type, ...rest } = fact
    const others = facts.toSpliced(index, 1)
    const choices = (anyOf ?? oneOf) as unknown[] | undefined
    if (choices !== undefined) {
      const own = {
        ...rest,
        ...(type !== undefined && { type }),
        ...(anyOf !== undefined && oneOf !== undefined && { oneOf }),
      }
      return choices.map((choice) => [own, choice, ...others])
    }
    if (Array.isArray(type)) return type.map((one) => [{ ...rest, type: one }, ...others])
  }
  return undefined
}

/** All the values there are, where that can be said. */
function valuesOf(facts: readonly JsonSchema[]): readonly unknown[] | undefined {
  for (const fact of facts) {
    if ("const" in fact) return [fact.const]
    if (Array.isArray(fact.enum)) return fact.enum
    if (fact.type === "null") return [null]
  }
  return facts.some(({ type }) => type === "boolean") ? [true, false] : undefined
}

function isWithin(type: unknown, wanted: unknown): boolean {
  const types = Array.isArray(wanted) ? wanted : [wanted]
  return types.includes(type) || (type === "integer" && types.includes("number"))
}

const NUMBER = ["number", "integer"]
/** The types that a keyword says something about. */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(
    ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"].map((name) => [name, NUMBER]),
  ),
  ...Object.fromEntries(["minLength", "maxLength", "pattern", "format"].map((name) => [name, ["string"]])),
  ...Object.fromEntries(
    ["items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"].map((name) => [name, ["array"]]),
  ),
  ...Object.fromEntries(
    ["properties", "required", "additionalProperties", "minProperties", "maxProperties", "propertyNames"].map(
      (name) => [name, ["object"]],
    ),
  ),
}

function isIrrelevant(keyword: string, facts: readonly JsonSchema[]): boolean {
  const scope = SCOPES[keyword]
  return scope !== undefined && facts.some(({ type }) => typeof type === "string" && !scope.includes(type))
}

type Implied = (mine: unknown, demand: unknown, fact: JsonSchema) => boolean

const atLeast: Implied = (mine, demand) => typeof mine === "number" && mine >= (demand as number)
const atMost: Implied = (mine, demand) => typeof mine === "number" && mine <= (demand as number)

/** Whether what a fact says under the keyword (or beside it) is enough. Any other keyword must say the same. */
const IMPLIED: Readonly<Record<string, Implied>> = {
  minimum: (mine, demand, { exclusiveMinimum }) => atLeast(mine, demand, {}) || atLeast(exclusiveMinimum, demand, {}),
  maximum: (mine, demand, { exclusiveMaximum }) => atMost(mine, demand, {}) || atMost(exclusiveMaximum, demand, {}),
  exclusiveMinimum: (mine, demand, { minimum }) =>
    atLeast(mine, demand, {}) || (typeof minimum === "number" && minimum > (demand as number)),
  exclusiveMaximum: (mine, demand, { maximum }) =>
    atMost(mine, demand, {}) || (typeof maximum === "number" && maximum < (demand as number)),
  multipleOf: (mine, demand, { type }) =>
    (typeof mine === "number" && Number.isInteger(mine / (demand as number))) || (type === "integer" && demand === 1),
  minLength: atLeast,
  minItems: atLeast,
  minProperties: atLeast,
  maxLength: atMost,
  maxItems: atMost,
  maxProperties: atMost,
  uniqueItems: (mine, demand) => demand === false || mine === true,
}

function memberOf(record: unknown, name: string): readonly unknown[] {
  return isObject(record) && Object.hasOwn(record, name) ? [record[name]] : []
}

function itemOf({ prefixItems = [], items = true }: JsonSchema, index: number): unknown {
  return index < (prefixItems as unknown[]).length ? (prefixItems as unknown[])[index] : items
}

function inside(pointer: string, name: string): string {
  return `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`
}

const MAX_WORDS = 120

function inWords(schema: JsonSchema): string {
  if (Array.isArray(schema.enum)) return `one of ${brief(schema.enum).slice(1, -1)}`
  const entries = Object.entries(schema).filter(([keyword]) => !ANNOTATIONS.has(keyword))
  return entries.map(([keyword, value]) => `${keyword} ${brief(value)}`).join(", ") || "something else"
}

function brief(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length <= MAX_WORDS ? text : `${text.slice(0, MAX_WORDS - 1)}…`
}
