import { expect } from "bun:test"
import { v } from "@ashlar/validation"
import type { Bus, Subscription } from "../bus/bus.ts"
import type { BusGuarantees } from "../bus/bus-driver.ts"
import type { BusOptions, SubscribeOptions } from "../bus/bus-options.ts"
import { type EventHandler, on, type Received } from "../bus/handler.ts"
import { defineEvent, type EventDefinition } from "../event.ts"

export interface BusSuiteOptions {
  /** Opens one more bus on the same server, as another process would. */
  readonly open: (options: BusOptions) => Bus
  readonly guarantees: BusGuarantees
  /** Breaks all connections of the buses that are open; absent where there are none. */
  readonly cut?: () => void
  /** The URL, where another process can open the same bus. */
  readonly url?: string
}

/** What the suite publishes. */
export const Noted: EventDefinition<{ readonly n: number; readonly key?: string; readonly text?: string }> =
  defineEvent("suite.noted", v.object({ n: v.integer(), key: v.string().optional(), text: v.string().optional() }), {
    key: ({ key }) => key,
  }) as never

/** Longer than any of it takes on a busy machine. */
const DEADLINE_MS = 25_000

/** Two buses of one name on one server; the name is this test's alone. */
export class BusStage {
  readonly suite: BusSuiteOptions
  readonly options: BusOptions
  readonly errors: unknown[] = []
  readonly groups: Set<string> = new Set()
  readonly #endings: (() => void)[] = []
  here: Bus
  there: Bus

  constructor(suite: BusSuiteOptions, options: BusOptions = {}) {
    this.suite = suite
    this.options = {
      name: `t${crypto.randomUUID().replaceAll("-", "").slice(0, 16)}`,
      leaseMs: 3_000,
      pollMs: 20,
      partitions: 4,
      onError: (error) => void this.errors.push(error),
      ...options,
    }
    this.here = suite.open(this.options)
    this.there = suite.open(this.options)
  }

  async subscribe(bus: Bus, options: SubscribeOptions, ...handlers: readonly EventHandler[]): Promise<Subscription> {
    if (options.group !== undefined) this.groups.add(options.group)
    return await bus.subscribe({ backoffMs: 1, ...options }, ...handlers)
  }
  /** Collects what comes. */
  async collect(bus: Bus, options: SubscribeOptions): Promise<Got> {
    const got: Received[] = []
    const subscription = await this.subscribe(
      bus,
      options,
      on("**", (_data, event) => void got.push(event)),
    )
    return { got, subscription }
  }
  /** Puts so many numbers on the bus, in this order. */
  async publish(from: number, to: number, keyOf?: (n: number) => string): Promise<void> {
    for (let n = from; n <= to; n++) await this.here.publish(Noted, { n, ...(keyOf && { key: keyOf(n) }) })
  }
  onEnd(act: () => void): void {
    this.#endings.push(act)
  }
  async end(): Promise<void> {
    for (const act of this.#endings) act()
    await Promise.all([this.here.close(), this.there.close()])
    if (this.groups.size === 0) return
    const bus = this.suite.open(this.options)
    for (const group of this.groups) await bus.forgetGroup(group).catch(() => undefined)
    await bus.close()
  }
}

export interface Got {
  readonly got: Received[]
  readonly subscription: Subscription
}

export function numberOf({ envelope }: Received): number {
  return (envelope.data as { n: number }).n
}
export function numbersOf(got: readonly Received[]): number[] {
  return got.map(numberOf)
}
/** Without those that came again. */
export function firsts(got: readonly Received[]): number[] {
  return [...new Set(numbersOf(got))]
}
export function sorted(numbers: readonly number[]): number[] {
  return numbers.toSorted((a, b) => a - b)
}
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at)
}

/** Waits until it is so. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + DEADLINE_MS
  while (!(await isSo())) {
    if (Date.now() > end) expect(what).toBe("so in time")
    await Bun.sleep(5)
  }
}
