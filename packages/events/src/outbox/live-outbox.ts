import { detach } from "@ashlar/core"
import { type Database, type Queryable, type Sql, sql } from "@ashlar/orm"
import { asBusFailed } from "../bus/as-bus-failed.ts"
import type { Bus } from "../bus/bus.ts"
import type { BusRecord, DeadLetter, DeadLetterPage } from "../bus/bus-driver.ts"
import type { PublishOptions } from "../bus/bus-options.ts"
import { type DeadLetters, LiveDeadLetters } from "../bus/dead-letters.ts"
import { Doorbell } from "../bus/doorbell.ts"
import { envelopeOf, recordOf } from "../bus/envelope-of.ts"
import { partitionOf } from "../bus/partition.ts"
import { NOW } from "../bus/sql/sql-tables.ts"
import { type CloudEvent, checkCloudEvent } from "../envelope/cloud-event.ts"
import { checkSize } from "../envelope/json-format.ts"
import { EventOptionInvalid } from "../errors.ts"
import type { EventDefinition } from "../event.ts"
import { word } from "../option.ts"
import { LiveRelay } from "./live-relay.ts"
import type { Outbox, OutboxOptions, OutboxStatus, OutboxWriter, Relay, RelayOptions } from "./outbox.ts"
import { OUTBOX, STATES } from "./outbox-tables.ts"

const MAX_NAME_LENGTH = 56

export class LiveOutbox implements Outbox {
  readonly #database: Database
  readonly #options: OutboxOptions
  readonly #name: string
  readonly #partitions: number
  readonly #leave: () => Promise<void>
  readonly #relays = new Set<LiveRelay>()
  readonly #bell = new Doorbell()
  readonly #outside: <T>(work: () => T) => T = detach()
  #closing: Promise<void> | undefined

