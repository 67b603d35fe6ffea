import { blueprint, SchemaBuilder } from "./builder.ts"
import { SchemaInvalid } from "./errors.ts"
import type { JsonSchema, JsonSchemaContext } from "./json-schema.ts"
import { createNode, type Node, nodeOf } from "./node.ts"
import { type Fields, isObject, setOwn } from "./own-fields.ts"
import type { Run } from "./run.ts"
import type { AnySchema, Schema } from "./schema.ts"
import { term } from "./term.ts"
import { keysOf } from "./union.ts"

const MERGEABLE = term("mergeable")
const OTHER_VALUE = term("otherValue")

/** All of these types at once. */
type All<S extends readonly unknown[]> = S extends readonly [infer First, ...infer Rest] ? First & All<Rest> : unknown
type Outputs<S extends readonly AnySchema[]> = { [K in keyof S]: S[K]["~o"] }
type Inputs<S extends readonly AnySchema[]> = { [K in keyof S]: S[K]["~i"] }

export type IntersectionOutput<S extends readonly AnySchema[]> = All<Outputs<S>>
export type IntersectionInput<S extends readonly AnySchema[]> = All<Inputs<S>>

export function intersection<const S extends readonly AnySchema[]>(
  members: S,
): Schema<IntersectionOutput<S>, IntersectionInput<S>> {
  if (members.length === 0)
    throw new SchemaInvalid("Expected intersection() to be given at least one schema, got none.")
  return new SchemaBuilder<IntersectionOutput<S>, IntersectionInput<S>>(
    blueprint(intersectionNode(members.map(nodeOf))),
  )
}

function intersectionNode(members: readonly Node[]): Node {
  const keys = keysOf(members)
  return createNode({
    expected: members[0]!.expected,
    keys,
    check(value, run) {
      const before = run.count
      const given = members.map((member) => partFor(member, keys, value))
      const made = members.map((member, at) => member.check(given[at], run))
      if (run.count !== before) return undefined
      return made.every((output, at) => Object.is(output, given[at])) ? value : merge(value, made, run)
    },
    fits:
      keys !== undefined || members.some(({ fits }) => fits === undefined)
        ? undefined
        : (value) => members.every(({ fits }) => fits!(value)),
    isPure: members.every((member) => member.isPure),
    toJson: (context) => allOf(members, keys, context),
  })
}

/** The value without the keys that only other members know: a strict object would refuse its neighbour's keys. */
function partFor(member: Node, keys: ReadonlySet<string> | undefined, value: unknown): unknown {
  if (member.keys === undefined || keys === undefined || !isObject(value)) return value
  const isForeign = (key: string): boolean => keys.has(key) && !member.keys!.has(key)
  const own = Object.keys(value)
  if (!own.some(isForeign)) return value
  const part: Fields = {}
  for (const key of own) if (!isForeign(key)) setOwn(part, key, value[key])
  return part
}

/** What the members made of a value, put together: where two say something else, it is the one that changed it. */
function merge(value: unknown, made: readonly unknown[], run: Run): unknown {
  const changed = made.filter((output) => !Object.is(output, value))
  if (!isObject(value) || !made.every(isPlain)) return new Set(changed).size === 1 ? changed[0] : refuse(run)
  const merged: Fields = {}
  for (const output of made)
    for (const key of Object.keys(output)) {
      const [one, other, given] = [merged[key], output[key], Object.hasOwn(value, key) ? value[key] : undefined]
      if (!Object.hasOwn(merged, key) || Object.is(one, given)) setOwn(merged, key, other)
      else if (!Object.is(other, given) && !Object.is(other, one)) return refuse(run)
    }
  return merged
}

function isPlain(value: unknown): value is Fields {
  return isObject(value) && !(value instanceof Date) && !(value instanceof Map) && !(value instanceof Set)
}

function refuse(run: Run): undefined {
  run.expect("union", MERGEABLE, OTHER_VALUE)
}

/** What one member does not know another may: a key is refused that none of them knows. */
function allOf(
  members: readonly Node[],
  keys: ReadonlySet<string> | undefined,
  context: JsonSchemaContext,
): JsonSchema {
  const all = members.map((member) => member.toJson(context))
  if (context.mode === "output" && !members.every(({ isPure }) => isPure)) return merged(members, all)
  if (all.every(isPlainObject) && context.foreign.size === 0) return allOfPlain(all)
  return { allOf: members.map((member) => member.toJson(context.beside(foreignTo(member, keys)))) }
}

/** What members make that change the value: only where each is about other keys does what it gives come out as it is. */
function merged(members: readonly Node[], all: readonly JsonSchema[]): JsonSchema {
  const keys = members.flatMap((member) => [...(member.keys ?? [])])
  if (!all.every(isPlainObject) || new Set(keys).size < keys.length) return {}
  const isClosed = all.every(({ additionalProperties }) => additionalProperties === false)
  return isClosed ? allOfPlain(all) : { allOf: all.map(({ additionalProperties: _, ...rest }) => rest) }
}

/** The keys that are taken out of a value before the member sees it. */
function foreignTo(member: Node, keys: ReadonlySet<string> | undefined): ReadonlySet<string> {
  if (member.keys === undefined || keys === undefined) return new Set()
  return new Set([...keys].filter((key) => !member.keys!.has(key)))
}

/** Whether nothing but `properties` and `additionalProperties: false` says anything of its keys. */
function isPlainObject(json: JsonSchema): boolean {
  const { type, additionalProperties: others = false } = json
  return (
    type === "object" && others === false && !["$ref", "allOf", "anyOf", "oneOf"].some((keyword) => keyword in json)
  )
}

function allOfPlain(members: readonly JsonSchema[]): JsonSchema {
  const isStrict = members.some(({ additionalProperties }) => additionalProperties === false)
  if (!isStrict) return { allOf: members }
  return { allOf: members.map(({ additionalProperties: _, ...rest }) => rest), unevaluatedProperties: false }
}
