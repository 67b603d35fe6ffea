import type { DriverUrl } from "@ashlar/core"
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
import { OrmConnectFailed, OrmTransactionAborted } from "../errors.ts"
import { Pool, type PoolOptions } from "../pool.ts"
import type {
  ListenPostgres,
  OpenPostgresClient,
  PostgresAnswer,
  PostgresClient,
  PostgresTarget,
} from "./postgres-client.ts"
import { isStalePlan, toPostgresFault } from "./postgres-faults.ts"
import { encodeValue } from "./postgres-values.ts"
import { SilenceWatch } from "./silence.ts"
import { type TlsChoice, tlsSettings } from "./tls.ts"

export interface PostgresOptions extends TlsChoice, ReplicaOptions, Omit<PoolOptions, "connect"> {
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly preparedStatements: number
  readonly readOnly: boolean
}

export interface PostgresOpening {
  readonly url: DriverUrl
  readonly options: PostgresOptions
  /** What rows of plans are with this library. */
  readonly rowForm: Engine["rowForm"]
  readonly listen: ListenPostgres
}

const KILL_TIMEOUT_MS = 2_000

/** A pool of connections to PostgreSQL, or to what speaks its protocol. None is opened until it is needed. */
export async function openPostgres(
  openClient: OpenPostgresClient,
  { url, options, rowForm, listen }: PostgresOpening,
): Promise<Engine> {
  const user = url.user ?? "postgres"
  const target: PostgresTarget = {
    host: url.host || "127.0.0.1",
    port: url.port ?? 5432,
    user,
    password: url.password?.reveal() ?? "",
    database: url.name || user,
    tls: await tlsSettings(url, options),
    connectTimeoutMs: options.connectTimeoutMs,
    statementTimeoutMs: options.statementTimeoutMs,
    maxPrepared: options.preparedStatements,
  }
  const pool = new Pool({
    ...options,
    async connect() {
      const connection = await PostgresConnection.open(openClient, target)
      if (options.readOnly) await connection.control("set default_transaction_read_only = on")
      return connection
    },
  })
  return {
    dialect: "postgres",
    rowForm,
    readers: pool,
    writers: pool,
    listen: (channel, listener) => listen(target, channel, listener),
    replicaOptions: options,
  }
}

class PostgresConnection implements Connection {
  readonly #client: PostgresClient
  readonly #openClient: OpenPostgresClient
  readonly #target: PostgresTarget
  readonly #silence: SilenceWatch
  #isLost = false
  #inTransaction = false
  #cursors = 0

  private constructor(client: PostgresClient, openClient: OpenPostgresClient, target: PostgresTarget) {
    this.#client = client
    this.#openClient = openClient
    this.#target = target
    this.#silence = new SilenceWatch(target.statementTimeoutMs, () => this.kill())
  }

  static async open(openClient: OpenPostgresClient, target: PostgresTarget): Promise<PostgresConnection> {
    try {
      return new PostgresConnection(await openClient(target), openClient, target)
    } catch (cause) {
      throw new OrmConnectFailed(undefined, { cause })
    }
  }

  get isUsable(): boolean {
    return !this.#isLost && this.#client.isOpen
  }

  get isSpent(): boolean {
    return this.#client.isSpent
  }

  async query(statement: Statement): Promise<QueryResult> {
    try {
      return await this.#run(statement)
    } catch (error) {
      return await this.#again(error, statement.text, () => this.#run(statement))
    }
  }

  async perform<U extends PlanUse>(use: U, { text }: Plan, values: readonly BoundValue[]): Promise<PlanAnswers[U]> {
    const encoded = values.map(encodeValue)
    const run = () => this.#answer(this.#client.perform(text, encoded))
    let answer: Awaited<ReturnType<typeof run>>
    try {
      answer = await run()
    } catch (error) {
      answer = await this.#again(error, text, run)
    }
    const { rows, count } = answer
    const wanted = use === "all" ? rows : use === "first" ? rows[0] : { changes: count, insertId: undefined }
    return wanted as PlanAnswers[U]
  }

