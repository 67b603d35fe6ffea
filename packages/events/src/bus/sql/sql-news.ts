import type { Database, StopListening } from "@ashlar/orm"
import type { BusSettings } from "../bus-driver.ts"

const CHANNEL = "ashlar_bus"

/**
 * Tells other processes that there is something, where the database can: PostgreSQL. It is told after the commit, and may be lost: whoever
 * waits looks now and then all the same.
 */
export class SqlNews {
  readonly #database: Database
  readonly #settings: BusSettings
  readonly #onNews: () => void
  #listening: Promise<StopListening | undefined> | undefined
  #telling: Promise<unknown> | undefined
  #isToTellAgain = false
  /** Whether one is told now. */
  isListening = false

  constructor(database: Database, settings: BusSettings, onNews: () => void) {
    this.#database = database
    this.#settings = settings
    this.#onNews = onNews
  }

  listen(): void {
    if (this.#database.dialect === "postgres") this.#listening ??= this.#listen()
  }
  async #listen(): Promise<StopListening | undefined> {
    try {
      return await this.#database.listen(CHANNEL, {
        onNotice: (payload) => {
          if (payload === this.#settings.name) this.#onNews()
        },
        onListening: () => {
          this.isListening = true
          this.#onNews()
        },
        onLost: () => {
          this.isListening = false
        },
      })
    } catch (error) {
      this.#settings.onError(error)
      return undefined
    }
  }

  /** Those who publish meanwhile are told of together. */
  tell(): void {
    if (this.#database.dialect !== "postgres") return
    if (this.#telling !== undefined) {
      this.#isToTellAgain = true
      return
    }
    this.#isToTellAgain = false
    this.#telling = this.#tell().finally(() => {
      this.#telling = undefined
      if (this.#isToTellAgain) this.tell()
    })
  }
  async #tell(): Promise<void> {
    try {
      await this.#database.primary.sql`select pg_notify(${CHANNEL}, ${this.#settings.name})`.all()
    } catch {
      // They look by themselves.
    }
  }

  async close(): Promise<void> {
    const stop = await this.#listening
    await stop?.()
    while (this.#telling !== undefined) await this.#telling
  }
}
