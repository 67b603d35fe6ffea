/** One event as a browser dispatches it. */
export interface DispatchedEvent {
  readonly event: string
  readonly data: string
  readonly id: string
}

export interface EventsRead {
  readonly events: readonly DispatchedEvent[]
  readonly comments: number
  readonly retry: number | undefined
}

/**
 * Reads an event stream as a browser does: what is cut off at the end is dropped.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function readEvents(text: string): EventsRead {
  const events: DispatchedEvent[] = []
  let [event, data, id, comments]: [string, string | undefined, string, number] = ["", undefined, "", 0]
  let retry: number | undefined
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/)
  lines.pop() // a line without an end is no line
  for (const line of lines) {
    if (line === "") {
      if (data !== undefined) events.push({ event: event || "message", data, id })
      ;[event, data] = ["", undefined]
      continue
    }
    const colon = line.indexOf(":")
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "")
    if (field === "") comments++
    else if (field === "event") event = value
    else if (field === "data") data = data === undefined ? value : `${data}\n${value}`
    else if (field === "id" && !value.includes("\0")) id = value
    else if (field === "retry" && /^\d+$/.test(value)) retry = Number(value)
  }
  return { events, comments, retry }
}
