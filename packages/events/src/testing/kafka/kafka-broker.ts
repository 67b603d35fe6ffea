import { KafkaGroup } from "./kafka-groups.ts"
import { KafkaError, KafkaPartition, type KafkaTopic } from "./kafka-log.ts"
import { type WireReader, WireWriter } from "./wire.ts"

/** What is answered to one request, in the one version of it that is known here. */
interface KafkaAnswer {
  readonly version: number
  readonly run: (reader: WireReader, clientId: string) => WireWriter | Promise<WireWriter>
}
export type KafkaAnswers = ReadonlyMap<number, KafkaAnswer>

const NODE = 1
const MAX_PARTITIONS = 1_000

/**
 * One broker that is its whole cluster: leader of all partitions, coordinator of all groups. Nothing is compacted or grows too old here, and
 * there are no transactions.
 */
export class KafkaBroker {
  readonly #host: string
  readonly #port: number
  readonly #topics = new Map<string, KafkaTopic>()
  readonly #groups = new Map<string, KafkaGroup>()
  #producers = 0n
  readonly answers: KafkaAnswers

  constructor(host: string, port: number) {
    this.#host = host
    this.#port = port
    this.answers = new Map<number, KafkaAnswer>([
      [0, { version: 9, run: (reader) => this.#produce(reader) }],
      [1, { version: 12, run: (reader) => this.#fetch(reader) }],
      [2, { version: 7, run: (reader) => this.#listOffsets(reader) }],
      [3, { version: 12, run: (reader) => this.#metadata(reader) }],
      [8, { version: 8, run: (reader) => this.#offsetCommit(reader) }],
      [9, { version: 8, run: (reader) => this.#offsetFetch(reader) }],
      [10, { version: 4, run: (reader) => this.#findCoordinator(reader) }],
      [11, { version: 7, run: (reader, clientId) => this.#joinGroup(reader, clientId) }],
      [12, { version: 4, run: (reader) => this.#heartbeat(reader) }],
      [13, { version: 4, run: (reader) => this.#leaveGroup(reader) }],
      [14, { version: 5, run: (reader) => this.#syncGroup(reader) }],
      [19, { version: 7, run: (reader) => this.#createTopics(reader) }],
      [20, { version: 6, run: (reader) => this.#deleteTopics(reader) }],
      [22, { version: 4, run: (reader) => this.#initProducerId(reader) }],
      [42, { version: 2, run: (reader) => this.#deleteGroups(reader) }],
    ])
  }

  close(): void {
    for (const group of this.#groups.values()) group.close()
  }
  #group(id: string): KafkaGroup {
    const group = this.#groups.get(id) ?? new KafkaGroup()
    this.#groups.set(id, group)
    return group
  }
  partition(topic: string, index: number): KafkaPartition | undefined {
    return this.#topics.get(topic)?.partitions[index]
  }

  #metadata(reader: WireReader): WireWriter {
    const asked = reader.array(() => {
      reader.uuid()
      const name = reader.string()
      reader.tags()
      return name ?? ""
    })
    const writer = new WireWriter().int32(0)
    writer.array([NODE], (node) => void writer.int32(node).string(this.#host).int32(this.#port).string(null).tags())
    writer.string("fake").int32(NODE)
    writer.array(asked, (name) => {
      const topic = this.#topics.get(name)
      writer.int16(topic === undefined ? KafkaError.unknownTopic : KafkaError.none).string(name)
      writer.uuid(topic?.id ?? "0".repeat(32)).bool(false)
      writer.array([...(topic?.partitions.keys() ?? [])], (index) => {
        writer.int16(KafkaError.none).int32(index).int32(NODE).int32(0)
        for (const nodes of [[NODE], [NODE], []]) writer.array(nodes, (node) => void writer.int32(node))
        writer.tags()
      })
      writer.int32(-2_147_483_648).tags()
    })
    return writer.tags()
  }

  #createTopics(reader: WireReader): WireWriter {
    const topics = reader.array(() => {
      const [name, count] = [reader.string() ?? "", reader.int32()]
      reader.int16()
      reader.array(() => {
        reader.int32()
        reader.array(() => reader.int32())
        reader.tags()
      })
      const configs = reader.array(() => {
        const config = [reader.string() ?? "", reader.string() ?? ""] as const
        reader.tags()
        return config
      })
      reader.tags()
      return { name, count, configs: new Map(configs) }
    })
    const writer = new WireWriter().int32(0)
    writer.array(topics, ({ name, count, configs }) => {
      const error = this.#topics.has(name) ? KafkaError.topicExists : KafkaError.none
      if (error === KafkaError.none) {
        const maxBytes = configs.get("max.message.bytes")
        const length = Math.min(MAX_PARTITIONS, count < 0 ? 1 : count)
        this.#topics.set(name, {
          name,
          id: crypto.randomUUID().replaceAll("-", ""),
          partitions: Array.from({ length }, () => new KafkaPartition(maxBytes ? Number(maxBytes) : undefined)),
        })
      }
      writer.string(name).uuid(this.#topics.get(name)!.id).int16(error).string(null)
      writer.int32(count).int16(1).uvarint(0).tags()
    })
    return writer.tags()
  }
  #deleteTopics(reader: WireReader): WireWriter {
    const names = reader.array(() => {
      const name = reader.string() ?? ""
      reader.uuid()
      reader.tags()
      return name
    })
    const writer = new WireWriter().int32(0)
    writer.array(names, (name) => {
      const error = this.#topics.delete(name) ? KafkaError.none : KafkaError.unknownTopic
      writer.string(name).uuid("0".repeat(32)).int16(error).string(null).tags()
    })
    return writer.tags()
  }

  #initProducerId(reader: WireReader): WireWriter {
    if (reader.string() !== null) throw new RangeError("There are no transactions here.")
    // Whatever id it names: only who is transactional keeps its own.
    this.#producers++
    return new WireWriter().int32(0).int16(KafkaError.none).int64(this.#producers).int16(0).tags()
  }

  #produce(reader: WireReader): WireWriter {
    reader.string()
    reader.int16()
    reader.int32()
    const topics = reader.array(() => {
      const name = reader.string() ?? ""
      const partitions = reader.array(() => {
        const [index, records] = [reader.int32(), reader.bytes() ?? Buffer.alloc(0)]
        reader.tags()
        const partition = this.partition(name, index)
        return { index, ...(partition?.append(records) ?? { error: KafkaError.unknownTopic, base: -1n }) }
      })
      reader.tags()
      return { name, partitions }
    })
    const writer = new WireWriter()
    writer.array(topics, ({ name, partitions }) => {
      writer.string(name)
      writer.array(partitions, ({ index, error, base }) => {
        writer.int32(index).int16(error).int64(base).int64(-1n).int64(0n)
        writer
          .array([], () => undefined)
          .string(null)
          .tags()
      })
      writer.tags()
    })
    return writer.int32(0).tags()
  }

  async #fetch(reader: WireReader): Promise<WireWriter> {
    reader.int32()
    const [maxWaitMs, minBytes, maxBytes] = [reader.int32(), reader.int32(), reader.int32()]
    reader.int8()
    reader.int32()
    reader.int32()
    const topics = reader.array(() => {
      const name = reader.string() ?? ""
      const partitions = reader.array(() => {
        const index = reader.int32()
        reader.int32()
        const offset = reader.int64()
        reader.int32()
        reader.int64()
        const maxPartitionBytes = reader.int32()
        reader.tags()
        return { index, offset, maxBytes: Math.min(maxBytes, maxPartitionBytes), log: this.partition(name, index) }
      })
      reader.tags()
      return { name, partitions }
    })
    const all = topics.flatMap(({ partitions }) => partitions)
    const isThere = (): boolean => minBytes === 0 || all.some(({ offset, log }) => offset !== log?.end)
    if (!isThere())
      await appended(
        all.map(({ log }) => log!),
        maxWaitMs,
      )
    const writer = new WireWriter().int32(0).int16(KafkaError.none).int32(0)
    writer.array(topics, ({ name, partitions }) => {
      writer.string(name)
      writer.array(partitions, ({ index, offset, maxBytes: most, log }) => {
        const end = log?.end ?? -1n
        const isOutside = log !== undefined && (offset < log.start || offset > end)
        const error = log === undefined ? KafkaError.unknownTopic : isOutside ? KafkaError.offsetOutOfRange : 0
        writer
          .int32(index)
          .int16(error)
          .int64(end)
          .int64(end)
          .int64(log?.start ?? -1n)
          .uvarint(0)
          .int32(-1)
        writer.bytes(error === 0 ? log!.read(offset, most) : Buffer.alloc(0)).tags()
      })
      writer.tags()
    })
    return writer.tags()
  }

  #listOffsets(reader: WireReader): WireWriter {
    reader.int32()
    reader.int8()
    const topics = reader.array(() => {
      const name = reader.string() ?? ""
      const partitions = reader.array(() => {
        const index = reader.int32()
        reader.int32()
        const timestamp = reader.int64()
        reader.tags()
        return { index, timestamp }
      })
      reader.tags()
      return { name, partitions }
    })
    const writer = new WireWriter().int32(0)
    writer.array(topics, ({ name, partitions }) => {
      writer.string(name)
      writer.array(partitions, ({ index, timestamp }) => {
        const log = this.partition(name, index)
        const found = timestamp >= 0n ? log?.find(timestamp) : undefined
        const offset = timestamp === -1n ? log?.end : timestamp === -2n ? log?.start : found?.offset
        writer.int32(index).int16(log === undefined ? KafkaError.unknownTopic : KafkaError.none)
        writer
          .int64(found?.timestamp ?? -1n)
          .int64(offset ?? -1n)
          .int32(0)
          .tags()
      })
      writer.tags()
    })
    return writer.tags()
  }

  #findCoordinator(reader: WireReader): WireWriter {
    reader.int8()
    const keys = reader.array(() => reader.string() ?? "")
    const writer = new WireWriter().int32(0)
    writer.array(keys, (key) => {
      writer.string(key).int32(NODE).string(this.#host).int32(this.#port).int16(KafkaError.none).string(null).tags()
    })
    return writer.tags()
  }

  async #joinGroup(reader: WireReader, clientId: string): Promise<WireWriter> {
    const group = this.#group(reader.string() ?? "")
    const [sessionMs, rebalanceMs, memberId] = [reader.int32(), reader.int32(), reader.string() ?? ""]
    reader.string()
    reader.string()
    const protocols = reader.array(() => {
      const protocol = { name: reader.string() ?? "", metadata: Buffer.from(reader.bytes() ?? []) }
      reader.tags()
      return protocol
    })
    const answer = await group.join({ sessionMs, rebalanceMs, memberId, protocols }, clientId)
    const writer = new WireWriter().int32(0).int16(answer.error).int32(answer.generation)
    writer.string("consumer").string(answer.protocol).string(answer.leader).string(answer.memberId)
    writer.array(answer.members, ({ id, metadata }) => void writer.string(id).string(null).bytes(metadata).tags())
    return writer.tags()
  }
  async #syncGroup(reader: WireReader): Promise<WireWriter> {
    const group = this.#group(reader.string() ?? "")
    const [generation, memberId] = [reader.int32(), reader.string() ?? ""]
    reader.string()
    reader.string()
    const protocol = reader.string()
    const assignments = reader.array(() => {
      const one = [reader.string() ?? "", Buffer.from(reader.bytes() ?? [])] as const
      reader.tags()
      return one
    })
    const { error, assignment } = await group.sync(generation, memberId, new Map(assignments))
    return new WireWriter().int32(0).int16(error).string("consumer").string(protocol).bytes(assignment).tags()
  }
  #heartbeat(reader: WireReader): WireWriter {
    const group = this.#group(reader.string() ?? "")
    return new WireWriter()
      .int32(0)
      .int16(group.heartbeat(reader.int32(), reader.string() ?? ""))
      .tags()
  }
  #leaveGroup(reader: WireReader): WireWriter {
    const group = this.#group(reader.string() ?? "")
    const members = reader.array(() => {
      const id = reader.string() ?? ""
      reader.string()
      reader.tags()
      return id
    })
    const writer = new WireWriter().int32(0).int16(KafkaError.none)
    writer.array(members, (id) => void writer.string(id).string(null).int16(group.leave(id)).tags())
    return writer.tags()
  }

  #offsetCommit(reader: WireReader): WireWriter {
    const group = this.#group(reader.string() ?? "")
    const error = group.mayCommit(reader.int32(), reader.string() ?? "")
    reader.string()
    const topics = reader.array(() => {
      const name = reader.string() ?? ""
      const partitions = reader.array(() => {
        const [index, offset] = [reader.int32(), reader.int64()]
        reader.int32()
        const metadata = reader.string()
        reader.tags()
        if (error === KafkaError.none) group.offsets.set(`${name}/${index}`, { offset, metadata })
        return index
      })
      reader.tags()
      return { name, partitions }
    })
    const writer = new WireWriter().int32(0)
    writer.array(topics, ({ name, partitions }) => {
      writer
        .string(name)
        .array(partitions, (index) => void writer.int32(index).int16(error).tags())
        .tags()
    })
    return writer.tags()
  }
  #offsetFetch(reader: WireReader): WireWriter {
    const groups = reader.array(() => {
      const id = reader.string() ?? ""
      const topics = reader.array(() => {
        const topic = { name: reader.string() ?? "", partitions: reader.array(() => reader.int32()) }
        reader.tags()
        return topic
      })
      reader.tags()
      return { id, topics }
    })
    const writer = new WireWriter().int32(0)
    writer.array(groups, ({ id, topics }) => {
      const offsets = this.#groups.get(id)?.offsets
      writer.string(id).array(topics, ({ name, partitions }) => {
        writer.string(name).array(partitions, (index) => {
          const { offset, metadata } = offsets?.get(`${name}/${index}`) ?? { offset: -1n, metadata: "" }
          writer.int32(index).int64(offset).int32(-1).string(metadata).int16(KafkaError.none).tags()
        })
        writer.tags()
      })
      writer.int16(KafkaError.none).tags()
    })
    return writer.tags()
  }
  #deleteGroups(reader: WireReader): WireWriter {
    const ids = reader.array(() => reader.string() ?? "")
    const writer = new WireWriter().int32(0)
    writer.array(ids, (id) => {
      const group = this.#groups.get(id)
      const error = group === undefined ? KafkaError.groupNotFound : group.isEmpty ? 0 : KafkaError.nonEmptyGroup
      if (error === 0) this.#groups.delete(id)
      writer.string(id).int16(error).tags()
    })
    return writer.tags()
  }
}

/** Waits until one of them grows, or the time is over. */
async function appended(logs: readonly KafkaPartition[], maxWaitMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      for (const stop of stops) stop()
      resolve()
    }
    const stops = logs.map((log) => log.onAppend(end))
    const timer = setTimeout(end, maxWaitMs)
  })
}
