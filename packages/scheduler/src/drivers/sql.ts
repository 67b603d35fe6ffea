import { type Clock, detach } from "@ashlar/core"
import { type Database, type Dialect, openTables, type Queryable, type Sql, sql } from "@ashlar/orm"
import { SchedulerClosed, SchedulerStoreFailed, storeFailure } from "../errors.ts"
import type { Ended, ScheduleState } from "../state.ts"
import type { Decide, SchedulerStore, Snapshot } from "../store.ts"

/** The database's own time in milliseconds: one clock for all who use it. */
const NOW: Readonly<Record<Dialect, Sql>> = {
  sqlite: sql`cast(unixepoch('subsec') * 1000 as integer)`,
  postgres: sql`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`,
  mysql: sql`cast(unix_timestamp(sysdate(3)) * 1000 as signed)`,
}
/** Text that is compared byte by byte, and text of any length. */
const KEY: Readonly<Record<Dialect, Sql>> = {
  sqlite: sql`text`,
  postgres: sql`varchar(200) collate "C"`,
  mysql: sql`varchar(200) character set ascii collate ascii_bin`,
}
const LONG: Readonly<Record<Dialect, Sql>> = { sqlite: sql`text`, postgres: sql`text`, mysql: sql`mediumtext` }

interface StateRow {
  name: string
  state: string
  now_ms: number
}

/**
 * Opens schedules in tables of a database, which are made when they are missing.
 *
 * @param clock In place of the database's, for tests.
 * @throws {SCHEDULER_STORE_FAILED} {CORE_DRIVER_URL_INVALID}
 */
export async function openSql(url: string, clock?: Clock): Promise<SchedulerStore> {
  const database = await openTables(url, {
    tables: (dialect) => ({ tables: tables(dialect) }),
    isShared: true,
    toError: (cause) => new SchedulerStoreFailed("The tables of the schedules could not be made", { cause }),
  })
  return new SqlStore(database, clock)
}

function tables(dialect: Dialect): readonly Sql[] {
  const [key, long] = [KEY[dialect], LONG[dialect]]
  return [
    sql`create table if not exists ashlar_schedules (name ${key} primary key, state ${long} not null)`,
    sql`create table if not exists ashlar_schedule_runs
      (name ${key} not null, number bigint not null, run ${long} not null, primary key (name, number))`,
  ]
}

/** A row for each schedule, held by whoever changes it until the commit. */
class SqlStore implements SchedulerStore {
  readonly #database: Database
  readonly #clock: Clock | undefined
  readonly #outside: <T>(work: () => T) => T
  #isClosed = false

  constructor(database: Database, clock: Clock | undefined) {
    this.#database = database
    this.#clock = clock
    this.#outside = detach()
  }

  async read(prefix: string): Promise<Snapshot> {
    return await this.#do(async (database) => {
      // By a range, which the key's index knows; a name may have no letter after "~".
      const rows = await database.sql<StateRow>`select name, state, ${NOW[database.dialect]} as now_ms
        from ashlar_schedules where name >= ${prefix} and name < ${`${prefix}~`} and state <> ''`.all()
      const states = new Map(rows.map(({ name, state }) => [name, JSON.parse(state) as ScheduleState]))
      const nowMs = this.#clock?.now() ?? Number(rows[0]?.now_ms ?? (await this.#now(database)))
      return { nowMs, states }
    })
  }
  async change<R>(key: string, keep: number, decide: Decide<R>): Promise<R> {
    return await this.#do((database) =>
      database.transaction(async (db) => {
        const row = await lock(db, key)
        const state = row.state === "" ? undefined : (JSON.parse(row.state) as ScheduleState)
        const { answer, next, ended = [] } = decide(state, this.#clock?.now() ?? Number(row.now_ms))
        if (next === undefined) return answer
        await db.sql`update ashlar_schedules set state = ${JSON.stringify(next)} where name = ${key}`.run()
        for (const [at, run] of ended.entries())
          await db.sql`insert into ashlar_schedule_runs (name, number, run)
            values (${key}, ${next.records - ended.length + at + 1}, ${JSON.stringify(run)})`.run()
        if (ended.length > 0)
          await db.sql`delete from ashlar_schedule_runs where name = ${key} and number <= ${next.records - keep}`.run()
        return answer
      }),
    )
  }
  async history(key: string, limit: number): Promise<readonly Ended[]> {
    return await this.#do(async (database) => {
      const rows = await database.sql<{ run: string }>`select run from ashlar_schedule_runs
        where name = ${key} order by number desc limit ${limit}`.all()
      return rows.map(({ run }) => JSON.parse(run) as Ended)
    })
  }
  async remove(key: string): Promise<boolean> {
    return await this.#do((database) =>
      database.transaction(async (db) => {
        const { state } = await lock(db, key)
        await db.sql`delete from ashlar_schedules where name = ${key}`.run()
        await db.sql`delete from ashlar_schedule_runs where name = ${key}`.run()
        return state !== ""
      }),
    )
  }
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#database.close()
  }

  async #now(database: Database): Promise<number> {
    const [row] = await database.sql<{ now_ms: number }>`select ${NOW[database.dialect]} as now_ms`.all()
    return Number(row!.now_ms)
  }
  async #do<T>(work: (database: Database) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new SchedulerClosed()
    try {
      return await this.#outside(() => work(this.#database))
    } catch (cause) {
      throw storeFailure(cause, "The database did not do its work")
    }
  }
}

/** The row, made when it is missing, and held until the commit. */
async function lock(db: Queryable, key: string): Promise<StateRow> {
  const now = NOW[db.dialect]
  if (db.dialect !== "mysql") {
    const rows = await db.sql<StateRow>`insert into ashlar_schedules (name, state) values (${key}, '')
      on conflict (name) do update set name = excluded.name returning name, state, ${now} as now_ms`.all()
    return rows[0]!
  }
  await db.sql`insert into ashlar_schedules (name, state) values (${key}, '') on duplicate key update name = name`.run()
  const rows = await db.sql<StateRow>`select name, state, ${now} as now_ms from ashlar_schedules
    where name = ${key} for update`.all()
  return rows[0]!
}
