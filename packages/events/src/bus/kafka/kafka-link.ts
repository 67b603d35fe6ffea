import {
  Connection,
  createTopicsV7,
  deleteTopicsV6,
  findErrorBy,
  listOffsetsV7,
  metadataV12,
} from "@platformatic/kafka"
import { BusClosed, BusFailed } from "../../errors.ts"
import type { KafkaAddress, KafkaClientSettings } from "./kafka-settings.ts"

const CLIENT_ID = "ashlar-events"
/** A rule of the protocol: who asks for these gets the newest and the oldest offset. */
export const LATEST = -1n
export const EARLIEST = -2n
const METADATA_MAX_AGE_MS = 60_000
/** So many requests are on their way at once; a broker answers one after the other. */
const MAX_INFLIGHTS = 512

/** Whether a broker said so, by the name that the protocol has for it. */
export function saidBy(error: unknown, ...ids: readonly string[]): boolean {
  return error instanceof Error && ids.some((id) => findErrorBy(error, "apiId", id) !== null)
}

/** Connections to brokers, one each: for requests that may wait for one another. */
export class KafkaWire {
  readonly #settings: KafkaClientSettings
  readonly #requestTimeoutMs: number | undefined
  readonly #connections = new Map<string, Promise<Connection>>()
  /** Who answered last is asked first. */
  #asked = 0
  #isClosed = false

  constructor(settings: KafkaClientSettings, requestTimeoutMs?: number) {
    this.#settings = settings
    this.#requestTimeoutMs = requestTimeoutMs
  }

