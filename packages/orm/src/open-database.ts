import {
  type Ambient,
  createAmbient,
  type DriverUrl,
  defineService,
  parseDriverUrl,
  type Service,
  type Services,
} from "@ashlar/core"
import { Channels } from "./channels.ts"
import { type Database, faceOf, queryable } from "./database.ts"
import type { Engine } from "./driver.ts"
import { databases } from "./drivers/drivers.ts"
import { OrmClosed, OrmOptionsInvalid } from "./errors.ts"
import { Flows } from "./flow.ts"
import { noteClosed, noteOpen } from "./open-services.ts"
import { type QueryEventOptions, QueryLog } from "./query-event.ts"
import { openReplicas } from "./replicas/open-replicas.ts"
import { ReplicaSet } from "./replicas/replica-set.ts"
import type { Scope } from "./scope.ts"
import { Session } from "./session.ts"

export interface DatabaseOptions extends QueryEventOptions {
  /**
   * URLs of copies of the database that only answer reads, at most 16: reads outside of transactions go to them. Those with the login,
   * name and options of the database itself can be told in its URL: `?replicas=db-2,db-3:5433`.
   */
  readonly replicas?: readonly string[]
}

/** One engine with its transactions, for all in this process who open its URL. */
interface Shared {
  readonly engine: Promise<Engine>
  readonly ambient: Ambient<Scope | undefined>
  readonly flows: Flows
  users: number
}

const shared: Map<string, Shared> = new Map()

/**
 * Opens a database: `sqlite:path` or `sqlite::memory:`, `postgres://user:password@host/name`, `mysql://…` or `mariadb://…`.
 *
 * The same URL, letter for letter, shares one pool in this process, and one transaction: a row and a job can be
 * committed together. A database in memory is always one of its own. Servers are first connected to by the first query.
 *
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {CORE_DRIVER_OPTION_INVALID} when the URL does not fit.
 * @throws {CORE_DRIVER_PACKAGE_MISSING} when `pg` or `mysql2` is not installed, with the command that does it.
 * @throws {ORM_OPTIONS_INVALID} {ORM_CONNECT_FAILED}
 * @example
 * const db = await openDatabase("sqlite:./app.db")
 * await db.transaction(async (tx) => {
 *   await tx.sql`insert into users (email) values (${email})`.run()
 * })
 */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  checkOptions(options)
  const parsed = parseDriverUrl(url)
  const { replicas = [] } = options
  const isAlone = parsed.scheme === "sqlite" && parsed.name === ":memory:"
  const key = isAlone ? undefined : [url, ...replicas].join("\n")
  const place = (key === undefined ? undefined : shared.get(key)) ?? open(parsed, key, replicas)
  place.users++
  try {
    return createDatabase(parsed, await place.engine, place, options, () => leave(place, key))
  } catch (error) {
    forget(place, key)
    throw error
  }
}

function open(url: DriverUrl, key: string | undefined, replicas: readonly string[]): Shared {
  const flows = new Flows()
  const engine = databases.open(url.reveal()).then((primary) => openReplicas(url, primary, { replicas, flows }))
  const place: Shared = { engine, ambient: createAmbient("transaction"), flows, users: 0 }
  if (key !== undefined) shared.set(key, place)
  return place
}

function forget(place: Shared, key: string | undefined): void {
  if (key !== undefined && shared.get(key) === place) shared.delete(key)
}

async function leave(place: Shared, key: string | undefined): Promise<void> {
  if (--place.users > 0) return
  forget(place, key)
  const engine = await place.engine
  if (engine instanceof ReplicaSet) await engine.close()
  else await Promise.all([engine.readers.close(), engine.writers.close()])
}

