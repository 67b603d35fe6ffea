import { type DriverUrl, DriverUrlInvalid } from "@ashlar/core"
import { type Database, openDatabase, sql } from "@ashlar/orm"
import { asBusFailed } from "../as-bus-failed.ts"
import type {
  BusDriver,
  BusRecord,
  BusSettings,
  ConsumeSettings,
  Consuming,
  DeadLetter,
  DeadLetterPage,
  From,
  Handle,
} from "../bus-driver.ts"
import { Doorbell } from "../doorbell.ts"
import { LaneKeeper } from "../lanes/lane-keeper.ts"
import { SqlLaneWorker } from "./sql-lane-worker.ts"
import { type LaneState, SqlLanes } from "./sql-lanes.ts"
import { SqlLog } from "./sql-log.ts"
import { SqlNews } from "./sql-news.ts"
import { SqlPublisher } from "./sql-publisher.ts"
import { DEAD, EVENTS, LANES, MEMBERS, prepare } from "./sql-tables.ts"

export const SQL_MAX_PAYLOAD_BYTES: number = 8 * 1024 * 1024
const TRIM_EVERY_MS = 60_000
const LISTEN_BATCH = 128
/** Where one is told: should it have been lost. */
const LOOK_EVERY_MS = 1_000
const RETRY_MS = 200

/** Opens a bus in a database. @throws {CORE_DRIVER_URL_INVALID} {EVENTS_BUS_FAILED} {EVENTS_OPTION_INVALID} */
export async function openSqlBus(url: DriverUrl, settings: BusSettings): Promise<BusDriver> {
  if (url.scheme === "sqlite" && url.name === ":memory:")
    throw new DriverUrlInvalid(
      "Expected a file that others can open, got sqlite::memory:. Within a process there is memory:.",
    )
  const database = await openDatabase(url.reveal())
  try {
    await prepare(database, settings)
  } catch (error) {
    await database.close()
    throw error
  }
  return new SqlBus(database, settings)
}

/** Told of numbers up to which there are events. */
type News = (last: number) => Promise<void>

class SqlBus implements BusDriver {
  readonly maxPayloadBytes: number = SQL_MAX_PAYLOAD_BYTES
  readonly #database: Database
  readonly #settings: BusSettings
  readonly #log: SqlLog
  readonly #publisher: SqlPublisher
  readonly #readers = new Set<News>()
  readonly #bell = new Doorbell()
  readonly #news: SqlNews
  #polling: Promise<void> | undefined
  #isClosed = false
  #trimmedAt: number = performance.now()

  constructor(database: Database, settings: BusSettings) {
    this.#database = database
    this.#settings = settings
    this.#log = new SqlLog(database, settings)
    this.#publisher = new SqlPublisher(this.#log)
    this.#news = new SqlNews(database, settings, () => this.#bell.ring())
  }

  async publish(records: readonly BusRecord[]): Promise<void> {
    await asBusFailed("Publishing", () => this.#publisher.publish(records))
    this.#tell()
  }

  #tell(): void {
    this.#bell.ring()
    this.#news.tell()
  }

