import { STATES } from "./tables.ts"
import { forUpdate, type SqlWork } from "./work.ts"

/** One group of a kind of jobs, its row held until the commit. */
export interface Group {
  readonly lane: number
  readonly name: string
  /** Of the next job that comes to it. */
  nextTurn: number
  /** Jobs that wait or run, where there is a limit. */
  places: number
  /** Of the kind: of the job that was begun last. */
  readonly laneTurn: number
}

/** The groups that one transaction has to do with, each held once. */
export class Groups {
  readonly #work: SqlWork
  readonly #groups: Map<string, Group> = new Map()
  readonly #changed: Set<Group> = new Set()

  constructor(work: SqlWork) {
    this.#work = work
  }

  async hold(lane: number, name: string): Promise<Group> {
    const key = `${lane} ${name}`
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const { next_turn, places } = await this.#lock(lane, name)
    const [row] = await this.#work.db.sql<{ turn: number }>`
      select turn from ashlar_queue_lanes where id = ${lane}`.all()
    const laneTurn = Number(row?.turn ?? 0)
    const group: Group = { lane, name, nextTurn: Number(next_turn), places: Number(places), laneTurn }
    this.#groups.set(key, group)
    return group
  }

  async #lock(lane: number, name: string): Promise<{ next_turn: number; places: number }> {
    const { db, dialect } = this.#work
    if (dialect !== "mysql") {
      const rows = await db.sql<{ next_turn: number; places: number }>`
        insert into ashlar_queue_groups (lane, grp) values (${lane}, ${name})
        on conflict (lane, grp) do update set places = ashlar_queue_groups.places returning next_turn, places`.all()
      return rows[0]!
    }
    await db.sql`insert into ashlar_queue_groups (lane, grp) values (${lane}, ${name})
      on duplicate key update places = places`.run()
    const rows = await db.sql<{ next_turn: number; places: number }>`
      select next_turn, places from ashlar_queue_groups where lane = ${lane} and grp = ${name}
      ${forUpdate(this.#work)}`.all()
    return rows[0]!
  }

  /** The turn of a job that comes to wait, or undefined where it has to be held: the group has no place. */
  admit(group: Group, limit: number | null): number | undefined {
    if (limit !== null) {
      if (group.places >= limit) return undefined
      group.places++
    }
    return this.turn(group)
  }
  turn(group: Group): number {
    const turn = Math.max(group.nextTurn, group.laneTurn)
    group.nextTurn = turn + 1
    this.#changed.add(group)
    return turn
  }

  /** A job of a group with a limit waits and runs no more: its place goes to the next one that is held. */
  async vacate(lane: number, name: string): Promise<void> {
    const group = await this.hold(lane, name)
    const { db, nowMs } = this.#work
    this.#changed.add(group)
    const rows = await db.sql<{ seq: number }>`
      select seq from ashlar_queue_jobs where lane = ${lane} and state = ${STATES.held} and grp = ${name}
      order by prio, seq limit 1${forUpdate(this.#work)}`.all()
    const [next] = rows
    if (next === undefined) {
      group.places = Math.max(0, group.places - 1)
      return
    }
    await db.sql`update ashlar_queue_jobs set state = ${STATES.waiting}, turn = ${this.turn(group)}, due = ${nowMs}
      where seq = ${next.seq}`.run()
  }

  /** Writes what changed. */
  async write(): Promise<void> {
    for (const { lane, name, nextTurn, places } of this.#changed)
      await this.#work.db.sql`update ashlar_queue_groups set next_turn = ${nextTurn}, places = ${places}
        where lane = ${lane} and grp = ${name}`.run()
    this.#changed.clear()
  }
}
