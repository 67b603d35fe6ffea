import { uuidv7 } from "@ashlar/core"
import { type Database, type Sql, sql } from "@ashlar/orm"
import type { LaneReport, LaneStore } from "../lanes/lane-keeper.ts"
import { type LeasePlace, SqlLeases } from "./sql-leases.ts"
import { DEAD, EVENTS, LANES, NOW } from "./sql-tables.ts"

/** How far a group is in one partition. */
export interface LaneState {
  readonly donePos: number
  /** Up to where the one before has begun: what lies between may have killed it. */
  readonly fetchedPos: number
}

/** The partitions of one group, as rows that their holders keep up. */
export class SqlLanes implements LaneStore<LaneState> {
  readonly member: string
  readonly #leases: SqlLeases
  readonly #place: LeasePlace
  readonly #database: Database
  readonly #now: Sql

  constructor(database: Database, place: LeasePlace) {
    this.#leases = new SqlLeases(database, place)
    this.member = this.#leases.member
    this.#place = place
    this.#database = database
    this.#now = NOW[database.dialect]
  }

  get #ofMine(): Sql {
    return this.#leases.ofMine
  }
  get #untilMs(): Sql {
    return this.#leases.untilMs
  }

  /** Makes the group, where it is not there yet. */
  async make(partitions: number, startPos: number): Promise<void> {
    await this.#leases.make(partitions, startPos)
  }
  async beat(): Promise<LaneReport> {
    return await this.#leases.beat()
  }

  async take(lane: number): Promise<LaneState | undefined> {
    if (!(await this.#leases.take(lane))) return undefined
    const row = await this.#database.primary.sql<{ done_pos: number; fetched_pos: number }>`
      select done_pos, fetched_pos from ${LANES} where ${this.#ofMine} and part = ${lane}`.first()
    return row && { donePos: Number(row.done_pos), fetchedPos: Number(row.fetched_pos) }
  }

  /** Notes how far it is, and what it begins with. @returns whether the partition is still its own. */
  async note(lane: number, donePos: number, fetchedPos: number): Promise<boolean> {
    const { changes } = await this.#database.sql`
      update ${LANES} set done_pos = ${donePos}, fetched_pos = ${fetchedPos}, until_ms = ${this.#untilMs}
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
        update ${LANES} set done_pos = ${pos}, until_ms = ${this.#untilMs} where ${this.#ofMine} and part = ${lane}`.run()
      if (changes === 0) return false
      await db.sql`insert into ${DEAD} (bus, grp, id, part, type, reason, at_ms, body)
        select ${this.#place.bus}, ${this.#place.group}, ${uuidv7()}, part, type, ${reason}, ${this.#now}, ${body}
        from ${EVENTS} where bus = ${this.#place.bus} and pos = ${pos}`.run()
      return true
    })
  }

  async release(lane: number): Promise<void> {
    await this.#leases.release(lane)
  }
  async leave(): Promise<void> {
    await this.#leases.leave()
  }
}
