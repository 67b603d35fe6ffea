import { connect } from "node:net"
import { openDatabase, sql } from "@ashlar/orm"

/** A database that is empty when it is made, and gone when it is dropped. */
export interface OwnDatabase {
  readonly name: string
  /** @param folder For a database that is a file. */
  make(folder: string): Promise<string>
  drop(): Promise<void>
}

const { POSTGRES_PORT = "5432", MARIADB_PORT = "3306" } = process.env
const servers = [
  {
    name: "PostgreSQL",
    port: Number(POSTGRES_PORT),
    url: `postgres://postgres@127.0.0.1:${POSTGRES_PORT}/`,
    admin: "postgres",
  },
  { name: "MariaDB", port: Number(MARIADB_PORT), url: `mysql://root@127.0.0.1:${MARIADB_PORT}/`, admin: "" },
]
const listening = await Promise.all(servers.map(({ port }) => isListening(port)))

/** Servers that are not there: what needs them is not tried. */
export const missing: readonly string[] = servers.filter((_, at) => !listening[at]).map(({ name }) => name)

/** SQLite, and a database on each server that is there. */
export const ownDatabases: readonly OwnDatabase[] = [
  { name: "SQLite", make: async (folder) => `sqlite:${folder}/orders.db`, drop: async () => undefined },
  ...servers.filter((_, at) => listening[at]).map(databaseOn),
]

function databaseOn({ name, url, admin }: (typeof servers)[number]): OwnDatabase {
  const database = `orders_${crypto.randomUUID().slice(0, 8)}`
  const ask = async (statement: ReturnType<typeof sql>): Promise<void> => {
    await using db = await openDatabase(url + admin)
    await db.sql`${statement}`.run()
  }
  return {
    name,
    async make() {
      await ask(sql`create database ${sql.id(database)}`)
      return url + database
    },
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
