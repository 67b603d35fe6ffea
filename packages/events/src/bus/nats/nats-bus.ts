import type { DriverUrl } from "@ashlar/core"
import {
  type ConsumerConfig,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  jetstreamManager,
  type StoredMsg,
} from "@nats-io/jetstream"
import { connect, headers, type NatsConnection, nanos } from "@nats-io/transport-node"
import { EventOptionInvalid } from "../../errors.ts"
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
  OpenBusDriver,
} from "../bus-driver.ts"
import { partitionOf } from "../partition.ts"
import { toPosition } from "../position.ts"
import { NatsLane } from "./nats-lane.ts"
import { NatsListener } from "./nats-listener.ts"
import { NatsNames, type NatsOptions, ONLY_HEADER, REASON_HEADER, SUBJECT_HEADER } from "./nats-settings.ts"

/** As much as a server takes at its usual settings, less what headers need. */
export const NATS_MAX_PAYLOAD_BYTES: number = 1024 * 1024 - 8 * 1024
const PUBLISH_AT_ONCE = 256

/** Opens a bus in a stream of JetStream. @throws {EVENTS_BUS_FAILED} when nobody answers. {EVENTS_OPTION_INVALID} */
export async function open(url: DriverUrl, options: NatsOptions): Promise<OpenBusDriver> {
  const { host = "127.0.0.1", port = 4222, user, password } = url
  return async (settings) => {
    const names = new NatsNames(options, settings)
    const connection = await asBusFailed("Connecting to NATS", () =>
      connect({
        servers: `${host.includes(":") ? `[${host}]` : host}:${port}`,
        timeout: options.connectTimeoutMs,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 250,
        ...(user !== undefined && { user }),
        ...(password !== undefined && { pass: password.reveal() }),
      }),
    )
    try {
      const timeout = options.commandTimeoutMs
      const manager = await asBusFailed("Asking for JetStream", () => jetstreamManager(connection, { timeout }))
      const bus = new NatsBus(connection, manager, jetstream(connection, { timeout }), { names, settings })
      await bus.prepare(options.replicas)
      return bus
    } catch (error) {
      await connection.close()
      throw error
    }
  }
}

interface NatsBusParts {
  readonly names: NatsNames
  readonly settings: BusSettings
}

class NatsBus implements BusDriver {
  readonly maxPayloadBytes: number
  readonly #connection: NatsConnection
  readonly #manager: JetStreamManager
  readonly #client: JetStreamClient
  readonly #names: NatsNames
  readonly #settings: BusSettings
  #isConnected = true

