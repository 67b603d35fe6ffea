import { connect } from "node:net"
import { openDatabase, sql } from "@ashlar/orm"

/** A database that is empty when it is made, and gone when it is dropped. */
export interface OwnDatabase {
  readonly name: string
  /** Undefined where the backend makes a file of its own. */
  readonly url: string | undefined
  readonly make: () => Promise<void>
  readonly drop: () => Promise<void>
}

interface DatabaseServer {
  readonly name: string
  readonly port: number
  readonly urlOf: (database: string) => string
  /** A database that is always there. */
  readonly admin: string
}

const { POSTGRES_PORT = "5432", MARIADB_PORT = "3306" } = process.env

const servers: readonly DatabaseServer[] = [
  {
    name: "PostgreSQL",
    port: Number(POSTGRES_PORT),
    urlOf: (database) => `postgres://postgres@127.0.0.1:${POSTGRES_PORT}/${database}`,
    admin: "postgres",
  },
  {
    name: "MariaDB",
    port: Number(MARIADB_PORT),
    urlOf: (database) => `mysql://root@127.0.0.1:${MARIADB_PORT}/${database}`,
    admin: "",
  },
]

const listening = await Promise.all(servers.map(({ port }) => isListening(port)))

/** Servers that are not there: what needs them is not tried. */
export const missing: readonly string[] = servers.filter((_, at) => !listening[at]).map(({ name }) => name)

/** SQLite, and a database on each server that is there. */
export const ownDatabases: readonly OwnDatabase[] = [
  { name: "SQLite", url: undefined, make: async () => undefined, drop: async () => undefined },
  ...servers.filter((_, at) => listening[at]).map(databaseOn),
]

function databaseOn({ name, urlOf, admin }: DatabaseServer): OwnDatabase {
  const database = `conduit_${crypto.randomUUID().slice(0, 8)}`
  const ask = async (statement: ReturnType<typeof sql>): Promise<void> => {
    await using db = await openDatabase(urlOf(admin))
    await db.sql`${statement}`.run()
  }
  return {
    name,
    url: urlOf(database),
    make: () => ask(sql`create database ${sql.id(database)}`),
    drop: () => ask(sql`drop database ${sql.id(database)}`),
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy()
      resolve(true)
    })
    socket.on("error", () => resolve(false))
  })
}
