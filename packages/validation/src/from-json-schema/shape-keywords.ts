import { isObject } from "../own-fields.ts"
import { Run } from "../run.ts"
import { either, kindOf, term } from "../term.ts"
import { explainUnion } from "../union.ts"
import type { Keyword, Part } from "./part.ts"
import { type KeywordReader, toMembers, toSchema, toSchemas, toText } from "./site.ts"

/** The keywords by which schemas are made of schemas for the same value. */

const ONE_SHAPE = term("oneShape")
const OTHER_VALUE = term("otherValue")

function allOf(parts: readonly Part[]): Keyword {
  return {
    inPlace: parts,
    fits: (value) => parts.every((part) => part.fits(value)),
    explain(value, run) {
      for (const part of parts) part.explain(value, run)
    },
    see(value, seen) {
      for (const part of parts) part.see(value, seen)
    },
    toJson: (context) => ({ allOf: parts.map((part) => part.toJson(context)) }),
  }
}

function seeThoseThatFit(parts: readonly Part[]): NonNullable<Keyword["see"]> {
  return (value, seen) => {
    for (const part of parts) if (part.fits(value)) part.see(value, seen)
  }
}

/** What is wrong with the shape that was likely meant. */
function explainNone(parts: readonly Part[], value: unknown, run: Run): void {
  const attempts = parts.map((part) => {
    const attempt = new Run(run.depth)
    part.explain(value, attempt)
    return attempt
  })
  const told = attempts.filter((attempt) => attempt.count > 0)
  if (told.length > 0) explainUnion(told, either(parts.map((part) => part.expected)), value, run)
}

const readAnyOf: KeywordReader = (value, site) => {
  const parts = toSchemas("anyOf", value).map((one) => site.part(one))
  const fits = (given: unknown): boolean => parts.some((part) => part.fits(given))
  return {
    inPlace: parts,
    fits,
    explain(given, run) {
      if (!fits(given)) explainNone(parts, given, run)
    },
    see: seeThoseThatFit(parts),
    toJson: (context) => ({ anyOf: parts.map((part) => part.toJson(context)) }),
  }
}

const readOneOf: KeywordReader = (value, site) => {
  const parts = toSchemas("oneOf", value).map((one) => site.part(one))
  const count = (given: unknown): number => {
    let fitting = 0
    for (let at = 0; at < parts.length && fitting < 2; at++) if (parts[at]!.fits(given)) fitting++
    return fitting
  }
  return {
    inPlace: parts,
    fits: (given) => count(given) === 1,
    explain(given, run) {
      const fitting = count(given)
      if (fitting === 0) explainNone(parts, given, run)
      if (fitting > 1) run.expect("union", ONE_SHAPE, OTHER_VALUE)
    },
    see: seeThoseThatFit(parts),
    toJson: (context) => ({ oneOf: parts.map((part) => part.toJson(context)) }),
  }
}

const readNot: KeywordReader = (value, site) => {
  const part = site.part(toSchema("not", value))
  return {
    inPlace: [part],
    fits: (given) => !part.fits(given),
    explain(given, run) {
      if (part.fits(given)) run.report({ code: "refused" })
    },
    toJson: (context) => ({ not: part.toJson(context) }),
  }
}

const readIf: KeywordReader = (value, { schema, part }) => {
  const condition = part(toSchema("if", value))
  const yes = schema.then === undefined ? undefined : part(toSchema("then", schema.then))
  const no = schema.else === undefined ? undefined : part(toSchema("else", schema.else))
  const chosen = (given: unknown): Part | undefined => (condition.fits(given) ? yes : no)
  return {
    inPlace: [condition, ...(yes ? [yes] : []), ...(no ? [no] : [])],
    fits: (given) => chosen(given)?.fits(given) ?? true,
    explain(given, run) {
      chosen(given)?.explain(given, run)
    },
    see(given, seen) {
      if (condition.fits(given)) condition.see(given, seen)
      chosen(given)?.see(given, seen)
    },
    toJson: (context) => ({
      if: condition.toJson(context),
      ...(yes && { ["then" as string]: yes.toJson(context) }),
      ...(no && { else: no.toJson(context) }),
    }),
  }
}

/** Parts for objects that have a key. */
function dependent(parts: readonly (readonly [string, Part])[]): Keyword {
  const those = (value: unknown): readonly Part[] =>
    isObject(value) ? parts.flatMap(([key, part]) => (Object.hasOwn(value, key) ? [part] : [])) : []
  return {
    inPlace: parts.map(([, part]) => part),
    fits: (value) => those(value).every((part) => part.fits(value)),
    explain(value, run) {
      for (const part of those(value)) part.explain(value, run)
    },
    see(value, seen) {
      for (const part of those(value)) part.see(value, seen)
    },
    toJson: (context) => ({
      dependentSchemas: Object.fromEntries(parts.map(([key, part]) => [key, part.toJson(context)])),
    }),
  }
}

const readDependentSchemas: KeywordReader = (value, site) =>
  dependent(
    toMembers("dependentSchemas", value).map(([key, one]) => [key, site.part(toSchema("dependentSchemas", one))]),
  )

/** Of older drafts: lists of keys, or schemas. */
const readDependencies: KeywordReader = (value, site) =>
  dependent(
    toMembers("dependencies", value).map(([key, one]) => [
      key,
      site.part(Array.isArray(one) ? { required: one } : toSchema("dependencies", one)),
    ]),
  )

function reference(target: Part): Keyword {
  return {
    inPlace: [target],
    fits: (value) => target.fits(value),
    explain: (value, run) => target.explain(value, run),
    see: (value, seen) => target.see(value, seen),
    toJson: (context) => context.refer(target.node),
  }
}

/** What a false schema says where no key or item is to blame. */
export const NOTHING: Keyword = {
  fits: () => false,
  explain: (value, run) => run.report({ code: "refused", expected: term("nothing"), received: kindOf(value) }),
}

export const SHAPE_KEYWORDS: readonly (readonly [string, KeywordReader])[] = [
  ["$ref", (value, site) => reference(site.refer(toText("$ref", value)))],
  ["$dynamicRef", (value, site) => reference(site.referDynamically(toText("$dynamicRef", value)))],
  ["allOf", (value, site) => allOf(toSchemas("allOf", value).map((one) => site.part(one)))],
  ["anyOf", readAnyOf],
  ["oneOf", readOneOf],
  ["not", readNot],
  ["if", readIf],
  ["dependentSchemas", readDependentSchemas],
  ["dependencies", readDependencies],
]
