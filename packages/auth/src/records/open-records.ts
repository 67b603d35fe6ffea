import { redisOptions } from "@ashlar/cache/redis"
import {
  type Clock,
  createDrivers,
  type Driver,
  type Drivers,
  DriverUrlInvalid,
  defineDriver,
  detach,
  type Guarantees,
  systemClock,
} from "@ashlar/core"
import { v } from "@ashlar/validation"
import { AuthClosed, AuthSetupInvalid } from "../errors.ts"
import type { RecordStore } from "./record-store.ts"

/** Opens the records of one name. */
type OpenNamed = (name: string, clock: Clock) => Promise<RecordStore>

const memory: Driver<OpenNamed> = defineDriver<OpenNamed>()({
  schemes: ["memory"],
  options: { maxEntries: v.integer().min(1).max(10_000_000).default(1_000_000) },
  guarantees: { crossProcess: false, durable: false },
  async load() {
    const { MemoryRecords } = await import("./memory-records.ts")
    return { open: async (_url, options) => async (_name, clock) => new MemoryRecords(options, clock) }
  },
})

const redis: Driver<OpenNamed> = defineDriver<OpenNamed>()({
  schemes: ["redis", "rediss", "valkey"],
  options: redisOptions,
  guarantees: { crossProcess: true, durable: false },
  package: "ioredis@6.0.0",
  async load() {
    const { openRedisRecords } = await import("./redis-records.ts")
    return { open: async (url, options) => (name) => openRedisRecords(url, { ...options, name }) }
  },
})

/** Takes the database's own options, so that the same URL means the same pool. */
function sqlDriver(schemes: readonly [string, ...string[]]): Driver<OpenNamed> {
  return {
    schemes,
    guarantees: { crossProcess: true, durable: true },
    optionNames: [],
    open: async (url) => {
      const text = url.reveal()
      if (/^sqlite::memory:/i.test(text))
        throw new DriverUrlInvalid("Expected a file that others can open, or memory:, got sqlite::memory:.")
      const { openSqlRecords } = await import("./sql-records.ts")
      return (name, clock) => openSqlRecords(text, `ashlar_${name}`, clock)
    },
  }
}

const drivers: Drivers<OpenNamed> = createDrivers("auth", [
  memory,
  redis,
  sqlDriver(["sqlite"]),
  sqlDriver(["postgres", "postgresql"]),
  sqlDriver(["mysql", "mariadb"]),
])

export interface RecordsOptions {
  /** Keeps these records apart from others of the same store; in SQL the table is `ashlar_` and this. 1 to 40 of `a-z0-9_`. */
  readonly name: string
  /** What the caller relies on: `{ crossProcess: true }`. A URL whose driver does not promise it is refused at once. */
  readonly needs?: Guarantees
  readonly clock?: Clock
}

/** Records that are opened at their first use. */
export class Records {
  readonly #open: () => Promise<RecordStore>
  #opening: Promise<RecordStore> | undefined
  #closing: Promise<void> | undefined
  #store: RecordStore | undefined

  constructor(url: string | RecordStore, { name, needs = {}, clock = systemClock }: RecordsOptions) {
    if (!/^[a-z][a-z0-9_]{0,39}$/.test(name))
      throw new AuthSetupInvalid(`Expected a name of 1 to 40 of a-z, 0-9 and _, got ${JSON.stringify(name)}.`)
    if (typeof url === "string") drivers.require(url, needs, `Keeping ${name}`)
    const outside = detach()
    this.#open =
      typeof url === "string"
        ? () => outside(async () => await (await drivers.open(url))(name, clock))
        : () => Promise.resolve(url)
    if (typeof url !== "string") this.#store = url
  }

  /** The store where it is open, so that what is in memory is there at once; else it is opened. @throws {AUTH_STORE_FAILED} {AUTH_CLOSED} */
  use(): RecordStore | Promise<RecordStore> {
    if (this.#closing !== undefined) return Promise.reject(new AuthClosed())
    if (this.#store !== undefined) return this.#store
    this.#opening ??= this.#open().then(
      (store) => {
        this.#store = store
        return store
      },
      (error: unknown) => {
        this.#opening = undefined // the next use tries again
        throw error
      },
    )
    return this.#opening
  }
  /** Gives the store back. Twice does nothing. */
  close(): Promise<void> {
    this.#closing ??= Promise.resolve(this.#opening ?? this.#store).then(
      (store) => store?.close(),
      () => undefined,
    )
    return this.#closing
  }
}

/** What is promised behind a URL, as data. @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} */
export function authStoreGuarantees(url: string): Guarantees {
  return drivers.guarantees(url)
}
