import { NothingCame } from "./errors.ts"

/** An event of an event stream, as a browser would dispatch it. */
export interface StreamEvent {
  readonly event: string
  readonly data: string
  /** `data` as JSON; undefined when it is none. */
  readonly json: unknown
  /** The last id that the stream said. */
  readonly id: string
}

/** The body of an answer, read as it comes. Everything that waits, waits `timeoutMs` at most. */
export class AnswerStream {
  readonly status: number
  readonly headers: Headers
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  readonly #decoder = new TextDecoder()
  readonly #timeoutMs: number
  #text = ""
  #isEnded: boolean
  #lastId = ""

  constructor(response: Response, timeoutMs: number) {
    this.status = response.status
    this.headers = response.headers
    this.#reader = response.body?.getReader()
    this.#isEnded = this.#reader === undefined
    this.#timeoutMs = timeoutMs
  }

  /** The next piece of text, as it comes; undefined at the end. @throws {TESTING_NOTHING_CAME} after the time. */
  async nextChunk(): Promise<string | undefined> {
    if (this.#text === "" && !(await this.#more())) return undefined
    const text = this.#text
    this.#text = ""
    return text
  }
  /** The next line, without its end; undefined at the end. @throws {TESTING_NOTHING_CAME} after the time. */
  async nextLine(): Promise<string | undefined> {
    for (;;) {
      // A line that ends with the last character read may go on: "\r" and "\n" are one end.
      const match = /\r\n|\n|\r(?!$)/.exec(this.#text)
      if (match !== null) return this.#take(match.index, match[0].length)
      if (await this.#more()) continue
      if (this.#text === "") return undefined
      return this.#text.endsWith("\r") ? this.#take(this.#text.length - 1, 1) : this.#take(this.#text.length, 0)
    }
  }
  /** The next line as JSON (NDJSON); undefined at the end. */
  async nextJson(): Promise<unknown> {
    const line = await this.nextLine()
    return line === "" ? this.nextJson() : line === undefined ? undefined : JSON.parse(line)
  }
  /**
   * The next server-sent event; undefined at the end. Comments are passed over.
   * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
   */
  async nextEvent(): Promise<StreamEvent | undefined> {
    let event = ""
    const data: string[] = []
    for (;;) {
      const line = await this.nextLine()
      if (line === undefined) return undefined
      if (line === "") {
        if (data.length > 0) return toEvent(event, data.join("\n"), this.#lastId)
        event = ""
        continue
      }
      const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!
      if (field === "event") event = value
      else if (field === "data") data.push(value)
      else if (field === "id" && !value.includes("\0")) this.#lastId = value
    }
  }
  /** The next `count` events. @throws {TESTING_NOTHING_CAME} when the stream ends before. */
  async events(count: number): Promise<readonly StreamEvent[]> {
    const found: StreamEvent[] = []
    while (found.length < count) {
      const event = await this.nextEvent()
      if (event === undefined)
        throw new NothingCame(`Expected ${count} events, got ${found.length} before the stream ended`)
      found.push(event)
    }
    return found
  }
  /** All the rest, as text. @throws {TESTING_NOTHING_CAME} when it has not ended by the time. */
  async rest(): Promise<string> {
    while (await this.#more());
    return this.#take(this.#text.length, 0)
  }
  /** Goes away, as a caller who closes the connection. */
  async close(): Promise<void> {
    this.#isEnded = true
    await this.#reader?.cancel()
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #take(length: number, and: number): string {
    const taken = this.#text.slice(0, length)
    this.#text = this.#text.slice(length + and)
    return taken
  }
  async #more(): Promise<boolean> {
    if (this.#isEnded) return false
    const { done, value } = await within(this.#reader!.read(), this.#timeoutMs, () => this.#text)
    this.#isEnded = done
    this.#text += done ? this.#decoder.decode() : this.#decoder.decode(value, { stream: true })
    return true
  }
}

function toEvent(event: string, data: string, id: string): StreamEvent {
  let json: unknown
  try {
    json = JSON.parse(data)
  } catch {
    // Text is as good.
  }
  return { event: event === "" ? "message" : event, data, json, id }
}

/** Waits for something, but not for ever: a test that hangs says nothing. */
export async function within<T>(promise: Promise<T>, timeoutMs: number, before: () => string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const text = before()
      reject(
        new NothingCame(
          `Nothing came for ${timeoutMs} ms${text === "" ? "" : `, after ${JSON.stringify(text.slice(-200))}`}`,
        ),
      )
    }, timeoutMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
