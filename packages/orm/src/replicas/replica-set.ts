import type { Connection, Engine, Listen, ReplicaOptions } from "../driver.ts"
import { isRetryable, OrmConnectFailed, OrmConnectionLost, OrmReadOnly } from "../errors.ts"
import type { Flows } from "../flow.ts"
import type { ConnectionSource, PoolStatus } from "../pool.ts"
import type { Replica, ReplicaStatus } from "./replica.ts"

/** A database and its copies: writes and transactions go to it, reads to a copy that is well. */
export class ReplicaSet implements Engine {
  readonly dialect: Engine["dialect"]
  readonly rowForm: Engine["rowForm"]
  readonly readers: ConnectionSource
  readonly writers: ConnectionSource
  readonly listen?: Listen
  /** For reads of the primary, which are no writes. */
  readonly primary: ConnectionSource
  readonly #flows: Flows
  readonly #replicas: readonly Replica[]
  readonly #timer: ReturnType<typeof setInterval>

  constructor(primary: Engine, replicas: readonly Replica[], { flows, ...options }: ReplicaOptions & { flows: Flows }) {
    this.#flows = flows
    this.dialect = primary.dialect
    this.rowForm = primary.rowForm
    if (primary.listen !== undefined) this.listen = primary.listen
    this.#replicas = replicas
    this.primary = primary.readers
    this.writers = new Writers(primary.writers, flows)
    this.readers = new Readers(primary.readers, replicas, () => this.#mustSeeWrites(options.readYourWritesMs))
    const check = () => {
      for (const replica of replicas) void replica.check()
    }
    // Until the first answer nothing is sent there: what is not known to be well, or is far behind, is not read from.
    check()
    this.#timer = setInterval(check, options.replicaCheckMs)
    this.#timer.unref?.()
  }

  replicas(): readonly ReplicaStatus[] {
    return this.#replicas.map((replica) => replica.status())
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all([this.writers.close(), ...this.#replicas.map((replica) => replica.close())])
  }

  #mustSeeWrites(forMs: number): boolean {
    return performance.now() - this.#flows.current.wroteAt < forMs
  }
}

/** The primary's connections, which note who writes. */
class Writers implements ConnectionSource {
  readonly #pool: ConnectionSource
  readonly #flows: Flows

  constructor(pool: ConnectionSource, flows: Flows) {
    this.#pool = pool
    this.#flows = flows
  }

  acquire(signal?: AbortSignal): Connection | Promise<Connection> {
    return this.#pool.acquire(signal)
  }

  /** A transaction that ended may have written until now. */
  release(connection: Connection): void {
    this.#flows.current.wroteAt = performance.now()
    this.#pool.release(connection)
  }

  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await this.#pool.use(work)
    } finally {
      this.#flows.current.wroteAt = performance.now()
    }
  }

  status(): PoolStatus {
    return this.#pool.status()
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}

/** The connections of all replicas that are well, and behind them the primary's. */
class Readers implements ConnectionSource {
  readonly #primary: ConnectionSource
  readonly #replicas: readonly Replica[]
  readonly #mustSeeWrites: () => boolean
  readonly #owners: Map<Connection, ConnectionSource> = new Map()
  #next = 0

  constructor(primary: ConnectionSource, replicas: readonly Replica[], mustSeeWrites: () => boolean) {
    this.#primary = primary
    this.#replicas = replicas
    this.#mustSeeWrites = mustSeeWrites
  }

  async acquire(signal?: AbortSignal): Promise<Connection> {
    for (const replica of this.#candidates()) {
      const connection = await this.#from(replica, signal)
      if (connection !== undefined) return connection
    }
    const connection = await this.#primary.acquire(signal)
    this.#owners.set(connection, this.#primary)
    return connection
  }

  release(connection: Connection): void {
    const owner = this.#owners.get(connection)
    this.#owners.delete(connection)
    owner?.release(connection)
  }

  /**
   * A read whose replica is lost is run again on the next one: a replica's connections refuse to write, so it did nothing.
   * What it refuses because it would write, and what the standby gave up in favour of what it receives, the primary runs.
   */
  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    for (const replica of this.#candidates()) {
      const connection = await this.#from(replica)
      if (connection === undefined) continue
      try {
        return await work(connection)
      } catch (error) {
        if (error instanceof OrmReadOnly || isRetryable(error)) break
        if (!(error instanceof OrmConnectionLost)) throw error
        replica.eject(error)
      } finally {
        this.release(connection)
      }
    }
    return await this.#primary.use(work)
  }

  status(): PoolStatus {
    const all = this.#replicas.map(({ pool }) => pool.status())
    const sum = (name: keyof PoolStatus) => all.reduce((total, one) => total + one[name], 0)
    return {
      open: sum("open"),
      idle: sum("idle"),
      waiting: sum("waiting"),
      acquired: sum("acquired"),
      exhausted: sum("exhausted"),
      opened: sum("opened"),
      closed: sum("closed"),
      waitedMs: sum("waitedMs"),
    }
  }

  /** The set closes them. */
  async close(): Promise<void> {}

  async #from(replica: Replica, signal?: AbortSignal): Promise<Connection | undefined> {
    try {
      const connection = await replica.pool.acquire(signal)
      this.#owners.set(connection, replica.pool)
      return connection
    } catch (error) {
      if (!(error instanceof OrmConnectFailed)) throw error
      replica.eject(error)
      return undefined
    }
  }

  /** Those that are well, the least busy first; among equals each in its turn. */
  #candidates(): readonly Replica[] {
    if (this.#mustSeeWrites()) return []
    const start = this.#next++ % this.#replicas.length
    const inTurn = [...this.#replicas.slice(start), ...this.#replicas.slice(0, start)]
    return inTurn.filter(({ isUsed }) => isUsed).sort((a, b) => a.load - b.load)
  }
}
