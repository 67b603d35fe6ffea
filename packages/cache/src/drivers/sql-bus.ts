import { systemClock } from "@ashlar/core"
import { type Database, makeTables, sql } from "@ashlar/orm"
import { CacheStoreFailed } from "../errors.ts"
import { uniqueName } from "../record.ts"
import type { ChangeBus } from "../store.ts"

/** How far back each look goes: a change that was numbered early and committed late is seen all the same. */
const OVERLAP_MS = 10_000
/** How long changes are kept. */
const KEEP_MS = 60_000

/** Changes as rows of a table, which every process looks at now and then. */
export class SqlBus implements ChangeBus {
  readonly #database: Database
  readonly #pollMs: number
  readonly #seen = new Map<string, number>()
  readonly #states: ((isConnected: boolean) => void)[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false
  #isConnected = true
  #sweptMs = 0

  private constructor(database: Database, pollMs: number) {
    this.#database = database
    this.#pollMs = pollMs
  }

  static async open(database: Database, pollMs: number): Promise<SqlBus> {
    try {
      await makeTables(database, {
        tables: [
          sql`create table if not exists ashlar_cache_changes
            (id text primary key, at bigint not null, message text not null)`,
        ],
        indexes: [["ashlar_cache_changes_at", "ashlar_cache_changes", sql`at`]],
      })
    } catch (cause) {
      throw new CacheStoreFailed("The table of changes could not be made", { cause })
    }
    return new SqlBus(database, pollMs)
  }

  async publish(message: string): Promise<void> {
    try {
      await this.#database.sql`
        insert into ashlar_cache_changes (id, at, message) values (${uniqueName()}, ${systemClock.now()}, ${message})`.run()
    } catch (cause) {
      throw new CacheStoreFailed("A change could not be told", { cause })
    }
  }
  async subscribe(listener: (message: string) => void): Promise<void> {
    await this.#look(() => undefined) // what was before is no news
    const again = async (): Promise<void> => {
      if (this.#isClosed) return
      try {
        await this.#look(listener)
        this.#tell(true)
      } catch {
        this.#tell(false)
      }
      this.#timer = setTimeout(() => void again(), this.#pollMs)
      this.#timer.unref?.()
    }
    this.#timer = setTimeout(() => void again(), this.#pollMs)
    this.#timer.unref?.()
  }
  onState(callback: (isConnected: boolean) => void): void {
    this.#states.push(callback)
  }
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  async #look(listener: (message: string) => void): Promise<void> {
    const nowMs = systemClock.now()
    const rows = await this.#database.sql<{ id: string; message: string }>`
      select id, message from ashlar_cache_changes where at > ${nowMs - OVERLAP_MS} order by at`.all()
    for (const { id, message } of rows) {
      if (this.#seen.has(id)) continue
      this.#seen.set(id, nowMs)
      listener(message)
    }
    for (const [id, seenMs] of this.#seen) if (seenMs < nowMs - 2 * OVERLAP_MS) this.#seen.delete(id)
    if (nowMs - this.#sweptMs < KEEP_MS) return
    this.#sweptMs = nowMs
    await this.#database.sql`delete from ashlar_cache_changes where at < ${nowMs - KEEP_MS}`.run()
  }
  #tell(isConnected: boolean): void {
    if (isConnected === this.#isConnected) return
    this.#isConnected = isConnected
    for (const callback of this.#states) callback(isConnected)
  }
}
