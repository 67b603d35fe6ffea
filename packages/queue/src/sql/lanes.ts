import { type Queryable, sql } from "@ashlar/orm"

/** The row of the whole queue: no job can be called so. */
export const WHOLE_QUEUE = ""

/** The numbers of kinds of jobs. Once given they never change. */
export class Lanes {
  readonly #queue: string
  readonly #ids: Map<string, number> = new Map()

  constructor(queue: string) {
    this.#queue = queue
  }

  known(name: string): number | undefined {
    return this.#ids.get(name)
  }

  /**
   * Numbers of the names, made where there are none.
   *
   * @param isOwn False within a transaction of the caller's, which may yet be undone.
   */
  async ensure(db: Queryable, names: ReadonlySet<string>, isOwn: boolean): Promise<ReadonlyMap<string, number>> {
    if ([...names].every((name) => this.#ids.has(name))) return this.#ids
    const found = await this.#read(db, names)
    const missing = [...names].filter((name) => !found.has(name)).toSorted()
    if (missing.length > 0) {
      for (const name of missing) await this.#insert(db, name)
      // One that another made since the transaction began is not seen by what only reads.
      for (const [name, id] of await this.#read(db, new Set(missing), true)) found.set(name, id)
    }
    const remember = () => {
      for (const [name, id] of found) this.#ids.set(name, id)
    }
    if (isOwn) remember()
    else await db.afterCommit(remember)
    return found
  }

  async #read(db: Queryable, names: ReadonlySet<string>, isLatest = false): Promise<Map<string, number>> {
    const lock = isLatest && db.dialect === "mysql" ? sql` lock in share mode` : sql``
    const rows = await db.sql<{ id: number; name: string }>`
      select id, name from ashlar_queue_lanes
      where queue = ${this.#queue} and name in ${sql.list([...names])}${lock}`.all()
    return new Map(rows.map(({ id, name }) => [name, Number(id)]))
  }
  async #insert(db: Queryable, name: string): Promise<void> {
    if (db.dialect === "mysql")
      await db.sql`insert ignore into ashlar_queue_lanes (queue, name) values (${this.#queue}, ${name})`.run()
    else
      await db.sql`insert into ashlar_queue_lanes (queue, name) values (${this.#queue}, ${name})
        on conflict (queue, name) do nothing`.run()
  }
}
