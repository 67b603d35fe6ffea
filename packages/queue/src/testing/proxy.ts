import { connect, createServer, type Socket } from "node:net"

/** A way to a server that can go silent, as a firewall does that forgot the connection. */
export interface Proxy {
  readonly port: number
  /** From now on no byte goes through, and no connection ends. */
  readonly silence: () => void
  /** Ends the connections that are there. */
  readonly cut: () => void
  /** Whether those who come are sent away at once. */
  readonly refuse: (isRefusing: boolean) => void
  readonly close: () => Promise<void>
}

export async function openProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  let isSilent = false
  let isRefusing = false
  const server = createServer((caller) => {
    if (isRefusing) return void caller.destroy()
    const there = connect(target, "127.0.0.1")
    for (const [from, to] of [
      [caller, there],
      [there, caller],
    ] as const) {
      sockets.add(from)
      from.on("data", (bytes) => void (isSilent || to.write(bytes)))
      from.on("end", () => void (isSilent || to.end()))
      from.on("error", () => to.destroy())
    }
  })
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done))
  const { port } = server.address() as { port: number }
  return {
    port,
    silence: () => {
      isSilent = true
    },
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
    refuse: (refusing) => {
      isRefusing = refusing
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((done) => server.close(done))
    },
  }
}
