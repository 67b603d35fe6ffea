import type { ConnectionSource } from "./pool.ts"

export type Dialect = "sqlite" | "postgres" | "mysql"

/** What every database takes as it is, and what PostgreSQL takes beside. */
export type BoundValue = string | number | bigint | boolean | null | Date | Uint8Array | readonly BoundValue[]

/** SQL in a dialect's own words, with its values beside it. */
export interface Statement {
  readonly text: string
  readonly values: readonly BoundValue[]
}

/** A row as it came, by column name. 64-bit integers are numbers where a number holds them exactly, else bigints. */
export type Row = Record<string, unknown>

export interface QueryResult {
  readonly rows: Row[]
  /** How many rows were written. 0 for statements that only read. */
  readonly changes: number
  /** The key that SQLite or MySQL gave to the last inserted row. PostgreSQL tells by `returning`. */
  readonly insertId: number | bigint | undefined
}

/** SQL of a model with what a connection has to know of it, kept for the next time: its statement stays prepared. */
export interface Plan {
  readonly text: string
  /** Names of the result's columns, in their order; undefined for a statement that gives no rows. */
  readonly columns: readonly string[] | undefined
  /** Whether it surely changes nothing. */
  readonly onlyReads: boolean
  /** Whether SQLite has to give integers as bigints: a column holds more than a number does. */
  readonly isExact: boolean
}

/** What is wanted of a plan: all rows, the first one or undefined, or what it wrote. */
export type PlanUse = "all" | "first" | "run"

/** Rows of a plan, as the engine's `rowForm` says. */
export interface PlanAnswers {
  readonly all: readonly unknown[]
  readonly first: unknown
  readonly run: { readonly changes: number; readonly insertId: number | bigint | undefined }
}

/** Said by `attempt` when another process is in the way. */
export const BUSY: unique symbol = Symbol("busy")

export interface ResultColumn {
  readonly name: string
  /** The database's own name or number of its type; SQLite knows the declared ones of a table's columns only. */
  readonly type: string | number | undefined
}

/** A result as lists in the order of its columns: of two columns with one name, both are there. */
export interface ListResult {
  readonly columns: readonly ResultColumn[]
  readonly rows: readonly (readonly unknown[])[]
  readonly changes: number
  readonly insertId: number | bigint | undefined
}

export type Isolation = "read committed" | "repeatable read" | "serializable"

/**
 * One session with a database, used by one caller at a time.
 *
 * Every method MUST reject with a class of `errors.ts`, and MUST NOT put SQL, values or addresses into its message.
 */
export interface Connection {
  /** False once the session is lost: the pool then drops it. */
  readonly isUsable: boolean
  /** True when it works, but should not serve another caller: what it has gathered cannot be let go. */
  readonly isSpent?: boolean
  query(statement: Statement): Promise<QueryResult>
  /**
   * Runs a plan, and keeps its statement. Values come encoded by the casts of `columns/`, and rows MUST come as the casts read them.
   */
  perform<U extends PlanUse>(use: U, plan: Plan, values: readonly BoundValue[]): Promise<PlanAnswers[U]>
  /** The same at once, where the database is in this process. MUST NOT wait, and MUST NOT have done anything when it is busy. */
  attempt?<U extends PlanUse>(use: U, plan: Plan, values: readonly BoundValue[]): PlanAnswers[U] | typeof BUSY
  /** The same statement, its rows as lists. */
  queryLists(statement: Statement): Promise<ListResult>
  /** MUST hold at most `chunkRows` rows of the result, and MUST free the session when the loop is left early. */
  stream(statement: Statement, chunkRows: number): AsyncGenerator<Row[], void>
  begin(isolation: Isolation | undefined): Promise<void>
  /** @throws {ORM_TRANSACTION_ABORTED} when the database rolled back instead, also where its own client says nothing. */
  commit(): Promise<void>
  /** MUST succeed where no transaction is open any more. */
  rollback(): Promise<void>
  /** SAVEPOINT and its kin: no values, no rows. */
  control(text: string): Promise<void>
  /** Ends the session at once, on the server too, whatever it is doing. Its open query rejects. Never rejects itself. */
  kill(): Promise<void>
  close(): Promise<void>
}

/** Told of what a channel brings. */
export interface ChannelListener {
  onNotice(payload: string): void
  /** It listens: for the first time, or again, and may have missed something in between. */
  onListening?(): void
  /** The connection is lost; it comes back by itself. */
  onLost?(): void
}

/** Ends it. */
export type StopListening = () => Promise<void>
/** Resolves when it stands, on a connection of its own. MUST come back by itself once it did. @throws the library's error. */
export type Listen = (channel: string, listener: ChannelListener) => Promise<StopListening>

/** A database behind a URL: where its connections come from. */
export interface Engine {
  readonly dialect: Dialect
  /** What rows of plans are: objects by column, or lists in the order of the columns. */
  readonly rowForm: "object" | "list"
  /** For statements outside of transactions that only read; on servers the same as `writers`. */
  readonly readers: ConnectionSource
  readonly writers: ConnectionSource
  /** Hears what is notified on a channel, where the database can tell. */
  readonly listen?: Listen
  /** What the URL says of replicas, on servers. */
  readonly replicaOptions?: ReplicaOptions
}

/** What a URL says of copies of its database that only answer reads. */
export interface ReplicaOptions {
  /** `host`, `host:port` and so on, with commas between: with the login, the name and the options of the URL itself. */
  readonly replicas?: string | undefined
  readonly readYourWritesMs: number
  readonly maxReplicaLagMs: number
  readonly replicaCheckMs: number
}
