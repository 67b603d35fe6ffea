import { uuidv7 } from "@ashlar/core"
import { type Database, type Sql, sql } from "@ashlar/orm"
import type { LaneReport, LaneStore } from "../lanes/lane-keeper.ts"
import type { SqlLog } from "./sql-log.ts"
import { DEAD, EVENTS, insertNew, LANES, MEMBERS, NOW } from "./sql-tables.ts"

/** How far a group is in one partition. */
export interface LaneState {
  readonly donePos: number
  /** Up to where the one before has begun: what lies between may have killed it. */
  readonly fetchedPos: number
}

/** The partitions of one group, as rows that their holders keep up. */
export class SqlLanes implements LaneStore<LaneState> {
  readonly member: string = uuidv7()
  readonly #log: SqlLog
  readonly #group: string
  readonly #leaseMs: number
  readonly #database: Database
  readonly #now: Sql

  constructor(log: SqlLog, group: string, leaseMs: number) {
    this.#log = log
    this.#group = group
    this.#leaseMs = leaseMs
    this.#database = log.database
    this.#now = NOW[log.database.dialect]
  }

  get #ofGroup(): Sql {
    return sql`bus = ${this.#log.bus} and grp = ${this.#group}`
  }
  get #ofMine(): Sql {
    return sql`${this.#ofGroup} and owner = ${this.member}`
  }

  /** Makes the group, where it is not there yet. */
  async make(partitions: number, startPos: number): Promise<void> {
    const columns = sql`bus, grp, part, done_pos, fetched_pos, trying_pos, tries, owner, until_ms`
    const rows = Array.from(
      { length: partitions },
      (_, part) => sql`${this.#log.bus}, ${this.#group}, ${part}, ${startPos}, ${startPos}, 0, 0, ${null}, 0`,
    )
    await insertNew(this.#database, LANES, columns, rows)
  }

  async beat(): Promise<LaneReport> {
    const { sql: run, dialect } = this.#database
    const values = sql`(${this.#log.bus}, ${this.#group}, ${this.member}, ${this.#now})`
    const known = dialect === "mysql" ? sql`on duplicate key update` : sql`on conflict (bus, grp, member) do update set`
    await run`insert into ${MEMBERS} (bus, grp, member, seen_ms) values ${values} ${known} seen_ms = ${this.#now}`.run()
    await run`delete from ${MEMBERS} where ${this.#ofGroup} and seen_ms < ${this.#now} - ${this.#leaseMs}`.run()
    await run`update ${LANES} set until_ms = ${this.#now} + ${this.#leaseMs} where ${this.#ofMine}`.run()
    const members = await this.#database.primary.sql<{ member: string }>`
      select member from ${MEMBERS} where ${this.#ofGroup} order by member`.all()
    const lanes = await this.#database.primary.sql<{ part: number; owner: string | null; is_free: number }>`
      select part, owner, case when owner is null or until_ms < ${this.#now} then 1 else 0 end as is_free
      from ${LANES} where ${this.#ofGroup} order by part`.all()
    return {
      members: members.map(({ member }) => member),
      held: lanes.filter(({ owner }) => owner === this.member).map(({ part }) => Number(part)),
      free: lanes.filter(({ is_free }) => Number(is_free) === 1).map(({ part }) => Number(part)),
    }
  }

  async take(lane: number): Promise<LaneState | undefined> {
    const { changes } = await this.#database.sql`
      update ${LANES} set owner = ${this.member}, until_ms = ${this.#now} + ${this.#leaseMs}
      where ${this.#ofGroup} and part = ${lane} and (owner is null or until_ms < ${this.#now})`.run()
    if (changes === 0) return undefined
    const row = await this.#database.primary.sql<{ done_pos: number; fetched_pos: number }>`
      select done_pos, fetched_pos from ${LANES} where ${this.#ofMine} and part = ${lane}`.first()
    return row && { donePos: Number(row.done_pos), fetchedPos: Number(row.fetched_pos) }
  }

  /** Notes how far it is, and what it begins with. @returns whether the partition is still its own. */
  async note(lane: number, donePos: number, fetchedPos: number): Promise<boolean> {
    const { changes } = await this.#database.sql`
      update ${LANES} set done_pos = ${donePos}, fetched_pos = ${fetchedPos}, until_ms = ${this.#now} + ${this.#leaseMs}
      where ${this.#ofMine} and part = ${lane}`.run()
    return changes > 0
  }

  /**
   * Notes that an event is tried that another may have died with.
   * @returns how often it was, this time included; nothing when the partition is not its own any more.
   */
  async noteTry(lane: number, pos: number): Promise<number | undefined> {
    const which = sql`${this.#ofMine} and part = ${lane}`
    // One time before the first that was noted. MySQL sets one column after the other.
    await this.#database.sql`
      update ${LANES} set tries = case when trying_pos = ${pos} then tries + 1 else 2 end, trying_pos = ${pos} where ${which}`.run()
    const row = await this.#database.primary.sql<{ tries: number }>`select tries from ${LANES} where ${which}`.first()
    return row && Number(row.tries)
  }

  /** @returns whether the partition was still its own. */
  async bury(
    lane: number,
    { pos, body }: { readonly pos: number; readonly body: string },
    reason: string,
  ): Promise<boolean> {
    return await this.#database.transaction(async (db) => {
      const { changes } = await db.sql`
        update ${LANES} set done_pos = ${pos}, until_ms = ${this.#now} + ${this.#leaseMs} where ${this.#ofMine} and part = ${lane}`.run()
      if (changes === 0) return false
      await db.sql`insert into ${DEAD} (bus, grp, id, part, type, reason, at_ms, body)
        select ${this.#log.bus}, ${this.#group}, ${uuidv7()}, part, type, ${reason}, ${this.#now}, ${body}
        from ${EVENTS} where bus = ${this.#log.bus} and pos = ${pos}`.run()
      return true
    })
  }

  async release(lane: number): Promise<void> {
    await this.#database
      .sql`update ${LANES} set owner = null, until_ms = 0 where ${this.#ofMine} and part = ${lane}`.run()
  }
  async leave(): Promise<void> {
    await this.#database.sql`delete from ${MEMBERS} where ${this.#ofGroup} and member = ${this.member}`.run()
  }
}
