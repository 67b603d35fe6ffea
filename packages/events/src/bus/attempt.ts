import { AshlarError } from "@ashlar/core"
import type { CloudEvent } from "../envelope/cloud-event.ts"
import { EventAttemptFailed, EventDataInvalid, EventHandlerTimeout, EventRejected } from "../errors.ts"
import { checkData } from "../event.ts"
import type { Delivery } from "./bus-driver.ts"
import type { EventHandler, Received } from "./handler.ts"

/** One try of one handler. */
export class Attempt implements Received {
  readonly envelope: CloudEvent
  readonly attempt: number
  readonly position: string
  readonly #signals: readonly AbortSignal[]
  #controller: AbortController | undefined
  #signal: AbortSignal | undefined

  constructor(envelope: CloudEvent, attempt: number, { position, signal }: Delivery, stopped: AbortSignal) {
    this.envelope = envelope
    this.attempt = attempt
    this.position = position
    this.#signals = [signal, stopped]
  }

  get name(): string {
    return this.envelope.type
  }
  get id(): string {
    return this.envelope.id
  }
  get key(): string | undefined {
    return this.envelope.partitionkey
  }
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    this.#signal ??= AbortSignal.any([...this.#signals, this.#controller.signal])
    return this.#signal
  }

  /** @returns nothing when it went well; else what it failed with. Ends with `ABANDONED` as soon as nobody waits for it any more. */
  async run({ event, handler }: EventHandler, timeoutMs: number): Promise<unknown> {
    try {
      const data = event === undefined ? this.envelope.data : await checkData(event, this.envelope.data)
      const answer = handler(data as never, this)
      if (typeof answer === "object" && answer !== null && "then" in answer)
        return await this.#inTime(Promise.resolve(answer), timeoutMs)
      return undefined
    } catch (error) {
      return error ?? new EventAttemptFailed("A handler threw nothing.")
    }
  }

  #inTime(work: Promise<unknown>, timeoutMs: number): Promise<unknown> {
    return new Promise((resolve) => {
      const end = (outcome: unknown): void => {
        clearTimeout(timer)
        for (const signal of this.#signals) signal.removeEventListener("abort", onAbort)
        resolve(outcome)
      }
      const onAbort = (): void => end(ABANDONED)
      const timer = setTimeout(() => {
        const late = new EventHandlerTimeout(
          `A handler of ${this.name} took longer than ${timeoutMs} ms (handlerTimeoutMs).`,
        )
        this.#controller?.abort(late)
        end(late)
      }, timeoutMs)
      for (const signal of this.#signals) {
        if (signal.aborted) return onAbort()
        signal.addEventListener("abort", onAbort)
      }
      work.then(
        () => end(undefined),
        (error: unknown) => end(error ?? new EventAttemptFailed("A handler rejected with nothing.")),
      )
    })
  }
}

/** The event is another's now, or the grace of a stop is over. */
export const ABANDONED: unique symbol = Symbol("abandoned")

/** Whether trying again is of no use. */
export function isFinal(error: unknown): boolean {
  return error instanceof EventRejected || error instanceof EventDataInvalid
}

const MAX_REASON_LENGTH = 1_000

/** What a dead letter says. */
export function reasonOf(error: unknown): string {
  const text =
    error instanceof AshlarError
      ? `${error.code}: ${error.message}`
      : error instanceof Error
        ? `${error.name}: ${error.message}`
        : `Threw a ${typeof error}.`
  return text.toWellFormed().replaceAll("\0", " ").slice(0, MAX_REASON_LENGTH)
}
