import { KafkaError } from "./kafka-log.ts"

/** As brokers are set up by default (`group.min.session.timeout.ms`). */
const MIN_SESSION_MS = 6_000
/** How long a new group waits for more members; brokers wait 3 s by default. */
const INITIAL_DELAY_MS = 50

export interface JoinRequest {
  readonly sessionMs: number
  readonly rebalanceMs: number
  readonly memberId: string
  readonly protocols: readonly { readonly name: string; readonly metadata: Buffer }[]
}
export interface JoinAnswer {
  readonly error: number
  readonly generation: number
  readonly protocol: string | null
  readonly leader: string
  readonly memberId: string
  readonly members: readonly { readonly id: string; readonly metadata: Buffer }[]
}
export interface SyncAnswer {
  readonly error: number
  readonly assignment: Buffer
}
export interface Committed {
  readonly offset: bigint
  readonly metadata: string | null
}

interface Member {
  readonly id: string
  sessionMs: number
  rebalanceMs: number
  protocols: JoinRequest["protocols"]
  assignment: Buffer
  timer: ReturnType<typeof setTimeout> | undefined
  onJoined: ((answer: JoinAnswer) => void) | undefined
  onSynced: ((answer: SyncAnswer) => void) | undefined
}

type State = "empty" | "preparing" | "completing" | "stable"

/** The classic protocol of groups: a member that comes or goes has all of them join again, and the leader say who has what. */
export class KafkaGroup {
  readonly offsets: Map<string, Committed> = new Map()
  readonly #members = new Map<string, Member>()
  #state: State = "empty"
  #generation = 0
  #leader = ""
  #rebalance: ReturnType<typeof setTimeout> | undefined
  #sequence = 0

  get isEmpty(): boolean {
    return this.#members.size === 0
  }

