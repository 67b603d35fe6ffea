import { createHash } from "node:crypto"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { type Database, type Model, type Query, type QueryEvent, tableOf } from "@ashlar/orm"
import type { Cache } from "../cache.ts"
import type { Duration } from "../duration.ts"
import type { RememberOptions } from "../options.ts"
import { encodeValue } from "../value/codec.ts"
import { tablesOf } from "./statement-tables.ts"

export interface CacheQueriesOptions {
  readonly cache: Cache
  readonly database: Database
  /**
   * What a write to a table changes besides: by foreign keys that cascade, by triggers. `{ users: ["posts"] }`: what deletes users may
   * delete posts.
   */
  readonly cascades?: Readonly<Record<string, readonly string[]>>
  /** Told when kept rows could not be dropped after a write: they live as long as their `ttl`. */
  readonly onError?: (error: unknown) => void
}

/** What is asked of the database, where it is more than one statement. */
export interface QueryKey {
  readonly key: string
  /** All tables that it reads: names, or models. */
  readonly tables: readonly (string | typeof Model)[]
}

/** Rows that are kept until one of their tables is written to. */
export interface CachedQueries {
  /**
   * The rows of a statement, its text and values being the key. The tables are read out of its text.
   *
   * In a transaction the database is asked, and nothing is kept: it may see what nobody else does yet.
   * @throws what the query throws, and what {@link Cache.remember} does.
   * @example
   * const top = await queries.rows(db.sql<{ id: number }>`select id from posts order by votes desc limit ${10}`, "5m")
   */
  rows<R extends object>(query: Query<R>, options: Duration | RememberOptions): Promise<R[]>
  /**
   * What `make` gives, kept until one of the tables is written to. Rows of models are no plain values: keep what `toJSON()` says.
   * @example
   * await queries.remember({ key: "authors", tables: [User, Post] }, "5m", async () =>
   *   (await User.with("posts").get()).map((user) => user.toJSON()))
   */
  remember<T>(query: QueryKey, options: Duration | RememberOptions, make: () => Promise<T>): Promise<T>
  /** Drops what was kept of a table, after a write that this process did not make. @throws {CACHE_STORE_FAILED} */
  invalidate(...tables: readonly (string | typeof Model)[]): Promise<void>
  /** Hears of no more writes. */
  close(): void
}

/** Tags that one entry may have, less the one of the whole database. More tables than that are all of them. */
const MAX_TABLES = 14

/**
 * Keeps results of queries, and drops them when this process writes to a table that they were read from: by models, by Kysely or by
 * plain SQL; for all who share the cache, and in a transaction once it is committed. Writes of programs that do not share the cache
 * are not heard of: `ttl` is the longest that they are unseen.
 *
 * @example
 * const queries = cacheQueries({ cache: openCache("redis://…"), database: db })
 */
export function cacheQueries(options: CacheQueriesOptions): CachedQueries {
  return new LiveCachedQueries(options)
}

const CHANNEL = "ashlar:orm:query"

class LiveCachedQueries implements CachedQueries {
  readonly #cache: Cache
  readonly #database: Database
  readonly #cascades: Readonly<Record<string, readonly string[]>>
  readonly #onError: (error: unknown) => void
  readonly #url: string
  /** Tells the tables of one database from those of others. */
  readonly #place: string
  /** Tables that are being dropped: what is asked for next must not find them. */
  readonly #dropping = new Set<Promise<void>>()

  constructor({ cache, database, cascades = {}, onError = () => undefined }: CacheQueriesOptions) {
    this.#cache = cache.namespace("queries")
    this.#database = database
    this.#cascades = cascades
    this.#onError = onError
    this.#url = String(database.url)
    this.#place = createHash("sha256").update(this.#url).digest("base64url").slice(0, 12)
    subscribe(CHANNEL, this.#hear)
  }

  async rows<R extends object>(query: Query<R>, options: Duration | RememberOptions): Promise<R[]> {
    const { text, values } = query.compile(this.#database.dialect)
    const { read } = tablesOf(text)
    return await this.remember({ key: `${text}\n${encodeValue([...values])}`, tables: read }, options, () =>
      query.all(),
    )
  }

  async remember<T>(
    { key, tables }: QueryKey,
    options: Duration | RememberOptions,
    make: () => Promise<T>,
  ): Promise<T> {
    if (this.#isInTransaction()) return await make()
    if (this.#dropping.size > 0) await Promise.all(this.#dropping)
    const given = typeof options === "string" ? { ttl: options } : options
    const tags = [...(given.tags ?? []), ...this.#tagsOf(tables, MAX_TABLES - (given.tags?.length ?? 0))]
    const name = createHash("sha256").update(`${this.#place}\n${key}`).digest("base64url")
    return await this.#cache.remember<T>(name, { ...given, tags }, make)
  }
  async invalidate(...tables: readonly (string | typeof Model)[]): Promise<void> {
    await this.#drop(tables.map(nameOf))
  }
  close(): void {
    unsubscribe(CHANNEL, this.#hear)
  }

  /** An effect that has to wait is one of a transaction. */
  #isInTransaction(): boolean {
    let hasRun = false
    void this.#database.afterCommit(() => {
      hasRun = true
    })
    return !hasRun
  }

  readonly #hear = (message: unknown): void => {
    const { database, text } = message as QueryEvent
    if (database !== this.#url) return
    const { written, isWrite } = tablesOf(text)
    if (!isWrite) return
    // At once outside of a transaction, otherwise when it is committed.
    void this.#database.afterCommit(() => this.#dropAfterWrite(written))
  }
  #dropAfterWrite(written: readonly string[]): Promise<void> {
    const dropping = this.#drop(written).catch(this.#onError)
    this.#dropping.add(dropping)
    return dropping.finally(() => this.#dropping.delete(dropping))
  }
  async #drop(tables: readonly string[]): Promise<void> {
    if (tables.length === 0) return await this.#cache.invalidate(this.#tag("*")) // it changed something, and nobody knows what
    const all = new Set(tables)
    for (const table of all) for (const other of this.#cascades[table] ?? []) all.add(other.toLowerCase())
    await this.#cache.invalidate(...[...all].map((table) => this.#tag(table)), this.#tag("too many to name"))
  }

  #tagsOf(tables: QueryKey["tables"], most: number): readonly string[] {
    const names = [...new Set(tables.map(nameOf))]
    const named = names.length > 0 && names.length <= most ? names : ["too many to name"]
    return [this.#tag("*"), ...named.map((name) => this.#tag(name))]
  }
  #tag(table: string): string {
    return `table:${this.#place}:${table}`
  }
}

function nameOf(table: string | typeof Model): string {
  return (typeof table === "string" ? table : tableOf(table as never).name).toLowerCase()
}
