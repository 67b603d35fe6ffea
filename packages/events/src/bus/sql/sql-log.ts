import { type Database, type Queryable, type Sql, sql } from "@ashlar/orm"
import type { BusRecord, BusSettings, From } from "../bus-driver.ts"
import { partitionOf } from "../partition.ts"
import { toPosition } from "../position.ts"
import { DEAD, EVENTS, HEADS, NOW } from "./sql-tables.ts"

export interface LogRow {
  pos: number
  body: string
}

/** A row to be. */
interface NewRow {
  readonly part: number
  readonly onlyGroup: string | null
  readonly type: string
  readonly body: string
}

/**
 * Events as rows, numbered without gaps: who appends holds the bus's row of heads until its commit, so that numbers are committed in
 * their order, and whoever has read up to one has missed none before it.
 */
export class SqlLog {
  readonly database: Database
  readonly bus: string
  readonly #partitions: number

  constructor(database: Database, { name, partitions }: BusSettings) {
    this.database = database
    this.bus = name
    this.#partitions = partitions
  }

  async append(records: readonly BusRecord[]): Promise<void> {
    const rows = records.map(({ key, id, type, text }) => ({
      part: partitionOf(key ?? id, this.#partitions),
      onlyGroup: null,
      type,
      body: text,
    }))
    await this.database.transaction((db) => this.#append(db, rows))
  }

  /** Moves dead letters back. @returns how many were there. */
  async redrive(group: string, ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0
    return await this.database.transaction(async (db) => {
      const which = sql`bus = ${this.bus} and grp = ${group} and id in ${sql.list(ids)}`
      // Held until the commit, so that two who redrive one letter do not both append it.
      const lock = db.dialect === "sqlite" ? sql`` : sql`for update`
      const letters = await db.sql<{ part: number; type: string; body: string }>`
        select part, type, body from ${DEAD} where ${which} order by id ${lock}`.all()
      if (letters.length === 0) return 0
      await db.sql`delete from ${DEAD} where ${which}`.run()
      await this.#append(
        db,
        letters.map(({ part, type, body }) => ({ part: Number(part), onlyGroup: group, type, body })),
      )
      return letters.length
    })
  }

  async #append(db: Queryable, rows: readonly NewRow[]): Promise<void> {
    const { last, nowMs } = await this.#advance(db, rows.length)
    const first = last - rows.length + 1
    const values = rows.map(
      ({ part, onlyGroup, type, body }, at): Sql =>
        sql`(${this.bus}, ${first + at}, ${part}, ${onlyGroup}, ${type}, ${nowMs}, ${body})`,
    )
    await db.sql`insert into ${EVENTS} (bus, pos, part, only_group, type, at_ms, body) values ${sql.join(values)}`.run()
  }
  async #advance(db: Queryable, count: number): Promise<{ last: number; nowMs: number }> {
    const now = NOW[db.dialect]
    const set = sql`update ${HEADS} set last_pos = last_pos + ${count} where bus = ${this.bus}`
    let row: { last_pos: number; now_ms: number } | undefined
    if (db.dialect === "mysql") {
      await db.sql`${set}`.run()
      row = await db.sql<{ last_pos: number; now_ms: number }>`
        select last_pos, ${now} as now_ms from ${HEADS} where bus = ${this.bus}`.first()
    } else row = await db.sql<{ last_pos: number; now_ms: number }>`${set} returning last_pos, ${now} as now_ms`.first()
    return { last: Number(row!.last_pos), nowMs: Number(row!.now_ms) }
  }

  async last(): Promise<number> {
    const row = await this.database.primary.sql<{
      last_pos: number
    }>`select last_pos from ${HEADS} where bus = ${this.bus}`.first()
    return Number(row?.last_pos ?? 0)
  }

  /** The number after which one begins. */
  async before(from: From): Promise<number> {
    if (from === "beginning") return 0
    if (typeof from === "object" && "position" in from) return toPosition(from.position)
    const last = await this.last()
    if (from === "now") return last
    const row = await this.database.primary.sql<{ pos: number | null }>`
      select min(pos) as pos from ${EVENTS} where bus = ${this.bus} and at_ms >= ${from.timeMs}`.first()
    return row?.pos === null || row === undefined ? last : Number(row.pos) - 1
  }

  /** What comes after a number, for one group in one partition. */
  async ofPart(group: string, part: number, after: number, limit: number): Promise<readonly LogRow[]> {
    return await this.#read(
      sql`part = ${part} and pos > ${after} and (only_group is null or only_group = ${group})`,
      limit,
    )
  }
  /** What comes after a number, for those who listen. */
  async ofAll(after: number, limit: number): Promise<readonly LogRow[]> {
    return await this.#read(sql`pos > ${after} and only_group is null`, limit)
  }
  async #read(which: Sql, limit: number): Promise<readonly LogRow[]> {
    const rows = await this.database.primary.sql<LogRow>`
      select pos, body from ${EVENTS} where bus = ${this.bus} and ${which} order by pos limit ${limit}`.all()
    return rows.map(({ pos, body }) => ({ pos: Number(pos), body }))
  }

  /** Which partitions have something after a number, up to another. */
  async partsBetween(after: number, upTo: number): Promise<readonly number[]> {
    const rows = await this.database.primary.sql<{ part: number }>`
      select distinct part from ${EVENTS} where bus = ${this.bus} and pos > ${after} and pos <= ${upTo}`.all()
    return rows.map(({ part }) => Number(part))
  }

  /** Forgets what is older than that. */
  async trim(retainMs: number): Promise<void> {
    const now = NOW[this.database.dialect]
    for (const table of [EVENTS, DEAD])
      await this.database.sql`delete from ${table} where bus = ${this.bus} and at_ms < ${now} - ${retainMs}`.run()
  }
}
