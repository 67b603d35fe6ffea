import { clientError } from "./errors.ts"
import type { Filter, PathOf, Selected, SortKey } from "./filter.ts"
import { path } from "./path.ts"
import type { Transport } from "./transport.ts"
import type { Count, Document, Explanation, Page, QueryPage, QueryRequest } from "./wire.ts"

/** The collection that a query reads. */
export interface QuerySource {
  readonly transport: Transport
  readonly project: string
  readonly collection: string
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

/** The server's largest page. */
const MAX_PAGE = 1_000
const DEFAULT_MAX_ALL = 10_000

/**
 * A query that is not sent until it is read. Each step answers a new query, so a common start can be kept and reused.
 *
 * @example
 * const large = countries.where({ area: { $gte: 1_000_000 } }).sort("-area")
 * for await (const { data } of large.select("name", "area")) print(data)
 */
export class Query<T, R = T> implements AsyncIterable<Document<R>> {
  readonly #source: QuerySource
  readonly #request: QueryRequest

  constructor(source: QuerySource, request: QueryRequest = {}) {
    this.#source = source
    this.#request = request
  }

  /** Narrows further: all filters given so far must hold. */
  where(filter: Filter<T>): Query<T, R> {
    const { where } = this.#request
    return this.#with({ where: where === undefined ? filter : { $and: [where, filter] } })
  }

  /** Sorts by the first key, then by the next; `-` in front sorts downwards. Ties are broken by id. */
  sort(...keys: readonly SortKey<T>[]): Query<T, R> {
    return this.#with({ sort: keys })
  }

  /** At most `limit` documents: `page()` gives that many in a page, everything else stops there. */
  limit(limit: number): Query<T, R> {
    if (!Number.isInteger(limit) || limit < 1)
      throw clientError("SDK_BAD_OPTIONS", `Expected \`limit\` to be a whole number from 1, got ${limit}.`)
    return this.#with({ limit })
  }

  /** Only these fields, so that less is sent. */
  select<const K extends keyof T & string>(...fields: readonly K[]): Query<T, Pick<T, K>>
  select(...paths: readonly PathOf<T>[]): Query<T, Selected<T>>
  select(...paths: readonly string[]): Query<T, unknown> {
    return new Query(this.#source, { ...this.#request, select: paths })
  }

  /** One page, 50 documents unless `limit` says otherwise and at most 1,000. */
  async page(options: CallOptions & { readonly cursor?: string | null } = {}): Promise<Page<Document<R>>> {
    const size = this.#request.limit === undefined ? {} : { limit: Math.min(this.#request.limit, MAX_PAGE) }
    const cursor = options.cursor ? { cursor: options.cursor } : {}
    return this.#send<QueryPage<R>>("query", { ...this.#request, ...size, ...cursor }, options)
  }

  /** Page after page, up to `limit`. Documents that change in between appear where the sort puts them then. */
  async *pages(options: CallOptions = {}): AsyncGenerator<readonly Document<R>[]> {
    let left = this.#request.limit ?? Number.POSITIVE_INFINITY
    let cursor: string | null = null
    do {
      const request: QueryRequest = { ...this.#request, limit: Math.min(left, MAX_PAGE), ...(cursor ? { cursor } : {}) }
      const page: QueryPage<R> = await this.#send<QueryPage<R>>("query", request, options)
      yield page.items
      left -= page.items.length
      cursor = page.next
    } while (cursor !== null && left > 0)
  }

  /** Document after document, in pages of 1,000. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Document<R>> {
    for await (const page of this.pages()) yield* page
  }

  /**
   * All documents at once.
   *
   * @param options `max`: how many may match, default 10,000.
   * @throws {SDK_TOO_MANY_DOCUMENTS} When more match.
   */
  async all(options: CallOptions & { readonly max?: number } = {}): Promise<Document<R>[]> {
    const max = options.max ?? DEFAULT_MAX_ALL
    const found: Document<R>[] = []
    for await (const page of this.pages(options)) {
      found.push(...page)
      if (found.length > max)
        throw clientError(
          "SDK_TOO_MANY_DOCUMENTS",
          `More than ${max} documents match. Set a limit, raise \`max\`, or iterate over the query.`,
        )
    }
    return found
  }

  /** The first document, or null when none matches. */
  async first(options: CallOptions = {}): Promise<Document<R> | null> {
    const page = await this.#send<QueryPage<R>>("query", { ...this.#request, limit: 1 }, options)
    return page.items[0] ?? null
  }

  /** How many documents match, whatever the limit. A very large count comes back as `exact: false`: at least that many. */
  async count(options: CallOptions = {}): Promise<Count> {
    const { where } = this.#request
    const request = { ...(where === undefined ? {} : { where }), limit: 1, count: true }
    const { count } = await this.#send<QueryPage<R>>("query", request, options)
    if (!count) throw clientError("SDK_BAD_RESPONSE", "Expected a `count` in the answer to a query that asked for one.")
    return count
  }

  /** How the server would run this query: which index, and whether it must look at every document. */
  explain(options: CallOptions = {}): Promise<Explanation> {
    const { limit, ...rest } = this.#request
    return this.#send("explain", limit === undefined ? rest : { ...rest, limit: Math.min(limit, MAX_PAGE) }, options)
  }

  #with(change: QueryRequest): Query<T, R> {
    return new Query(this.#source, { ...this.#request, ...change })
  }

  #send<A>(verb: "query" | "explain", json: QueryRequest, { signal }: CallOptions): Promise<A> {
    const { transport, project, collection } = this.#source
    return transport.json<A>({
      method: "POST",
      path: path`/v1/projects/${project}/collections/${collection}/${verb}`,
      json,
      signal,
    })
  }
}