  async queryLists(statement: Statement): Promise<ListResult> {
    const { text, values } = statement
    const run = async () => {
      const asked = this.#client.runLists(text, values.map(encodeValue))
      const { columns, rows, command, count } = await this.#answer(asked)
      return { columns, rows, changes: command === "SELECT" ? 0 : count, insertId: undefined }
    }
    try {
      return await run()
    } catch (error) {
      return await this.#again(error, text, run)
    }
  }

  /** Once more when what was prepared does not fit its tables any more; else throws what went wrong as an error of ours. */
  async #again<T>(error: unknown, text: string, run: () => Promise<T>): Promise<T> {
    if (!isStalePlan(error)) throw this.#fault(error)
    this.#client.forget(text)
    // Nothing was done, and outside of a transaction nothing is lost: once more, under another name.
    if (this.#inTransaction) throw this.#fault(error)
    return await run().catch((again) => Promise.reject(this.#fault(again)))
  }

  async #run({ text, values }: Statement): Promise<QueryResult> {
    const { rows, command, count } = await this.#answer(this.#client.run(text, values.map(encodeValue)))
    return { rows, changes: command === "SELECT" ? 0 : count, insertId: undefined }
  }

  async *stream({ text, values }: Statement, chunkRows: number): AsyncGenerator<Row[], void> {
    const ownTransaction = !this.#inTransaction
    // By how many are open, so that the text is the same the next time.
    const cursor = `ashlar_cursor_${++this.#cursors}`
    if (ownTransaction) await this.begin(undefined)
    try {
      await this.#run({ text: `declare ${cursor} no scroll cursor for ${text}`, values })
      for (;;) {
        const { rows } = await this.#answer(this.#client.command(`fetch ${chunkRows} from ${cursor}`))
        if (rows.length > 0) yield rows
        if (rows.length < chunkRows) break
      }
      if (!ownTransaction) await this.control(`close ${cursor}`)
    } catch (error) {
      throw this.#fault(error)
    } finally {
      this.#cursors--
      if (ownTransaction) await this.rollback()
    }
  }

  async begin(isolation: Isolation | undefined): Promise<void> {
    await this.control(isolation === undefined ? "begin" : `begin isolation level ${isolation}`)
    this.#inTransaction = true
  }

  async commit(): Promise<void> {
    const { command } = await this.#command("commit")
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

  async #command(text: string): Promise<PostgresAnswer> {
    try {
      return await this.#answer(this.#client.command(text))
    } catch (error) {
      throw this.#fault(error)
    }
  }

  #answer<T>(work: Promise<T>): Promise<T> {
    return this.#silence.answer(work)
  }

  /** The server says that it ends a session before its socket does. */
  #fault(error: unknown): Error {
    const fault = toPostgresFault(error)
    if (fault.code === "ORM_CONNECTION_LOST") this.#isLost = true
    return fault
  }

  async kill(): Promise<void> {
    this.#isLost = true
    this.#silence.end()
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(new OrmConnectFailed()), KILL_TIMEOUT_MS)
    const limits = { connectTimeoutMs: KILL_TIMEOUT_MS, statementTimeoutMs: KILL_TIMEOUT_MS, maxPrepared: 0 }
    const opening = this.#openClient({ ...this.#target, ...limits })
    try {
      const other = await Promise.race([opening, late])
      await Promise.race([other.command(`select pg_terminate_backend(${this.#client.backendId})`), late])
    } catch {
      // Where even this fails, the server sees the socket close, and undoes what is open as soon as it looks.
    } finally {
      clearTimeout(timer)
      opening.then((other) => other.destroy()).catch(() => undefined)
      this.#client.destroy()
    }
  }

  async close(): Promise<void> {
    this.#isLost = true
    this.#silence.end()
    await this.#client.end()
  }
}
