import { JsonSchemaInvalid } from "../errors.ts"
import { repeated } from "../json-equality.ts"
import type { Run } from "../run.ts"
import { quantity, term } from "../term.ts"
import type { Keyword, Part } from "./part.ts"
import { assertion, type KeywordReader, toBoolean, toCount, toSchema, toSchemas } from "./site.ts"

/** The keywords about lists. */

type List = readonly unknown[]

const DIFFERENT = term("different")

const readMinItems: KeywordReader = (value) => {
  const least = toCount("minItems", value)
  const expected = term("atLeast", { amount: quantity("item", least) })
  const fits = (given: unknown): boolean => !Array.isArray(given) || given.length >= least
  return assertion(fits, (given, run) => run.expect("too_small", expected, quantity("item", (given as List).length)))
}

const readMaxItems: KeywordReader = (value) => {
  const most = toCount("maxItems", value)
  const expected = term("atMost", { amount: quantity("item", most) })
  const fits = (given: unknown): boolean => !Array.isArray(given) || given.length <= most
  return assertion(fits, (given, run) => run.expect("too_big", expected, quantity("item", (given as List).length)))
}

const readUniqueItems: KeywordReader = (value) => {
  if (!toBoolean("uniqueItems", value)) return undefined
  const fits = (given: unknown): boolean => !Array.isArray(given) || repeated(given) === undefined
  return assertion(fits, (given, run) => {
    const { first, second } = repeated(given as List)!
    const before = run.count
    run.expect("duplicate", DIFFERENT, term("duplicate", { place: String(first) }))
    run.locate(before, second)
  })
}

/** `prefixItems`, or in draft 7 a list of `items`. */
function prefix(parts: readonly Part[]): Keyword {
  return {
    fits: (value) => !Array.isArray(value) || parts.every((part, at) => at >= value.length || part.fits(value[at])),
    explain(value, run) {
      if (!Array.isArray(value)) return
      for (const [at, part] of parts.entries()) if (at < value.length) part.explainAt(value[at], at, run)
    },
    see(value, seen) {
      if (Array.isArray(value)) seen.addFirst(Math.min(parts.length, value.length))
    },
    toJson: (context) => ({ prefixItems: parts.map((part) => part.toJson(context)) }),
  }
}

/** `items`: those behind the first few, which have schemas of their own. */
function rest(part: Part, first: number): Keyword {
  return {
    fits(value) {
      if (!Array.isArray(value)) return true
      for (let at = first; at < value.length; at++) if (!part.fits(value[at])) return false
      return true
    },
    explain(value, run) {
      if (!Array.isArray(value)) return
      if (part.schema === false && value.length > first) return tooMany(value, first, run)
      for (let at = first; at < value.length && !run.isFull; at++) part.explainAt(value[at], at, run)
    },
    see(value, seen) {
      if (Array.isArray(value)) seen.addAll()
    },
    toJson: (context) => ({ items: part.toJson(context) }),
  }
}

function tooMany(items: List, most: number, run: Run): void {
  run.expect("too_big", term("atMost", { amount: quantity("item", most) }), quantity("item", items.length))
}

const readPrefixItems: KeywordReader = (value, site) =>
  prefix(toSchemas("prefixItems", value).map((item) => site.part(item)))

const readItems: KeywordReader = (value, { schema, part }) => {
  if (Array.isArray(value))
    throw new JsonSchemaInvalid(
      'Expected "items" to be one schema, got a list. Draft 2020-12 calls that "prefixItems".',
    )
  const first = Array.isArray(schema.prefixItems) ? schema.prefixItems.length : 0
  return rest(part(toSchema("items", value)), first)
}

const readItemsOfDraft7: KeywordReader = (value, { schema, part }) => {
  if (!Array.isArray(value)) return rest(part(toSchema("items", value)), 0)
  const { additionalItems = true } = schema
  const first = prefix(value.map((item) => part(toSchema("items", item))))
  const others = rest(part(toSchema("additionalItems", additionalItems)), value.length)
  return {
    fits: (given) => first.fits(given) && others.fits(given),
    explain(given, run) {
      first.explain(given, run)
      others.explain(given, run)
    },
    toJson: (context) => ({ ...first.toJson!(context), ...others.toJson!(context) }),
  }
}

const readContains: KeywordReader = (value, { schema, part }) => {
  const item = part(toSchema("contains", value))
  const least = schema.minContains === undefined ? 1 : toCount("minContains", schema.minContains)
  const most = schema.maxContains === undefined ? Number.POSITIVE_INFINITY : toCount("maxContains", schema.maxContains)
  const count = (items: List): number => items.reduce((sum: number, one) => sum + (item.fits(one) ? 1 : 0), 0)
  return {
    fits(given) {
      if (!Array.isArray(given)) return true
      if (most < given.length) return isWithin(count(given), least, most)
      return hasAtLeast(given, item, least)
    },
    explain(given, run) {
      if (!Array.isArray(given)) return
      const found = count(given)
      if (isWithin(found, least, most)) return
      const [code, text, bound] =
        found < least ? (["too_small", "atLeast", least] as const) : (["too_big", "atMost", most] as const)
      const expected = term(text, { amount: term("fitting", { amount: quantity("item", bound) }) })
      run.expect(code, expected, quantity("item", found))
    },
    see(given, seen) {
      if (Array.isArray(given)) for (const [at, one] of given.entries()) if (item.fits(one)) seen.add(at)
    },
    toJson: (context) => ({ contains: item.toJson(context) }),
  }
}

function isWithin(count: number, least: number, most: number): boolean {
  return count >= least && count <= most
}

function hasAtLeast(items: List, part: Part, least: number): boolean {
  let found = 0
  for (let at = 0; at < items.length && found < least; at++) if (part.fits(items[at])) found++
  return found >= least
}

export const LIST_KEYWORDS: readonly (readonly [string, KeywordReader])[] = [
  ["minItems", readMinItems],
  ["maxItems", readMaxItems],
  ["uniqueItems", readUniqueItems],
  ["prefixItems", readPrefixItems],
  ["items", readItems],
  ["contains", readContains],
]

export const LIST_KEYWORDS_OF_DRAFT_7: readonly (readonly [string, KeywordReader])[] = [["items", readItemsOfDraft7]]
