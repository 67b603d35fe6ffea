import {
  decodeConsumerProtocolAssignment,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
  findCoordinatorV4,
  heartbeatV4,
  joinGroupV7,
  leaveGroupV4,
  offsetCommitV8,
  offsetFetchV8,
  syncGroupV5,
} from "@platformatic/kafka"
import { pause } from "../../pause.ts"
import { asBusFailed } from "../as-bus-failed.ts"
import type { LaneStart } from "./kafka-lane.ts"
import { type KafkaLink, type KafkaWire, saidBy } from "./kafka-link.ts"
import type { KafkaAddress } from "./kafka-settings.ts"

/** Brokers take no shorter session, as they are set up by default (`group.min.session.timeout.ms`). */
const MIN_SESSION_MS = 6_000
const BEATS_PER_SESSION = 10
/** A session is over for us earlier than for others: our timers may be late. */
const SAFETY = 0.8
const RETRY_MS = 200
const PROTOCOL = "range"
const NEVER = new AbortController().signal
const GROUP_TYPE = 0
/** Others have what this member had, or are about to. */
const FENCED = ["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION", "FENCED_INSTANCE_ID", "REBALANCE_IN_PROGRESS"] as const
/** The group has moved to another broker, or is about to. */
const MOVED = ["NOT_COORDINATOR", "COORDINATOR_NOT_AVAILABLE", "COORDINATOR_LOAD_IN_PROGRESS"] as const

/** Works on a partition until one of its signals aborts. */
export type RunLane = (part: number, start: LaneStart, signals: LaneSignals) => Promise<void>
export interface LaneSignals {
  readonly lost: AbortSignal
  readonly stopping: AbortSignal
}

export interface KafkaMemberParts {
  readonly link: KafkaLink
  readonly topic: string
  /** As brokers know it. */
  readonly groupId: string
  readonly partitions: number
  readonly leaseMs: number
  readonly commandTimeoutMs: number
  readonly onError: (error: unknown) => void
  /** Where a partition begins that the group has no place in yet. */
  readonly begin: (parts: readonly number[]) => Promise<ReadonlyMap<number, bigint>>
  readonly run: RunLane
}

/**
 * A member of a consumer group, by the classic protocol: its partitions are given back, with what is being handled in them done with, before
 * it joins again. So no partition is ever handled by two, unless one of them does not answer for longer than its session.
 */
export class KafkaMember {
  readonly #parts: KafkaMemberParts
  readonly #sessionMs: number
  /** Joining waits for others; signs of life must not. */
  readonly #joining: KafkaWire
  readonly #beating: KafkaWire
  readonly #over = new AbortController()
  readonly #begun = Promise.withResolvers<void>()
  #coordinator: KafkaAddress | undefined
  #memberId = ""
  #generation = -1
  #lose: (() => void) | undefined
  readonly #running: Promise<void>

  constructor(parts: KafkaMemberParts) {
    this.#parts = parts
    this.#sessionMs = Math.max(MIN_SESSION_MS, parts.leaseMs)
    this.#joining = parts.link.wire(3 * this.#sessionMs + parts.commandTimeoutMs)
    this.#beating = parts.link.wire()
    this.#begun.promise.catch(() => undefined)
    this.#running = this.#run()
  }