  join(request: JoinRequest, clientId: string): Promise<JoinAnswer> {
    const refused = (error: number, memberId = request.memberId): Promise<JoinAnswer> =>
      Promise.resolve({ error, generation: -1, protocol: null, leader: "", memberId, members: [] })
    if (request.sessionMs < MIN_SESSION_MS) return refused(KafkaError.invalidSessionTimeout)
    if (request.memberId === "") {
      this.#sequence++
      return refused(KafkaError.memberIdRequired, `${clientId}-${this.#sequence}-${crypto.randomUUID()}`)
    }
    const member = this.#members.get(request.memberId) ?? this.#newMember(request.memberId)
    if (member === undefined) return refused(KafkaError.unknownMember)
    Object.assign(member, request)
    clearTimeout(member.timer) // who waits for others is alive
    member.onSynced?.({ error: KafkaError.rebalanceInProgress, assignment: Buffer.alloc(0) })
    member.onSynced = undefined
    return new Promise((resolve) => {
      member.onJoined = resolve
      this.#prepare()
    })
  }
  #newMember(id: string): Member | undefined {
    // Ids are the coordinator's to give out.
    if (!/-\d+-[0-9a-f-]{36}$/.test(id)) return undefined
    const member: Member = {
      id,
      sessionMs: 0,
      rebalanceMs: 0,
      protocols: [],
      assignment: Buffer.alloc(0),
      timer: undefined,
      onJoined: undefined,
      onSynced: undefined,
    }
    this.#members.set(id, member)
    return member
  }

  #prepare(): void {
    if (this.#state !== "preparing") {
      const isNew = this.#state === "empty"
      this.#state = "preparing"
      for (const member of this.#members.values()) {
        member.onSynced?.({ error: KafkaError.rebalanceInProgress, assignment: Buffer.alloc(0) })
        member.onSynced = undefined
      }
      const longestMs = Math.max(...[...this.#members.values()].map(({ rebalanceMs }) => rebalanceMs))
      this.#rebalance = setTimeout(() => this.#complete(), isNew ? INITIAL_DELAY_MS : longestMs)
      if (isNew) return
    }
    if (this.#generation > 0 && [...this.#members.values()].every(({ onJoined }) => onJoined !== undefined))
      this.#complete()
  }
  /** Those that have not joined again by now are out. */
  #complete(): void {
    clearTimeout(this.#rebalance)
    for (const [id, { onJoined, timer }] of this.#members)
      if (onJoined === undefined) {
        clearTimeout(timer)
        this.#members.delete(id)
      }
    if (this.isEmpty) {
      this.#state = "empty"
      return
    }
    this.#generation++
    this.#state = "completing"
    const all = [...this.#members.values()]
    const [first] = all
    if (!this.#members.has(this.#leader)) this.#leader = first!.id
    const protocol = first!.protocols.find(({ name }) =>
      all.every(({ protocols }) => protocols.some((one) => one.name === name)),
    )!.name
    const members = all.map(({ id, protocols }) => ({
      id,
      metadata: protocols.find(({ name }) => name === protocol)!.metadata,
    }))
    for (const member of all) {
      const { onJoined, id } = member
      member.onJoined = undefined
      this.#beat(member)
      onJoined!({
        error: KafkaError.none,
        generation: this.#generation,
        protocol,
        leader: this.#leader,
        memberId: id,
        members: id === this.#leader ? members : [],
      })
    }
  }

  sync(generation: number, memberId: string, assignments: ReadonlyMap<string, Buffer>): Promise<SyncAnswer> {
    const answer = (error: number, assignment: Buffer = Buffer.alloc(0)): Promise<SyncAnswer> =>
      Promise.resolve({ error, assignment })
    const member = this.#members.get(memberId)
    if (member === undefined) return answer(KafkaError.unknownMember)
    if (generation !== this.#generation) return answer(KafkaError.illegalGeneration)
    if (this.#state === "preparing") return answer(KafkaError.rebalanceInProgress)
    this.#beat(member)
    if (this.#state === "stable") return answer(KafkaError.none, member.assignment)
    return new Promise((resolve) => {
      member.onSynced = resolve
      if (memberId !== this.#leader) return
      this.#state = "stable"
      for (const one of this.#members.values()) {
        one.assignment = assignments.get(one.id) ?? Buffer.alloc(0)
        one.onSynced?.({ error: KafkaError.none, assignment: one.assignment })
        one.onSynced = undefined
      }
    })
  }

  heartbeat(generation: number, memberId: string): number {
    const member = this.#members.get(memberId)
    if (member === undefined) return KafkaError.unknownMember
    if (generation !== this.#generation) return KafkaError.illegalGeneration
    this.#beat(member)
    return this.#state === "preparing" ? KafkaError.rebalanceInProgress : KafkaError.none
  }
  leave(memberId: string): number {
    if (!this.#members.has(memberId)) return KafkaError.unknownMember
    this.#remove(memberId)
    return KafkaError.none
  }
  /** @param generation -1: of nobody, which only a group without members takes. */
  mayCommit(generation: number, memberId: string): number {
    if (generation < 0) return this.isEmpty ? KafkaError.none : KafkaError.unknownMember
    const member = this.#members.get(memberId)
    if (member === undefined) return KafkaError.unknownMember
    if (generation !== this.#generation) return KafkaError.illegalGeneration
    if (this.#state === "completing") return KafkaError.rebalanceInProgress
    this.#beat(member)
    return KafkaError.none
  }
  close(): void {
    clearTimeout(this.#rebalance)
    for (const { timer } of this.#members.values()) clearTimeout(timer)
  }

  #beat(member: Member): void {
    clearTimeout(member.timer)
    member.timer = setTimeout(() => {
      if (member.onJoined === undefined) this.#remove(member.id)
    }, member.sessionMs)
  }
  #remove(id: string): void {
    const member = this.#members.get(id)
    clearTimeout(member?.timer)
    member?.onSynced?.({ error: KafkaError.unknownMember, assignment: Buffer.alloc(0) })
    this.#members.delete(id)
    if (this.isEmpty) {
      clearTimeout(this.#rebalance)
      this.#state = "empty"
    } else this.#prepare()
  }
}