  constructor(database: Database, options: OutboxOptions, leave: () => Promise<void>) {
    const { name = "outbox", partitions = 8 } = options
    this.#database = database
    this.#options = options
    this.#name = word("name", name)
    if (name.length > MAX_NAME_LENGTH)
      throw new EventOptionInvalid(`Expected a name of at most ${MAX_NAME_LENGTH} characters, got ${name.length}.`)
    this.#partitions = partitions
    this.#leave = leave
    checkCloudEvent({ specversion: "1.0", id: "1", type: "a", source: this.#source })
  }

  get #source(): string {
    return this.#options.source ?? `/${this.#name}`
  }

  async publish<Input, Data>(
    event: EventDefinition<Input, Data>,
    data: Input,
    options: PublishOptions = {},
  ): Promise<CloudEvent<Input>> {
    return await this.#publish(this.#database, event, data, options)
  }
  async send(events: readonly CloudEvent[]): Promise<void> {
    await this.#note(this.#database, events)
  }
  in(tx: Queryable): OutboxWriter {
    return {
      publish: (event, data, options = {}) => this.#publish(tx, event, data, options),
      send: (events) => this.#note(tx, events),
    }
  }

  async #publish<Input>(
    tx: Queryable,
    event: EventDefinition<Input, unknown>,
    data: Input,
    options: PublishOptions,
  ): Promise<CloudEvent<Input>> {
    const defaults = { source: this.#source, trace: this.#options.trace?.() }
    const { envelope, record } = await envelopeOf(event, data, options, defaults)
    checkSize(record.text, this.#maxBytes)
    await this.#insert(tx, [record])
    return envelope
  }
  get #maxBytes(): number {
    return this.#options.maxEventBytes ?? 262_144
  }
  async #note(tx: Queryable, events: readonly CloudEvent[]): Promise<void> {
    if (events.length === 0) return
    await this.#insert(
      tx,
      events.map((event) => recordOf(event, this.#maxBytes)),
    )
  }
  async #insert(tx: Queryable, records: readonly BusRecord[]): Promise<void> {
    const rows = records.map(({ key, id, type, text }): Sql => {
      const part = partitionOf(key ?? id, this.#partitions)
      return sql`(${this.#name}, ${part}, ${STATES.waiting}, ${NOW[tx.dialect]}, ${type}, ${text})`
    })
    await tx.sql`insert into ${OUTBOX} (outbox, part, state, at_ms, type, body) values ${sql.join(rows)}`.run()
    await tx.afterCommit(() => this.#bell.ring())
  }

  async relay(bus: Bus, options: RelayOptions = {}): Promise<Relay> {
    const parts = {
      database: this.#database,
      name: this.#name,
      partitions: this.#partitions,
      retainMs: this.#options.retainMs ?? 0,
      bell: this.#bell,
      bus,
      onStop: () => void this.#relays.delete(relay),
    }
    const relay: LiveRelay = new LiveRelay(parts, options)
    this.#relays.add(relay)
    try {
      await this.#outside(() => relay.start())
    } catch (error) {
      await relay.stop()
      throw error
    }
    return relay
  }

  get deadLetters(): DeadLetters {
    return new LiveDeadLetters(
      async () => new DeadRows(this.#database, this.#name, () => this.#bell.ring()),
      this.#name,
    )
  }

  async status(): Promise<OutboxStatus> {
    const db = this.#database.primary
    const rows = await asBusFailed("Counting events", () =>
      db.sql<{ state: number; count: number; oldest: number; now_ms: number }>`
        select state, count(*) as count, min(at_ms) as oldest, ${NOW[db.dialect]} as now_ms from ${OUTBOX}
        where outbox = ${this.#name} and state in (${STATES.waiting}, ${STATES.dead}) group by state`.all(),
    )
    const of = (state: number) => rows.find((row) => Number(row.state) === state)
    const waiting = of(STATES.waiting)
    return {
      waiting: Number(waiting?.count ?? 0),
      lagMs: waiting === undefined ? 0 : Math.max(0, Number(waiting.now_ms) - Number(waiting.oldest)),
      dead: Number(of(STATES.dead)?.count ?? 0),
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }
  async #close(): Promise<void> {
    await Promise.allSettled([...this.#relays].map((relay) => relay.stop()))
    await this.#leave()
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Rows that the bus would not take, as dead letters. */
class DeadRows {
  readonly #database: Database
  readonly #which: Sql
  readonly #onRedrive: () => void

  constructor(database: Database, name: string, onRedrive: () => void) {
    this.#database = database
    this.#which = sql`outbox = ${name} and state = ${STATES.dead}`
    this.#onRedrive = onRedrive
  }

  async deadLetters(_group: string, { limit, after }: DeadLetterPage): Promise<readonly DeadLetter[]> {
    const rows = await asBusFailed("Reading dead letters", () =>
      this.#database.primary.sql<{ seq: number; body: string; reason: string; sent_ms: number }>`
        select seq, body, reason, sent_ms from ${OUTBOX} where ${this.#which} and seq > ${Number(after ?? 0)} order by seq limit ${limit}`.all(),
    )
    return rows.map(({ seq, body, reason, sent_ms }) => ({
      id: String(seq),
      text: body,
      reason,
      deadMs: Number(sent_ms),
    }))
  }
  async redrive(_group: string, ids: readonly string[]): Promise<number> {
    const set = sql`update ${OUTBOX} set state = ${STATES.waiting}, sent_ms = null, reason = null`
    const count = await this.#each(ids, (which) => this.#database.sql`${set} where ${which}`.run())
    this.#onRedrive()
    return count
  }
  async discard(_group: string, ids: readonly string[]): Promise<number> {
    return await this.#each(ids, (which) => this.#database.sql`delete from ${OUTBOX} where ${which}`.run())
  }
  async #each(ids: readonly string[], act: (which: Sql) => Promise<{ readonly changes: number }>): Promise<number> {
    const numbers = ids.filter((id) => /^\d{1,16}$/.test(id)).map(Number)
    if (numbers.length === 0) return 0
    const which = sql`${this.#which} and seq in ${sql.list(numbers)}`
    return (await asBusFailed("Changing dead letters", () => act(which))).changes
  }
}
