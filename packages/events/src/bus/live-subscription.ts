import type { CloudEvent } from "../envelope/cloud-event.ts"
import { parseCloudEvent } from "../envelope/json-format.ts"
import { EventAttemptFailed, EventDead } from "../errors.ts"
import { pause } from "../pause.ts"
import { ABANDONED, Attempt, isFinal, reasonOf } from "./attempt.ts"
import type { Subscription } from "./bus.ts"
import type { BusDriver, Consuming, Delivery, Outcome } from "./bus-driver.ts"
import type { SubscribeSettings } from "./bus-options.ts"
import type { Counters } from "./counters.ts"
import type { EventHandler } from "./handler.ts"
import { Slots } from "./slots.ts"

export interface SubscriptionParts {
  readonly settings: SubscribeSettings
  readonly handlers: readonly EventHandler[]
  readonly counters: Counters
  readonly onError: (error: unknown) => void
  readonly onStop: () => void
}

/** What becomes of an event that was handed to this process: attempts, waits between them, and its end. The same on every bus. */
export class LiveSubscription implements Subscription {
  readonly group: string | undefined
  readonly #parts: SubscriptionParts
  readonly #slots: Slots
  readonly #stopped = new AbortController()
  readonly #stopping = new AbortController()
  #consuming: Consuming | undefined
  #ending: Promise<void> | undefined

  constructor(parts: SubscriptionParts) {
    this.group = parts.settings.group
    this.#parts = parts
    this.#slots = new Slots(parts.settings.concurrency)
  }

  async start(driver: BusDriver): Promise<void> {
    const { group, from } = this.#parts.settings
    const handle = (delivery: Delivery) => this.#handle(delivery)
    this.#consuming = await (group === undefined
      ? driver.listen(from, handle)
      : driver.consume({ group, from }, handle))
  }

  stop({ graceMs = 10_000 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#ending ??= this.#stop(graceMs)
    return this.#ending
  }
  async #stop(graceMs: number): Promise<void> {
    this.#stopping.abort()
    const timer = setTimeout(() => this.#stopped.abort(), graceMs)
    try {
      await this.#consuming?.stop()
    } finally {
      clearTimeout(timer)
      this.#stopped.abort()
      this.#parts.onStop()
    }
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #handle(delivery: Delivery): Promise<Outcome> {
    const { counters } = this.#parts
    if (this.#stopping.signal.aborted) return "released"
    await this.#slots.take()
    counters.delivered++
    if (delivery.deliveries > 1) counters.redelivered++
    counters.handling++
    try {
      const outcome = await this.#outcomeOf(delivery)
      if (outcome === "released") counters.released++
      return outcome
    } finally {
      counters.handling--
      this.#slots.give()
    }
  }

  async #outcomeOf(delivery: Delivery): Promise<Outcome> {
    if (this.#stopping.signal.aborted) return "released"
    const { counters, settings, handlers } = this.#parts
    let envelope: CloudEvent
    try {
      envelope = parseCloudEvent(delivery.text, { maxBytes: Number.MAX_SAFE_INTEGER })
    } catch (error) {
      return this.#bury(undefined, error)
    }
    const left = handlers.filter((one) => one.matches(envelope.type))
    if (left.length === 0) {
      counters.skipped++
      return "done"
    }
    if (settings.group !== undefined && delivery.deliveries > settings.attempts)
      return this.#bury(
        envelope,
        new EventDead(`It was handed out ${delivery.deliveries - 1} times to processes that died with it.`),
      )
    return await this.#try(delivery, envelope, left)
  }

  async #try(delivery: Delivery, envelope: CloudEvent, left: EventHandler[]): Promise<Outcome> {
    const { counters, settings, onError } = this.#parts
    for (let attempt = Math.max(1, delivery.deliveries); ; attempt++) {
      const failure = await this.#tryOnce(delivery, envelope, attempt, left)
      if (failure === ABANDONED) return "released"
      if (failure === undefined) {
        counters.handled++
        return "done"
      }
      counters.failures++
      if (isFinal(failure) || attempt >= settings.attempts) return this.#bury(envelope, failure)
      onError(
        new EventAttemptFailed(`Attempt ${attempt} at ${envelope.type} failed.`, {
          details: this.#factsOf(envelope),
          cause: failure,
        }),
      )
      counters.retries++
      const waiting = AbortSignal.any([delivery.signal, this.#stopping.signal])
      if (!(await pause(settings.backoffMs(attempt), waiting))) return "released"
    }
  }

  /** All handlers that have not done it yet, one after the other. */
  async #tryOnce(delivery: Delivery, envelope: CloudEvent, attempt: number, left: EventHandler[]): Promise<unknown> {
    while (left.length > 0) {
      if (delivery.signal.aborted || this.#stopped.signal.aborted) return ABANDONED
      const run = new Attempt(envelope, attempt, delivery, this.#stopped.signal)
      const failure = await run.run(left[0]!, this.#parts.settings.handlerTimeoutMs)
      if (failure !== undefined) return failure
      left.shift()
    }
    return undefined
  }

  #bury(envelope: CloudEvent | undefined, cause: unknown): Outcome {
    const { counters, settings, onError } = this.#parts
    counters.dead++
    const what = envelope === undefined ? "Something that is no event" : `An event ${envelope.type}`
    onError(new EventDead(`${what} is dead.`, { details: this.#factsOf(envelope), cause }))
    return settings.group === undefined ? "done" : { dead: reasonOf(cause) }
  }
  #factsOf(envelope: CloudEvent | undefined): Readonly<Record<string, unknown>> {
    return { group: this.group ?? null, event: envelope?.type ?? null, id: envelope?.id ?? null }
  }
}
