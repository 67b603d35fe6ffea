import type { StandardIssue } from "@ashlar/core"
import type { JsonSchema } from "../routes/json-schema.ts"
import { type Given, toList } from "./parameter.ts"
import { notAllowed, wrong } from "./query-issue.ts"

/** One field to sort by. The first decides, the next among equals. */
export interface Order<F extends string = string> {
  readonly field: F
  readonly direction: "asc" | "desc"
}

/** What a client sends to sort by: `-created` is the newest first. */
export type SortText<F extends string> = F | `-${F}`

/** Fields to sort by, at most: a database sorts by as many columns as it is told to. */
const MAX_ORDERS = 5
const MAX_FIELDS = 100

/** Reads `sort=-created,name`. */
export function readSort(given: Given, allowed: readonly string[], issues: StandardIssue[]): readonly Order[] {
  const names = readNames(
    "sort",
    { given, allowed: allowed.flatMap((name) => [name, `-${name}`]), max: MAX_ORDERS },
    issues,
  )
  const orders = names.map(
    (name): Order =>
      name.startsWith("-") ? { field: name.slice(1), direction: "desc" } : { field: name, direction: "asc" },
  )
  if (new Set(orders.map(({ field }) => field)).size < orders.length)
    issues.push(wrong("sort", "duplicate", "each field once"))
  return orders
}

/** Reads `fields=id,name`. */
export function readFields(given: Given, allowed: readonly string[], issues: StandardIssue[]): readonly string[] {
  return [...new Set(readNames("fields", { given, allowed, max: MAX_FIELDS }, issues))]
}

function readNames(
  parameter: string,
  { given, allowed, max }: { readonly given: Given; readonly allowed: readonly string[]; readonly max: number },
  issues: StandardIssue[],
): readonly string[] {
  const names = toList(given)
  if (names.length > max) issues.push(wrong(parameter, "too_big", `at most ${max} names`))
  if (names.length === 0) issues.push(wrong(parameter, "too_small", "a name"))
  const known = new Set(allowed)
  const odd = names.find((name) => !known.has(name))
  if (odd !== undefined) issues.push(notAllowed(parameter, { got: odd, allowed }))
  return names.slice(0, max)
}

/** The two parameters, for documents. */
export function describeNames({
  sort,
  fields,
}: {
  readonly sort: readonly string[]
  readonly fields: readonly string[]
}): JsonSchema {
  const list = (names: readonly string[], maxItems: number): JsonSchema => ({
    type: "array",
    items: { type: "string", enum: names },
    minItems: 1,
    maxItems,
    uniqueItems: true,
  })
  const orders = sort.flatMap((name) => [name, `-${name}`])
  return {
    ...(sort.length > 0 && {
      sort: { ...list(orders, MAX_ORDERS), description: "The first decides; `-` is descending." },
    }),
    ...(fields.length > 0 && { fields: { ...list(fields, MAX_FIELDS), description: "Only these fields." } }),
  }
}
