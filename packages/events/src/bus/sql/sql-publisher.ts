import type { BusRecord } from "../bus-driver.ts"
import type { SqlLog } from "./sql-log.ts"

interface Waiting {
  readonly records: readonly BusRecord[]
  resolve(): void
  reject(error: unknown): void
}

const MAX_RECORDS = 500
const MAX_LENGTH = 4 * 1024 * 1024

/** Publishes what comes while a commit is under way in one commit after it: they would wait for each other anyway. */
export class SqlPublisher {
  readonly #log: SqlLog
  readonly #waiting: Waiting[] = []
  #running: Promise<void> | undefined

  constructor(log: SqlLog) {
    this.#log = log
  }

  publish(records: readonly BusRecord[]): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject })
      this.#running ??= this.#run()
    })
  }
  async #run(): Promise<void> {
    await Promise.resolve() // those who publish in the same turn come along
    while (this.#waiting.length > 0) {
      const batch = this.#next()
      try {
        await this.#log.append(batch.flatMap(({ records }) => records))
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    this.#running = undefined
  }
  #next(): Waiting[] {
    let [count, length, take] = [0, 0, 0]
    for (const { records } of this.#waiting) {
      count += records.length
      length += records.reduce((sum, { text }) => sum + text.length, 0)
      if (take > 0 && (count > MAX_RECORDS || length > MAX_LENGTH)) break
      take++
    }
    return this.#waiting.splice(0, take)
  }
}
