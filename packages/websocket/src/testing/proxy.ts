import { connect, createServer, type Server, type Socket } from "node:net"

/** Stands between a client and a server on this machine, and can break the connection. */
export interface BusProxy {
  readonly port: number
  /** Ends all connections, as a network does that goes away. */
  cut(): void
  /** Refuses new connections until it is called again with `false`. */
  refuse(isRefusing: boolean): void
  close(): Promise<void>
}

/** Starts a proxy on a free port. */
export async function startProxy(targetPort: number): Promise<BusProxy> {
  const sockets = new Set<Socket>()
  let isRefusing = false
  const server: Server = createServer((client) => {
    if (isRefusing) {
      client.destroy()
      return
    }
    const upstream = connect(targetPort, "127.0.0.1")
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.pipe(to)
      from.on("error", () => to.destroy())
      from.on("close", () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as { port: number }).port,
    cut,
    refuse(value) {
      isRefusing = value
    },
    close() {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
