import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { Socket } from "node:net"

/**
 * Looks after the connections of a Node server with one timer for all. It ends those that are idle: Node would set a timer
 * anew with each answer and with each request, which takes a twentieth of a small one. And it ends those whose request
 * bodies only trickle in: Node's own `requestTimeout` ends every body that takes long, a large upload as well as an attack;
 * what tells them apart is how much comes. A body that waits for its reader is let be.
 */

const MOST_CHECK_MS = 2_500
/** A body must bring this much in each window. As much as uWebSockets asks, on which Bun's server stands. */
const WINDOW_MS = 20_000
const MIN_BYTES = 16 * 1024

interface Watched {
  /** The last request of the connection that has a body. */
  message: IncomingMessage | undefined
  /** When the present window of its body began, and how much had come by then. */
  bodySinceMs: number
  bodyBytes: number
  /** Since when nothing is owed and nothing comes; 0: something was. */
  idleSinceMs: number
  idleBytes: number
}

export interface NodeConnectionsOptions {
  readonly idleMs: number
  /** Whether a connection is a WebSocket, which looks after itself. */
  readonly isWebSocket: (socket: Socket) => boolean
  readonly now?: () => number
}

export class NodeConnections {
  readonly #sockets = new Map<Socket, Watched>()
  readonly #limitMs: number
  readonly #isWebSocket: (socket: Socket) => boolean
  readonly #now: () => number

  constructor(server: Server, { idleMs, isWebSocket, now = () => performance.now() }: NodeConnectionsOptions) {
    // A connection is seen idle one interval late at most, and its end another: both are taken off.
    const checkMs = Math.min(MOST_CHECK_MS, idleMs / 10)
    this.#limitMs = idleMs - 2 * checkMs
    this.#isWebSocket = isWebSocket
    this.#now = now
    server.on("connection", (socket: Socket) => {
      this.#sockets.set(socket, { message: undefined, bodySinceMs: 0, bodyBytes: 0, idleSinceMs: 0, idleBytes: 0 })
      socket.on("close", () => this.#sockets.delete(socket))
    })
    const timer = setInterval(() => this.check(), checkMs)
    timer.unref()
    server.on("close", () => clearInterval(timer))
  }

  /** All that are open. */
  get sockets(): Iterable<Socket> {
    return this.#sockets.keys()
  }

  /** Called with every request that may have a body. */
  note(message: IncomingMessage): void {
    const watched = this.#sockets.get(message.socket)
    if (watched === undefined) return
    watched.message = message
    watched.bodySinceMs = 0
  }

  check(): void {
    const nowMs = this.#now()
    for (const [socket, watched] of this.#sockets) {
      if (watched.message !== undefined) checkBody(socket, watched, nowMs)
      if (owedAnswer(socket) !== undefined || this.#isWebSocket(socket)) watched.idleSinceMs = 0
      else if (watched.idleSinceMs === 0 || socket.bytesRead !== watched.idleBytes) {
        watched.idleSinceMs = nowMs
        watched.idleBytes = socket.bytesRead
      } else if (nowMs - watched.idleSinceMs >= this.#limitMs) socket.destroy()
    }
  }
}

function checkBody(socket: Socket, watched: Watched, nowMs: number): void {
  const message = watched.message as IncomingMessage
  if (message.complete || message.destroyed) {
    watched.message = undefined
    return
  }
  const came = socket.bytesRead - watched.bodyBytes
  const waitsForReader = message.readableLength > 0 || message.isPaused()
  if (watched.bodySinceMs === 0 || waitsForReader || came >= MIN_BYTES) {
    watched.bodySinceMs = nowMs
    watched.bodyBytes = socket.bytesRead
  } else if (nowMs - watched.bodySinceMs >= WINDOW_MS) socket.destroy()
}

/** A socket, as Node marks it while an answer is owed on it. */
type Marked = Socket & { readonly _httpMessage?: ServerResponse | null }

/** The answer that a connection waits for, or whose last bytes are on their way. */
export function owedAnswer(socket: Socket): ServerResponse | undefined {
  return (socket as Marked)._httpMessage ?? undefined
}
