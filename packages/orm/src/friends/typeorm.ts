/**
 * TypeORM over the connections and transactions of an Ashlar database, PostgreSQL or SQLite: what both write in one
 * `db.transaction` is kept or undone together. Needs the package `typeorm`.
 */
import { DataSource, type DataSourceOptions } from "typeorm"
import type { Database } from "../database.ts"
import type { ListResult } from "../driver.ts"
import { TYPE } from "../drivers/postgres-values.ts"
import { OrmOptionsInvalid } from "../errors.ts"
import type { Session } from "../session.ts"
import { checkValues } from "../values.ts"
import { type OpenTransaction, openTransaction } from "./open-transaction.ts"
import { requireSession } from "./require-session.ts"

/** TypeORM's options without those that say how to connect. */
export type TypeormOptions = Pick<
  DataSourceOptions,
  "entities" | "subscribers" | "migrations" | "synchronize" | "logging" | "logger" | "namingStrategy" | "entityPrefix"
>

/**
 * Opens a TypeORM data source on a database. Its queries run on the database's connections, and in the transaction of the code
 * that runs them; its own transactions are savepoints there. `destroy` ends it, and leaves the database open.
 *
 * @throws {ORM_OPTIONS_INVALID} for MySQL, whose driver in TypeORM cannot be given a connection.
 * @example
 * const typeorm = await openTypeorm(db, { entities: [User] })
 * await db.transaction(async () => {
 *   await typeorm.getRepository(User).save({ email })
 *   await db.sql`insert into audit (what) values (${"signed up"})`.run()
 * })
 */
export async function openTypeorm(db: Database, options: TypeormOptions): Promise<DataSource> {
  const session = requireSession(db)
  if (session.dialect === "mysql")
    throw new OrmOptionsInvalid("TypeORM shares connections to PostgreSQL and SQLite only.")
  const dataSource =
    session.dialect === "postgres"
      ? new DataSource({
          ...options,
          type: "postgres",
          driver: postgresPackage(session),
          database: db.url.name,
        } as DataSourceOptions)
      : new DataSource({
          ...options,
          type: "expo",
          driver: expoPackage(session),
          database: db.url.name,
        } as DataSourceOptions)
  if (session.dialect === "sqlite") giveEachItsRunner(dataSource, session)
  return await dataSource.initialize()
}

/** For SQLite TypeORM has one runner for all, which mixes the transactions of concurrent callers. */
function giveEachItsRunner({ driver }: DataSource, session: Session): void {
  const { createQueryRunner } = driver
  Object.assign(driver, {
    createQueryRunner(this: { queryRunner: unknown }, ...args: Parameters<typeof createQueryRunner>) {
      this.queryRunner = undefined
      const connection = expoConnection(session)
      return Object.assign(createQueryRunner.apply(this as never, args), { connect: async () => connection })
    },
  })
}

/** One of TypeORM's connections: no session of its own, but the one of the code that asks, and TypeORM's transactions in that. */
class SharedConnection {
  readonly #session: Session
  readonly #open: Map<string, OpenTransaction> = new Map()

  constructor(session: Session) {
    this.#session = session
  }

  async run(text: string, values: readonly unknown[] = []): Promise<ListResult> {
    if (await this.#control(text)) return { columns: [], rows: [], changes: 0, insertId: undefined }
    const session = this.#innermost
    return await session.executeLists({ text, values: checkValues(values.map(bindable), session.dialect) })
  }

  /** TypeORM begins and ends transactions by their text. */
  async #control(text: string): Promise<boolean> {
    const [, verb = "", name = ""] =
      /^\s*(BEGIN|START TRANSACTION|COMMIT|ROLLBACK TO SAVEPOINT|ROLLBACK|RELEASE SAVEPOINT|SAVEPOINT|SET TRANSACTION)\b\s*(\w*)/i.exec(
        text,
      ) ?? []
    switch (verb.toUpperCase()) {
      case "":
        return false
      case "BEGIN":
      case "START TRANSACTION":
        this.#open.set("", await openTransaction(this.#session, undefined))
        return true
      case "SAVEPOINT":
        this.#open.set(name, await openTransaction(this.#innermost, undefined))
        return true
      case "COMMIT":
        await this.#end("", "commit")
        return true
      case "RELEASE SAVEPOINT":
        await this.#end(name, "commit")
        return true
      case "ROLLBACK":
        await this.#end("", "rollback")
        return true
      case "ROLLBACK TO SAVEPOINT":
        await this.#end(name, "rollback")
        return true
      default:
        throw new OrmOptionsInvalid("Give the isolation to db.transaction, and let TypeORM's take part in that.")
    }
  }

  get #innermost(): Session {
    return [...this.#open.values()].at(-1)?.session ?? this.#session
  }

  async #end(name: string, how: "commit" | "rollback"): Promise<void> {
    const open = this.#open.get(name)
    this.#open.delete(name)
    await open?.[how]()
  }
}

/** NULL is what TypeORM means by undefined. */
function bindable(value: unknown): unknown {
  if (value === undefined) return null
  return typeof value === "object" && value !== null && isPlain(value) ? JSON.stringify(value) : value
}

function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype
}

function objects({ columns, rows }: ListResult): Record<string, unknown>[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ name, type }, at) => [name, toPg(row[at], type)])))
}

/** `pg` gives 64-bit integers as text, and TypeORM expects that. */
function toPg(value: unknown, type: unknown): unknown {
  return type === TYPE.int8 && value !== null ? String(value) : value
}

type Done = (error: unknown, connection?: unknown, release?: () => void) => void

/** What TypeORM uses of the package `pg`. @see https://node-postgres.com/apis/pool */
function postgresPackage(session: Session): unknown {
  class Client {
    readonly #connection = new SharedConnection(session)

    async query(text: string, values?: readonly unknown[]) {
      const result = await this.#connection.run(text, values)
      const command = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase()
      const rows = objects(result)
      return { command, rows, rowCount: Math.max(result.changes, rows.length) }
    }

    on(): void {}
    removeListener(): void {}
  }
  return {
    Pool: class {
      on(): void {}
      connect(done: Done): void {
        done(undefined, new Client(), () => undefined)
      }
      end(done: Done): void {
        done(undefined)
      }
    },
  }
}

/** What TypeORM uses of `expo-sqlite`, the one of its drivers for SQLite that waits. @see https://docs.expo.dev/versions/latest/sdk/sqlite/ */
function expoPackage(session: Session): unknown {
  return { openDatabaseAsync: async () => expoConnection(session) }
}

function expoConnection(session: Session): unknown {
  const shared = new SharedConnection(session)
  return {
    runAsync: async () => undefined,
    closeAsync: async () => undefined,
    prepareAsync: async (text: string) => ({
      async executeAsync(values?: readonly unknown[]) {
        const result = await shared.run(text, values)
        return { changes: result.changes, lastInsertRowId: result.insertId, getAllAsync: async () => objects(result) }
      },
      finalizeAsync: async () => undefined,
    }),
  }
}