  async call<T>({ host, port }: KafkaAddress, work: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new BusClosed()
    const key = `${host}:${port}`
    const opening = this.#connections.get(key) ?? this.#open({ host, port })
    try {
      return await work(await opening)
    } catch (error) {
      // What a broker said leaves the connection as it was; else nobody knows what comes over it next.
      if (findErrorBy(error as Error, "code", "PLT_KFK_RESPONSE") === null) this.#drop(key, opening)
      throw error
    }
  }
  /** Of whichever broker answers first. */
  async callAny<T>(brokers: readonly KafkaAddress[], work: (connection: Connection) => Promise<T>): Promise<T> {
    let last: unknown
    for (const _ of brokers)
      try {
        return await this.call(brokers[this.#asked % brokers.length]!, work)
      } catch (error) {
        if (findErrorBy(error as Error, "code", "PLT_KFK_RESPONSE") !== null) throw error
        last = error
        this.#asked++
      }
    throw new BusFailed("No broker of Kafka answers.", { cause: last })
  }
  async close(): Promise<void> {
    this.#isClosed = true
    for (const [key, opening] of this.#connections) this.#drop(key, opening)
  }

  #open({ host, port }: KafkaAddress): Promise<Connection> {
    const key = `${host}:${port}`
    const connection = new Connection(CLIENT_ID, {
      ...this.#settings.connection,
      maxInflights: MAX_INFLIGHTS,
      ...(this.#requestTimeoutMs !== undefined && { requestTimeout: this.#requestTimeoutMs }),
    })
    connection.on("error", () => undefined) // it comes back from what met it
    const opening = Promise.resolve(connection.connect(host, port)).then(() => connection)
    this.#connections.set(key, opening)
    connection.on("close", () => {
      // Brokers end what was quiet for long: the next to ask is not to find out.
      if (this.#connections.get(key) === opening) this.#connections.delete(key)
    })
    return opening
  }
  #drop(key: string, opening: Promise<Connection>): void {
    if (this.#connections.get(key) === opening) this.#connections.delete(key)
    void opening.then((connection) => connection.close()).catch(() => undefined)
  }
}

interface Layout {
  readonly at: number
  /** The leader of each partition. */
  readonly leaders: readonly KafkaAddress[]
}

/** What all of a bus ask the cluster. */
export class KafkaLink {
  readonly settings: KafkaClientSettings
  readonly #wire: KafkaWire
  readonly #timeoutMs: number
  readonly #layouts = new Map<string, Layout>()

  constructor(settings: KafkaClientSettings, timeoutMs: number) {
    this.settings = settings
    this.#timeoutMs = timeoutMs
    this.#wire = new KafkaWire(settings)
  }

  async ask<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    return await this.#wire.callAny(this.settings.brokers, work)
  }
  async askOf<T>(broker: KafkaAddress, work: (connection: Connection) => Promise<T>): Promise<T> {
    return await this.#wire.call(broker, work)
  }
  /** Connections of one's own, for requests that wait. */
  wire(requestTimeoutMs?: number): KafkaWire {
    return new KafkaWire(this.settings, requestTimeoutMs)
  }

  /** Who leads the partitions of a topic; `undefined` when it is not there. */
  async leaders(topic: string): Promise<readonly KafkaAddress[] | undefined> {
    const known = this.#layouts.get(topic)
    if (known !== undefined && performance.now() - known.at < METADATA_MAX_AGE_MS) return known.leaders
    try {
      const { brokers, topics } = await this.ask((wire) => metadataV12.api.async(wire, [topic], false, false))
      const addresses = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
      const partitions = topics[0]?.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex) ?? []
      const leaders = partitions.map(({ leaderId }) => addresses.get(leaderId) ?? this.settings.brokers[0]!)
      this.#layouts.set(topic, { at: performance.now(), leaders })
      return leaders
    } catch (error) {
      if (saidBy(error, "UNKNOWN_TOPIC_OR_PARTITION")) return undefined
      throw error
    }
  }
  /** They may have changed. */
  forget(topic: string): void {
    this.#layouts.delete(topic)
  }

  async createTopic(
    name: string,
    partitions: number,
    replicas: number,
    configs: Record<string, string>,
  ): Promise<void> {
    const topic = {
      name,
      numPartitions: partitions,
      replicationFactor: replicas,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }
    try {
      const controller = await this.#controller()
      await this.askOf(controller, (wire) => createTopicsV7.api.async(wire, [topic], this.#timeoutMs, false))
    } catch (error) {
      if (!saidBy(error, "TOPIC_ALREADY_EXISTS")) throw error
    }
    this.forget(name)
  }
  async deleteTopic(name: string): Promise<void> {
    this.forget(name)
    const topic = { name, topicId: null } as never
    try {
      const controller = await this.#controller()
      await this.askOf(controller, (wire) => deleteTopicsV6.api.async(wire, [topic], this.#timeoutMs))
    } catch (error) {
      if (!saidBy(error, "UNKNOWN_TOPIC_OR_PARTITION")) throw error
    }
  }
  async #controller(): Promise<KafkaAddress> {
    const { brokers, controllerId } = await this.ask((wire) => metadataV12.api.async(wire, [], false, false))
    return brokers.find(({ nodeId }) => nodeId === controllerId) ?? this.settings.brokers[0]!
  }

  /** Of each partition, the offset at a time; -1 where nothing is as late. */
  async offsets(topic: string, timestamp: bigint): Promise<bigint[]> {
    const leaders = await this.leaders(topic)
    if (leaders === undefined) return []
    const offsets = leaders.map(() => -1n)
    try {
      await Promise.all(
        [...partsByBroker(leaders)].map(async ([broker, parts]) => {
          const partitions = parts.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp }))
          const { topics } = await this.askOf(broker, (wire) =>
            listOffsetsV7.api.async(wire, -1, 0, [{ name: topic, partitions }]),
          )
          for (const { partitionIndex, offset } of topics[0]?.partitions ?? []) offsets[partitionIndex] = offset
        }),
      )
    } catch (error) {
      this.forget(topic)
      throw error
    }
    return offsets
  }

  async close(): Promise<void> {
    await this.#wire.close()
  }
}

export function partsByBroker(
  leaders: readonly KafkaAddress[],
  isWanted: (part: number) => boolean = () => true,
): Map<KafkaAddress, number[]> {
  const brokers = new Map<string, readonly [KafkaAddress, number[]]>()
  for (const [part, broker] of leaders.entries()) {
    if (!isWanted(part)) continue
    const key = `${broker.host}:${broker.port}`
    const entry = brokers.get(key) ?? [broker, []]
    brokers.set(key, entry)
    entry[1].push(part)
  }
  return new Map(brokers.values())
}
