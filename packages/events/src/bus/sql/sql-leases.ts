import { uuidv7 } from "@ashlar/core"
import { type Database, type Sql, sql } from "@ashlar/orm"
import type { LaneReport, LaneStore } from "../lanes/lane-keeper.ts"
import { insertNew, LANES, MEMBERS, NOW } from "./sql-tables.ts"

export interface LeasePlace {
  readonly bus: string
  readonly group: string
  readonly leaseMs: number
}

/** Who holds which partition, as rows that run out by the database's clock. */
export class SqlLeases implements LaneStore<true> {
  readonly member: string = uuidv7()
  readonly #place: LeasePlace
  readonly #database: Database
  readonly #now: Sql

  constructor(database: Database, place: LeasePlace) {
    this.#place = place
    this.#database = database
    this.#now = NOW[database.dialect]
  }

  get ofGroup(): Sql {
    return sql`bus = ${this.#place.bus} and grp = ${this.#place.group}`
  }
  get ofMine(): Sql {
    return sql`${this.ofGroup} and owner = ${this.member}`
  }
  get untilMs(): Sql {
    return sql`${this.#now} + ${this.#place.leaseMs}`
  }

  /** Makes the rows, where they are not there yet. */
  async make(partitions: number, startPos: number): Promise<void> {
    const { bus, group } = this.#place
    const columns = sql`bus, grp, part, done_pos, fetched_pos, trying_pos, tries, owner, until_ms`
    const rows = Array.from(
      { length: partitions },
      (_, part) => sql`${bus}, ${group}, ${part}, ${startPos}, ${startPos}, 0, 0, ${null}, 0`,
    )
    await insertNew(this.#database, LANES, columns, rows)
  }

  async beat(): Promise<LaneReport> {
    const { bus, group, leaseMs } = this.#place
    const { sql: run, dialect } = this.#database
    const values = sql`(${bus}, ${group}, ${this.member}, ${this.#now})`
    const known = dialect === "mysql" ? sql`on duplicate key update` : sql`on conflict (bus, grp, member) do update set`
    await run`insert into ${MEMBERS} (bus, grp, member, seen_ms) values ${values} ${known} seen_ms = ${this.#now}`.run()
    await run`delete from ${MEMBERS} where ${this.ofGroup} and seen_ms < ${this.#now} - ${leaseMs}`.run()
    await run`update ${LANES} set until_ms = ${this.untilMs} where ${this.ofMine}`.run()
    const members = await this.#database.primary.sql<{ member: string }>`
      select member from ${MEMBERS} where ${this.ofGroup} order by member`.all()
    const lanes = await this.#database.primary.sql<{ part: number; owner: string | null; is_free: number }>`
      select part, owner, case when owner is null or until_ms < ${this.#now} then 1 else 0 end as is_free
      from ${LANES} where ${this.ofGroup} order by part`.all()
    return {
      members: members.map(({ member }) => member),
      held: lanes.filter(({ owner }) => owner === this.member).map(({ part }) => Number(part)),
      free: lanes.filter(({ is_free }) => Number(is_free) === 1).map(({ part }) => Number(part)),
    }
  }

  async take(lane: number): Promise<true | undefined> {
    const { changes } = await this.#database.sql`
      update ${LANES} set owner = ${this.member}, until_ms = ${this.untilMs}
      where ${this.ofGroup} and part = ${lane} and (owner is null or until_ms < ${this.#now})`.run()
    return changes > 0 || undefined
  }
  async release(lane: number): Promise<void> {
    await this.#database
      .sql`update ${LANES} set owner = null, until_ms = 0 where ${this.ofMine} and part = ${lane}`.run()
  }
  async leave(): Promise<void> {
    await this.#database.sql`delete from ${MEMBERS} where ${this.ofGroup} and member = ${this.member}`.run()
  }
}
