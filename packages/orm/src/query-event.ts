import { channel } from "node:diagnostics_channel"
import { AshlarError } from "@ashlar/core"
import type { Dialect, QueryResult, Row, Statement } from "./driver.ts"

/** One statement that was run, as the channels `ashlar:orm:query` and `ashlar:orm:slow-query` tell it. Never its values. */
export interface QueryEvent {
  readonly dialect: Dialect
  readonly text: string
  /** Milliseconds, without the wait for a connection. */
  readonly durationMs: number
  /** Rows that it gave. */
  readonly rows: number
  /** Rows that it wrote. */
  readonly changes: number
  /** The code of the error, where there was one. */
  readonly error: string | undefined
  /** The stack of the caller, where `callSite` asks for it. */
  readonly callSite: string | undefined
}

export interface QueryEventOptions {
  /** A statement that takes longer is told to `onSlowQuery` and `ashlar:orm:slow-query`. Default: 1,000. */
  readonly slowQueryMs?: number
  /** Called for each slow one. What it throws is thrown by nobody. */
  readonly onSlowQuery?: (event: QueryEvent) => void
  /** Notes where each statement came from, for 2 to 7 µs each. Default: false. */
  readonly callSite?: boolean
}

const queries = channel("ashlar:orm:query")
const slowQueries = channel("ashlar:orm:slow-query")

/** Tells of each statement, to those who listen. */
export class QueryLog {
  readonly #dialect: Dialect
  readonly #slowQueryMs: number
  readonly #onSlowQuery: ((event: QueryEvent) => void) | undefined
  readonly #callSite: boolean

  constructor(dialect: Dialect, { slowQueryMs = 1_000, onSlowQuery, callSite = false }: QueryEventOptions) {
    this.#dialect = dialect
    this.#slowQueryMs = slowQueryMs
    this.#onSlowQuery = onSlowQuery
    this.#callSite = callSite
  }

  /** Where the caller is, if anybody wants to know. To be asked before the first await. */
  site(): string | undefined {
    if (!this.#callSite) return undefined
    const holder: { stack?: string } = {}
    Error.captureStackTrace(holder, this.site)
    return holder.stack
  }

  async watch(statement: Statement, site: string | undefined, run: () => Promise<QueryResult>): Promise<QueryResult> {
    const start = performance.now()
    try {
      const result = await run()
      this.#tell(statement, site, { start, rows: result.rows.length, changes: result.changes, error: undefined })
      return result
    } catch (error) {
      this.#tell(statement, site, { start, rows: 0, changes: 0, error: codeOf(error) })
      throw error
    }
  }

  /** As {@link QueryLog.watch}, from the first row asked for to the last one read; the time of the reader counts. */
  async *watchStream(
    statement: Statement,
    site: string | undefined,
    chunks: AsyncGenerator<Row[], void>,
  ): AsyncGenerator<Row[], void> {
    const start = performance.now()
    let rows = 0
    let error: string | undefined
    try {
      for await (const chunk of chunks) {
        rows += chunk.length
        yield chunk
      }
    } catch (thrown) {
      error = codeOf(thrown)
      throw thrown
    } finally {
      this.#tell(statement, site, { start, rows, changes: 0, error })
    }
  }

  #tell(
    { text }: Statement,
    callSite: string | undefined,
    { start, rows, changes, error }: { start: number; rows: number; changes: number; error: string | undefined },
  ): void {
    const durationMs = performance.now() - start
    const isSlow = durationMs >= this.#slowQueryMs
    if (!isSlow && !queries.hasSubscribers) return
    const event: QueryEvent = { dialect: this.#dialect, text, durationMs, rows, changes, error, callSite }
    queries.publish(event)
    if (!isSlow) return
    slowQueries.publish(event)
    try {
      this.#onSlowQuery?.(event)
    } catch (thrown) {
      // As the channels do: a listener that fails is no failure of the query.
      process.nextTick(() => Promise.reject(thrown))
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof AshlarError ? error.code : "INTERNAL"
}