function createDatabase(
  url: DriverUrl,
  engine: Engine,
  { ambient, flows }: Shared,
  options: DatabaseOptions,
  leaveShared: () => Promise<void>,
): Database {
  let closing: Promise<void> | undefined
  // Another may have opened the same URL, and goes on: this handle is closed by itself.
  const openEngine: Engine = {
    dialect: engine.dialect,
    rowForm: engine.rowForm,
    get readers() {
      if (closing) throw new OrmClosed()
      return engine.readers
    },
    get writers() {
      if (closing) throw new OrmClosed()
      return engine.writers
    },
  }
  const log = new QueryLog({ dialect: engine.dialect, database: url.toString() }, { ...options, flows })
  const session = new Session(openEngine, ambient, log)
  const set = engine instanceof ReplicaSet ? engine : undefined
  const primary = set === undefined ? session : new Session(primaryOf(openEngine, set), ambient, log)
  const channels = new Channels(engine)
  const close = (): Promise<void> => {
    closing ??= channels.close().then(leaveShared)
    return closing
  }
  const database: Database = {
    ...queryable(session),
    url,
    primary: queryable(primary),
    flow: (work) => flows.run(work),
    async listen(channel, listener) {
      if (closing) throw new OrmClosed()
      return await channels.listen(channel, listener)
    },
    async health() {
      await ambient.run(undefined, () => primary.execute({ text: "select 1", values: [] }))
    },
    status: () => ({
      readers: engine.readers.status(),
      writers: engine.writers.status(),
      replicas: set?.replicas() ?? [],
    }),
    close,
    [Symbol.asyncDispose]: close,
  }
  return faceOf(database, session)
}

function primaryOf(engine: Engine, { primary }: ReplicaSet): Engine {
  return {
    dialect: engine.dialect,
    rowForm: engine.rowForm,
    // Asked of the engine first, which may be closed.
    get readers() {
      return engine.writers && primary
    },
    get writers() {
      return engine.writers
    },
  }
}

export interface DatabaseServiceOptions extends DatabaseOptions {
  /** For messages and for health checks. Default: `database`. */
  readonly name?: string
  /**
   * Called before anybody is given the database, as to migrate it: `async (db) => { await (await openMigrator(db, …)).up() }`. What it throws
   * is what the open throws.
   */
  readonly prepare?: (database: Database) => Promise<void>
}

/**
 * A database as a service of an app, opened when it is first asked for and closed with the app.
 *
 * @param url Gives the URL; it may ask other services, as that of the configuration.
 * @example
 * export const Db = defineDatabase(async (services) => (await services.get(Settings)).databaseUrl)
 * const db = await ctx.use(Db)
 */
export function defineDatabase(
  url: (services: Services) => string | Promise<string>,
  { name = "database", prepare, ...options }: DatabaseServiceOptions = {},
): Service<Database> {
  const service: Service<Database> = defineService<Database>({
    name,
    async open(services) {
      const database = await openDatabase(await url(services), options)
      try {
        await prepare?.(database)
      } catch (error) {
        await database.close()
        throw error
      }
      noteOpen(service, database)
      return database
    },
    close(database) {
      noteClosed(service, database)
      return database.close()
    },
    health: (database) => database.health(),
  })
  return service
}

const OPTIONS: ReadonlySet<string> = new Set([
  "replicas",
  "onQuery",
  "slowQueryMs",
  "onSlowQuery",
  "callSite",
  "onRepeatedQuery",
  "repeatedQueryCount",
  "showValue",
])

function checkOptions(options: DatabaseOptions): void {
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name))
  if (unknown !== undefined)
    throw new OrmOptionsInvalid(`Unknown option "${unknown}". Expected one of: ${[...OPTIONS].join(", ")}.`)
  const { slowQueryMs = 1_000, repeatedQueryCount = 10 } = options
  if (!Number.isInteger(repeatedQueryCount) || repeatedQueryCount < 2)
    throw new OrmOptionsInvalid("Expected repeatedQueryCount to be an integer, 2 or more.")
  if (!(slowQueryMs >= 0))
    throw new OrmOptionsInvalid("Expected slowQueryMs to be a number of milliseconds, 0 or more.")
}
