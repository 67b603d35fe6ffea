import type { Fits } from "../node.ts"
import { type Fields, isObject } from "../own-fields.ts"
import { Run } from "../run.ts"
import { quantity, quoted, sentence, term } from "../term.ts"
import { isJsonObject, type JsonObject } from "./json-copy.ts"
import type { Keyword, Part } from "./part.ts"
import { assertion, type KeywordReader, type Site, toCount, toMembers, toSchema, toTexts } from "./site.ts"
import { readPatternText } from "./text-keywords.ts"

/** The keywords about objects. A member is what is the object's own: nothing that it inherits. */

function sized(keyword: string, code: "too_small" | "too_big", text: "atLeast" | "atMost"): KeywordReader {
  return (value) => {
    const bound = toCount(keyword, value)
    const expected = term(text, { amount: quantity("entry", bound) })
    const fits = (given: unknown): boolean => {
      if (!isObject(given)) return true
      const size = Object.keys(given).length
      return code === "too_small" ? size >= bound : size <= bound
    }
    return assertion(fits, (given, run) =>
      run.expect(code, expected, quantity("entry", Object.keys(given as Fields).length)),
    )
  }
}

function explainAbsent(
  keys: readonly string[],
  value: Fields,
  run: Run,
  partOf: (key: string) => Part | undefined,
): void {
  for (const key of keys) {
    if (run.isFull || Object.hasOwn(value, key)) continue
    const before = run.count
    const part = partOf(key)
    run.report({ ...ABSENT, expected: part?.expected ?? ABSENT.expected, isTag: isTag(part) })
    run.locate(before, key)
  }
}

const ABSENT = { code: "required", expected: term("any"), received: term("nothing") } as const

function isTag(part: Part | undefined): boolean {
  return isJsonObject(part?.schema) && part.schema.const !== undefined
}

function hasAll(keys: readonly string[], value: unknown): boolean {
  if (!isObject(value)) return true
  for (let at = 0; at < keys.length; at++) if (!Object.hasOwn(value, keys[at]!)) return false
  return true
}

const readRequired: KeywordReader = (value, { schema, part }) => {
  const keys = toTexts("required", value)
  const { properties } = schema
  const partOf = (key: string): Part | undefined =>
    isJsonObject(properties) && properties[key] !== undefined ? part(properties[key]) : undefined
  const parts = new Map(keys.map((key) => [key, partOf(key)]))
  return {
    fits: (given) => hasAll(keys, given),
    explain(given, run) {
      if (isObject(given)) explainAbsent(keys, given, run, (key) => parts.get(key))
    },
  }
}

const readDependentRequired: KeywordReader = (value) => {
  const dependents = toMembers("dependentRequired", value).map(
    ([key, keys]) => [key, toTexts("dependentRequired", keys)] as const,
  )
  return {
    fits: (given) =>
      !isObject(given) || dependents.every(([key, keys]) => !Object.hasOwn(given, key) || hasAll(keys, given)),
    explain(given, run) {
      if (!isObject(given)) return
      for (const [key, keys] of dependents)
        if (Object.hasOwn(given, key)) explainAbsent(keys, given, run, () => undefined)
    },
  }
}

/** `properties`, `patternProperties` and `additionalProperties`, which is about what the others leave. */
interface Members {
  readonly named: readonly (readonly [string, Part])[]
  readonly known: ReadonlyMap<string, Part>
  readonly patterns: readonly (readonly [string, (text: string) => boolean, Part])[]
  readonly others: Part | undefined
}

function membersOf({ schema, part }: Site): Members {
  const { properties = EMPTY, patternProperties = EMPTY, additionalProperties } = schema
  const named = toMembers("properties", properties).map(
    ([key, one]) => [key, part(toSchema("properties", one))] as const,
  )
  const patterns = toMembers("patternProperties", patternProperties).map(
    ([source, one]) =>
      [source, readPatternText("patternProperties", source), part(toSchema("patternProperties", one))] as const,
  )
  const others =
    additionalProperties === undefined ? undefined : part(toSchema("additionalProperties", additionalProperties))
  return { named, known: new Map(named), patterns, others }
}

const EMPTY: JsonObject = {}

