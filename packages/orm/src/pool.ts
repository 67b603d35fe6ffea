import type { Connection } from "./driver.ts"
import { OrmClosed, OrmPoolExhausted, OrmTimeout } from "./errors.ts"

export interface PoolOptions {
  readonly connect: () => Promise<Connection>
  /** Connections at most. */
  readonly max: number
  /** How long one caller waits for a connection, from its call. */
  readonly acquireTimeoutMs: number
  /** Callers that may wait at once; the next is refused at once. */
  readonly maxWaiting: number
  /** A connection that nobody used for so long is closed. */
  readonly idleTimeoutMs: number
  /** A connection of this age is closed when it comes back. */
  readonly maxLifetimeMs: number
}

/** How a pool is, and what it did since it was made. */
export interface PoolStatus {
  readonly open: number
  readonly idle: number
  /** Callers that wait for a connection. */
  readonly waiting: number
  /** Connections that were handed out. */
  readonly acquired: number
  /** Callers that were refused with `ORM_POOL_EXHAUSTED`. */
  readonly exhausted: number
  /** Connections that were opened, and those of them that are closed. */
  readonly opened: number
  readonly closed: number
  /** Milliseconds that callers waited, all of them together. */
  readonly waitedMs: number
}

/** Where connections come from: a pool, or several behind one door. */
export interface ConnectionSource {
  /** @throws what {@link Pool.acquire} does. */
  acquire(signal?: AbortSignal): Connection | Promise<Connection>
  release(connection: Connection): void
  /** Runs work on a connection for it alone. Where the source has others, what only reads may be run again on another. */
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>
  /** A connection at once and not taken, for work that does not wait, where the source knows such. */
  free?(): Connection | undefined
  status(): PoolStatus
  close(): Promise<void>
}

interface Member {
  readonly connection: Connection
  readonly bornAt: number
  idleSince: number
  /** Lent by `free` since the sweeper last came by. */
  wasFree: boolean
}

interface Waiter {
  readonly resolve: (connection: Connection) => void
  readonly reject: (error: unknown) => void
  timer?: ReturnType<typeof setTimeout>
}

/** A bounded number of connections for an unbounded number of callers, first come, first served. */
export class Pool implements ConnectionSource {
  readonly #options: PoolOptions
  readonly #members: Map<Connection, Member> = new Map()
  readonly #idle: Member[] = []
  readonly #waiters: Set<Waiter> = new Set()
  readonly #counts = { acquired: 0, exhausted: 0, opened: 0, closed: 0, waitedMs: 0 }
  #connecting = 0
  #sweeper: ReturnType<typeof setTimeout> | undefined
  #closing: PromiseWithResolvers<void> | undefined

  constructor(options: PoolOptions) {
    this.#options = options
  }