  async consume({ group, from }: ConsumeSettings, handle: Handle): Promise<Consuming> {
    const { leaseMs, partitions, onError } = this.#settings
    const lanes = new SqlLanes(this.#database, { bus: this.#settings.name, group, leaseMs })
    await asBusFailed("Subscribing", async () => lanes.make(partitions, await this.#log.before(from)))
    const workers = new Map<number, SqlLaneWorker>()
    let known = await asBusFailed("Subscribing", () => this.#log.last())
    const keeper = new LaneKeeper<LaneState>({
      store: lanes,
      partitions,
      leaseMs,
      onError,
      async run(lane) {
        const worker = new SqlLaneWorker(this_.#log, lanes, lane, group, handle)
        workers.set(lane.number, worker)
        await worker.run(onError)
        if (workers.get(lane.number) === worker) workers.delete(lane.number)
      },
    })
    const this_ = this
    const news: News = async (last) => {
      if (last === known) return
      for (const part of await this.#log.partsBetween(known, last)) workers.get(part)?.bell.ring()
      known = last
    }
    this.#readers.add(news)
    this.#poll()
    const stop = async (): Promise<void> => {
      await keeper.stop()
      this.#readers.delete(news)
    }
    try {
      await keeper.start()
    } catch (error) {
      await stop()
      throw error
    }
    return { stop }
  }

  async listen(from: From, handle: Handle): Promise<Consuming> {
    const bell = new Doorbell()
    const over = new AbortController()
    const start = await asBusFailed("Subscribing", () => this.#log.before(from))
    const news: News = async (last) => void (last > start && bell.ring())
    this.#readers.add(news)
    this.#poll()
    const running = this.#hear(start, handle, bell, over.signal)
    return {
      stop: async () => {
        over.abort()
        bell.ring()
        await running
        this.#readers.delete(news)
      },
    }
  }
  async #hear(start: number, handle: Handle, bell: Doorbell, over: AbortSignal): Promise<void> {
    let after = start
    const never = new AbortController().signal
    while (!over.aborted)
      try {
        const rows = await asBusFailed("Reading events", () => this.#log.ofAll(after, LISTEN_BATCH))
        for (const { pos, body } of rows) {
          if (over.aborted) return
          const outcome = await handle({ text: body, position: String(pos), deliveries: 1, signal: never })
          if (outcome === "released") break
          after = pos
        }
        if (rows.length === 0) await bell.wait(2_000)
      } catch (error) {
        this.#settings.onError(error)
        await bell.wait(RETRY_MS)
      }
  }

  /** Looks for what others published, as long as somebody reads. */
  #poll(): void {
    this.#news.listen()
    this.#polling ??= this.#look().finally(() => {
      this.#polling = undefined
    })
  }
  async #look(): Promise<void> {
    while (!this.#isClosed && this.#readers.size > 0) {
      try {
        const last = await this.#log.last()
        await Promise.all([...this.#readers].map((news) => news(last)))
        await this.#trim()
      } catch (cause) {
        this.#settings.onError(
          await asBusFailed("Looking for events", () => Promise.reject(cause)).catch((error) => error),
        )
      }
      const { pollMs } = this.#settings
      await this.#bell.wait(this.#news.isListening ? Math.max(pollMs, LOOK_EVERY_MS) : pollMs)
    }
  }
  async #trim(): Promise<void> {
    if (performance.now() - this.#trimmedAt < TRIM_EVERY_MS) return
    this.#trimmedAt = performance.now()
    await this.#log.trim(this.#settings.retainMs)
  }

  async backlog(group: string): Promise<number | undefined> {
    const bus = this.#settings.name
    const row = await asBusFailed("Counting events", () =>
      this.#database.primary.sql<{ count: number }>`
        select count(*) as count from ${LANES} l join ${EVENTS} e on e.bus = l.bus and e.part = l.part and e.pos > l.done_pos
        where l.bus = ${bus} and l.grp = ${group} and (e.only_group is null or e.only_group = ${group})`.first(),
    )
    return Number(row?.count ?? 0)
  }
  async deadLetters(group: string, { limit, after }: DeadLetterPage): Promise<readonly DeadLetter[]> {
    const rows = await asBusFailed("Reading dead letters", () =>
      this.#database.primary.sql<{ id: string; body: string; reason: string; at_ms: number }>`
        select id, body, reason, at_ms from ${DEAD}
        where bus = ${this.#settings.name} and grp = ${group} and id > ${after ?? ""} order by id limit ${limit}`.all(),
    )
    return rows.map(({ id, body, reason, at_ms }) => ({ id, text: body, reason, deadMs: Number(at_ms) }))
  }
  async redrive(group: string, ids: readonly string[]): Promise<number> {
    const count = await asBusFailed("Redriving", () => this.#log.redrive(group, ids))
    this.#tell()
    return count
  }
  async discard(group: string, ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0
    const { changes } = await asBusFailed("Discarding", () =>
      this.#database.sql`
        delete from ${DEAD} where bus = ${this.#settings.name} and grp = ${group} and id in ${sql.list(ids)}`.run(),
    )
    return changes
  }
  async forget(group: string): Promise<void> {
    await asBusFailed("Forgetting a group", async () => {
      for (const table of [LANES, MEMBERS, DEAD])
        await this.#database.sql`delete from ${table} where bus = ${this.#settings.name} and grp = ${group}`.run()
    })
  }
  async health(): Promise<void> {
    await asBusFailed("Asking the database", () => this.#database.health())
  }
  async close(): Promise<void> {
    this.#isClosed = true
    this.#bell.ring()
    await this.#polling
    await this.#news.close()
    await this.#database.close()
  }
}
