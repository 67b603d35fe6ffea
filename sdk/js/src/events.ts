import { clientError, isRequestError } from "./errors.ts"
import { backoffMs, readProblem, sleep } from "./transport.ts"

/** One event of a stream. */
export interface ServerEvent {
  /** Default `message`. */
  readonly event: string
  readonly data: string
  /** The last id the stream has named so far; send it back to resume after it. */
  readonly id: string | undefined
}

export interface FollowOptions {
  /** Opens the stream; `lastEventId` is set when it shall resume. */
  readonly open: (lastEventId: string | undefined, signal: AbortSignal) => Promise<Response>
  /** Ends the iteration quietly. */
  readonly signal?: AbortSignal | undefined
  /** Start after this event. */
  readonly lastEventId?: string | undefined
  /** Silence after which the connection counts as dead. The server pings each 15 s. Default 45,000. */
  readonly idleMs?: number
  /** Tries in a row that may fail before the error is thrown. Default 8, which is about a minute. */
  readonly maxTries?: number
}

const MAX_EVENT_CHARACTERS = 4 * 1024 * 1024
const FIRST_RECONNECT_MS = 250
const MAX_RECONNECT_MS = 15_000

/**
 * Follows a stream of server-sent events for as long as the caller iterates. A lost connection is opened again, after
 * the last event seen; events arrive in the order of the stream, pings are left out.
 *
 * @throws {AshlarRequestError} When the server refuses, or cannot be reached `maxTries` times in a row.
 */
export async function* followEvents(options: FollowOptions): AsyncGenerator<ServerEvent> {
  const maxTries = options.maxTries ?? 8
  let lastEventId = options.lastEventId
  let failed = 0
  while (!options.signal?.aborted) {
    const connection = new AbortController()
    const hangUp = () => connection.abort(options.signal?.reason)
    options.signal?.addEventListener("abort", hangUp, { once: true })
    try {
      const body = await openStream(options, lastEventId, connection.signal)
      for await (const event of parseEvents(untilIdle(body, options.idleMs ?? 45_000))) {
        failed = 0
        lastEventId = event.id ?? lastEventId
        if (event.event !== "ping") yield event
      }
    } catch (error) {
      if (options.signal?.aborted) return
      if (!mayReconnect(error) || failed + 1 >= maxTries) throw error
    } finally {
      options.signal?.removeEventListener("abort", hangUp)
      connection.abort()
    }
    // A stream that ends at once, again and again, must not become a busy loop: it waits like a failed one.
    try {
      await sleep(backoffMs(failed++, FIRST_RECONNECT_MS, MAX_RECONNECT_MS), options.signal)
    } catch {
      return
    }
  }
}

async function openStream(
  options: FollowOptions,
  lastEventId: string | undefined,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const answer = await options.open(lastEventId, signal)
  const problem = await readProblem(answer)
  if (problem) throw problem
  const type = answer.headers.get("content-type") ?? "no content type"
  if (!answer.ok || !answer.body || !type.startsWith("text/event-stream")) {
    await answer.body?.cancel()
    throw clientError("SDK_BAD_RESPONSE", `Expected an event stream, got status ${answer.status} with ${type}.`, {
      status: answer.status,
    })
  }
  return answer.body
}

/** A refusal stays a refusal; what broke on the way, or a busy server, is worth another try. */
function mayReconnect(error: unknown): boolean {
  if (!isRequestError(error)) return true
  return error.status >= 500 || error.code === "SDK_UNREACHABLE" || error.code === "SDK_TIMEOUT"
}

/** Passes chunks on, and fails when none comes for so long that the connection must be dead. */
async function* untilIdle(body: ReadableStream<Uint8Array>, idleMs: number): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    while (true) {
      let timer: ReturnType<typeof setTimeout> | undefined
      const silence = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(clientError("SDK_TIMEOUT", `The stream was silent for ${idleMs} ms.`)), idleMs)
      })
      const { done, value } = await Promise.race([reader.read(), silence]).finally(() => clearTimeout(timer))
      if (done) return
      yield value
    }
  } finally {
    // The caller may stop in the middle; whether the other end still listens does not matter then.
    reader.cancel().catch(() => {})
  }
}

/**
 * Reads the events out of the bytes of a stream. A partial event at the end is dropped, as the standard asks.
 *
 * @throws {SDK_BAD_RESPONSE} When one event is larger than 4 Mi characters.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export async function* parseEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
  let event = ""
  let data: string[] = []
  let id: string | undefined
  for await (const line of readLines(chunks)) {
    if (line === "") {
      if (data.length > 0) yield { event: event || "message", data: data.join("\n"), id }
      event = ""
      data = []
      continue
    }
    const colon = line.indexOf(":")
    const field = colon < 0 ? line : line.slice(0, colon)
    const rest = colon < 0 ? "" : line.slice(colon + 1)
    const value = rest.startsWith(" ") ? rest.slice(1) : rest
    if (field === "event") event = value
    else if (field === "data") data.push(value)
    else if (field === "id" && !value.includes("\0")) id = value
  }
}

async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ""
  let afterReturn = false
  for await (const chunk of chunks) {
    let text = decoder.decode(chunk, { stream: true })
    if (text === "") continue
    const ends = text.endsWith("\r")
    // The line feed of a CRLF that was cut in two: the line has ended already.
    if (afterReturn && text.startsWith("\n")) text = text.slice(1)
    afterReturn = ends
    const lines = (rest + text).split(/\r\n|\r|\n/)
    rest = lines.pop() ?? ""
    if (rest.length > MAX_EVENT_CHARACTERS)
      throw clientError("SDK_BAD_RESPONSE", `An event is larger than ${MAX_EVENT_CHARACTERS} characters.`)
    yield* lines
  }
}
