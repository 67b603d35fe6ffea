import type { IncomingMessage, Server } from "node:http"
import type { Socket } from "node:net"

/**
 * Ends connections whose request bodies only trickle in. Node's own `requestTimeout` ends every body that takes long, a
 * large upload as well as an attack; what tells them apart is how much comes. A body that waits for its reader is let be.
 */

const CHECK_MS = 2_500
/** A body must bring this much in each window. As much as uWebSockets asks, on which Bun's server stands. */
const WINDOW_MS = 20_000
const MIN_BYTES = 16 * 1024

interface Watched {
  /** The last request of the connection. */
  message: IncomingMessage | undefined
  /** When the present window began, and how much had come by then. */
  sinceMs: number
  bytes: number
}

export class SlowBodies {
  readonly #sockets = new Map<Socket, Watched>()
  readonly #now: () => number

  constructor(server: Server, now: () => number = Date.now) {
    this.#now = now
    server.on("connection", (socket: Socket) => {
      this.#sockets.set(socket, { message: undefined, sinceMs: 0, bytes: 0 })
      socket.on("close", () => this.#sockets.delete(socket))
    })
    const timer = setInterval(() => this.check(), CHECK_MS)
    timer.unref()
    server.on("close", () => clearInterval(timer))
  }

  /** All open connections. */
  get sockets(): Iterable<Socket> {
    return this.#sockets.keys()
  }

  /** Called with every request that has a body. */
  note(message: IncomingMessage): void {
    const watched = this.#sockets.get(message.socket)
    if (watched === undefined) return
    watched.message = message
    watched.sinceMs = 0
  }

  check(): void {
    const now = this.#now()
    for (const [socket, watched] of this.#sockets) {
      const { message } = watched
      if (message === undefined) continue
      if (message.complete || message.destroyed) {
        watched.message = undefined
        continue
      }
      const came = socket.bytesRead - watched.bytes
      const waitsForReader = message.readableLength > 0 || message.isPaused()
      if (watched.sinceMs === 0 || waitsForReader || came >= MIN_BYTES) {
        watched.sinceMs = now
        watched.bytes = socket.bytesRead
      } else if (now - watched.sinceMs >= WINDOW_MS) socket.destroy()
    }
  }
}