  constructor(
    connection: NatsConnection,
    manager: JetStreamManager,
    client: JetStreamClient,
    { names, settings }: NatsBusParts,
  ) {
    this.#connection = connection
    this.#manager = manager
    this.#client = client
    this.#names = names
    this.#settings = settings
    void this.#watch()
    this.maxPayloadBytes = Math.min(NATS_MAX_PAYLOAD_BYTES, (connection.info?.max_payload ?? 1024 * 1024) - 8 * 1024)
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === "disconnect") this.#isConnected = false
      if (type === "reconnect") this.#isConnected = true
    }
  }

  /** Makes the streams. @throws {EVENTS_OPTION_INVALID} for another number of partitions than the bus has. */
  async prepare(replicas: number): Promise<void> {
    const { partitions, retainMs } = this.#settings
    const { stream, deadStream, events, letters } = this.#names
    const description = `A bus of ${partitions} partitions.`
    const max_age = nanos(retainMs)
    await this.#makeStream({ name: stream, subjects: [events], description, num_replicas: replicas, max_age })
    await this.#makeStream({ name: deadStream, subjects: [letters], num_replicas: replicas, max_age })
    const { config } = await asBusFailed("Asking for the stream", () => this.#manager.streams.info(stream))
    const known = /^A bus of (\d+) partitions\.$/.exec(config.description ?? "")?.[1]
    if (known !== String(partitions))
      throw new EventOptionInvalid(
        `Expected ${known ?? "another number of"} partitions, as this bus was first opened with, got ${partitions}.`,
      )
  }
  async #makeStream(
    config: Parameters<JetStreamManager["streams"]["add"]>[0] & { readonly name: string },
  ): Promise<void> {
    await asBusFailed("Making a stream", async () => {
      try {
        await this.#manager.streams.add(config)
      } catch (error) {
        // It may be there with other settings, which are its owner's.
        if (await this.#manager.streams.info(config.name).catch(() => undefined)) return
        throw error
      }
    })
  }

  async publish(records: readonly BusRecord[]): Promise<void> {
    const { partitions } = this.#settings
    for (let at = 0; at < records.length; at += PUBLISH_AT_ONCE) {
      const some = records.slice(at, at + PUBLISH_AT_ONCE)
      await asBusFailed("Publishing", () =>
        Promise.all(
          some.map(({ id, source, key, type, text }) =>
            this.#client.publish(this.#names.event(partitionOf(key ?? id, partitions), type), text, {
              // Published again within two minutes, it is there once.
              msgID: `${source}#${id}`,
            }),
          ),
        ),
      )
    }
  }

  async consume({ group, from }: ConsumeSettings, handle: Handle): Promise<Consuming> {
    const { partitions, leaseMs, onError } = this.#settings
    const { stream } = this.#names
    const begin = await this.#begin(from)
    const parts = Array.from({ length: partitions }, (_, part) => part)
    await Promise.all(parts.map((part) => this.#makeConsumer(group, part, begin)))
    const bury = (message: JsMsg, reason: string) => this.#bury(group, message, reason)
    const lanes = parts.map((part) => {
      const open = () => this.#client.consumers.get(stream, this.#names.consumer(group, part))
      return new NatsLane(open, { group, leaseMs, handle, bury, onError, isConnected: () => this.#isConnected })
    })
    return { stop: async () => void (await Promise.all(lanes.map((lane) => lane.stop()))) }
  }
  async #makeConsumer(group: string, part: number, begin: Partial<ConsumerConfig>): Promise<void> {
    const { stream } = this.#names
    const name = this.#names.consumer(group, part)
    await asBusFailed("Subscribing", async () => {
      const isThere = () =>
        this.#manager.consumers.info(stream, name).then(
          () => true,
          () => false,
        )
      if (await isThere()) return
      try {
        await this.#manager.consumers.add(stream, {
          durable_name: name,
          filter_subject: this.#names.ofPart(part),
          ack_policy: "explicit",
          ack_wait: nanos(this.#settings.leaseMs),
          max_ack_pending: 1,
          max_deliver: -1,
          ...begin,
        })
      } catch (error) {
        if (!(await isThere())) throw error
      }
    })
  }
  async #begin(from: From): Promise<Partial<ConsumerConfig>> {
    if (from === "beginning") return { deliver_policy: "all" }
    if (from === "now") return { deliver_policy: "new" }
    if ("timeMs" in from)
      return { deliver_policy: "by_start_time", opt_start_time: new Date(from.timeMs).toISOString() }
    return { deliver_policy: "by_start_sequence", opt_start_seq: toPosition(from.position) + 1 }
  }

  async #bury(group: string, message: JsMsg, reason: string): Promise<void> {
    const told = headers()
    told.set(REASON_HEADER, encodeURIComponent(reason))
    told.set(SUBJECT_HEADER, message.subject)
    await asBusFailed("Keeping a dead letter", () =>
      this.#client.publish(this.#names.lettersOf(group), message.data, {
        headers: told,
        msgID: `${group}#${message.seq}`,
      }),
    )
    message.ack()
  }

  async listen(from: From, handle: Handle): Promise<Consuming> {
    const after = await this.#sequenceBefore(from)
    const listener = new NatsListener(
      this.#client,
      { stream: this.#names.stream, after },
      handle,
      this.#settings.onError,
    )
    return { stop: () => listener.stop() }
  }
  async #sequenceBefore(from: From): Promise<number> {
    if (typeof from === "object" && "position" in from) return toPosition(from.position)
    const { stream } = this.#names
    const { state } = await asBusFailed("Asking for the stream", () => this.#manager.streams.info(stream))
    if (from === "beginning") return Math.max(0, state.first_seq - 1)
    if (from === "now") return state.last_seq
    return await asBusFailed("Looking for a time", () => this.#sequenceAt(from.timeMs, state))
  }
  /** The last sequence before a time, between the first and the last: older servers cannot be asked. */
  async #sequenceAt(timeMs: number, { first_seq, last_seq }: { first_seq: number; last_seq: number }): Promise<number> {
    let [low, high] = [first_seq, last_seq + 1]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const message = await this.#nextFrom(middle)
      if (message === null || message.seq >= high || message.time.getTime() >= timeMs) high = middle
      else low = message.seq + 1
    }
    return low - 1
  }
  async #nextFrom(seq: number): Promise<StoredMsg | null> {
    return await this.#manager.streams.getMessage(this.#names.stream, {
      seq,
      next_by_subj: this.#names.events,
    } as never)
  }

  async backlog(group: string): Promise<number | undefined> {
    const { partitions } = this.#settings
    const infos = await asBusFailed("Counting events", () =>
      Promise.all(
        Array.from({ length: partitions }, (_, part) =>
          this.#manager.consumers.info(this.#names.stream, this.#names.consumer(group, part)).catch(() => undefined),
        ),
      ),
    )
    return infos.reduce((sum, info) => sum + (info === undefined ? 0 : info.num_pending + info.num_ack_pending), 0)
  }

  async deadLetters(group: string, { limit, after }: DeadLetterPage): Promise<readonly DeadLetter[]> {
    const letters: DeadLetter[] = []
    const next_by_subj = this.#names.lettersOf(group)
    let seq = after === undefined ? 1 : toPosition(after) + 1
    while (letters.length < limit) {
      const query = { seq, next_by_subj } as never
      const message = await asBusFailed("Reading dead letters", () =>
        this.#manager.streams.getMessage(this.#names.deadStream, query),
      )
      if (message === null) break
      letters.push({
        id: String(message.seq),
        text: message.string(),
        reason: decodeURIComponent(message.header.get(REASON_HEADER)),
        deadMs: message.time.getTime(),
      })
      seq = message.seq + 1
    }
    return letters
  }
  async redrive(group: string, ids: readonly string[]): Promise<number> {
    return await this.#eachLetter(group, ids, async (message) => {
      const told = headers()
      told.set(ONLY_HEADER, group)
      await this.#client.publish(message.header.get(SUBJECT_HEADER), message.data, {
        headers: told,
        msgID: `${group}#${message.seq}#again`,
      })
    })
  }
  async discard(group: string, ids: readonly string[]): Promise<number> {
    return await this.#eachLetter(group, ids, async () => undefined)
  }
  async #eachLetter(
    group: string,
    ids: readonly string[],
    act: (message: StoredMsg) => Promise<void>,
  ): Promise<number> {
    const { deadStream } = this.#names
    let count = 0
    for (const id of ids) {
      const seq = /^\d{1,16}$/.test(id) ? Number(id) : 0
      await asBusFailed("Handling a dead letter", async () => {
        const message = seq < 1 ? null : await this.#manager.streams.getMessage(deadStream, { seq })
        if (message === null || message.subject !== this.#names.lettersOf(group)) return
        await act(message)
        await this.#manager.streams.deleteMessage(deadStream, seq)
        count++
      })
    }
    return count
  }
  async forget(group: string): Promise<void> {
    const { stream, deadStream } = this.#names
    for (let part = 0; part < this.#settings.partitions; part++)
      await this.#manager.consumers.delete(stream, this.#names.consumer(group, part)).catch(() => false)
    await asBusFailed("Forgetting dead letters", () =>
      this.#manager.streams.purge(deadStream, { filter: this.#names.lettersOf(group) }),
    )
  }

  async health(): Promise<void> {
    await asBusFailed("Asking for the stream", () => this.#manager.streams.info(this.#names.stream))
  }
  async close(): Promise<void> {
    // What was acknowledged last is still on its way.
    await this.#connection.flush().catch(() => undefined)
    await this.#connection.close()
  }
}
