import { expect, test } from "bun:test"
import { connect } from "node:net"

const PORTS = { Redis: 6379, PostgreSQL: 5432 } as const

/** Servers that tests use, on this machine. One that is missing is said; with `CI=true` that is a test that fails. */
export async function findServer(name: keyof typeof PORTS): Promise<number | undefined> {
  const port = Number(process.env[name === "Redis" ? "REDIS_PORT" : "POSTGRES_PORT"] ?? PORTS[name])
  if (await isListening(port)) return port
  if (process.env.CI === "true") test(`${name} is there`, () => expect(`127.0.0.1:${port}`).toBe("listening"))
  else console.warn(`skipped: what needs ${name}, for none listens on 127.0.0.1:${port}`)
  return undefined
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
