import { clientError, isRequestError } from "./errors.ts"
import type { Filter, Patch } from "./filter.ts"
import { path } from "./path.ts"
import { type CallOptions, Query, type QuerySource } from "./query.ts"
import type { Document, Explanation, QueryPage, QueryRequest } from "./wire.ts"

export interface WriteOptions extends CallOptions {
  /** Write only while the document still has this revision. @throws {DOCUMENTS_REVISION_CONFLICT} Otherwise. */
  readonly rev?: number
}

export interface ReplaceOptions extends WriteOptions {
  /** True writes only when no document has this id. @throws {DOCUMENTS_REVISION_CONFLICT} Otherwise. */
  readonly createOnly?: boolean
}

/** The most documents one `insertMany` takes: all of them are stored, or none. */
const MAX_INSERT = 1_000

/**
 * One collection of documents that hold `T`. The type is a promise of the caller's: the server stores any JSON.
 *
 * @example
 * const todos = ashlar.collection<Todo>("todos")
 * const { id } = await todos.insert({ title: "cut stone", done: false })
 * await todos.patch(id, { $set: { done: true } })
 */
export class Collection<T> {
  readonly #source: QuerySource

  constructor(source: QuerySource) {
    this.#source = source
  }

  /** Stores a new document under a new id. */
  insert(data: T, options: CallOptions = {}): Promise<Document<T>> {
    return this.#send("POST", this.#documents(), data, options)
  }

  /**
   * Stores 1..1,000 new documents: all or none. The answer is in the order given.
   *
   * @throws {SDK_BAD_OPTIONS} When there are more: split them, and know that each part stands alone.
   */
  async insertMany(data: readonly T[], options: CallOptions = {}): Promise<readonly Document<T>[]> {
    if (data.length === 0) return []
    if (data.length > MAX_INSERT)
      throw clientError("SDK_BAD_OPTIONS", `Expected at most ${MAX_INSERT} documents at once, got ${data.length}.`)
    const answer = await this.#send<{ items: readonly Document<T>[] }>("POST", this.#documents(), data, options)
    return answer.items
  }

  /** The document, or null when no document has this id. */
  async get(id: string, options: CallOptions = {}): Promise<Document<T> | null> {
    try {
      return await this.#send("GET", this.#document(id), undefined, options)
    } catch (error) {
      if (isRequestError(error, "DOCUMENTS_NOT_FOUND")) return null
      throw error
    }
  }

  /** Puts `data` in place of what the document holds, or creates it under this id. */
  replace(id: string, data: T, options: ReplaceOptions = {}): Promise<Document<T>> {
    return this.#send("PUT", this.#document(id), data, options)
  }

  /** Changes single fields: by operations (`$set`, `$inc`, ...) or, without them, by an RFC 7396 merge patch. */
  patch(id: string, change: Patch<T>, options: WriteOptions = {}): Promise<Document<T>> {
    return this.#send("PATCH", this.#document(id), change, options)
  }

  async delete(id: string, options: WriteOptions = {}): Promise<void> {
    await this.#send("DELETE", this.#document(id), undefined, options)
  }

  /** Starts a query; without a filter it takes every document. */
  where(filter?: Filter<T>): Query<T> {
    return new Query(this.#source, filter === undefined ? {} : { where: filter })
  }

  /** Sends a query as the wire has it: for filters that are known only at run time. */
  query(request: QueryRequest, options: CallOptions = {}): Promise<QueryPage<T>> {
    return this.#send("POST", `${this.#path()}/query`, request, options)
  }

  /** How the server would run that query: which index, and whether it must look at every document. */
  explain(request: QueryRequest, options: CallOptions = {}): Promise<Explanation> {
    return this.#send("POST", `${this.#path()}/explain`, request, options)
  }

  #path(): string {
    return path`/v1/projects/${this.#source.project}/collections/${this.#source.collection}`
  }

  #documents(): string {
    return `${this.#path()}/documents`
  }

  #document(id: string): string {
    return this.#documents() + path`/${id}`
  }

  #send<A = Document<T>>(method: string, path: string, json: unknown, options: ReplaceOptions): Promise<A> {
    const headers = {
      "if-match": options.rev === undefined ? undefined : `"${options.rev}"`,
      "if-none-match": options.createOnly ? "*" : undefined,
    }
    return this.#source.transport.json<A>({ method, path, json, headers, signal: options.signal })
  }
}
