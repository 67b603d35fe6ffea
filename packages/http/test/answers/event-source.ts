import { connect, type Socket } from "node:net"

/** An event as a browser would dispatch it. */
export interface Dispatched {
  readonly type: string
  readonly data: string
  readonly lastEventId: string
}

/**
 * The parser of the HTML standard, as a test needs it.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function parseEvents(text: string): { events: Dispatched[]; retry: number | undefined; comments: number } {
  const events: Dispatched[] = []
  let retry: number | undefined
  let comments = 0
  let lastEventId = ""
  let type = ""
  let data: string[] = []
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/)
  lines.pop() // what has no line end yet
  for (const line of lines) {
    if (line === "") {
      if (data.length > 0) events.push({ type: type || "message", data: data.join("\n"), lastEventId })
      type = ""
      data = []
      continue
    }
    const colon = line.indexOf(":")
    if (colon === 0) comments++
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "")
    if (field === "event") type = value
    else if (field === "data") data.push(value)
    else if (field === "id" && !value.includes("\0")) lastEventId = value
    else if (field === "retry" && /^\d+$/.test(value)) retry = Number(value)
  }
  return { events, retry, comments }
}

/** A stream over a socket of its own, so that a test decides when it is read and when it breaks off. */
export class OpenStream {
  readonly socket: Socket
  #text = ""
  readonly #began = performance.now()
  /** When each piece came, in milliseconds after the start. */
  readonly at: number[] = []
  isClosed = false

  constructor(port: number, path: string, headers: Readonly<Record<string, string>> = {}, method = "GET") {
    const lines = Object.entries({ host: "x", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
    this.socket = connect(port, "127.0.0.1", () => {
      this.socket.write(Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1"))
    })
    this.socket.on("data", (bytes) => {
      this.#text += bytes.toString("latin1")
      this.at.push(performance.now() - this.#began)
    })
    this.socket.on("error", () => undefined)
    this.socket.on("close", () => {
      this.isClosed = true
    })
  }

  get head(): string {
    return this.#text.slice(0, this.#text.indexOf("\r\n\r\n"))
  }
  /** What came of the body, as text. */
  get body(): string {
    return this.bodyBytes.toString()
  }
  /** What came of the body, chunk framing taken off. */
  get bodyBytes(): Buffer {
    const raw = this.#text.slice(this.#text.indexOf("\r\n\r\n") + 4)
    if (!/transfer-encoding: chunked/i.test(this.head)) return Buffer.from(raw, "latin1")
    let body = ""
    let at = 0
    for (;;) {
      const end = raw.indexOf("\r\n", at)
      const size = end === -1 ? Number.NaN : Number.parseInt(raw.slice(at, end), 16)
      if (!(size > 0)) return Buffer.from(body, "latin1")
      body += raw.slice(end + 2, end + 2 + size)
      at = end + 2 + size + 2
    }
  }
  /** Whether the body came to its proper end. */
  get isWhole(): boolean {
    if (/transfer-encoding: chunked/i.test(this.head)) return this.#text.endsWith("0\r\n\r\n")
    const length = /content-length: (\d+)/i.exec(this.head)
    return length !== null && this.bodyBytes.length === Number(length[1])
  }
  get events(): Dispatched[] {
    return parseEvents(this.body).events
  }
  async until(what: () => boolean, timeoutMs = 5000): Promise<void> {
    await until(what, timeoutMs)
  }
  close(): void {
    this.socket.destroy()
  }
}

/** Waits for a condition that becomes true by itself. */
export async function until(what: () => boolean | Promise<boolean>, timeoutMs = 5000): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!(await what())) {
    if (performance.now() > end) throw new TypeError(`Nothing came of ${what} within ${timeoutMs} ms`)
    await Bun.sleep(10)
  }
}
