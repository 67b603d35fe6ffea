import { QueryInvalid } from "./errors.ts"
import { languageLimits } from "./limits.ts"
import { compareSortValues, type SortValue, sortValue } from "./order.ts"
import { type Path, parsePath, pathText } from "./path.ts"
import { readFields, refuse } from "./shape.ts"
import { compareText } from "./text.ts"
import { isArray, isObject, type Json } from "./value.ts"

export type Direction = "asc" | "desc"

export interface SortField {
  readonly path: Path
  readonly direction: Direction
}

/**
 * Reads the order of a page: `["-population", "name"]`, or `[{ path, direction }]`; one path alone may stand without the list.
 * Ties are settled by id, in the direction of the last path.
 *
 * @throws {DOCUMENTS_QUERY_INVALID} for another shape, more than 8 paths, or a path that is named twice.
 * @throws {DOCUMENTS_PATH_INVALID} @throws {DOCUMENTS_FIELD_UNKNOWN}
 */
export function parseSort(input: unknown, at = "/sort"): readonly SortField[] {
  if (input === undefined) return []
  const list = isArray(input) ? input : [input]
  const fields = list.map((field, i) => parseSortField(field, isArray(input) ? `${at}/${i}` : at))
  if (fields.length > languageLimits.sortPaths) {
    throw refuse(QueryInvalid, { at, expected: `at most ${languageLimits.sortPaths} paths`, got: input })
  }
  const seen = new Set<string>()
  for (const { path } of fields) {
    const text = pathText(path)
    if (seen.has(text)) throw refuse(QueryInvalid, { at, expected: "each path once", got: text })
    seen.add(text)
  }
  return fields
}

/** Reads one field of a sort or of an index: `"area"`, `"-area"` or `{ path, direction }`. */
export function parseSortField(input: unknown, at: string): SortField {
  if (typeof input === "string") {
    const descends = input.startsWith("-")
    return { path: parsePath(descends ? input.slice(1) : input, at), direction: descends ? "desc" : "asc" }
  }
  if (!isObject(input))
    throw refuse(QueryInvalid, { at, expected: '"path", "-path" or { path, direction }', got: input })
  const { path, direction = "asc" } = readFields(input, ["path", "direction"], { at, refusal: QueryInvalid })
  if (direction !== "asc" && direction !== "desc") {
    throw refuse(QueryInvalid, { at: `${at}/direction`, expected: '"asc" or "desc"', got: direction })
  }
  return { path: parsePath(path, `${at}/path`), direction }
}

/** The direction of the ids that settle ties. */
export function idDirection(sort: readonly SortField[]): Direction {
  return sort.at(-1)?.direction ?? "asc"
}

/** A document's place in an order: what it sorts by, path by path, then its id. */
export interface SortPosition {
  readonly values: readonly SortValue[]
  readonly id: string
}

export function sortPosition(
  sort: readonly SortField[],
  document: { readonly id: string; readonly data: Json },
): SortPosition {
  return { values: sort.map(({ path }) => sortValue(document.data, path)), id: document.id }
}

/** The documented order, in memory. */
export function comparePositions(sort: readonly SortField[], a: SortPosition, b: SortPosition): number {
  for (const [i, { direction }] of sort.entries()) {
    const compared = compareSortValues(a.values[i]!, b.values[i]!)
    if (compared !== 0) return direction === "asc" ? compared : -compared
  }
  const compared = compareText(a.id, b.id)
  return idDirection(sort) === "asc" ? compared : -compared
}
