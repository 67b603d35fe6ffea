import type { Consumer, ConsumerMessages, JsMsg } from "@nats-io/jetstream"
import { pause } from "../../pause.ts"
import { asBusFailed } from "../as-bus-failed.ts"
import type { Handle } from "../bus-driver.ts"
import { ONLY_HEADER } from "./nats-settings.ts"

const RETRY_MS = 200
const EXPIRES_MS = 5_000

export interface NatsLaneParts {
  readonly group: string
  readonly leaseMs: number
  readonly handle: Handle
  readonly bury: (message: JsMsg, reason: string) => Promise<void>
  readonly onError: (error: unknown) => void
  readonly isConnected: () => boolean
}

/**
 * Handles what the server gives this member of a partition. The server gives out one event of a partition at a time, whoever asks, and the
 * same one again until it is acknowledged: that keeps the order, and makes the others step in.
 */
export class NatsLane {
  readonly #open: () => Promise<Consumer>
  readonly #parts: NatsLaneParts
  readonly #over = new AbortController()
  #messages: ConsumerMessages | undefined
  readonly #running: Promise<void>

  constructor(open: () => Promise<Consumer>, parts: NatsLaneParts) {
    this.#open = open
    this.#parts = parts
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#over.abort()
    void this.#messages?.close()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#over
    while (!signal.aborted)
      try {
        const consumer = await asBusFailed("Asking NATS", this.#open)
        this.#messages = await consumer.consume({ max_messages: 2, expires: EXPIRES_MS })
        if (signal.aborted) void this.#messages.close()
        for await (const message of this.#messages) {
          if (signal.aborted) message.nak()
          else await this.#one(message)
        }
      } catch (error) {
        if (!signal.aborted) this.#parts.onError(error)
        await pause(RETRY_MS, signal)
      }
  }

  async #one(message: JsMsg): Promise<void> {
    const { group, leaseMs, handle, bury, isConnected } = this.#parts
    const only = message.headers?.get(ONLY_HEADER) ?? ""
    if (only !== "" && only !== group) {
      message.ack()
      return
    }
    const lost = new AbortController()
    // Each sign of life begins the server's wait anew; should none get through, it is another's by then.
    let lastAt = performance.now()
    const beat = setInterval(() => {
      if (performance.now() - lastAt > leaseMs * 0.8) lost.abort()
      else if (isConnected()) {
        message.working()
        lastAt = performance.now()
      }
    }, leaseMs / 4)
    try {
      const { deliveryCount: deliveries } = message.info
      const outcome = await handle({
        text: message.string(),
        position: String(message.seq),
        deliveries,
        signal: lost.signal,
      })
      if (lost.signal.aborted) return
      if (outcome === "done") message.ack()
      else if (outcome === "released") message.nak()
      else await bury(message, outcome.dead)
    } finally {
      clearInterval(beat)
    }
  }
}
