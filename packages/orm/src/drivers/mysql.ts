import { once } from "node:events"
import { connect, isIP, type Socket } from "node:net"
import type { DriverUrl } from "@ashlar/core"
import {
  type Connection as Client,
  type ConnectionOptions,
  createConnection,
  type FieldPacket,
  type ResultSetHeader,
} from "mysql2/promise"
import type {
  BoundValue,
  Connection,
  Engine,
  Isolation,
  ListResult,
  Plan,
  PlanAnswers,
  PlanUse,
  QueryResult,
  ReplicaOptions,
  Row,
  Statement,
} from "../driver.ts"
import { OrmConnectFailed } from "../errors.ts"
import { Pool, type PoolOptions } from "../pool.ts"
import { toMysqlFault } from "./mysql-faults.ts"
import { SilenceWatch } from "./silence.ts"
import { type TlsChoice, tlsSettings } from "./tls.ts"

interface MysqlOptions extends TlsChoice, ReplicaOptions, Omit<PoolOptions, "connect"> {
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly preparedStatements: number
  readonly readOnly: boolean
}

const KILL_TIMEOUT_MS = 2_000

/** A pool of connections to MySQL or MariaDB. None is opened until it is needed. */
export async function open(url: DriverUrl, options: MysqlOptions): Promise<Engine> {
  const ssl = await tlsSettings(url, options)
  const config: ConnectionOptions = {
    host: url.host || "127.0.0.1",
    port: url.port ?? 3306,
    user: url.user ?? "root",
    connectTimeout: options.connectTimeoutMs,
    charset: "utf8mb4",
    timezone: "Z",
    dateStrings: ["DATE"],
    supportBigNumbers: true,
    multipleStatements: false,
    // A server must not ask for files of this machine.
    flags: ["-LOCAL_FILES"],
    // Prepared for each text with values; the library needs room for one.
    maxPreparedStatements: Math.max(1, options.preparedStatements),
    typeCast: (field, next) => {
      const value: unknown = next()
      return field.type === "LONGLONG" && typeof value === "string" ? BigInt(value) : value
    },
    ...(url.name === "" ? {} : { database: url.name }),
    ...(url.password === undefined ? {} : { password: url.password.reveal() }),
    // Without this the library takes any certificate of a trusted authority, whatever name it is for.
    ...(ssl === undefined ? {} : { ssl: { ...ssl, verifyIdentity: ssl.rejectUnauthorized } }),
    ...(ssl?.rejectUnauthorized && isIP(url.host ?? "") !== 0 ? { stream: namedSocket(url) } : {}),
  }
  const pool = new Pool({
    ...options,
    async connect() {
      const connection = await MysqlConnection.open(config, options.statementTimeoutMs)
      if (options.readOnly) await connection.control("set session transaction read only")
      return connection
    },
  })
  return { dialect: "mysql", rowForm: "list", readers: pool, writers: pool, replicaOptions: options }
}

/** JSON and times stay text, which the casts of models read: a text in JSON has to be told from JSON. */
const typeCast: NonNullable<ConnectionOptions["typeCast"]> = (field, next) => {
  const { type, extendedFormat } = field as typeof field & { readonly extendedFormat?: string }
  if (type === "JSON" || extendedFormat === "json") return field.string("utf8")
  if (type === "DATETIME" || type === "TIMESTAMP") return field.string("ascii")
  const value: unknown = next()
  return type === "LONGLONG" && typeof value === "string" ? BigInt(value) : value
}

/**
 * The library tells TLS no name for an address, and Node then compares the certificate with "localhost", unless the socket
 * knows where it goes.
 */
function namedSocket({ host = "", port }: DriverUrl): () => Socket {
  return () => Object.assign(connect({ host, port: port ?? 3306, keepAlive: true, noDelay: true }), { _host: host })
}

class MysqlConnection implements Connection {
  isUsable = true
  readonly #client: Client
  readonly #config: ConnectionOptions
  readonly #limitMs: number
  readonly #silence: SilenceWatch
  #inTransaction = false

  private constructor(client: Client, config: ConnectionOptions, limitMs: number) {
    this.#limitMs = limitMs
    this.#silence = new SilenceWatch(limitMs, () => this.kill())
    this.#client = client
    this.#config = config
    const lost = () => {
      this.isUsable = false
    }
    client.on("error", lost)
    client.on("end", lost)
  }

  static async open(config: ConnectionOptions, statementTimeoutMs: number): Promise<MysqlConnection> {
    try {
      const client = await createConnection(config)
      const connection = new MysqlConnection(client, config, statementTimeoutMs)
      await connection.#setUp()
      return connection
    } catch (cause) {
      throw new OrmConnectFailed(undefined, { cause })
    }
  }

  async #setUp(): Promise<void> {
    await this.control("set time_zone = '+00:00'")
    if (this.#limitMs === 0) return
    const { rows } = await this.query({ text: "select version() as version", values: [] })
    const isMaria = String(rows[0]?.version).includes("MariaDB")
    // MySQL knows a limit for reads only; beyond it the watch gives the session up.
    await this.control(
      isMaria ? `set max_statement_time = ${this.#limitMs / 1_000}` : `set max_execution_time = ${this.#limitMs}`,
    )
  }

