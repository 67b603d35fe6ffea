import { connect } from "node:net"

/** A database that tests may use: its name, and how to open a fresh one and drop it. */
export interface TestDatabase {
  readonly name: "PostgreSQL" | "MariaDB"
  readonly port: number
  /** The URL of the server, for making and dropping databases. */
  readonly adminUrl: string
  readonly urlOf: (database: string) => string
}

/** Where tests look for servers: on this machine, at `POSTGRES_PORT` and `MARIADB_PORT`, or at their own ports. */
export const testServers: readonly TestDatabase[] = [
  server(
    "PostgreSQL",
    Number(process.env.POSTGRES_PORT ?? 5432),
    (port, name) => `postgres://postgres@127.0.0.1:${port}/${name}`,
    "postgres",
  ),
  server(
    "MariaDB",
    Number(process.env.MARIADB_PORT ?? 3306),
    (port, name) => `mysql://root@127.0.0.1:${port}/${name}`,
    "",
  ),
]

function server(
  name: TestDatabase["name"],
  port: number,
  url: (port: number, database: string) => string,
  admin: string,
): TestDatabase {
  return { name, port, adminUrl: url(port, admin), urlOf: (database) => url(port, database) }
}

export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.on("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.on("error", () => resolve(false))
  })
}

/** A URL with options beside those that it has. */
export function withOptions(url: string, options: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}${options}`
}
