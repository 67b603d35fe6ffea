import { chunksOf, parseJson, typeOf } from "./answer.ts"
import { clientError, toClientError } from "./client-error.ts"
import { backoff, pause } from "./pause.ts"

/** One server-sent event. Its data is JSON where it reads as such, else text. */
export interface ReceivedEvent {
  readonly event: string | undefined
  readonly id: string | undefined
  readonly data: unknown
  readonly retry?: number
}

/** The lines of a body, without their ends; of the last one only what is whole. @throws {CLIENT_ANSWER_INVALID} */
async function* linesOf(response: Response, maxLength: number): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ""
  for await (const chunk of chunksOf(response)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop()!
    if (rest.length > maxLength) throw clientError("CLIENT_ANSWER_INVALID", `A line is longer than ${maxLength}.`)
    yield* lines
  }
  rest += decoder.decode()
  if (rest !== "") yield rest
}

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
export async function* eventsOf(response: Response, maxLength: number): AsyncGenerator<ReceivedEvent> {
  let fields: Record<string, string> = {}
  let data: string[] = []
  let length = 0
  for await (const line of linesOf(response, maxLength)) {
    if (line === "") {
      const { event, id, retry } = fields
      const ms = /^\d+$/.test(retry ?? "") ? { retry: Number(retry) } : undefined
      if (data.length > 0 || id !== undefined || ms) yield { event, id, data: toData(data), ...ms }
      fields = {}
      data = []
      length = 0
      continue
    }
    const [, name = "", value = ""] = /^([^:]*):? ?(.*)$/s.exec(line)!
    length += line.length
    if (length > maxLength) throw clientError("CLIENT_ANSWER_INVALID", `An event is longer than ${maxLength}.`)
    if (name === "data") data.push(value)
    else if (name === "event" || name === "retry" || (name === "id" && !value.includes("\0"))) fields[name] = value
  }
}

function toData(lines: readonly string[]): unknown {
  if (lines.length === 0) return undefined
  const text = lines.join("\n")
  try {
    return parseJson(text)
  } catch {
    return text
  }
}

/** What reading a stream needs: where to go on, how to open it again, and whom to tell that it is over. */
export interface Streaming {
  readonly lastEventId: string | undefined
  readonly backoffMs: number
  /** Of a line, or of an event. */
  readonly maxBytes: number
  readonly signal: AbortSignal
  readonly done: () => void
  readonly reopen: (lastEventId: string | undefined) => Promise<Response>
}

/** The rows or the events of an answer. @throws {ClientError} */
export async function* readStream(response: Response, streaming: Streaming): AsyncGenerator<unknown> {
  const { maxBytes, signal, done } = streaming
  try {
    if (typeOf(response).endsWith("ndjson")) yield* rowsOf(response, maxBytes)
    else yield* followEvents(response, streaming)
  } catch (error) {
    throw toClientError(error, signal)
  } finally {
    done()
  }
}

async function* rowsOf(response: Response, maxBytes: number): AsyncGenerator<unknown> {
  for await (const line of linesOf(response, maxBytes)) if (line.trim() !== "") yield parseJson(line)
}

/** Events, over as many connections as it takes: each goes on after the last event that came. */
async function* followEvents(first: Response, streaming: Streaming): AsyncGenerator<ReceivedEvent> {
  const { maxBytes, signal, reopen } = streaming
  let { lastEventId, backoffMs } = streaming
  let response = first
  while (true) {
    let isOver = true
    try {
      for await (const event of eventsOf(response, maxBytes)) {
        lastEventId = event.id ?? lastEventId
        backoffMs = event.retry ?? backoffMs
        isOver = !isDraining(event)
        if (isOver && event.data !== undefined) yield event
      }
    } catch (error) {
      const failure = toClientError(error, signal)
      if (failure.code !== "CLIENT_NETWORK") throw failure
      isOver = false
    }
    if (isOver) return
    await pause(backoff(backoffMs, 0), signal)
    response = await reopen(lastEventId)
    if (response.status === 204) return
  }
}

/** The last event of a server that stops, and wants its clients to come again. */
function isDraining({ event, data }: ReceivedEvent): boolean {
  return event === "close" && (data as { reason?: unknown } | undefined)?.reason === "draining"
}
