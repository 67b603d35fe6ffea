import type { DriverUrl } from "@ashlar/core"
import pg from "pg"
import type { Connection, Engine, Isolation, QueryResult, ReplicaOptions, Row, Statement } from "../driver.ts"
import { OrmConnectFailed, OrmTransactionAborted } from "../errors.ts"
import { Pool, type PoolOptions } from "../pool.ts"
import { integerOf } from "../values.ts"
import { answer } from "./answer.ts"
import { isStalePlan, toPostgresFault } from "./postgres-faults.ts"
import { type TlsChoice, tlsSettings } from "./tls.ts"

interface PostgresOptions extends TlsChoice, ReplicaOptions, Omit<PoolOptions, "connect"> {
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly preparedStatements: number
  readonly readOnly: boolean
}

/** Texts that were seen once, for each connection: one that comes again is prepared. */
const MAX_SEEN = 1_000
const MAX_KEPT_LENGTH = 16 * 1024
const KILL_TIMEOUT_MS = 2_000

/** A pool of connections to PostgreSQL, or to what speaks its protocol. None is opened until it is needed. */
export async function open(url: DriverUrl, options: PostgresOptions): Promise<Engine> {
  const user = url.user ?? "postgres"
  const ssl = await tlsSettings(url, options)
  const config: pg.ClientConfig = {
    host: url.host || "127.0.0.1",
    port: url.port ?? 5432,
    user,
    // An empty one, so that the library does not look for one in the environment or in a file.
    password: url.password?.reveal() ?? "",
    database: url.name || user,
    ssl: ssl ?? false,
    connectionTimeoutMillis: options.connectTimeoutMs,
    keepAlive: true,
    application_name: "ashlar",
    types: { getTypeParser },
    ...(options.statementTimeoutMs > 0 ? { statement_timeout: options.statementTimeoutMs } : {}),
  }
  const pool = new Pool({
    ...options,
    async connect() {
      const connection = await PostgresConnection.open(config, options.preparedStatements)
      if (options.readOnly) await connection.control("set default_transaction_read_only = on")
      return connection
    },
  })
  return { dialect: "postgres", readers: pool, writers: pool, replicaOptions: options }
}

/** int8 as an exact integer; a date as the text it is; a timestamp without zone as UTC, and not as the process' own zone. */
const PARSERS: ReadonlyMap<number, (text: string) => unknown> = new Map<number, (text: string) => unknown>([
  [20, integerOf],
  [1082, (text) => text],
  [
    1114,
    (text) => (/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?$/.test(text) ? new Date(`${text.replace(" ", "T")}Z`) : text),
  ],
])

function getTypeParser(oid: number, format?: string): (text: string) => unknown {
  const own = format === "binary" ? undefined : PARSERS.get(oid)
  return own ?? (pg.types.getTypeParser(oid, format as "text") as (text: string) => unknown)
}

/** Counted for the process: a name is never used for another text, on no connection. */
let statementCount = 0
let cursorCount = 0

class PostgresConnection implements Connection {
  isUsable = true
  readonly #client: pg.Client
  readonly #config: pg.ClientConfig
  readonly #maxPrepared: number
  readonly #limitMs: number
  readonly #names: Map<string, string> = new Map()
  readonly #seen: Set<string> = new Set()
  #inTransaction = false

  private constructor(client: pg.Client, config: pg.ClientConfig, maxPrepared: number) {
    this.#limitMs = Number(config.statement_timeout ?? 0)
    this.#client = client
    this.#config = config
    this.#maxPrepared = maxPrepared
    const lost = () => {
      this.isUsable = false
    }
    client.on("error", lost)
    client.on("end", lost)
  }

  static async open(config: pg.ClientConfig, maxPrepared: number): Promise<PostgresConnection> {
    const client = new pg.Client(config)
    const connection = new PostgresConnection(client, config, maxPrepared)
    try {
      await client.connect()
      return connection
    } catch (cause) {
      await client.end().catch(() => undefined)
      throw new OrmConnectFailed(undefined, { cause })
    }
  }

