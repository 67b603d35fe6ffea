import { didYouMean } from "@ashlar/core"
import { IndexedValueRefused, IndexInvalid } from "./errors.ts"
import { languageLimits } from "./limits.ts"
import { type SortValue, sortValue } from "./order.ts"
import { formatPath, type Path, pathText, someReached } from "./path.ts"
import { readFields, refuse } from "./shape.ts"
import { type Direction, parseSortField, type SortField } from "./sort.ts"
import { quote } from "./text.ts"
import { isArray, isObject, type Json, type JsonObject } from "./value.ts"

/**
 * `scalar`: the path never holds an array (writes that would are refused), so one index serves conditions and order, and queries
 * need not look into arrays. `any`: arrays are allowed, order by it is in memory. `members`: one entry for each element of
 * an array, for "contains".
 */
export type IndexKind = "scalar" | "any" | "members"

export interface Index {
  /** Derived from the fields and the kind: `region,-area`, `tags:members`. */
  readonly name: string
  readonly fields: readonly SortField[]
  readonly kind: IndexKind
  /** No two documents hold the same values; a document that lacks one of them, or has null there, is exempt. */
  readonly unique: boolean
}

/** An index as it goes over the wire. */
export interface IndexInfo {
  readonly name: string
  readonly fields: readonly { readonly path: string | readonly string[]; readonly direction: Direction }[]
  readonly kind: IndexKind
  readonly unique: boolean
}

const kinds: readonly IndexKind[] = ["scalar", "any", "members"]

/**
 * Reads index definitions: `["region", ["region", "-area"], { fields: "tags", kind: "members" }]`.
 *
 * @throws {DOCUMENTS_INDEX_INVALID} for another shape, more than 32 indexes or 6 fields, a path or an index that is named twice,
 *   `members` with several fields, `unique` with another kind than `scalar`, or a name that is not the derived one.
 * @throws {DOCUMENTS_FIELD_UNKNOWN} @throws {DOCUMENTS_PATH_INVALID}
 */
export function parseIndexes(input: unknown, at = "/indexes"): readonly Index[] {
  if (!isArray(input) || input.length > languageLimits.indexes) {
    throw refuse(IndexInvalid, { at, expected: `a list of at most ${languageLimits.indexes} indexes`, got: input })
  }
  const indexes = input.map((index, i) => parseIndex(index, `${at}/${i}`))
  const names = new Set<string>()
  for (const { name } of indexes) {
    if (names.has(name)) throw refuse(IndexInvalid, { at, expected: "each index once", got: name })
    names.add(name)
  }
  return indexes
}

function parseIndex(input: unknown, at: string): Index {
  const shorthand = typeof input === "string" || isArray(input)
  const given = shorthand
    ? { fields: input }
    : readFields(input, ["name", "fields", "kind", "unique"], { at, refusal: IndexInvalid })
  const { kind = "scalar", unique = false } = given as { kind?: unknown; unique?: unknown }
  if (!(kinds as readonly unknown[]).includes(kind)) {
    const hint = typeof kind === "string" ? ` ${didYouMean(kind, kinds)}` : ""
    throw new IndexInvalid(`Expected a kind of index at ${at}/kind, got ${quote(kind)}.${hint}`, {
      details: { pointer: `${at}/kind` },
    })
  }
  if (typeof unique !== "boolean") {
    throw refuse(IndexInvalid, { at: `${at}/unique`, expected: "true or false", got: unique })
  }
  const fields = parseIndexFields(given.fields, shorthand ? at : `${at}/fields`)
  const index = { name: indexName(fields, kind as IndexKind), fields, kind: kind as IndexKind, unique }
  checkKind(index, at)
  const name = (given as { name?: unknown }).name
  if (name !== undefined && name !== index.name) {
    throw refuse(IndexInvalid, {
      at: `${at}/name`,
      expected: `no name, or the derived one, ${quote(index.name)}`,
      got: name,
    })
  }
  return index
}

