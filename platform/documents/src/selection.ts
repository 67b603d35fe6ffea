import { QueryInvalid } from "./errors.ts"
import { languageLimits } from "./limits.ts"
import { parsePath } from "./path.ts"
import { refuse } from "./shape.ts"
import { isArray, isObject, type Json, type JsonObject } from "./value.ts"

/** Which parts of a document an answer holds, as a tree of keys; `true` is all from there on. */
export interface Selection {
  readonly [key: string]: Selection | true
}

/**
 * Reads which parts of a document a query wants: `["name", "address.city"]`. A path and its prefix together mean the prefix.
 *
 * @throws {DOCUMENTS_QUERY_INVALID} for another shape or more than 64 paths. @throws {DOCUMENTS_PATH_INVALID}
 */
export function parseSelection(input: unknown, at = "/select"): Selection | undefined {
  if (input === undefined) return undefined
  if (!isArray(input) || input.length === 0 || input.length > languageLimits.selectPaths) {
    throw refuse(QueryInvalid, { at, expected: `a list of 1 to ${languageLimits.selectPaths} paths`, got: input })
  }
  const root: Branch = Object.create(null)
  for (const [i, entry] of input.entries()) {
    let branch = root
    const path = parsePath(entry, `${at}/${i}`)
    for (const [depth, segment] of path.entries()) {
      const next = branch[segment]
      if (next === true) break
      if (depth === path.length - 1) branch[segment] = true
      else branch = branch[segment] = next ?? Object.create(null)
    }
  }
  return root
}

/** Without a prototype, so that a key `__proto__` is a key like any other. */
interface Branch {
  [key: string]: Branch | true
}

/**
 * The selected parts of a document. Through an array the selection applies to each element that is an object; other elements
 * are left out. What is not there stays absent.
 */
export function select(document: JsonObject, selection: Selection): JsonObject {
  const entries: [string, Json][] = []
  for (const [key, inner] of Object.entries(selection)) {
    if (!Object.hasOwn(document, key)) continue
    const value = document[key]!
    if (inner === true) entries.push([key, value])
    else if (isObject(value)) entries.push([key, select(value, inner)])
    else if (isArray(value)) entries.push([key, value.filter(isObject).map((element) => select(element, inner))])
  }
  // fromEntries defines properties; assigning `__proto__` would set the prototype.
  return Object.fromEntries(entries)
}