  status(): PoolStatus {
    return { open: this.#members.size, idle: this.#idle.length, waiting: this.#waiters.size, ...this.#counts }
  }

  /**
   * A connection for the caller alone, until it gives it back.
   *
   * @throws {ORM_POOL_EXHAUSTED} when none became free in `acquireTimeoutMs`, or `maxWaiting` callers wait already.
   * @throws {ORM_CONNECT_FAILED} when one had to be opened and could not. @throws {ORM_CLOSED} after `close`.
   */
  acquire(signal?: AbortSignal): Connection | Promise<Connection> {
    if (this.#closing) throw new OrmClosed()
    const member = this.#takeIdle()
    if (member !== undefined) {
      this.#counts.acquired++
      return member.connection
    }
    const { max, maxWaiting } = this.#options
    if (this.#waiters.size >= maxWaiting) {
      this.#counts.exhausted++
      throw new OrmPoolExhausted(`All ${max} connections are in use, and ${maxWaiting} callers wait (maxWaiting).`)
    }
    return this.#wait(signal)
  }

  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const acquired = this.acquire()
    // An await costs, also of what is there.
    const connection = acquired instanceof Promise ? await acquired : acquired
    try {
      return await work(connection)
    } finally {
      this.release(connection)
    }
  }

  /**
   * A connection that nobody has, for work that is done before this turn of the event loop is: it is not taken, and not given back.
   * @throws {ORM_CLOSED} after `close`.
   */
  free(): Connection | undefined {
    if (this.#closing) throw new OrmClosed()
    const member = this.#idle[this.#idle.length - 1]
    if (member === undefined || !member.connection.isUsable) return undefined
    member.wasFree = true
    return member.connection
  }

  /** Takes a connection back: for the next caller, or to be closed where it is not to be used again. */
  release(connection: Connection): void {
    const member = this.#members.get(connection)
    if (member === undefined) return
    const now = Date.now()
    if (
      !connection.isUsable ||
      connection.isSpent ||
      this.#closing ||
      now - member.bornAt > this.#options.maxLifetimeMs
    ) {
      this.#drop(member)
      this.#grow()
      return
    }
    const [waiter] = this.#waiters
    if (waiter !== undefined) {
      this.#settle(waiter)
      waiter.resolve(connection)
      return
    }
    member.idleSince = now
    this.#idle.push(member)
    this.#sweepLater()
  }

  /** Takes no new callers, waits for those that have a connection, and closes them all. Later calls share the first one's promise. */
  close(): Promise<void> {
    if (this.#closing) return this.#closing.promise
    this.#closing = Promise.withResolvers<void>()
    clearTimeout(this.#sweeper)
    for (const waiter of this.#waiters) {
      this.#settle(waiter)
      waiter.reject(new OrmClosed())
    }
    for (const member of this.#idle.splice(0)) this.#drop(member)
    this.#finishClosing()
    return this.#closing.promise
  }

  #takeIdle(): Member | undefined {
    for (let member = this.#idle.pop(); member !== undefined; member = this.#idle.pop()) {
      if (member.connection.isUsable) return member
      this.#drop(member)
    }
    return undefined
  }

  #wait(signal: AbortSignal | undefined): Promise<Connection> {
    const { promise, resolve, reject } = Promise.withResolvers<Connection>()
    const { acquireTimeoutMs, max } = this.#options
    const onAbort = () => {
      this.#settle(waiter)
      reject(signal?.reason ?? new OrmTimeout())
    }
    const since = performance.now()
    const settled = (act: () => void) => {
      signal?.removeEventListener("abort", onAbort)
      this.#counts.waitedMs += performance.now() - since
      act()
    }
    const waiter: Waiter = {
      resolve: (connection) => {
        this.#counts.acquired++
        settled(() => resolve(connection))
      },
      reject: (error) => settled(() => reject(error)),
    }
    waiter.timer = setTimeout(() => {
      this.#settle(waiter)
      this.#counts.exhausted++
      waiter.reject(
        new OrmPoolExhausted(
          `None of the ${max} connections became free in ${acquireTimeoutMs} ms (acquireTimeoutMs).`,
        ),
      )
    }, acquireTimeoutMs)
    signal?.addEventListener("abort", onAbort, { once: true })
    this.#waiters.add(waiter)
    if (signal?.aborted) onAbort()
    else this.#grow()
    return promise
  }

  #settle(waiter: Waiter): void {
    clearTimeout(waiter.timer)
    this.#waiters.delete(waiter)
  }

  /** Opens one more connection if somebody waits for it and there may be one. */
  #grow(): void {
    if (this.#closing || this.#connecting >= this.#waiters.size) return
    if (this.#members.size + this.#connecting >= this.#options.max) return
    this.#connecting++
    this.#options.connect().then(
      (connection) => {
        this.#connecting--
        this.#counts.opened++
        const now = Date.now()
        this.#members.set(connection, { connection, bornAt: now, idleSince: now, wasFree: false })
        this.release(connection)
      },
      (error) => {
        this.#connecting--
        const [waiter] = this.#waiters
        if (waiter !== undefined) {
          this.#settle(waiter)
          waiter.reject(error)
        }
        this.#grow()
        this.#finishClosing()
      },
    )
  }

  #drop(member: Member): void {
    // What cannot be closed cleanly is lost already: there is nobody left to tell.
    const done = () => {
      if (this.#members.delete(member.connection)) this.#counts.closed++
      this.#finishClosing()
      this.#grow()
    }
    member.connection.close().then(done, done)
  }

  #finishClosing(): void {
    if (this.#closing && this.#members.size === 0 && this.#connecting === 0) this.#closing.resolve()
  }

  #sweepLater(): void {
    if (this.#sweeper !== undefined) return
    this.#sweeper = setTimeout(() => {
      this.#sweeper = undefined
      const now = Date.now()
      const oldest = now - this.#options.idleTimeoutMs
      for (const member of this.#idle.filter(({ wasFree }) => wasFree)) {
        member.wasFree = false
        member.idleSince = now
      }
      // By age, as `free` does not change their order.
      this.#idle.sort((one, other) => one.idleSince - other.idleSince)
      const tooOld = this.#idle.findIndex(({ bornAt }) => now - bornAt > this.#options.maxLifetimeMs)
      if (tooOld !== -1) this.#drop(this.#idle.splice(tooOld, 1)[0]!)
      while (this.#idle[0] !== undefined && this.#idle[0].idleSince <= oldest) this.#drop(this.#idle.shift()!)
      if (this.#idle.length > 0) this.#sweepLater()
    }, this.#options.idleTimeoutMs)
    this.#sweeper.unref?.()
  }
}
