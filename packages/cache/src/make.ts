import { AshlarError, withDeadline } from "@ashlar/core"
import type { Make } from "./cache.ts"
import type { Core, Flight, Made } from "./core.ts"
import { CacheMakeTimeout, CacheStoreFailed, CacheValueTooLarge } from "./errors.ts"
import type { Plan } from "./options.ts"
import type { CacheStore, Entry, Lease } from "./store.ts"
import { copyAndMeasure } from "./value/copy.ts"

/** Milliseconds between two looks at a value that another process makes. */
const PAUSE = { first: 5, most: 100 } as const
/** A lease outlives the time that making may take, so that what was made in time can be kept. */
const LEASE_SLACK_MS = 1_000

/** One value to be made. */
export interface Order {
  readonly key: string
  readonly plan: Plan
  readonly make: Make<unknown>
  /** What is kept but not fresh any more. */
  readonly former: Entry | undefined
}

/** Joins whoever makes the value in this process, or makes it. */
export async function makeOnce(core: Core, store: CacheStore | undefined, order: Order): Promise<unknown> {
  const known = core.flights.get(order.key)
  if (known !== undefined) {
    core.counters.shared++
    known.joined++
    const { kept } = await known.made
    return copyAndMeasure(kept).value
  }
  return (await begin(core, store, order).made).value
}

/** Makes it anew while callers are served the former value. */
export function makeBehind(core: Core, store: CacheStore, order: Order): void {
  if (core.flights.has(order.key)) return
  const work = core.outside(async () => {
    try {
      await begin(core, store, order).made
    } catch (error) {
      core.report(error)
    }
  })
  core.background.add(work)
  void work.finally(() => core.background.delete(work))
}

function begin(core: Core, store: CacheStore | undefined, order: Order): Flight {
  const { promise, resolve, reject } = Promise.withResolvers<Made>()
  const flight: Flight = { joined: 0, made: promise }
  core.flights.set(order.key, flight)
  new Maker(core, store, order)
    .run()
    .then((value) => ({ value, kept: flight.joined > 0 ? copyAndMeasure(value).value : value }))
    .finally(() => core.flights.delete(order.key))
    .then(resolve, reject)
  return flight
}

class Maker {
  readonly #core: Core
  readonly #store: CacheStore | undefined
  readonly #order: Order
  #former: Entry | undefined

  constructor(core: Core, store: CacheStore | undefined, order: Order) {
    this.#core = core
    this.#store = store
    this.#order = order
    this.#former = order.former
  }

  async run(): Promise<unknown> {
    const lease = await this.#lease()
    if (lease !== undefined && "value" in lease) return lease.value
    try {
      const value = await this.#make()
      await this.#keep(this.#entryOf(value), lease)
      return value
    } catch (error) {
      return await this.#standIn(error, lease)
    }
  }

  /** The right to make it; or what another made meanwhile; or neither, when the store fails or another takes too long. */
  async #lease(): Promise<Lease | { readonly value: unknown } | undefined> {
    const store = this.#store
    if (store === undefined) return undefined
    const { key, plan } = this.#order
    const endsMs = performance.now() + plan.timeoutMs
    try {
      for (let pause: number = PAUSE.first; ; pause = Math.min(pause * 2, PAUSE.most)) {
        const lease = await store.begin(key, plan.tags, plan.timeoutMs + LEASE_SLACK_MS)
        const entry = await store.get(key)
        if (entry !== undefined && entry.freshUntilMs > this.#core.clock.now()) {
          if (lease !== undefined) await store.end(key, lease)
          this.#core.counters.shared++
          return { value: this.#core.valueOf(entry) }
        }
        this.#former = entry
        if (lease !== undefined || performance.now() > endsMs) return lease
        await new Promise((done) => setTimeout(done, pause))
      }
    } catch (error) {
      this.#core.storeFailed(error)
      return undefined
    }
  }

  async #make(): Promise<unknown> {
    const { make, plan } = this.#order
    const former = this.#former === undefined ? undefined : this.#core.valueOf(this.#former)
    this.#core.counters.makes++
    const late = () => new CacheMakeTimeout(`Making a value took longer than ${plan.timeoutMs} ms (timeout).`)
    return await withDeadline((signal) => make({ signal, former }), plan.timeoutMs, late)
  }

  #entryOf(value: unknown): Entry | undefined {
    const { ttlMs, staleMs, graceMs, negativeMs, tags } = this.#order.plan
    const nowMs = this.#core.clock.now()
    const isNothing = value === undefined || value === null
    if (isNothing && negativeMs !== undefined)
      return { value, freshUntilMs: nowMs + negativeMs, expiresMs: nowMs + negativeMs, tags }
    if (value === undefined) return undefined
    const freshUntilMs = nowMs + ttlMs
    return { value, freshUntilMs, expiresMs: freshUntilMs + Math.max(staleMs, graceMs), tags }
  }

  /** What cannot be kept is served all the same; only a value that never could be is its maker's mistake. */
  async #keep(entry: Entry | undefined, lease: Lease | undefined): Promise<void> {
    const store = this.#store
    if (store === undefined || lease === undefined) return
    const { key } = this.#order
    try {
      if (entry === undefined) await store.end(key, lease)
      else if (await store.fill(key, entry, lease)) this.#core.counters.writes++
    } catch (error) {
      const isStores = error instanceof CacheStoreFailed || error instanceof CacheValueTooLarge
      if (!isStores && error instanceof AshlarError) throw error
      this.#core.storeFailed(error)
      await this.#end(lease)
    }
  }

  /** The former value, for a while, when making failed. */
  async #standIn(error: unknown, lease: Lease | undefined): Promise<unknown> {
    const { plan } = this.#order
    const former = this.#former
    const nowMs = this.#core.clock.now()
    this.#core.counters.failures++
    const untilMs = former === undefined ? 0 : Math.min(former.freshUntilMs + plan.graceMs, former.expiresMs)
    if (former === undefined || plan.graceMs === 0 || untilMs <= nowMs) {
      if (lease !== undefined) await this.#end(lease)
      throw error
    }
    this.#core.counters.graces++
    this.#core.report(error)
    // `expiresMs` stays, so that failures in a row cannot keep it alive for ever.
    const freshUntilMs = Math.min(nowMs + plan.backoffMs, untilMs)
    await this.#keep({ ...former, freshUntilMs, expiresMs: untilMs }, lease)
    return this.#core.valueOf(former)
  }

  async #end(lease: Lease): Promise<void> {
    try {
      await this.#store?.end(this.#order.key, lease)
    } catch (error) {
      this.#core.storeFailed(error)
    }
  }
}
