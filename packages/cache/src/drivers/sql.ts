import { systemClock } from "@ashlar/core"
import { type Database, type FeatureTables, openTables, type Queryable, sql } from "@ashlar/orm"
import { CacheClosed, CacheStoreFailed, CacheValueInvalid, CacheValueTooLarge } from "../errors.ts"
import { readEntry, uniqueName, writeEntry } from "../record.ts"
import type { CacheStore, ChangeBus, Entry, Lease } from "../store.ts"
import { SqlBus } from "./sql-bus.ts"

export const MAX_PAYLOAD_BYTES: number = 8 * 1024 * 1024

/**
 * Opens a cache in tables of a database, which are made when they are missing. Written in a transaction over the same URL it
 * is committed, or undone, together with the rows.
 */
export async function open(url: string): Promise<CacheStore> {
  const database = await openTables(url, {
    tables: () => TABLES,
    toError: (cause) => new CacheStoreFailed("The tables of the cache could not be made", { cause }),
  })
  return new SqlStore(database)
}

const TABLES: FeatureTables = {
  tables: [
    sql`create table if not exists ashlar_cache_entries
      (key text primary key, body text not null, states text not null, expires bigint)`,
    sql`create table if not exists ashlar_cache_tags (tag text primary key, state text not null, expires bigint)`,
    sql`create table if not exists ashlar_cache_leases (key text primary key, token text not null, expires bigint not null)`,
  ],
  indexes: [["ashlar_cache_entries_expires", "ashlar_cache_entries", sql`expires`]],
}

/** Writes between two looks for what is over. */
const SWEEP_EVERY = 500
/** Entries at most; of more, those that end first go. */
const MAX_ENTRIES = 1_000_000

interface EntryRow {
  key: string
  body: string
  states: string
}

class SqlStore implements CacheStore {
  readonly sharesValues = false
  readonly maxPayloadBytes: number = MAX_PAYLOAD_BYTES
  readonly #database: Database
  #writes = 0
  #isClosed = false

  constructor(database: Database) {
    this.#database = database
  }