/** The parts that a member is asked by. */
function* partsFor(key: string, { known, patterns, others }: Members): Generator<Part> {
  const named = known.get(key)
  let isKnown = named !== undefined
  if (named !== undefined) yield named
  for (const [, fits, part] of patterns) {
    if (!fits(key)) continue
    isKnown = true
    yield part
  }
  if (!isKnown && others !== undefined) yield others
}

/** Only what is named is asked. */
function fitsNamed(named: Members["named"]): Fits {
  return (value) => {
    if (!isObject(value)) return true
    for (let at = 0; at < named.length; at++) {
      const [key, part] = named[at]!
      if (Object.hasOwn(value, key) && !part.fits(value[key])) return false
    }
    return true
  }
}

/** Each member has one part. */
function fitsKnown({ known }: Members, others: Part): Fits {
  return (value) => {
    if (!isObject(value)) return true
    for (const key of Object.keys(value)) if (!(known.get(key) ?? others).fits(value[key])) return false
    return true
  }
}

function fitsAll(members: Members): Fits {
  return (value) => {
    if (!isObject(value)) return true
    for (const key of Object.keys(value))
      for (const part of partsFor(key, members)) if (!part.fits(value[key])) return false
    return true
  }
}

function memberKeyword(members: Members): Keyword {
  const { named, patterns, others } = members
  return {
    fits: patterns.length > 0 ? fitsAll(members) : others === undefined ? fitsNamed(named) : fitsKnown(members, others),
    explain(value, run) {
      if (!isObject(value)) return
      for (const key of Object.keys(value)) {
        if (run.isFull) return
        for (const part of partsFor(key, members))
          if (part.schema === false) refuseKey(key, run)
          else part.explainAt(value[key], key, run)
      }
    },
    see(value, seen) {
      if (!isObject(value)) return
      for (const key of Object.keys(value)) for (const _ of partsFor(key, members)) seen.add(key)
    },
    toJson: (context) => ({
      ...(named.length > 0 && {
        properties: Object.fromEntries(named.map(([key, part]) => [key, part.toJson(context)])),
      }),
      ...(patterns.length > 0 && {
        patternProperties: Object.fromEntries(patterns.map(([source, , part]) => [source, part.toJson(context)])),
      }),
      ...(others !== undefined && { additionalProperties: others.toJson(context) }),
    }),
  }
}

/** Says that an object has a key that it may not have. */
export function refuseKey(key: string, run: Run): void {
  const before = run.count
  run.report({ code: "unknown_key", sentence: (locale) => sentence("unknownKey", { key: quoted(key) }, locale) })
  run.locate(before, key)
}

/** One keyword for the three of them, read at the first that is there. */
function readMembers(keyword: "properties" | "patternProperties" | "additionalProperties"): KeywordReader {
  return (_, site) => {
    const first = (["properties", "patternProperties", "additionalProperties"] as const).find(
      (one) => site.schema[one] !== undefined,
    )
    return first === keyword ? memberKeyword(membersOf(site)) : undefined
  }
}

const readPropertyNames: KeywordReader = (value, { part }) => {
  const name = part(toSchema("propertyNames", value))
  return {
    fits: (given) => !isObject(given) || Object.keys(given).every((key) => name.fits(key)),
    explain(given, run) {
      if (!isObject(given)) return
      for (const key of Object.keys(given)) if (!run.isFull) explainKey(key, name, run)
    },
    toJson: (context) => ({ propertyNames: name.toJson(context) }),
  }
}

function explainKey(key: string, name: Part, run: Run): void {
  const attempt = new Run(run.depth)
  name.explain(key, attempt)
  if (attempt.count === 0) return
  const before = run.count
  run.report({
    code: "key",
    sentence: (locale) => sentence("badKey", { key: quoted(key), reason: attempt.issues(locale)[0]!.message }, locale),
  })
  run.locate(before, key)
}

export const OBJECT_KEYWORDS: readonly (readonly [string, KeywordReader])[] = [
  ["required", readRequired],
  ["dependentRequired", readDependentRequired],
  ["minProperties", sized("minProperties", "too_small", "atLeast")],
  ["maxProperties", sized("maxProperties", "too_big", "atMost")],
  ["properties", readMembers("properties")],
  ["patternProperties", readMembers("patternProperties")],
  ["additionalProperties", readMembers("additionalProperties")],
  ["propertyNames", readPropertyNames],
]
