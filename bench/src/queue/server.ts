import { connect } from "node:net"

const SERVERS = {
  postgres: {
    port: Number(process.env.POSTGRES_PORT ?? 5432),
    url: (port: number) => `postgres://postgres@127.0.0.1:${port}/postgres`,
  },
  redis: { port: Number(process.env.REDIS_PORT ?? 6379), url: (port: number) => `redis://127.0.0.1:${port}` },
} as const

/** The URL of a server on this machine; undefined where none listens, which is said once. */
export async function serverUrl(name: keyof typeof SERVERS): Promise<string | undefined> {
  const { port, url } = SERVERS[name]
  if (await isListening(port)) return url(port)
  console.error(`left out: what needs ${name}, for none listens on 127.0.0.1:${port}`)
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
