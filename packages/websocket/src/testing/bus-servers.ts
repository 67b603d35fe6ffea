import { expect, test } from "bun:test"
import { connect } from "node:net"

/** A server that a bus needs, where tests look for it: on this machine. */
export interface BusServer {
  readonly name: "Redis" | "NATS"
  readonly port: number
}

/**
 * The servers that listen. Those that do not are said, for what goes untested; with `CI=true` each is a test that fails.
 * `REDIS_PORT` and `NATS_PORT` say where they are, if not at their own ports.
 */
export async function findBusServers(): Promise<readonly BusServer[]> {
  const all: readonly BusServer[] = [
    { name: "Redis", port: Number(process.env.REDIS_PORT ?? 6379) },
    { name: "NATS", port: Number(process.env.NATS_PORT ?? 4222) },
  ]
  const listening = await Promise.all(all.map(({ port }) => isListening(port)))
  for (const [index, { name, port }] of all.entries()) {
    if (listening[index]) continue
    if (process.env.CI === "true") test(`${name} is there`, () => expect(`127.0.0.1:${port}`).toBe("listening"))
    else console.warn(`skipped: what needs ${name}, for none listens on 127.0.0.1:${port}`)
  }
  return all.filter((_, index) => listening[index])
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.on("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.on("error", () => resolve(false))
  })
}
