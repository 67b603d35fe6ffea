import type { Server } from "node:http"
import type { Socket } from "node:net"
import { owedAnswer } from "./node-connections.ts"

/** Nothing tells of the end of an answer whose connection stays, so such connections are looked for. */
const SWEEP_MS = 50
/** How long a request may take to arrive whose first bytes came before the stop. */
const HEAD_MS = 1_000

export interface Drain {
  readonly server: Server
  /** All open connections. */
  readonly sockets: () => Iterable<Socket>
  /** Whether a connection is a WebSocket: it is ended elsewhere, until the grace is over. */
  readonly isWebSocket: (socket: Socket) => boolean
  readonly graceMs: number
}

/** Closes connections on which nothing is owed. Node's own function takes an answer for sent that waits for its client. */
function closeIdle(close: () => void, sockets: Iterable<Socket>): void {
  const owing = [...sockets].filter((socket) => owedAnswer(socket) !== undefined)
  for (const socket of owing) socket.destroy = () => socket
  close()
  for (const socket of owing) Reflect.deleteProperty(socket, "destroy")
}

/**
 * Takes no new connection, tells those that are kept to close, and cuts what is left after the grace. Node itself would
 * wait for a connection whose last answer ended after the stop began for as long as it may be idle.
 * @returns how many had to be cut.
 */
export async function drainNode({ server, sockets, isWebSocket, graceMs }: Drain): Promise<number> {
  const beganMs = performance.now()
  const closeIdleConnections = server.closeIdleConnections.bind(server)
  server.closeIdleConnections = () => undefined // which `close` calls
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.prependListener("request", (_message, answer) => {
    answer.shouldKeepAlive = false
  })
  for (const socket of sockets()) {
    const answer = owedAnswer(socket)
    if (answer !== undefined && !answer.headersSent) answer.shouldKeepAlive = false
  }
  const sweep = (): void => {
    closeIdle(closeIdleConnections, sockets())
    if (performance.now() - beganMs < Math.min(HEAD_MS, graceMs)) return
    for (const socket of sockets()) if (owedAnswer(socket) === undefined && !isWebSocket(socket)) socket.destroy()
  }
  sweep()
  const sweeping = setInterval(sweep, SWEEP_MS)
  const cut: Promise<unknown>[] = []
  const force = setTimeout(() => {
    sweep()
    for (const socket of sockets()) {
      if (socket.destroyed) continue
      cut.push(new Promise((resolve) => socket.once("close", resolve)))
      socket.destroy()
    }
  }, graceMs)
  await closed
  clearInterval(sweeping)
  clearTimeout(force)
  await Promise.all(cut) // handlers are told of it with that event
  return cut.length
}