function parseIndexFields(input: unknown, at: string): readonly SortField[] {
  const list = isArray(input) ? input : [input]
  if (input === undefined || list.length === 0 || list.length > languageLimits.indexFields) {
    throw refuse(IndexInvalid, { at, expected: `1 to ${languageLimits.indexFields} fields`, got: input })
  }
  const fields = list.map((field, i) => parseSortField(field, isArray(input) ? `${at}/${i}` : at))
  if (new Set(fields.map(({ path }) => pathText(path))).size !== fields.length) {
    throw refuse(IndexInvalid, { at, expected: "each path once", got: input })
  }
  return fields
}

function checkKind({ fields, kind, unique }: Index, at: string): void {
  if (kind === "members" && fields.length !== 1) {
    throw refuse(IndexInvalid, { at, expected: "one field in an index of the kind members", got: fields.length })
  }
  if (unique && kind !== "scalar") {
    throw refuse(IndexInvalid, { at: `${at}/unique`, expected: "unique with the kind scalar only", got: kind })
  }
}

function indexName(fields: readonly SortField[], kind: IndexKind): string {
  const names = fields.map(({ path, direction }) => `${direction === "desc" ? "-" : ""}${pathText(path)}`)
  return kind === "scalar" ? names.join(",") : `${names.join(",")}:${kind}`
}

export function toIndexInfo({ name, fields, kind, unique }: Index): IndexInfo {
  return {
    name,
    fields: fields.map(({ path, direction }) => ({ path: formatPath(path), direction })),
    kind,
    unique,
  }
}

/**
 * Checks that an index takes a document.
 *
 * @throws {DOCUMENTS_INDEXED_VALUE_REFUSED} for an array on a path of a `scalar` index, an object on a path of a unique one, a
 *   string of more than 1,024 bytes (an engine would fail the insert), 2,500 bytes of strings in all, or more than
 *   1,000 members.
 */
export function checkIndexed(index: Index, document: JsonObject): void {
  if (index.kind === "members") {
    memberKeys(index, document)
    return
  }
  let bytes = 0
  for (const { path } of index.fields) {
    const value = sortValue(document, path)
    if (typeof value === "string") bytes += checkedBytes(index, path, value)
    if (typeof value !== "object" || value === null) continue
    if (isArray(value) && index.kind === "scalar") {
      throw refusedValue(index, path, "an array, and the kind scalar takes none (declare members or any for it)")
    }
    if (index.unique) throw refusedValue(index, path, "an object, and unique compares single values only")
  }
  if (bytes > languageLimits.indexEntryBytes) {
    throw refusedValue(
      index,
      index.fields[0]!.path,
      `${bytes} bytes of text, and takes ${languageLimits.indexEntryBytes}`,
    )
  }
}

/**
 * What a `members` index holds of a document: every scalar that `$eq` on its path would match, `null` also for a path that
 * reaches nothing.
 *
 * @throws {DOCUMENTS_INDEXED_VALUE_REFUSED} for more than 1,000 of them or a string of more than 1,024 bytes.
 */
export function memberKeys(index: Index, document: JsonObject): ReadonlySet<SortValue> {
  const { path } = index.fields[0]!
  const keys = new Set<SortValue>()
  let missing = true
  const add = (value: Json): void => {
    if (isArray(value) || isObject(value)) return
    if (typeof value === "string") checkedBytes(index, path, value)
    // 0 and -0 are one key in a Set, as they are one number here.
    keys.add(value as SortValue)
  }
  someReached(document, path, (reached) => {
    missing = false
    if (isArray(reached)) reached.forEach(add)
    else add(reached)
    return false
  })
  if (missing) keys.add(null)
  if (keys.size > languageLimits.indexMembers) {
    throw refusedValue(index, path, `${keys.size} different members, and takes ${languageLimits.indexMembers}`)
  }
  return keys
}

function checkedBytes(index: Index, path: Path, text: string): number {
  const bytes = Buffer.byteLength(text)
  if (bytes <= languageLimits.indexedStringBytes) return bytes
  throw refusedValue(index, path, `a string of ${bytes} bytes, and takes ${languageLimits.indexedStringBytes}`)
}

function refusedValue(index: Index, path: Path, reason: string): InstanceType<typeof IndexedValueRefused> {
  const at = pathText(path)
  return new IndexedValueRefused(`The index ${quote(index.name)} on ${quote(at)} got ${reason}.`, {
    details: { index: index.name, path: at, reason },
  })
}
