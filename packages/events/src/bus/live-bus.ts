import { detach } from "@ashlar/core"
import { type CloudEvent, checkCloudEvent } from "../envelope/cloud-event.ts"
import { checkSize } from "../envelope/json-format.ts"
import { BusBusy, BusClosed, EventOptionInvalid, GroupTaken } from "../errors.ts"
import type { EventDefinition } from "../event.ts"
import { word } from "../option.ts"
import type { Bus, BusStats, Subscription } from "./bus.ts"
import type { BusDriver, BusRecord, BusSettings, OpenBusDriver } from "./bus-driver.ts"
import {
  type BusOptions,
  type PublishOptions,
  type SubscribeOptions,
  settingsOf,
  subscribeSettings,
} from "./bus-options.ts"
import { Counters } from "./counters.ts"
import { type DeadLetters, LiveDeadLetters } from "./dead-letters.ts"
import { envelopeOf, recordOf } from "./envelope-of.ts"
import type { EventHandler } from "./handler.ts"
import { LiveSubscription } from "./live-subscription.ts"

export class LiveBus implements Bus {
  readonly #open: (settings: BusSettings) => Promise<BusDriver>
  readonly #options: BusOptions
  readonly #settings: BusSettings
  readonly #counters = new Counters()
  readonly #subscriptions = new Set<LiveSubscription>()
  readonly #groups = new Set<string>()
  /** Connections and loops belong to no transaction and no request of whoever was the first to ask for them. */
  readonly #outside: <T>(work: () => T) => T = detach()
  readonly #publishing = new Set<Promise<void>>()
  #opening: Promise<BusDriver> | undefined
  #closing: Promise<void> | undefined

  constructor(open: OpenBusDriver, options: BusOptions) {
    this.#open = open
    this.#options = options
    this.#settings = settingsOf(options)
    checkCloudEvent({ specversion: "1.0", id: "1", type: "a", source: this.#source })
  }

  get #source(): string {
    return this.#options.source ?? `/${this.#settings.name}`
  }

  async ready(): Promise<void> {
    await this.#driver()
  }

  async publish<Input, Data>(
    event: EventDefinition<Input, Data>,
    data: Input,
    options: PublishOptions = {},
  ): Promise<CloudEvent<Input>> {
    const defaults = { source: this.#source, trace: this.#options.trace?.() }
    const { envelope, record } = await envelopeOf(event, data, options, defaults)
    const driver = await this.#driver()
    checkSize(record.text, this.#maxBytes(driver))
    await this.#publish(driver, [record])
    return envelope
  }

  async send(events: readonly CloudEvent[]): Promise<void> {
    if (events.length === 0) return
    const driver = await this.#driver()
    const maxBytes = this.#maxBytes(driver)
    await this.#publish(
      driver,
      events.map((event) => recordOf(event, maxBytes)),
    )
  }

  #maxBytes({ maxPayloadBytes }: BusDriver): number {
    return Math.min(this.#options.maxEventBytes ?? 262_144, maxPayloadBytes)
  }
  async #publish(driver: BusDriver, records: readonly BusRecord[]): Promise<void> {
    const { maxPublishing = 10_000 } = this.#options
    const counters = this.#counters
    if (counters.publishing + records.length > maxPublishing && counters.publishing > 0)
      throw new BusBusy(
        `${counters.publishing} events are on their way to the bus; at most ${maxPublishing} may be (maxPublishing).`,
      )
    counters.publishing += records.length
    const sending = this.#outside(() => driver.publish(records))
    this.#publishing.add(sending)
    try {
      await sending
      counters.published += records.length
    } catch (error) {
      counters.publishFailures += records.length
      throw error
    } finally {
      counters.publishing -= records.length
      this.#publishing.delete(sending)
    }
  }

  async subscribe(options: SubscribeOptions, ...handlers: readonly EventHandler[]): Promise<Subscription> {
    const settings = subscribeSettings(options)
    if (handlers.length === 0) throw new EventOptionInvalid("Expected at least one handler: on(event, handler).")
    const { group } = settings
    const driver = await this.#driver()
    if (group !== undefined) {
      if (this.#groups.has(group))
        throw new GroupTaken(
          `This bus is subscribed for the group ${group} already. Give that subscription all handlers.`,
        )
      this.#groups.add(group)
    }
    const subscription: LiveSubscription = new LiveSubscription({
      settings,
      handlers,
      counters: this.#counters,
      onError: this.#settings.onError,
      onStop: () => {
        this.#subscriptions.delete(subscription)
        if (group !== undefined) this.#groups.delete(group)
      },
    })
    this.#subscriptions.add(subscription)
    try {
      await this.#outside(() => subscription.start(driver))
    } catch (error) {
      await subscription.stop()
      throw error
    }
    return subscription
  }

  deadLetters(group: string): DeadLetters {
    return new LiveDeadLetters(() => this.#driver(), word("group", group))
  }
  async backlog(group: string): Promise<number | undefined> {
    return await (await this.#driver()).backlog(word("group", group))
  }
  async forgetGroup(group: string): Promise<void> {
    if (this.#groups.has(group)) throw new GroupTaken(`This bus is subscribed for the group ${group}. Stop that first.`)
    await (await this.#driver()).forget(word("group", group))
  }
  stats(): BusStats {
    return this.#counters.snapshot()
  }
  async health(): Promise<void> {
    await (await this.#driver()).health()
  }

  async drain({ graceMs = 10_000 }: { readonly graceMs?: number } = {}): Promise<void> {
    await Promise.allSettled([...this.#subscriptions].map((subscription) => subscription.stop({ graceMs })))
  }
  close({ graceMs = 10_000 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs)
    return this.#closing
  }
  async #close(graceMs: number): Promise<void> {
    await this.drain({ graceMs })
    await Promise.allSettled(this.#publishing)
    const driver = await this.#opening?.catch(() => undefined)
    await driver?.close()
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #driver(): Promise<BusDriver> {
    if (this.#closing !== undefined) return Promise.reject(new BusClosed())
    this.#opening ??= this.#outside(() => this.#connect())
    return this.#opening
  }
  async #connect(): Promise<BusDriver> {
    try {
      return await this.#open(this.#settings)
    } catch (error) {
      this.#opening = undefined // the next use tries again
      throw error
    }
  }
}
