import { type Ambient, AshlarError, createAmbient, type DriverUrl, parseDriverUrl } from "@ashlar/core"
import { type ClientSession, type Collection, type Db, MongoClient, MongoError } from "mongodb"
import { OrmAfterCommitFailed, OrmClosed, OrmOptionsInvalid, OrmTransactionMisused } from "../errors.ts"
import { told } from "./mongo-faults.ts"

export interface MongoOptions {
  /** How long a server may be silent in an operation before its connection is given up. Default: 30,000. */
  readonly timeoutMs?: number
  /** How long an operation waits for a server that can answer. Default: 5,000. */
  readonly connectTimeoutMs?: number
}

/** An open MongoDB database, for models that extend `MongoModel`. */
export interface MongoDatabase {
  /** The URL, without its secrets. */
  readonly url: DriverUrl
  /**
   * Runs work as one transaction: all models used within take part. Run again after a conflict with another, so that effects outside
   * belong in {@link MongoDatabase.afterCommit}. On replica sets only.
   *
   * @throws {ORM_UNSUPPORTED} on a server that is no member of a replica set. @throws {ORM_TRANSACTION_MISUSED} within another.
   * @throws {ORM_SERIALIZATION_FAILED} {ORM_OUTCOME_UNKNOWN} {ORM_AFTER_COMMIT_FAILED}
   */
  transaction<T>(work: () => Promise<T>): Promise<T>
  /** Calls `effect` when the transaction was committed, and never if it was not. Outside of any: at once. */
  afterCommit(effect: () => unknown): void | Promise<void>
  /** Resolves when the server answers. @throws {ORM_CONNECT_FAILED} {ORM_CLOSED} */
  health(): Promise<void>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** The transaction of a flow of calls. */
interface Flow {
  readonly session: ClientSession
  effects: (() => unknown)[]
}

const MAX_TIMEOUT_MS = 86_400_000

/** @internal What models reach their collections through. */
export class OpenMongo implements MongoDatabase {
  readonly url: DriverUrl
  readonly #client: MongoClient
  readonly #db: Db
  readonly #flow: Ambient<Flow | undefined> = createAmbient("MongoDB transaction")
  #isClosed = false

  constructor(url: DriverUrl, client: MongoClient) {
    this.url = url
    this.#client = client
    this.#db = client.db(url.name)
  }

  /** @throws {ORM_CLOSED} */
  collection(name: string): Collection {
    if (this.#isClosed) throw new OrmClosed()
    return this.#db.collection(name)
  }

  /** What an operation is given so that it belongs to the transaction of the code that asks. */
  get place(): { readonly session?: ClientSession } {
    const flow = this.#flow.get()
    return flow === undefined ? {} : { session: flow.session }
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new OrmClosed()
    if (this.#flow.get() !== undefined)
      throw new OrmTransactionMisused("MongoDB has no transactions within transactions, and no savepoints.")
    let effects: readonly (() => unknown)[] = []
    const value = await told(() =>
      this.#client.withSession((session) =>
        session.withTransaction(async () => {
          const flow: Flow = { session, effects: [] }
          const result = await this.#flow.run(flow, work).catch(untold)
          effects = flow.effects
          return result
        }),
      ),
    )
    await this.#flow.run(undefined, () => runAll(effects))
    return value
  }

  afterCommit(effect: () => unknown): void | Promise<void> {
    const flow = this.#flow.get()
    if (flow !== undefined) return void flow.effects.push(effect)
    return (async () => void (await effect()))()
  }

  async health(): Promise<void> {
    if (this.#isClosed) throw new OrmClosed()
    await told(() => this.#db.command({ ping: 1 }))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#client.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** The client looks at its own error to see whether the work is to be run again. */
function untold(error: unknown): never {
  throw error instanceof AshlarError && error.cause instanceof MongoError ? error.cause : error
}

async function runAll(effects: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = []
  for (const effect of effects) {
    try {
      await effect()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw new OrmAfterCommitFailed(undefined, { cause: new AggregateError(failures) })
}

/**
 * Opens `mongodb://user:password@host/name` or `mongodb+srv://…`, with the options of MongoDB's own URLs. The first query connects.
 *
 * @throws {CORE_DRIVER_URL_INVALID} {ORM_OPTIONS_INVALID}
 * @example
 * const mongo = openMongo("mongodb://127.0.0.1/shop")
 * class User extends MongoModel {
 *   static table = "users"
 *   static columns = { id: uuid().primary(), email: text().unique() }
 *   static database = mongo
 * }
 * await createIndexes(User)
 */
export function openMongo(url: string, options: MongoOptions = {}): MongoDatabase {
  const { timeoutMs = 30_000, connectTimeoutMs = 5_000 } = options
  for (const [name, value] of Object.entries({ timeoutMs, connectTimeoutMs }))
    if (!Number.isInteger(value) || value < 1 || value > MAX_TIMEOUT_MS)
      throw new OrmOptionsInvalid(`Expected ${name} to be an integer from 1 to ${MAX_TIMEOUT_MS}.`)
  const parsed = parseDriverUrl(url)
  const isMongo = parsed.scheme === "mongodb" || parsed.scheme === "mongodb+srv"
  if (!isMongo || parsed.host === undefined || parsed.name === "")
    throw new OrmOptionsInvalid("Expected mongodb://host/name or mongodb+srv://host/name, with the name of a database.")
  const client = new MongoClient(parsed.reveal(), {
    socketTimeoutMS: timeoutMs,
    serverSelectionTimeoutMS: connectTimeoutMs,
    connectTimeoutMS: connectTimeoutMs,
    // 64-bit integers are exact.
    useBigInt64: true,
    // NULL for what is left out would be another thing than undefined, which models refuse before.
    ignoreUndefined: false,
    appName: "ashlar",
  })
  return new OpenMongo(parsed, client)
}
