import { isCollectionName } from "./collection.ts"
import { parseEncrypted } from "./encrypted-fields.ts"
import { CollectionInvalid } from "./errors.ts"
import { type Index, type IndexInfo, parseIndexes } from "./indexes.ts"
import type { Path } from "./path.ts"
import { type Action, closedRules, parseRules, type Rules } from "./rules.ts"
import { readFields, refuse } from "./shape.ts"

/** A collection as it goes over the wire. */
export interface CollectionInfo {
  readonly name: string
  readonly rules: Rules
  readonly indexes: readonly IndexInfo[]
  /** The encrypted fields. Absent when there are none. */
  readonly encrypted?: readonly string[]
  /** The documents there are, exact. */
  readonly count: number
  readonly createdAt: string
  readonly updatedAt: string
}

/** The collections of a project. */
export interface Collections {
  /** By name. @throws {DOCUMENTS_QUERY_INVALID} @throws {DOCUMENTS_CURSOR_INVALID} */
  list(page?: {
    readonly limit?: number
    readonly cursor?: string
  }): Promise<{ readonly items: readonly CollectionInfo[]; readonly next: string | null }>

  /** @throws {DOCUMENTS_COLLECTION_NOT_FOUND} */
  get(name: string): Promise<CollectionInfo>

  /**
   * Creates a collection from `{ name, rules?, indexes?, encrypted? }`. Without rules it is closed to every key. Values of encrypted
   * fields are stored sealed: they are read and written as others, and nothing is found by them. They stay what they are made as.
   *
   * @throws {DOCUMENTS_COLLECTION_INVALID} @throws {DOCUMENTS_COLLECTION_EXISTS} @throws {DOCUMENTS_INDEX_INVALID}
   * @throws {DOCUMENTS_FIELD_UNKNOWN} @throws {DOCUMENTS_PATH_INVALID} @throws {DOCUMENTS_TOO_MANY_COLLECTIONS}
   */
  create(input: unknown): Promise<CollectionInfo>

  /**
   * Changes `{ rules?, indexes? }`: rules that are left out stay; indexes, when given, are all there will be. Building takes about
   * a second for a million documents, in which the project's other writes wait.
   *
   * @throws {DOCUMENTS_INDEX_REFUSED} when stored documents do not fit; nothing is changed then. @throws as `create`.
   */
  update(name: string, input: unknown): Promise<CollectionInfo>

  /** Deletes the collection with all its documents. @throws {DOCUMENTS_COLLECTION_NOT_FOUND} */
  delete(name: string): Promise<void>
}

/** A collection to be made. */
export interface NewCollection {
  readonly name: string
  readonly rules: Rules
  readonly indexes: readonly Index[]
  readonly encrypted: readonly Path[]
}

/** What is to change of a collection. Indexes, when given, are all there will be. */
export interface CollectionChange {
  readonly rules?: Partial<Rules>
  readonly indexes?: readonly Index[]
}

/** Reads `{ name, rules?, indexes?, encrypted? }`. */
export function parseNewCollection(input: unknown): NewCollection {
  const given = readFields(input, ["name", "rules", "indexes", "encrypted"], { at: "", refusal: CollectionInvalid })
  if (!isCollectionName(given.name)) {
    const expected = "a name of a-z 0-9 _ - that starts with a letter, at most 63 characters,"
    throw refuse(CollectionInvalid, { at: "/name", expected, got: given.name })
  }
  const indexes = given.indexes === undefined ? [] : parseIndexes(given.indexes)
  const encrypted = parseEncrypted(given.encrypted, indexes)
  return { name: given.name, rules: parseRules(given.rules), indexes, encrypted }
}

/** Reads `{ rules?, indexes? }`. Only the rules that are named: the others stay what the writer finds. */
export function parseCollectionChange(input: unknown): CollectionChange {
  const given = readFields(input, ["rules", "indexes"], { at: "", refusal: CollectionInvalid })
  return {
    ...(given.rules === undefined ? {} : { rules: namedRules(given.rules) }),
    ...(given.indexes === undefined ? {} : { indexes: parseIndexes(given.indexes) }),
  }
}

function namedRules(input: unknown): Partial<Rules> {
  const rules = parseRules(input, closedRules)
  return Object.fromEntries(Object.keys(input as object).map((action) => [action, rules[action as Action]]))
}
