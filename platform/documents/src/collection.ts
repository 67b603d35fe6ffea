import type { Document, Precondition } from "./document.ts"
import { CollectionNotFound } from "./errors.ts"
import type { Filter } from "./filter.ts"
import type { Query } from "./query.ts"
import { shown } from "./shape.ts"
import { quote } from "./text.ts"
import type { Update } from "./update.ts"

/** How many documents match. When not `exact`, at least that many. */
export interface Count {
  readonly value: number
  readonly exact: boolean
}

export interface Page {
  readonly items: readonly Document[]
  /** The cursor of the next page, or null after the last. */
  readonly next: string | null
  /** When the query asked for it. */
  readonly count?: Count
}

/** How a query runs. */
export interface Explanation {
  readonly sql: string
  /** The planner's words, with indexes by their declared names. */
  readonly plan: readonly string[]
  /** The declared index in use, for conditions or for the order; `id` is the one every collection has; null is none. */
  readonly index: string | null
  /** Whether more documents may be read than are answered, one after the other, without a bound from an index. */
  readonly scan: boolean
  /** Whether the order comes out of an index, is made in memory, or was not asked for. */
  readonly sorted: "index" | "memory" | "none"
}

/**
 * The documents of one collection. Every method throws {DOCUMENTS_COLLECTION_NOT_FOUND} when there is no such collection. A read
 * sees every write acknowledged before it; a write is acknowledged after it is on the disk.
 */
export interface DocumentCollection {
  readonly name: string

  /**
   * Stores a new document under a new id.
   *
   * @throws {DOCUMENTS_VALUE_INVALID} @throws {DOCUMENTS_TOO_LARGE} @throws {DOCUMENTS_INDEXED_VALUE_REFUSED}
   * @throws {DOCUMENTS_UNIQUE_CONFLICT}
   */
  insert(data: unknown): Promise<Document>

  /** Stores new documents, in this order, all or none. @throws as `insert`, and {DOCUMENTS_TOO_LARGE} beyond 1,000. */
  insertMany(data: readonly unknown[]): Promise<readonly Document[]>

  get(id: string): Promise<Document | undefined>

  /**
   * Puts the data in the place of what is there, or creates the document (its `rev` is 1 then, and only then).
   *
   * @throws {DOCUMENTS_REVISION_CONFLICT} when `ifRev` or `mustNotExist` does not hold. @throws {DOCUMENTS_NOT_FOUND} when
   *   `mustExist` does not. @throws {DOCUMENTS_ID_INVALID} @throws as `insert`.
   */
  replace(id: string, data: unknown, precondition?: Precondition): Promise<Document>

  /**
   * Changes a document in place; concurrent patches of one document follow each other and none is lost.
   *
   * @throws {DOCUMENTS_NOT_FOUND} @throws {DOCUMENTS_REVISION_CONFLICT} @throws {DOCUMENTS_TYPE_CONFLICT} when an operator meets
   *   a value it cannot change. @throws as `insert`.
   */
  patch(id: string, update: Update, precondition?: Precondition): Promise<Document>

  /** @throws {DOCUMENTS_NOT_FOUND} @throws {DOCUMENTS_REVISION_CONFLICT} */
  delete(id: string, precondition?: Precondition): Promise<void>

  /**
   * One page. It ends early at 16 MiB of documents, with a cursor to go on.
   *
   * @throws {DOCUMENTS_CURSOR_INVALID} @throws {DOCUMENTS_SORT_KEY_TOO_LONG} @throws {DOCUMENTS_QUERY_TIMEOUT}
   */
  query(query: Query): Promise<Page>

  /** How the query would run now. */
  explain(query: Query): Promise<Explanation>

  /** Exact without a filter, and for as many as the limits of the store let it look at; else "at least". */
  count(where?: Filter): Promise<Count>
}

/** Small letters, digits, `_` and `-`, a letter first, at most 63 characters. */
export function isCollectionName(name: unknown): name is string {
  return typeof name === "string" && /^[a-z][a-z0-9_-]{0,62}$/.test(name)
}

/** No nearest name here: callers who may read one collection are not told the names of the others. */
export function collectionNotFound(name: string): InstanceType<typeof CollectionNotFound> {
  return new CollectionNotFound(`No collection is named ${quote(name)}. Create it first, or check the spelling.`, {
    details: { collection: shown(name) },
  })
}
