import { EventInvalid } from "../errors.ts"
import { toJson } from "../reply/reply.ts"

/**
 * One server-sent event. A browser's `EventSource` dispatches those that have data.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export interface ServerEvent {
  /** What listeners are called by. Default: `message`. One line. */
  readonly event?: string | undefined
  /** What the client sends back as `Last-Event-ID` when it comes again. One line without NUL. */
  readonly id?: string | number | undefined
  /** A text goes out as it is, over several lines where it has some; anything else as JSON. */
  readonly data?: unknown
  /** Milliseconds after which the client is to come again when the stream ends. */
  readonly retry?: number | undefined
}

/**
 * An event as it goes over the wire. No text in it can begin another field or event.
 * @throws {HTTP_EVENT_INVALID} when a name or an id holds a line break or NUL, or `retry` is no whole number.
 */
export function formatEvent({ event, id, data, retry }: ServerEvent): string {
  let text = ""
  if (id !== undefined) text += `id: ${line("id", String(id))}\n`
  if (event !== undefined) text += `event: ${line("event", event)}\n`
  if (retry !== undefined) text += `retry: ${whole(retry)}\n`
  if (data !== undefined) text += `data: ${typeof data === "string" ? lines(data) : toJson(data)}\n`
  return `${text}\n`
}

const BREAKS = /[\r\n\0]/

function line(field: string, text: string): string {
  if (!BREAKS.test(text)) return text
  throw new EventInvalid(`Expected the ${field} of an event to be one line, got ${JSON.stringify(text.slice(0, 60))}`)
}

/** Every line of the text becomes a field of its own; the client puts them together again. */
function lines(text: string): string {
  return text.includes("\n") || text.includes("\r") ? text.replace(/\r\n|\r|\n/g, "\ndata: ") : text
}

function whole(retry: number): number {
  if (Number.isSafeInteger(retry) && retry >= 0) return retry
  throw new EventInvalid(`Expected the retry of an event to be whole milliseconds, got ${retry}`)
}
