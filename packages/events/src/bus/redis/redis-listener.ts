import type { RedisLink } from "@ashlar/cache/redis"
import { EventOptionInvalid } from "../../errors.ts"
import { pause } from "../../pause.ts"
import { asBusFailed } from "../as-bus-failed.ts"
import type { From, Handle } from "../bus-driver.ts"
import { textOf, toEntries, toEntriesByStream } from "./redis-replies.ts"

const BLOCK_MS = "250"
const COUNT = "64"
const RETRY_MS = 200
const never: AbortSignal = new AbortController().signal

/** Hears every event of all streams, from where it is told. */
export class RedisListener {
  readonly #link: RedisLink
  readonly #streams: readonly string[]
  readonly #ids: string[]
  readonly #handle: Handle
  readonly #onError: (error: unknown) => void
  readonly #over = new AbortController()
  readonly #running: Promise<void>

  constructor(
    link: RedisLink,
    begin: { readonly streams: readonly string[]; readonly ids: readonly string[] },
    handle: Handle,
    onError: (error: unknown) => void,
  ) {
    this.#link = link
    this.#streams = begin.streams
    this.#ids = [...begin.ids]
    this.#handle = handle
    this.#onError = onError
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#over.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#over
    while (!signal.aborted)
      try {
        if (!(await this.#read(signal))) await pause(RETRY_MS, signal)
      } catch (error) {
        this.#onError(error)
        await pause(RETRY_MS, signal)
      }
  }
  /** @returns whether to go on at once. */
  async #read(over: AbortSignal): Promise<boolean> {
    const reply = await asBusFailed("Reading events", () =>
      this.#link.send("XREAD", "COUNT", COUNT, "BLOCK", BLOCK_MS, "STREAMS", ...this.#streams, ...this.#ids),
    )
    for (const [stream, entries] of toEntriesByStream(reply)) {
      const part = this.#streams.indexOf(stream)
      for (const entry of entries) {
        if (over.aborted) return true
        if (entry.only === undefined) {
          const position = this.#ids.with(part, entry.id).join(",")
          const outcome = await this.#handle({ text: textOf(entry), position, deliveries: 1, signal: never })
          if (outcome === "released") return false
        }
        this.#ids[part] = entry.id
      }
    }
    return true
  }
}

/** The ids after which one begins, for each stream. @throws {EVENTS_OPTION_INVALID} {EVENTS_BUS_FAILED} */
export async function idsBefore(link: RedisLink, streams: readonly string[], from: From): Promise<string[]> {
  if (from === "beginning") return streams.map(() => "0-0")
  if (from === "now")
    return await Promise.all(
      streams.map(async (stream) => {
        const last = await asBusFailed("Looking for the last event", () =>
          link.send("XREVRANGE", stream, "+", "-", "COUNT", "1"),
        )
        return toEntries(last)[0]?.id ?? "0-0"
      }),
    )
  if ("timeMs" in from) return streams.map(() => (from.timeMs <= 0 ? "0-0" : `${from.timeMs - 1}-18446744073709551615`))
  const ids = from.position.split(",")
  if (ids.length === streams.length && ids.every((id) => /^\d{1,16}-\d{1,20}$/.test(id))) return ids
  throw new EventOptionInvalid("Expected a position that an event had which came to a listener of this bus.")
}
