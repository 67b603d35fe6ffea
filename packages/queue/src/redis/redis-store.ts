import type { Reply } from "@ashlar/cache/redis"
import { Batcher } from "../batcher.ts"
import { ClaimLoop } from "../brokers/claim-loop.ts"
import { FarBell } from "../brokers/far-bell.ts"
import { QueueChildFailed, QueuePayloadTooLarge } from "../errors.ts"
import { writeFailure } from "../failure.ts"
import type { QueueGuarantees } from "../guarantees.ts"
import type {
  Added,
  BatchCounts,
  ChildOutcome,
  ClaimedJob,
  ClaimRequest,
  JobSelection,
  JobState,
  LaneCounts,
  ListRequest,
  NewBatch,
  NewJob,
  Outcome,
  QueueStore,
  SettledAndClaimed,
  StoredJob,
  StoreSettings,
} from "../store.ts"
import { type RedisClaim, readRecord, toClaim } from "./record.ts"
import type { RedisHome } from "./redis-home.ts"
import { RedisLooker } from "./redis-looker.ts"
import { type Adding, addArguments, claimArguments, settleArguments, settleParts, weigh } from "./redis-requests.ts"
import { ADD } from "./scripts/add.ts"
import { REDRIVE, REMOVE, SWEEP } from "./scripts/change.ts"
import { CLAIM, MOST_DUE } from "./scripts/claim.ts"
import { EXTEND, SETTLE } from "./scripts/settle.ts"

/** Jobs of one script, so that the server stands still for a millisecond or two; those that are added together are one script all the same. */
const MOST = 500
/** Outcomes of one script: as many as a worker tells at once, for of two scripts one may fail. */
const MOST_SETTLED = 1_000
/** Of jobs that are added together. */
const MAX_CHARACTERS = 64 * 1024 * 1024
/** How often it is looked for what time alone brings. */
const DUE_MS = 25
/** Kinds that one script sweeps, and how often at most it goes on at once. */
const [SWEPT_LANES, MAX_SWEEPS] = [20, 100]

const CHILD_FAILED = writeFailure(new QueueChildFailed("A job that this one waited for failed for good."))
const CHILD_REMOVED = writeFailure(new QueueChildFailed("The job was removed."))

/** A queue in Redis or Valkey: its state is kept by scripts, each of which does what many ask for together. */
export class RedisStore implements QueueStore {
  readonly guarantees: QueueGuarantees
  readonly #home: RedisHome
  readonly #looker: RedisLooker
  readonly #loop: ClaimLoop
  readonly #bell: FarBell
  readonly #adds: Batcher<Adding, readonly Added[]>
  readonly #process = crypto.randomUUID()
  #claims = 0
  #dueAtMs = Number.NEGATIVE_INFINITY
  #closing: Promise<void> | undefined

  constructor(guarantees: QueueGuarantees, home: RedisHome, { pollMs }: StoreSettings) {
    this.guarantees = guarantees
    this.#home = home
    this.#looker = new RedisLooker(home)
    this.#loop = new ClaimLoop(pollMs)
    this.#bell = new FarBell(() => home.ring())
    this.#adds = new Batcher((all) => this.#addAll(all), { maxFlights: 2, maxWeight: MOST, weigh })
  }

  async ready(): Promise<void> {
    await this.#home.hear(() => this.#loop.ring())
  }

  async add(jobs: readonly NewJob[], batches: readonly NewBatch[] = []): Promise<readonly Added[]> {
    checkSize(jobs)
    const added = await this.#adds.do({ jobs, batches })
    this.#ring()
    return added
  }
  async #addAll(all: readonly Adding[]): Promise<readonly (readonly Added[])[]> {
    const taken = (await this.#home.run("add", ADD, addArguments(all))) as readonly Reply[]
    const holders = new Map<number, string>()
    for (let at = 0; at < taken.length; at += 2) holders.set(Number(taken[at]), String(taken[at + 1]))
    let place = 0
    return all.map(({ jobs }) =>
      jobs.map(({ id }): Added => {
        const holder = holders.get(++place)
        return holder === undefined ? { id, isNew: true } : { id: holder, isNew: false }
      }),
    )
  }