  async query({ text, values }: Statement): Promise<QueryResult> {
    try {
      const asked = values.length === 0 ? this.#client.query(text) : this.#client.execute(text, [...values] as never)
      const [result] = await this.#answer<[unknown, unknown]>(asked)
      if (Array.isArray(result)) return { rows: result as Row[], changes: 0, insertId: undefined }
      const { affectedRows, insertId } = result as ResultSetHeader
      return { rows: [], changes: affectedRows, insertId: insertId === 0 ? undefined : insertId }
    } catch (error) {
      throw this.#fault(error)
    }
  }

  async perform<U extends PlanUse>(use: U, plan: Plan, values: readonly BoundValue[]): Promise<PlanAnswers[U]> {
    try {
      const asked = this.#client.execute({ sql: plan.text, values: [...values] as never, rowsAsArray: true, typeCast })
      const [result] = await this.#answer<[unknown, unknown]>(asked)
      const rows = Array.isArray(result) ? (result as readonly unknown[]) : []
      const { affectedRows = 0, insertId = 0 } = Array.isArray(result) ? {} : (result as ResultSetHeader)
      const answers: PlanAnswers = {
        all: rows,
        first: rows[0],
        run: { changes: affectedRows, insertId: insertId === 0 ? undefined : insertId },
      }
      return answers[use]
    } catch (error) {
      throw this.#fault(error)
    }
  }

  async queryLists({ text, values }: Statement): Promise<ListResult> {
    try {
      const asked = this.#client.execute({ sql: text, values: [...values] as never, rowsAsArray: true })
      const [result, fields] = await this.#answer<[unknown, unknown]>(asked)
      if (!Array.isArray(result)) {
        const { affectedRows, insertId } = result as ResultSetHeader
        return { columns: [], rows: [], changes: affectedRows, insertId: insertId === 0 ? undefined : insertId }
      }
      const columns = (fields as readonly FieldPacket[]).map(({ name, columnType }) => ({ name, type: columnType }))
      return { columns, rows: result as unknown[][], changes: 0, insertId: undefined }
    } catch (error) {
      throw this.#fault(error)
    }
  }

  async *stream({ text, values }: Statement, chunkRows: number): AsyncGenerator<Row[], void> {
    const { connection } = this.#client as unknown as { connection: StreamingClient }
    const command = values.length === 0 ? connection.query(text) : connection.execute(text, [...values])
    const rows = command.stream({ highWaterMark: chunkRows })
    let isDone = false
    try {
      let chunk: Row[] = []
      for await (const row of rows.iterator({ destroyOnReturn: false })) {
        chunk.push(row as Row)
        if (chunk.length < chunkRows) continue
        yield chunk
        chunk = []
      }
      isDone = true
      if (chunk.length > 0) yield chunk
    } catch (error) {
      isDone = true
      throw this.#fault(error)
    } finally {
      if (!isDone) await this.#leave(rows)
    }
  }

  /** The protocol has no way to stop a result: the rest is read in a transaction, which must live, or the session ends. */
  async #leave(rows: NodeJS.ReadableStream): Promise<void> {
    if (!this.#inTransaction) return await this.kill()
    const end = once(rows, "end")
    rows.resume()
    await end.catch((error) => Promise.reject(this.#fault(error)))
  }

  async begin(isolation: Isolation | undefined): Promise<void> {
    if (isolation !== undefined) await this.control(`set transaction isolation level ${isolation}`)
    await this.control("start transaction")
    this.#inTransaction = true
  }

  async commit(): Promise<void> {
    await this.control("commit")
    this.#inTransaction = false
  }

  async rollback(): Promise<void> {
    await this.control("rollback")
    this.#inTransaction = false
  }

  async control(text: string): Promise<void> {
    try {
      await this.#answer(this.#client.query(text))
    } catch (error) {
      throw this.#fault(error)
    }
  }

  #answer<T>(work: Promise<T>): Promise<T> {
    return this.#silence.answer(work)
  }

  #fault(error: unknown): Error {
    const fault = toMysqlFault(error)
    if (fault.code === "ORM_CONNECTION_LOST") this.isUsable = false
    return fault
  }

  async kill(): Promise<void> {
    this.isUsable = false
    this.#silence.end()
    try {
      const other = await createConnection({ ...this.#config, connectTimeout: KILL_TIMEOUT_MS })
      await other.query(`kill ${this.#client.threadId}`)
      await other.end()
    } catch {
      // The server sees the socket close, and undoes what is open.
    } finally {
      this.#client.destroy()
    }
  }

  async close(): Promise<void> {
    const wasUsable = this.isUsable
    this.isUsable = false
    this.#silence.end()
    if (wasUsable) await this.#client.end()
    else this.#client.destroy()
  }
}

/** The part of mysql2 under its promises, which alone can stream. */
interface StreamingClient {
  query(text: string): StreamingCommand
  execute(text: string, values: readonly unknown[]): StreamingCommand
}

interface StreamingCommand {
  stream(options: { highWaterMark: number }): import("node:stream").Readable
}
