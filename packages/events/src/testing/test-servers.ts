import { afterAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openDatabase, sql } from "@ashlar/orm"

const PORTS = { Redis: 6379, PostgreSQL: 5432, MariaDB: 3306, NATS: 4222, RabbitMQ: 5672 } as const
const VARIABLES: Partial<Record<keyof typeof PORTS, string>> = { PostgreSQL: "POSTGRES_PORT" }

/** Servers that tests use, on this machine. One that is missing is said; with `CI=true` that is a test that fails. */
export async function findServer(name: keyof typeof PORTS): Promise<number | undefined> {
  const port = Number(process.env[VARIABLES[name] ?? `${name.toUpperCase()}_PORT`] ?? PORTS[name])
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

/** A folder that is gone when the tests are done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-events-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A database of these tests' own on a server, dropped when they are done. */
export async function temporaryDatabase(urlOf: (name: string) => string, admin: string): Promise<string> {
  const name = `ashlar_events_${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`
  const server = await openDatabase(urlOf(admin))
  await server.sql`create database ${sql.id(name)}`.run()
  afterAll(async () => {
    await server.sql`drop database ${sql.id(name)}`.run()
    await server.close()
  })
  return urlOf(name)
}
