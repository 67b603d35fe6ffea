import type { Consumer, ConsumerMessages, JetStreamClient, JsMsg } from "@nats-io/jetstream"
import { pause } from "../../pause.ts"
import { asBusFailed } from "../as-bus-failed.ts"
import type { Handle } from "../bus-driver.ts"
import { ONLY_HEADER } from "./nats-settings.ts"

const RETRY_MS = 200
/** How long one request for events stands; a connection that went silent is noticed in as long. */
const EXPIRES_MS = 5_000
const never: AbortSignal = new AbortController().signal

/** Hears every event of the stream, in its order, after a sequence. */
export class NatsListener {
  readonly #client: JetStreamClient
  readonly #stream: string
  readonly #handle: Handle
  readonly #onError: (error: unknown) => void
  readonly #over = new AbortController()
  #after: number
  #messages: ConsumerMessages | undefined
  readonly #running: Promise<void>

  constructor(
    client: JetStreamClient,
    begin: { readonly stream: string; readonly after: number },
    handle: Handle,
    onError: (error: unknown) => void,
  ) {
    this.#client = client
    this.#stream = begin.stream
    this.#after = begin.after
    this.#handle = handle
    this.#onError = onError
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
        const consumer = await asBusFailed("Asking NATS", () => this.#consumer())
        this.#messages = await consumer.consume({ max_messages: 100, expires: EXPIRES_MS })
        if (signal.aborted) void this.#messages.close()
        for await (const message of this.#messages) {
          if (signal.aborted) break
          if (!(await this.#one(message))) {
            void this.#messages.close()
            break
          }
        }
        await pause(RETRY_MS, signal)
      } catch (error) {
        if (!signal.aborted) this.#onError(error)
        await pause(RETRY_MS, signal)
      }
  }
  #consumer(): Promise<Consumer> {
    return this.#client.consumers.get(this.#stream, {
      opt_start_seq: this.#after + 1,
      deliver_policy: "by_start_sequence",
    })
  }
  /** @returns whether to go on with the next. */
  async #one(message: JsMsg): Promise<boolean> {
    if ((message.headers?.get(ONLY_HEADER) ?? "") === "") {
      const position = String(message.seq)
      const outcome = await this.#handle({ text: message.string(), position, deliveries: 1, signal: never })
      if (outcome === "released") return false
    }
    this.#after = message.seq
    return true
  }
}
