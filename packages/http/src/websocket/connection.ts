import type { RequestContext } from "../context/request-context.ts"

/** One open connection, as its runtime has it. */
export interface WebSocketConnection {
  /** False once either side has begun to close it. */
  readonly isOpen: boolean
  /** Bytes that were sent and that the peer has not yet taken. */
  readonly bufferedBytes: number
  /** Topics that the runtime itself fans out, where it does. */
  readonly topics: NativeTopics | undefined
  /** What {@link UpgradeOptions.data} gave. */
  readonly data: unknown
  /** Queues a message: text, or bytes. False: it was not, for the connection is closed or far behind. */
  send(data: string | Uint8Array): boolean
  /** Asks the peer whether it is there; it answers by itself. */
  ping(): void
  /** Says goodbye: a code of RFC 6455 (1000 by default) and up to 123 bytes of reason. */
  close(code?: number, reason?: string): void
  /** Ends the connection without a word. `close` is told 1006. */
  terminate(): void
  /** Stops reading from the peer, where the runtime can (Deno cannot); what was read already still comes. */
  pause(): void
  resume(): void
  /** Reports a defect of the route, and closes with 1011. */
  fail(error: unknown): void
}

/** Fan-out in the runtime's own code, for the connections of one server. Names are shared by the whole server. */
export interface NativeTopics {
  subscribe(connection: WebSocketConnection, topic: string): void
  unsubscribe(connection: WebSocketConnection, topic: string): void
  /** To all who subscribed, without `except`. */
  publish(topic: string, data: string | Uint8Array, except?: WebSocketConnection): void
}

/**
 * What happens on a connection. `open` comes first and once, `close` last and once. What they throw is reported as a
 * defect of the route, and closes the connection with 1011.
 */
export interface WebSocketEvents {
  open?(connection: WebSocketConnection): void
  message(connection: WebSocketConnection, data: string | Uint8Array): void
  /** The peer has taken what waited for it. */
  drain?(connection: WebSocketConnection): void
  /** `code` is 1005 when the peer gave none, and 1006 when the connection broke. */
  close?(connection: WebSocketConnection, code: number, reason: string): void
}

/** What the connections of a server that stops are closed with. */
export const GOING_AWAY: readonly [code: number, reason: string] = [1001, "The server is stopping"]

/** What every runtime's connection does alike: it tells the events, and holds the limit of the route. */
export abstract class BaseConnection implements WebSocketConnection {
  readonly data: unknown
  readonly #ctx: RequestContext
  readonly #events: WebSocketEvents

  constructor(ctx: RequestContext, { events, data }: { readonly events: WebSocketEvents; readonly data: unknown }) {
    this.data = data
    this.#ctx = ctx
    this.#events = events
  }

  abstract readonly isOpen: boolean
  abstract readonly bufferedBytes: number
  abstract readonly topics: NativeTopics | undefined
  abstract send(data: string | Uint8Array): boolean
  abstract ping(): void
  abstract close(code?: number, reason?: string): void
  abstract terminate(): void
  abstract pause(): void
  abstract resume(): void

  opened(): void {
    try {
      this.#events.open?.(this)
    } catch (error) {
      this.fail(error)
    }
  }
  received(data: string | Uint8Array): void {
    const { maxMessageBytes } = this.#ctx.route.websocket!
    if (isLonger(data, maxMessageBytes)) {
      this.close(1009, `A message may have ${maxMessageBytes} bytes`)
      return
    }
    try {
      this.#events.message(this, data)
    } catch (error) {
      this.fail(error)
    }
  }
  drained(): void {
    try {
      this.#events.drain?.(this)
    } catch (error) {
      this.fail(error)
    }
  }
  closed(code: number, reason: string): void {
    try {
      this.#events.close?.(this, code, reason)
    } catch (error) {
      this.fail(error)
    }
  }

  fail(error: unknown): void {
    this.#ctx.shared.report(error, this.#ctx)
    this.close(1011, "The server met a condition it did not expect")
  }
}

/** No text has more than three bytes for each of its units, so most need no counting. */
function isLonger(data: string | Uint8Array, maxBytes: number): boolean {
  if (typeof data !== "string") return data.byteLength > maxBytes
  return data.length * 3 > maxBytes && (data.length > maxBytes || new TextEncoder().encode(data).byteLength > maxBytes)
}