  async query(statement: Statement): Promise<QueryResult> {
    try {
      return await this.#run(statement)
    } catch (error) {
      if (!isStalePlan(error)) throw this.#fault(error)
      this.#names.delete(statement.text)
      // Nothing was done, and outside of a transaction nothing is lost: once more, under another name.
      if (this.#inTransaction) throw this.#fault(error)
      return await this.#run(statement).catch((again) => Promise.reject(this.#fault(again)))
    }
  }

  async #run({ text, values }: Statement): Promise<QueryResult> {
    const name = this.#nameOf(text)
    const { rows, command, rowCount } = await this.#answer(
      this.#client.query<Row>({
        text,
        values: [...values],
        // Without this, SQL without values could be several statements.
        queryMode: "extended",
        ...(name === undefined ? {} : { name }),
      } as pg.QueryConfig),
    )
    return { rows, changes: command === "SELECT" ? 0 : (rowCount ?? 0), insertId: undefined }
  }

  /** A name for a text that comes again; beyond the bound, texts stay unnamed and work all the same. */
  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text)
    if (known !== undefined || this.#names.size >= this.#maxPrepared || text.length > MAX_KEPT_LENGTH) return known
    if (!this.#seen.delete(text)) {
      if (this.#seen.size >= MAX_SEEN) this.#seen.clear()
      this.#seen.add(text)
      return undefined
    }
    const name = `ashlar_${++statementCount}`
    this.#names.set(text, name)
    return name
  }

  async *stream({ text, values }: Statement, chunkRows: number): AsyncGenerator<Row[], void> {
    const ownTransaction = !this.#inTransaction
    const cursor = `ashlar_cursor_${++cursorCount}`
    if (ownTransaction) await this.begin(undefined)
    try {
      await this.#run({ text: `declare ${cursor} no scroll cursor for ${text}`, values })
      for (;;) {
        const { rows } = await this.#answer(this.#client.query<Row>(`fetch ${chunkRows} from ${cursor}`))
        if (rows.length > 0) yield rows
        if (rows.length < chunkRows) break
      }
      if (!ownTransaction) await this.control(`close ${cursor}`)
    } catch (error) {
      throw this.#fault(error)
    } finally {
      if (ownTransaction) await this.rollback()
    }
  }

  async begin(isolation: Isolation | undefined): Promise<void> {
    await this.control(isolation === undefined ? "begin" : `begin isolation level ${isolation}`)
    this.#inTransaction = true
  }

  async commit(): Promise<void> {
    const command = await this.#command("commit")
    this.#inTransaction = false
    // The server answers so, and the client does not throw, when an error was caught on the way.
    if (command === "ROLLBACK") throw new OrmTransactionAborted()
  }

  async rollback(): Promise<void> {
    await this.control("rollback")
    this.#inTransaction = false
  }

  async control(text: string): Promise<void> {
    await this.#command(text)
  }

  async #command(text: string): Promise<string> {
    try {
      return (await this.#answer(this.#client.query(text))).command
    } catch (error) {
      throw this.#fault(error)
    }
  }

  #answer<T>(work: Promise<T>): Promise<T> {
    return answer(work, this.#limitMs, () => this.kill())
  }

  /** The server says that it ends a session before its socket does. */
  #fault(error: unknown): Error {
    const fault = toPostgresFault(error)
    if (fault.code === "ORM_CONNECTION_LOST") this.isUsable = false
    return fault
  }

  async kill(): Promise<void> {
    this.isUsable = false
    const { processID, connection } = this.#client as unknown as ClientInternals
    const other = new pg.Client({
      ...this.#config,
      connectionTimeoutMillis: KILL_TIMEOUT_MS,
      query_timeout: KILL_TIMEOUT_MS,
    })
    // Where even this fails, the server sees the socket close, and undoes what is open as soon as it looks.
    other.on("error", () => undefined)
    try {
      await other.connect()
      await other.query("select pg_terminate_backend($1)", [processID])
    } catch {
    } finally {
      await other.end().catch(() => undefined)
      connection.stream.destroy()
    }
  }

  async close(): Promise<void> {
    this.isUsable = false
    await this.#client.end()
  }
}

/** What pg has and its types leave out. */
interface ClientInternals {
  readonly processID: number
  readonly connection: { readonly stream: { destroy(): void } }
}
