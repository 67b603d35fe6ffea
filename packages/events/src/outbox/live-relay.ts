import { AshlarError } from "@ashlar/core"
import { type Database, sql } from "@ashlar/orm"
import { asBusFailed } from "../bus/as-bus-failed.ts"
import { reasonOf } from "../bus/attempt.ts"
import type { Bus } from "../bus/bus.ts"
import { Doorbell } from "../bus/doorbell.ts"
import { type Lane, LaneKeeper } from "../bus/lanes/lane-keeper.ts"
import { SqlLeases } from "../bus/sql/sql-leases.ts"
import { NOW } from "../bus/sql/sql-tables.ts"
import type { CloudEvent } from "../envelope/cloud-event.ts"
import { parseCloudEvent } from "../envelope/json-format.ts"
import { EventDead } from "../errors.ts"
import { wholeNumber } from "../option.ts"
import type { Relay, RelayOptions, RelayStats } from "./outbox.ts"
import { OUTBOX, STATES } from "./outbox-tables.ts"

export interface RelayParts {
  readonly database: Database
  readonly name: string
  readonly partitions: number
  readonly retainMs: number
  readonly bell: Doorbell
  readonly bus: Bus
  readonly onStop: () => void
}

interface OutboxRow {
  seq: number
  body: string
}

const RETRY_MS = 200
const MAX_RETRY_MS = 5_000
const LOOK_EVERY_MS = 2_000
const TRIM_EVERY_MS = 30_000

/**
 * Publishes rows and then takes them away, one line for each partition. There is no place up to which it has read: whatever is committed and
 * still there is to be published, so nothing that commits late can be passed by.
 */
export class LiveRelay implements Relay {
  readonly #parts: RelayParts
  readonly #pollMs: number
  readonly #batchSize: number
  readonly #onError: (error: unknown) => void
  readonly #leases: SqlLeases
  readonly #keeper: LaneKeeper<true>
  readonly #bells = new Map<number, Doorbell>()
  readonly #stats = { published: 0, failures: 0, dead: 0 }
  #polling: Promise<void> = Promise.resolve()
  #isStopping = false
  #stopping: Promise<void> | undefined
  #trimmedAt: number = performance.now()