  /** Resolves when the group has a place in every partition. */
  async start(): Promise<void> {
    await this.#begun.promise
    const all = Array.from({ length: this.#parts.partitions }, (_, part) => part)
    while (!this.#over.signal.aborted) {
      const places = await this.places(all)
      if (places.size === all.length) return
      await pause(50, this.#over.signal)
    }
  }
  async stop(): Promise<void> {
    this.#over.abort()
    await this.#running
    await Promise.all([this.#joining.close(), this.#beating.close()])
  }

  async #run(): Promise<void> {
    const { signal } = this.#over
    while (!signal.aborted)
      try {
        await this.#hold(await this.#join())
      } catch (error) {
        if (signal.aborted) break
        if (saidBy(error, "UNKNOWN_MEMBER_ID", "FENCED_INSTANCE_ID")) this.#memberId = ""
        if (saidBy(error, ...FENCED)) continue
        this.#begun.reject(error)
        this.#coordinator = undefined
        this.#parts.onError(error)
        await pause(RETRY_MS, signal)
      }
    await this.#leave()
  }

  /** @returns the partitions that are this member's now. */
  async #join(): Promise<readonly number[]> {
    const { groupId, topic } = this.#parts
    const metadata = encodeConsumerProtocolSubscription({ version: 1, topics: [topic] })
    const join = () =>
      this.#ask(this.#joining, (wire) =>
        joinGroupV7.api.async(wire, groupId, this.#sessionMs, this.#sessionMs, this.#memberId, null, "consumer", [
          { name: PROTOCOL, metadata },
        ]),
      )
    const joined = await join().catch(async (error: unknown) => {
      // A coordinator gives out the id first, so that nobody is a member who does not know it.
      if (!saidBy(error, "MEMBER_ID_REQUIRED")) throw error
      this.#memberId = (error as { response: { memberId: string } }).response.memberId
      return await join()
    })
    this.#memberId = joined.memberId
    this.#generation = joined.generationId
    const shares = joined.leader === joined.memberId ? this.#share(joined.members.map(({ memberId }) => memberId)) : []
    const { assignment } = await this.#ask(this.#joining, (wire) =>
      syncGroupV5.api.async(
        wire,
        groupId,
        this.#generation,
        this.#memberId,
        null,
        "consumer",
        joined.protocolName,
        shares,
      ),
    )
    if (assignment.length === 0) return []
    const { assignedPartitions } = decodeConsumerProtocolAssignment(assignment)
    return assignedPartitions.flatMap(({ partitions }) => partitions)
  }
  #share(ids: readonly string[]): { memberId: string; assignment: Buffer }[] {
    const { topic, partitions } = this.#parts
    const all = Array.from({ length: partitions }, (_, part) => part)
    return ids.toSorted().map((memberId, place) => {
      const own = all.filter((part) => part % ids.length === place)
      const assignedPartitions = own.length === 0 ? [] : [{ topic, partitions: own }]
      return { memberId, assignment: encodeConsumerProtocolAssignment({ version: 1, assignedPartitions }) }
    })
  }

  /** Works on partitions until others are to have them. */
  async #hold(parts: readonly number[]): Promise<void> {
    const [lost, stopping] = [new AbortController(), new AbortController()]
    this.#lose = () => lost.abort()
    const stop = (): void => stopping.abort()
    this.#over.signal.addEventListener("abort", stop)
    if (this.#over.signal.aborted) stop()
    let expiry = setTimeout(this.#lose, this.#sessionMs * SAFETY)
    const alive = (sinceMs: number): void => {
      clearTimeout(expiry)
      expiry = setTimeout(() => lost.abort(), sinceMs + this.#sessionMs * SAFETY - performance.now())
    }
    // It says that it lives while it looks for where to begin, too.
    const work = this.#work(parts, { lost: lost.signal, stopping: stopping.signal }).then(
      () => ({ error: undefined }),
      (error: unknown) => ({ error }),
    )
    try {
      const end = await this.#beatUntil(work, { lost, stopping, alive })
      if (end !== undefined) throw end
    } finally {
      lost.abort()
      clearTimeout(expiry)
      this.#over.signal.removeEventListener("abort", stop)
    }
  }
  async #beatUntil(
    work: Promise<{ readonly error: unknown }>,
    { lost, stopping, alive }: HoldControls,
  ): Promise<unknown> {
    const { signal } = this.#over
    let deadline: ReturnType<typeof setTimeout> | undefined
    let end: unknown
    for (;;) {
      const beat = pause(this.#sessionMs / BEATS_PER_SESSION, signal.aborted ? NEVER : signal).then(() => undefined)
      const outcome = await Promise.race([work, beat])
      if (outcome !== undefined) {
        clearTimeout(deadline)
        return end ?? outcome.error
      }
      const sentAt = performance.now()
      try {
        await this.#heartbeat()
        alive(sentAt)
      } catch (error) {
        if (saidBy(error, "REBALANCE_IN_PROGRESS")) {
          alive(sentAt)
          stopping.abort()
          deadline ??= setTimeout(() => lost.abort(), this.#sessionMs * SAFETY)
        } else if (saidBy(error, ...FENCED)) {
          end = error
          lost.abort()
        } else if (!lost.signal.aborted) this.#parts.onError(error)
      }
    }
  }
  async #work(parts: readonly number[], signals: LaneSignals): Promise<void> {
    const known = await this.places(parts)
    const missing = parts.filter((part) => !known.has(part))
    if (missing.length > 0) {
      const begins = [...(await this.#parts.begin(missing))]
      await this.#commit(begins.map(([part, offset]) => [part, { offset, given: 0 }]))
      for (const [part, offset] of begins) known.set(part, { offset, given: 0 })
    }
    this.#begun.resolve()
    const over = AbortSignal.any([signals.lost, signals.stopping])
    const { promise, resolve } = Promise.withResolvers<void>()
    if (over.aborted) resolve()
    else over.addEventListener("abort", () => resolve(), { once: true })
    await Promise.all([promise, ...parts.map((part) => this.#parts.run(part, known.get(part)!, signals))])
  }

  /** Where the group is; without the partitions that it has no place in. */
  async places(parts: readonly number[]): Promise<Map<number, LaneStart>> {
    const { groupId, topic } = this.#parts
    return await placesOf((work) => this.#ask(this.#beating, work), { groupId, topic, parts })
  }
  /** @throws {EVENTS_BUS_FAILED} also when another has the partition now, and then works on none any more. */
  async commit(part: number, start: LaneStart): Promise<void> {
    try {
      await this.#commit([[part, start]])
    } catch (error) {
      if (saidBy(error, ...FENCED)) this.#lose?.()
      throw error
    }
  }
  async #commit(starts: readonly (readonly [number, LaneStart])[]): Promise<void> {
    const { groupId, topic } = this.#parts
    const partitions = starts.map(([partitionIndex, { offset, given }]) => ({
      partitionIndex,
      committedOffset: offset,
      committedLeaderEpoch: -1,
      committedMetadata: String(given),
    }))
    const [generation, memberId] = [this.#generation, this.#memberId]
    await this.#ask(this.#beating, (wire) =>
      offsetCommitV8.api.async(wire, groupId, generation, memberId, null, [{ name: topic, partitions }]),
    )
  }
  async #heartbeat(): Promise<void> {
    await this.#ask(this.#beating, (wire) =>
      heartbeatV4.api.async(wire, this.#parts.groupId, this.#generation, this.#memberId, null),
    )
  }
  async #leave(): Promise<void> {
    if (this.#memberId === "") return
    try {
      await this.#ask(this.#beating, (wire) =>
        leaveGroupV4.api.async(wire, this.#parts.groupId, [{ memberId: this.#memberId, groupInstanceId: null }]),
      )
    } catch (error) {
      // Its session ends by itself.
      if (!saidBy(error, "UNKNOWN_MEMBER_ID")) this.#parts.onError(error)
    }
  }

  /** Asks the group's coordinator. */
  async #ask<T>(wire: KafkaWire, work: Parameters<typeof wire.call<T>>[1]): Promise<T> {
    this.#coordinator ??= await coordinatorOf(this.#parts.link, this.#parts.groupId)
    try {
      return await wire.call(this.#coordinator, work)
    } catch (error) {
      // Said by the group, and told apart by whoever asked.
      if (saidBy(error, ...FENCED, "MEMBER_ID_REQUIRED")) throw error
      if (saidBy(error, ...MOVED) || !saidByBroker(error)) this.#coordinator = undefined
      return await asBusFailed("Asking the group's coordinator", () => Promise.reject(error))
    }
  }
}

interface HoldControls {
  readonly lost: AbortController
  readonly stopping: AbortController
  readonly alive: (sinceMs: number) => void
}

function saidByBroker(error: unknown): boolean {
  return (error as { readonly code?: unknown } | undefined)?.code === "PLT_KFK_RESPONSE"
}

export async function coordinatorOf(link: KafkaLink, groupId: string): Promise<KafkaAddress> {
  const { coordinators } = await asBusFailed("Looking for the group's coordinator", () =>
    link.ask((wire) => findCoordinatorV4.api.async(wire, GROUP_TYPE, [groupId])),
  )
  return coordinators[0] ?? link.settings.brokers[0]!
}

export interface PlacesAsked {
  readonly groupId: string
  readonly topic: string
  readonly parts: readonly number[]
}

export async function placesOf(
  ask: <T>(work: Parameters<typeof KafkaWire.prototype.call<T>>[1]) => Promise<T>,
  { groupId, topic, parts }: PlacesAsked,
): Promise<Map<number, LaneStart>> {
  const asked = { groupId, topics: [{ name: topic, partitionIndexes: [...parts] }] }
  const { groups } = await ask((wire) => offsetFetchV8.api.async(wire, [asked as never], true))
  const places = new Map<number, LaneStart>()
  for (const { partitionIndex, committedOffset, metadata } of groups[0]?.topics[0]?.partitions ?? [])
    if (committedOffset >= 0n)
      places.set(partitionIndex, { offset: committedOffset, given: Number.parseInt(metadata ?? "", 10) || 0 })
  return places
}
