import { systemClock } from "@ashlar/core"
import { QueueClosed, QueueStoreFailed } from "../errors.ts"
import type { QueueGuarantees } from "../guarantees.ts"
import type { Added, ClaimedJob, ClaimRequest, NewJob, Outcome, QueueStore, StoreSettings } from "../store.ts"
import type { Broker, Delivery, Outgoing } from "./broker.ts"
import { ClaimLoop } from "./claim-loop.ts"
import { type Envelope, readEnvelope, writeEnvelope } from "./envelope.ts"
import { FarBell } from "./far-bell.ts"

/** The rates of two clocks may differ by so much: that part of a lease is not used. */
const CLOCK_DRIFT = 0.02

/** Of what a dead letter says of its error. */
const MAX_ERROR = 4_000

/** A job in the hands of this process. */
interface HeldJob extends ClaimedJob {
  readonly delivery: Delivery
  readonly envelope: Envelope
  /** Until when it is surely held, by `performance.now()`. */
  untilMs: number
  isOver: boolean
  timer: ReturnType<typeof setTimeout> | undefined
}

/** A store over a message broker: what every broker lacks is done here, once. */
export class BrokerStore implements QueueStore {
  readonly guarantees: QueueGuarantees
  readonly #broker: Broker
  readonly #settings: StoreSettings
  readonly #loop: ClaimLoop
  readonly #bell: FarBell
  readonly #held = new Set<HeldJob>()
  #isClosed = false

  constructor(broker: Broker, settings: StoreSettings) {
    this.guarantees = broker.guarantees
    this.#broker = broker
    this.#settings = settings
    this.#loop = new ClaimLoop(settings.pollMs)
    this.#bell = new FarBell(() => broker.ring())
    broker.onRing(() => this.#loop.ring())
  }

  async ready(): Promise<void> {
    await this.#do("connect", () => this.#broker.ready())
  }

  async add(jobs: readonly NewJob[]): Promise<readonly Added[]> {
    const nowMs = systemClock.now()
    const outgoing = jobs.map((job): Outgoing => {
      const { id, name, delayMs } = job
      const body = writeEnvelope(job, nowMs, delayMs > 0 ? nowMs + delayMs : undefined)
      return { id, name, delayMs, body }
    })
    await this.#do("publish", () => this.#broker.publish(outgoing))
    this.#loop.ring()
    this.#bell.ring()
    return jobs.map(({ id }) => ({ id, isNew: true }))
  }

  async claim(request: ClaimRequest): Promise<readonly ClaimedJob[]> {
    return await this.#do("claim", () =>
      this.#loop.claim(request, async ({ name }, max, leaseMs) => {
        const askedMs = performance.now()
        const deliveries = await this.#broker.fetch(name, max, leaseMs)
        const jobs = await Promise.all(deliveries.map((one) => this.#hold(name, one, askedMs, leaseMs)))
        return jobs.filter((job) => job !== undefined)
      }),
    )
  }

