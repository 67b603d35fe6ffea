import { isObject } from "../own-fields.ts"
import type { Run } from "../run.ts"
import { quantity, term } from "../term.ts"
import { refuseKey } from "./object-keywords.ts"
import type { Keyword, Part } from "./part.ts"
import { Seen } from "./seen.ts"
import { type KeywordReader, toSchema } from "./site.ts"

/** `unevaluatedProperties` and `unevaluatedItems`: about the members that nothing else in the schema has looked at. */

/** What the keywords beside it have looked at. They are known only when all have been read, and asked for then. */
export type Neighbours = () => readonly Keyword[]

type Reader = (part: Part, neighbours: Neighbours) => Keyword

const unevaluatedProperties: Reader = (part, neighbours) => {
  const left = (value: unknown): readonly string[] => {
    if (!isObject(value)) return []
    const seen = seenBy(neighbours(), value)
    return Object.keys(value).filter((key) => !seen.has(key))
  }
  return {
    isLast: true,
    fits: (value) => left(value).every((key) => part.fits((value as Record<string, unknown>)[key])),
    explain(value, run) {
      for (const key of left(value))
        if (part.schema === false) refuseKey(key, run)
        else part.explainAt((value as Record<string, unknown>)[key], key, run)
    },
    see(value, seen) {
      if (isObject(value)) seen.addAll()
    },
    toJson: (context) => ({ unevaluatedProperties: part.toJson(context) }),
  }
}

const unevaluatedItems: Reader = (part, neighbours) => {
  const left = (value: unknown): readonly number[] => {
    if (!Array.isArray(value)) return []
    const seen = seenBy(neighbours(), value)
    return [...value.keys()].filter((at) => !seen.has(at))
  }
  return {
    isLast: true,
    fits: (value) => left(value).every((at) => part.fits((value as readonly unknown[])[at])),
    explain(value, run) {
      const places = left(value)
      if (part.schema === false) refuseItems(places, value as readonly unknown[], run)
      else for (const at of places) part.explainAt((value as readonly unknown[])[at], at, run)
    },
    see(value, seen) {
      if (Array.isArray(value)) seen.addAll()
    },
    toJson: (context) => ({ unevaluatedItems: part.toJson(context) }),
  }
}

function refuseItems(places: readonly number[], items: readonly unknown[], run: Run): void {
  if (places.length === 0) return
  const expected = term("atMost", { amount: quantity("item", items.length - places.length) })
  run.expect("too_big", expected, quantity("item", items.length))
}

function seenBy(keywords: readonly Keyword[], value: unknown): Seen {
  const seen = new Seen()
  for (const { see } of keywords) see?.(value, seen)
  return seen
}

export function unevaluatedReaders(neighbours: Neighbours): readonly (readonly [string, KeywordReader])[] {
  const read =
    (keyword: string, make: Reader): KeywordReader =>
    (value, site) =>
      make(site.part(toSchema(keyword, value)), neighbours)
  return [
    ["unevaluatedProperties", read("unevaluatedProperties", unevaluatedProperties)],
    ["unevaluatedItems", read("unevaluatedItems", unevaluatedItems)],
  ]
}