  async get(key: string): Promise<Entry | undefined> {
    return (await this.getMany([key]))[0]
  }
  async getMany(keys: readonly string[]): Promise<readonly (Entry | undefined)[]> {
    if (keys.length === 0) return []
    return await this.#do(async (db) => {
      const rows = await db.sql<EntryRow>`
        select key, body, states from ashlar_cache_entries
        where key in ${sql.list(keys)} and (expires is null or expires > ${systemClock.now()})`.all()
      const found = new Map(rows.map(({ key, body, states }) => [key, { states, entry: readEntry(body) }]))
      const states = await statesOf(db, [...new Set([...found.values()].flatMap(({ entry }) => entry.tags))])
      return keys.map((key) => {
        const one = found.get(key)
        if (one === undefined) return undefined
        return one.entry.tags.map((tag) => states.get(tag) ?? "").join(",") === one.states ? one.entry : undefined
      })
    })
  }
  async set(items: readonly (readonly [key: string, entry: Entry])[]): Promise<void> {
    // In one order for all, so that two callers cannot wait for each other.
    const written = items
      .map(([key, entry]) => [key, writeEntry(entry, this.maxPayloadBytes)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
    await this.#change(async (db) => {
      const all = new Map<string, number>()
      for (const [, { tags, expiresMs }] of written)
        for (const tag of tags) all.set(tag, Math.max(all.get(tag) ?? 0, expiresMs))
      const states = await ensureStates(db, all)
      for (const [key, { text, expiresMs, tags }] of written) {
        await put(db, { key, body: text, states: tags.map((tag) => states.get(tag)!), expiresMs })
        await db.sql`delete from ashlar_cache_leases where key = ${key}`.run()
      }
    })
    await this.#sweep(items.length)
  }
  async delete(keys: readonly string[]): Promise<number> {
    if (keys.length === 0) return 0
    return await this.#change(async (db) => {
      await db.sql`delete from ashlar_cache_leases where key in ${sql.list(keys)}`.run()
      const rows = await db.sql<{ key: string }>`
        select key from ashlar_cache_entries
        where key in ${sql.list(keys)} and (expires is null or expires > ${systemClock.now()})`.all()
      await db.sql`delete from ashlar_cache_entries where key in ${sql.list(keys)}`.run()
      return rows.length
    })
  }
  async flush(prefix: string): Promise<void> {
    // Databases count characters where JavaScript counts units.
    const length = [...prefix].length
    await this.#change(async (db) => {
      for (const table of ["ashlar_cache_leases", "ashlar_cache_entries"])
        await db.sql`delete from ${sql.id(table)} where substr(key, 1, ${length}) = ${prefix}`.run()
    })
  }
  async invalidate(tags: readonly string[]): Promise<void> {
    await this.#do((db) => db.sql`delete from ashlar_cache_tags where tag in ${sql.list(tags)}`.run())
  }
  async begin(key: string, tags: readonly string[], ttlMs: number): Promise<Lease | undefined> {
    const token = uniqueName()
    const nowMs = systemClock.now()
    return await this.#change(async (db) => {
      const rows = await db.sql<{ token: string }>`
        insert into ashlar_cache_leases (key, token, expires) values (${key}, ${token}, ${nowMs + ttlMs})
        on conflict (key) do update set token = excluded.token, expires = excluded.expires
        where ashlar_cache_leases.expires <= ${nowMs} returning token`.all()
      if (rows.length === 0) return undefined
      const states = await ensureStates(db, new Map(tags.map((tag) => [tag, nowMs + ttlMs])))
      return { token, versions: tags.map((tag) => states.get(tag)!) }
    })
  }
  async fill(key: string, entry: Entry, { token, versions }: Lease): Promise<boolean> {
    const { text, expiresMs, tags } = writeEntry(entry, this.maxPayloadBytes)
    const isKept = await this.#change(async (db) => {
      // Deleting the lease holds its row until the commit: whoever ends it meanwhile waits.
      const ended = await db.sql<{ key: string }>`
        delete from ashlar_cache_leases
        where key = ${key} and token = ${token} and expires > ${systemClock.now()} returning key`.all()
      if (ended.length === 0) return false
      const states = await ensureStates(db, new Map(tags.map((tag) => [tag, expiresMs])))
      if (tags.some((tag, at) => states.get(tag) !== versions[at])) return false
      await put(db, { key, body: text, states: versions, expiresMs })
      return true
    })
    await this.#sweep(1)
    return isKept
  }
  async end(key: string, { token }: Lease): Promise<void> {
    await this.#do((db) => db.sql`delete from ashlar_cache_leases where key = ${key} and token = ${token}`.run())
  }
  async openBus(pollMs: number): Promise<ChangeBus> {
    return await SqlBus.open(this.#database, pollMs)
  }
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#database.close()
  }

  /** Takes away what is over, now and then. */
  async #sweep(writes: number): Promise<void> {
    this.#writes += writes
    if (this.#writes < SWEEP_EVERY) return
    this.#writes = 0
    const nowMs = systemClock.now()
    await this.#change(async (db) => {
      for (const table of ["ashlar_cache_entries", "ashlar_cache_tags", "ashlar_cache_leases"])
        await db.sql`delete from ${sql.id(table)} where expires <= ${nowMs}`.run()
      const [counted] = await db.sql<{ count: number }>`select count(*) as count from ashlar_cache_entries`.all()
      const over = Number(counted?.count ?? 0) - MAX_ENTRIES
      if (over > 0)
        await db.sql`delete from ashlar_cache_entries where key in (
          select key from ashlar_cache_entries order by coalesce(expires, 9007199254740991) limit ${over})`.run()
    })
  }

  async #change<T>(work: (db: Queryable) => Promise<T>): Promise<T> {
    return await this.#do((db) => db.transaction(work))
  }
  async #do<T>(work: (db: Queryable) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new CacheClosed("The cache was closed")
    try {
      return await work(this.#database)
    } catch (cause) {
      if (
        cause instanceof CacheStoreFailed ||
        cause instanceof CacheValueInvalid ||
        cause instanceof CacheValueTooLarge
      )
        throw cause
      throw new CacheStoreFailed("The database of the cache did not do its work", { cause })
    }
  }
}

function orNever(expiresMs: number): number | null {
  return expiresMs === Number.POSITIVE_INFINITY ? null : expiresMs
}

interface Put {
  readonly key: string
  readonly body: string
  readonly states: readonly string[]
  readonly expiresMs: number
}

async function put(db: Queryable, { key, body, states, expiresMs }: Put): Promise<void> {
  await db.sql`
    insert into ashlar_cache_entries (key, body, states, expires)
    values (${key}, ${body}, ${states.join(",")}, ${orNever(expiresMs)})
    on conflict (key) do update set body = excluded.body, states = excluded.states, expires = excluded.expires`.run()
}

async function statesOf(db: Queryable, tags: readonly string[]): Promise<Map<string, string>> {
  if (tags.length === 0) return new Map()
  const rows = await db.sql<{ tag: string; state: string }>`
    select tag, state from ashlar_cache_tags where tag in ${sql.list(tags)}`.all()
  return new Map(rows.map(({ tag, state }) => [tag, state]))
}

/** The states of tags, made where there are none, and kept as long as an entry that has them. Locks them until the commit. */
async function ensureStates(db: Queryable, tags: ReadonlyMap<string, number>): Promise<Map<string, string>> {
  const states = new Map<string, string>()
  for (const [tag, expiresMs] of [...tags].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const rows = await db.sql<{ state: string }>`
      insert into ashlar_cache_tags (tag, state, expires) values (${tag}, ${uniqueName()}, ${orNever(expiresMs)})
      on conflict (tag) do update set expires = case
        when ashlar_cache_tags.expires is null or excluded.expires is null then null
        when ashlar_cache_tags.expires > excluded.expires then ashlar_cache_tags.expires
        else excluded.expires end
      returning state`.all()
    states.set(tag, rows[0]!.state)
  }
  return states
}
