import { connect, createServer, type Server, type Socket } from "node:net"

/** Stands between a client and a server on this machine, and can be as bad as a network is. */
export interface TestProxy {
  readonly port: number
  /** Ends all connections. */
  cut(): void
  /** Ends all connections and refuses new ones, until it is called with `false`. */
  refuse(isRefusing: boolean): void
  /** Lets nothing through any more, without a word, as a firewall that forgot the connection, until it is called with `false`. */
  swallow(isSwallowing: boolean): void
  close(): Promise<void>
}

/** Starts a proxy on a free port. */
export async function startProxy(targetPort: number): Promise<TestProxy> {
  const sockets = new Set<Socket>()
  let isRefusing = false
  let isSwallowing = false
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
      from.on("data", (chunk) => void (isSwallowing || to.write(chunk)))
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
      if (value) cut()
    },
    swallow(value) {
      isSwallowing = value
    },
    close() {
      cut()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