  async extend(jobs: readonly ClaimedJob[], leaseMs: number): Promise<readonly boolean[]> {
    const held = (jobs as readonly HeldJob[]).filter((job) => isHeld(job))
    const askedMs = performance.now()
    if (held.length > 0)
      await this.#do("extend", () =>
        this.#broker.extend(
          held.map(({ delivery }) => delivery),
          leaseMs,
        ),
      )
    for (const job of held) this.#arm(job, askedMs, leaseMs)
    return (jobs as readonly HeldJob[]).map((job) => isHeld(job))
  }

  async settle(outcomes: readonly Outcome[]): Promise<readonly boolean[]> {
    const done = outcomes.filter(({ kind, job }) => kind === "complete" && isHeld(job as HeldJob))
    const kept = new Map<ClaimedJob, boolean>()
    if (done.length > 0) {
      await this.#do("complete", () => this.#broker.complete(done.map(({ job }) => (job as HeldJob).delivery)))
      for (const { job } of done) {
        this.#forget(job as HeldJob)
        kept.set(job, true)
      }
    }
    const others = outcomes.map(async (outcome) => {
      const job = outcome.job as HeldJob
      if (outcome.kind === "complete") return kept.delete(job)
      if (!isHeld(job)) return false
      // Nobody else may settle it meanwhile.
      this.#forget(job)
      try {
        await this.#do(outcome.kind, () => this.#settleOne(job, outcome))
        return true
      } catch (error) {
        job.isOver = false
        this.#held.add(job)
        throw error
      }
    })
    return await Promise.all(others)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#loop.close()
    this.#bell.close()
    for (const job of this.#held) clearTimeout(job.timer)
    this.#held.clear()
    await this.#broker.close().catch((error) => this.#settings.onError(error))
  }

  async #settleOne({ delivery, envelope, name, id, attempt }: HeldJob, outcome: Outcome): Promise<void> {
    const again = (delayMs: number, error?: string): Outgoing => {
      const { runAtMs: _, ...rest } = envelope
      const next: Envelope = {
        ...rest,
        used: attempt,
        ...(error !== undefined && { error: error.slice(0, MAX_ERROR) }),
      }
      return { id, name, delayMs, body: JSON.stringify(next) }
    }
    if (outcome.kind === "retry") await this.#broker.retry(delivery, outcome.delayMs, again(outcome.delayMs))
    else if (outcome.kind === "fail") await this.#broker.bury(delivery, again(0, outcome.error))
    else await this.#broker.release(delivery)
    if (outcome.kind === "complete" || (outcome.kind === "retry" && outcome.delayMs > 0)) return
    this.#loop.ring()
    this.#bell.ring()
  }

  /** @returns nothing for what is no job, or whose time has not come. */
  async #hold(name: string, delivery: Delivery, askedMs: number, leaseMs: number): Promise<HeldJob | undefined> {
    const envelope = readEnvelope(delivery.body)
    if (envelope === undefined) {
      // Nobody of ours wrote it. It is kept as it is.
      await this.#broker.bury(delivery, { id: "", name, delayMs: 0, body: delivery.body })
      return undefined
    }
    const earlyMs = (envelope.runAtMs ?? 0) - systemClock.now()
    if (earlyMs > 0) {
      await this.#broker.retry(delivery, earlyMs, { id: envelope.id, name, delayMs: earlyMs, body: delivery.body })
      return undefined
    }
    const { id, input, attempts, createdMs, meta, used = 0 } = envelope
    // One delivery was only told to wait.
    const deliveries = Math.max(1, envelope.runAtMs === undefined ? delivery.count : delivery.count - 1)
    const job: HeldJob = {
      id,
      name,
      input,
      attempt: used + deliveries,
      attempts,
      createdMs,
      ...(meta !== undefined && { meta }),
      delivery,
      envelope,
      untilMs: 0,
      isOver: false,
      timer: undefined,
    }
    this.#held.add(job)
    this.#arm(job, askedMs, leaseMs)
    return job
  }

  #arm(job: HeldJob, askedMs: number, leaseMs: number): void {
    if (job.isOver) return
    clearTimeout(job.timer)
    job.untilMs = askedMs + leaseMs * (1 - CLOCK_DRIFT)
    job.timer = setTimeout(
      () => {
        if (job.isOver) return
        this.#forget(job)
        this.#broker.expire?.(job.delivery)
        this.#loop.ring()
      },
      Math.max(0, job.untilMs - performance.now()),
    )
    job.timer.unref?.()
  }
  #forget(job: HeldJob): void {
    job.isOver = true
    clearTimeout(job.timer)
    this.#held.delete(job)
  }

  async #do<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new QueueClosed("The queue was closed.")
    try {
      return await work()
    } catch (cause) {
      if (cause instanceof QueueStoreFailed) throw cause
      throw new QueueStoreFailed(`The broker did not ${what}`, { cause })
    }
  }
}

function isHeld(job: HeldJob): boolean {
  return !job.isOver && performance.now() < job.untilMs && job.delivery.isGone?.() !== true
}
