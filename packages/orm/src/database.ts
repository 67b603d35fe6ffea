import type { DriverUrl } from "@ashlar/core"
import { Kysely } from "kysely"
import type { ChannelListener, Dialect, Row, StopListening } from "./driver.ts"
import { type ExplainOptions, explain, type QueryPlan } from "./explain.ts"
import { kyselyDialect } from "./kysely.ts"
import type { PoolStatus } from "./pool.ts"
import { Query } from "./query.ts"
import type { ReplicaStatus } from "./replicas/replica.ts"
import type { Session } from "./session.ts"
import { Sql } from "./sql.ts"
import type { TransactionOptions } from "./transaction.ts"
import { checkValues } from "./values.ts"

/** A finished query of Kysely's, or anything else that compiles to text and values. */
export interface Compilable {
  compile(): { readonly sql: string; readonly parameters: readonly unknown[] }
}

export interface StreamOptions {
  /** How many rows are fetched, and held, at a time: 1 to 10,000. Default: 500. */
  readonly chunkRows?: number
}

/** What can be asked of a database, and of a transaction in it. */
export interface Queryable {
  readonly dialect: Dialect
  /**
   * SQL with its values bound. `sql.id(name)` quotes names, and other SQL may be put in.
   *
   * @example
   * const users = await db.sql<{ id: number }>`select id from users where email = ${email}`.all()
   */
  sql<R extends object = Row>(strings: TemplateStringsArray, ...parts: readonly unknown[]): Query<R>
  /** Kysely for a schema of yours. What it runs belongs to the transaction of the code that runs it. */
  kysely<Schema>(): Kysely<Schema>
  /**
   * Rows one by one, with flat memory. Holds a connection until the loop ends, and gives it back however it ends.
   *
   * @throws {ORM_OPTIONS_INVALID} and what queries throw.
   */
  stream<R extends object = Row>(query: Query<R> | Sql | Compilable, options?: StreamOptions): AsyncGenerator<R, void>
  /**
   * How the database goes about a query: which tables it reads whole, which indexes it uses. Runs nothing but with `analyze`.
   *
   * @throws {ORM_OPTIONS_INVALID} when `analyze` is asked of SQLite, or for what may write.
   * @example
   * const { tableScans } = await db.explain(db.sql`select * from users where email = ${email}`)
   */
  explain(query: Sql | Compilable, options?: ExplainOptions): Promise<QueryPlan>
  /**
   * Runs work as one transaction: kept when its promise resolves, undone when it rejects. All that is called within takes part,
   * also through the database itself; nothing that other callers do does. Within another it is a savepoint. Statements of one
   * transaction run in turn.
   *
   * After a deadlock or a failed serialization **the work is run again**: effects outside of the database belong in
   * {@link Queryable.afterCommit}. SQLite has one transaction at a time; the others wait in turn.
   *
   * @throws {ORM_TIMEOUT} {ORM_POOL_EXHAUSTED} {ORM_DEADLOCK} {ORM_SERIALIZATION_FAILED} {ORM_TRANSACTION_ABORTED}
   * @throws {ORM_OUTCOME_UNKNOWN} when the connection was lost during the commit.
   * @throws {ORM_AFTER_COMMIT_FAILED} when all was kept, and something that was to follow failed.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Calls `effect` when the outermost transaction was committed, in order, and never if it was not. Outside of any: at once. */
  afterCommit(effect: () => unknown): void | Promise<void>
}

/** The connections of a database, and how its replicas are. */
export interface DatabaseStatus {
  readonly readers: PoolStatus
  readonly writers: PoolStatus
  readonly replicas: readonly ReplicaStatus[]
}

/** An open database. */
export interface Database extends Queryable {
  /** The URL, without its secrets. */
  readonly url: DriverUrl
  /** The database itself, without its replicas: what must be read as it is now. Without replicas the same as this. */
  readonly primary: Queryable
  /**
   * Runs one request or one job, whose reads see what it wrote: for `readYourWritesMs` after a write in it they go to the primary. Its
   * writes do not turn the reads of others there, as writes outside of any flow do. What it asks again and again is told to
   * `onRepeatedQuery`.
   */
  flow<T>(work: () => T): T
  /**
   * Hears what is notified on a channel of PostgreSQL (`select pg_notify('channel', 'payload')`), on a connection of its own, which comes
   * back by itself. What is notified while it is lost is missed, and so is everything behind a proxy that gives each transaction another
   * connection: look for what you wait for now and then, too.
   *
   * @param channel At most 63 bytes.
   * @throws {ORM_UNSUPPORTED} on other databases. {ORM_IDENTIFIER_INVALID} {ORM_CONNECT_FAILED} {ORM_CLOSED}
   * @returns what ends it; closing the database ends it too.
   */
  listen(channel: string, listener: ChannelListener): Promise<StopListening>
  /** Resolves when a query can be answered. @throws what the query does, {ORM_CONNECT_FAILED} and others. */
  health(): Promise<void>
  status(): DatabaseStatus
  /** Takes no new work, waits for what has begun, and closes the connections unless another opened the same URL. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const sessions: WeakMap<object, Session> = new WeakMap()

/** The session behind a database or a transaction; undefined for anything else. */
export function sessionOf(database: unknown): Session | undefined {
  return typeof database === "object" && database !== null ? sessions.get(database) : undefined
}

/** Notes which session is behind an object that callers get. */
export function faceOf<T extends object>(face: T, session: Session): T {
  sessions.set(face, session)
  return face
}

/** The face of a session. */
export function queryable(session: Session): Queryable {
  let kysely: Kysely<unknown> | undefined
  const face: Queryable = {
    dialect: session.dialect,
    sql: (strings, ...parts) => new Query(session, strings, parts),
    kysely<Schema>() {
      kysely ??= new Kysely<unknown>({ dialect: kyselyDialect(session) })
      return kysely as unknown as Kysely<Schema>
    },
    async *stream<R extends object>(query: Sql | Compilable, { chunkRows = 500 }: StreamOptions = {}) {
      for await (const rows of session.stream(compile(query, session.dialect), chunkRows)) yield* rows as R[]
    },
    explain: async (query, options = {}) => await explain(session, compile(query, session.dialect), options),
    transaction: (work, options = {}) => session.transaction((inner) => work(queryable(inner)), options),
    afterCommit(effect) {
      const { scope } = session
      if (scope !== undefined) return scope.follow(effect)
      return (async () => void (await effect()))()
    },
  }
  return faceOf(face, session)
}

function compile(query: Sql | Compilable, dialect: Dialect) {
  if (query instanceof Sql) return query.compile(dialect)
  const { sql, parameters } = query.compile()
  return { text: sql, values: checkValues(parameters, dialect) }
}