  async claim(request: ClaimRequest): Promise<readonly ClaimedJob[]> {
    if (request.lanes.length === 0) return []
    return await this.#loop.until(request, async () => {
      for (;;) {
        const { token, args } = this.#asked(request)
        const reply = await this.#home.run("claim", CLAIM, args)
        const claimed = this.#claimed(reply, token)
        if (claimed.length > 0 || (reply as readonly Reply[])[2] !== 1) return claimed
      }
    })
  }
  #asked(request: ClaimRequest): { readonly token: string; readonly args: readonly string[] } {
    const token = `${this.#process}${++this.#claims}`
    const isDueTime = performance.now() - this.#dueAtMs >= DUE_MS
    if (isDueTime) this.#dueAtMs = performance.now()
    return { token, args: claimArguments(request, { token, most: MOST, isDueTime }) }
  }
  #claimed(reply: Reply, token: string): readonly RedisClaim[] {
    const [moved, values] = reply as readonly [number, readonly Reply[]]
    // Where there were many, there may be more.
    if (moved >= MOST_DUE) this.#dueAtMs = Number.NEGATIVE_INFINITY
    const claims: RedisClaim[] = []
    for (let at = 0; at < values.length; at += 3)
      claims.push(toClaim(String(values[at]), Number(values[at + 1]), readRecord(String(values[at + 2])), token))
    return claims
  }

  async extend(
    jobs: readonly ClaimedJob[],
    leaseMs: number,
    progress: readonly (string | undefined)[] = [],
  ): Promise<readonly boolean[]> {
    const kept: boolean[] = []
    for (let at = 0; at < jobs.length; at += MOST) {
      const some = (jobs as readonly RedisClaim[]).slice(at, at + MOST)
      const args = some.flatMap(({ id, mark, name }, index) => [id, mark, name, progress[at + index] ?? ""])
      kept.push(...flags(await this.#home.run("extend", EXTEND, [String(leaseMs), ...args])))
    }
    return kept
  }

  async settle(outcomes: readonly Outcome[]): Promise<readonly boolean[]> {
    return (await this.#settle(outcomes, undefined)).kept
  }
  async settleAndClaim(outcomes: readonly Outcome[], next: ClaimRequest): Promise<SettledAndClaimed> {
    return await this.#settle(outcomes, next.lanes.length === 0 ? undefined : next)
  }
  async #settle(outcomes: readonly Outcome[], next: ClaimRequest | undefined): Promise<SettledAndClaimed> {
    const kept: boolean[] = []
    let claimed: readonly RedisClaim[] = []
    const parts = [...settleParts(outcomes, MOST_SETTLED)]
    for (const part of parts) {
      const args = [CHILD_FAILED, ...settleArguments(part)]
      const asked = next !== undefined && part === parts.at(-1) ? this.#asked(next) : undefined
      const reply = await this.#home.run("settle", SETTLE, asked === undefined ? args : [...args, ...asked.args])
      const [told, taken] = reply as readonly [Reply, Reply]
      kept.push(...flags(told))
      if (asked !== undefined) claimed = this.#claimed(taken, asked.token)
    }
    // A job that begins anew, or that waited for this one, may begin now.
    if (outcomes.some(({ kind, job }) => kind !== "complete" || !(job as RedisClaim).isPlain)) this.#ring()
    return { kept, claimed }
  }

  async pause(name = ""): Promise<void> {
    await this.#home.send("pause", "SADD", "paused", name)
    if (name !== "") await this.#home.send("pause", "SADD", "kinds", name)
  }
  async resume(name = ""): Promise<void> {
    await this.#home.send("resume", "SREM", "paused", name)
    this.#ring()
  }

  async get(id: string): Promise<StoredJob | undefined> {
    return await this.#looker.get(id)
  }
  async list(request: ListRequest): Promise<readonly StoredJob[]> {
    return await this.#looker.list(request)
  }
  async counts(): Promise<readonly LaneCounts[]> {
    return await this.#looker.counts()
  }
  async batch(id: string): Promise<BatchCounts | undefined> {
    return await this.#looker.batch(id)
  }
  async children(batch: string): Promise<readonly ChildOutcome[]> {
    return await this.#looker.children(batch)
  }

  async remove(selection: JobSelection & { readonly state?: JobState }): Promise<number> {
    const { state = "", name = "" } = selection
    if (state === "active") return 0
    const errors = [CHILD_FAILED, CHILD_REMOVED]
    let count = 0
    for await (const ids of this.#looker.select(selection))
      count += Number(await this.#home.run("remove", REMOVE, [...errors, state, name, ...ids]))
    this.#ring()
    return count
  }
  async redrive(selection: JobSelection): Promise<number> {
    const { name = "" } = selection
    let count = 0
    for await (const ids of this.#looker.select({ ...selection, state: "failed" }))
      count += Number(await this.#home.run("redrive", REDRIVE, [name, ...ids]))
    this.#ring()
    return count
  }
  async sweep(): Promise<void> {
    const names = await this.#looker.kinds()
    // Batches are swept with the first kinds, or alone.
    for (let at = 0; at === 0 || at < names.length; at += SWEPT_LANES)
      for (let round = 0; round < MAX_SWEEPS; round++)
        if ((await this.#home.run("sweep", SWEEP, names.slice(at, at + SWEPT_LANES))) !== 1) break
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }
  async #close(): Promise<void> {
    this.#loop.close()
    this.#bell.close()
    await this.#adds.idle()
    this.#home.close()
  }

  #ring(): void {
    this.#loop.ring()
    this.#bell.ring()
  }
}

function flags(text: Reply): boolean[] {
  return Array.from(String(text), (flag) => flag === "1")
}

/** @throws {QUEUE_PAYLOAD_TOO_LARGE} */
function checkSize(jobs: readonly NewJob[]): void {
  const size = jobs.reduce((sum, { input }) => sum + input.length, 0)
  if (size <= MAX_CHARACTERS) return
  throw new QueuePayloadTooLarge(
    `Expected the inputs of jobs that are pushed together to have at most ${MAX_CHARACTERS} characters, got ${size}. Push them in parts.`,
  )
}