  constructor(parts: RelayParts, { pollMs = 100, batchSize = 200, leaseMs = 10_000, onError }: RelayOptions) {
    this.#parts = parts
    this.#pollMs = wholeNumber("pollMs", pollMs, 5, 60_000)
    this.#batchSize = wholeNumber("batchSize", batchSize, 1, 1_000)
    wholeNumber("leaseMs", leaseMs, 500, 600_000)
    this.#onError = (error) => {
      try {
        onError?.(error)
      } catch {
        // Whoever is told of errors must not make more of them.
      }
    }
    const { database, name, partitions } = parts
    this.#leases = new SqlLeases(database, { bus: `outbox:${name}`, group: "relay", leaseMs })
    this.#keeper = new LaneKeeper<true>({
      store: this.#leases,
      partitions,
      leaseMs,
      onError: this.#onError,
      run: (lane) => this.#run(lane),
    })
  }

  async start(): Promise<void> {
    await asBusFailed("Starting a relay", () => this.#leases.make(this.#parts.partitions, 0))
    await this.#parts.bus.ready()
    await this.#keeper.start()
    this.#polling = this.#poll()
  }
  stats(): RelayStats {
    return { ...this.#stats }
  }
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }
  async #stop(): Promise<void> {
    this.#isStopping = true
    this.#parts.bell.ring()
    await this.#polling
    await this.#keeper.stop()
    this.#parts.onStop()
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Looks for which partitions have something. */
  async #poll(): Promise<void> {
    const { database, name, bell } = this.#parts
    while (!this.#isStopping) {
      try {
        const rows = await asBusFailed("Looking for events", () =>
          database.primary.sql<{ part: number }>`
            select distinct part from ${OUTBOX} where outbox = ${name} and state = ${STATES.waiting}`.all(),
        )
        for (const { part } of rows) this.#bells.get(Number(part))?.ring()
        await this.#trim()
      } catch (error) {
        this.#onError(error)
      }
      await bell.wait(this.#pollMs)
    }
  }

  async #run(lane: Lane<true>): Promise<void> {
    const over = AbortSignal.any([lane.lost, lane.stopping])
    const bell = new Doorbell()
    over.addEventListener("abort", () => bell.ring(), { once: true })
    this.#bells.set(lane.number, bell)
    let retryMs = RETRY_MS
    while (!over.aborted)
      try {
        const rows = await asBusFailed("Reading events", () => this.#read(lane.number))
        if (rows.length === 0) await bell.wait(LOOK_EVERY_MS)
        else await this.#publish(rows)
        retryMs = RETRY_MS
      } catch (error) {
        this.#stats.failures++
        this.#onError(error)
        const until = performance.now() + retryMs
        while (!over.aborted && performance.now() < until) await bell.wait(until - performance.now())
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS)
      }
    if (this.#bells.get(lane.number) === bell) this.#bells.delete(lane.number)
  }
  async #read(part: number): Promise<readonly OutboxRow[]> {
    const { database, name } = this.#parts
    return await database.primary.sql<OutboxRow>`
      select seq, body from ${OUTBOX} where outbox = ${name} and state = ${STATES.waiting} and part = ${part}
      order by seq limit ${this.#batchSize}`.all()
  }

  async #publish(rows: readonly OutboxRow[]): Promise<void> {
    const { bus } = this.#parts
    const events = rows.map(({ body }) => parseCloudEvent(body, { maxBytes: Number.MAX_SAFE_INTEGER }))
    try {
      await bus.send(events)
    } catch (error) {
      if (!isHopeless(error)) throw error
      // One of them: each by itself, in their order.
      for (const [at, event] of events.entries()) await this.#publishOne(rows[at]!, event)
      return
    }
    await this.#takeAway(rows)
    this.#stats.published += rows.length
  }
  async #publishOne(row: OutboxRow, event: CloudEvent): Promise<void> {
    try {
      await this.#parts.bus.send([event])
    } catch (error) {
      if (!isHopeless(error)) throw error
      await this.#bury(row, event, error)
      return
    }
    await this.#takeAway([row])
    this.#stats.published++
  }

  async #takeAway(rows: readonly OutboxRow[]): Promise<void> {
    const { database, retainMs } = this.#parts
    const which = sql`seq in ${sql.list(rows.map(({ seq }) => seq))} and state = ${STATES.waiting}`
    await asBusFailed("Taking published events away", () =>
      retainMs === 0
        ? database.sql`delete from ${OUTBOX} where ${which}`.run()
        : database.sql`update ${OUTBOX} set state = ${STATES.sent}, sent_ms = ${NOW[database.dialect]} where ${which}`.run(),
    )
  }
  async #bury({ seq }: OutboxRow, { type, id }: CloudEvent, cause: unknown): Promise<void> {
    const { database, name } = this.#parts
    await asBusFailed("Keeping a dead letter", () =>
      database.sql`update ${OUTBOX} set state = ${STATES.dead}, sent_ms = ${NOW[database.dialect]}, reason = ${reasonOf(cause)}
        where seq = ${seq}`.run(),
    )
    this.#stats.dead++
    this.#onError(
      new EventDead(`The bus will not take an event ${type}.`, { details: { outbox: name, event: type, id }, cause }),
    )
  }

  async #trim(): Promise<void> {
    const { database, name, retainMs } = this.#parts
    if (retainMs === 0 || performance.now() - this.#trimmedAt < Math.min(TRIM_EVERY_MS, retainMs)) return
    this.#trimmedAt = performance.now()
    const before = sql`${NOW[database.dialect]} - ${retainMs}`
    await database.sql`delete from ${OUTBOX} where outbox = ${name} and state = ${STATES.sent} and sent_ms < ${before}`.run()
  }
}

/** Whether the bus will never take it: too large, or no event to it. */
function isHopeless(error: unknown): boolean {
  return error instanceof AshlarError && /^EVENTS_(?:ENVELOPE_|NAME_|OPTION_)/.test(error.code)
}
