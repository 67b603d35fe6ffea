import { channel } from "node:diagnostics_channel"
import { AshlarError } from "@ashlar/core"
import { callSite } from "./call-site.ts"
import type { BoundValue, Dialect, Row, Statement } from "./driver.ts"
import type { Flows } from "./flow.ts"

/** One statement that was run, as the channels `ashlar:orm:query` and `ashlar:orm:slow-query` tell it. */
export interface QueryEvent {
  readonly dialect: Dialect
  /** The URL of the database, without secrets. */
  readonly database: string
  readonly text: string
  /** The bound values as `showValue` made them; never there without it. */
  readonly values: readonly unknown[] | undefined
  /** Milliseconds, without the wait for a connection. */
  readonly durationMs: number
  /** Rows that it gave. */
  readonly rows: number
  /** Rows that it wrote. */
  readonly changes: number
  /** The code of the error, where there was one. */
  readonly error: string | undefined
  /** The same number for all statements of one transaction in this process. */
  readonly transactionId: number | undefined
  /** `file:line:column` of the code that asked, where `callSite` asks for it. */
  readonly callSite: string | undefined
}

/**
 * A text that one `db.flow` ran again and again, as the channel `ashlar:orm:repeated-query` tells it: often a query for each row of
 * another, where one query would do.
 */
export interface RepeatedQuery {
  readonly dialect: Dialect
  readonly database: string
  readonly text: string
  readonly count: number
  readonly callSite: string | undefined
}

export interface QueryEventOptions {
  /** Called with every statement after it was run. What it throws is an unhandled rejection, and no failure of the query. */
  readonly onQuery?: (event: QueryEvent) => void
  /**
   * From how many milliseconds a statement is slow. Slow ones are told to `onSlowQuery` and `ashlar:orm:slow-query`. Given without
   * `onSlowQuery`, each is a warning of the process. Default: 1,000.
   */
  readonly slowQueryMs?: number
  /** Called with each slow one, as `onQuery` is. */
  readonly onSlowQuery?: (event: QueryEvent) => void
  /** Called once in a flow for each text that was run `repeatedQueryCount` times in it, as `onQuery` is. */
  readonly onRepeatedQuery?: (event: RepeatedQuery) => void
  /** 2 or more. Default: 10. */
  readonly repeatedQueryCount?: number
  /** Notes where each statement came from, while somebody listens, for 2 to 7 µs each. Default: false. */
  readonly callSite?: boolean
  /** Makes what events show of a bound value, as `() => "…"` or `typeof`. Default: values are not shown at all. */
  readonly showValue?: (value: BoundValue, index: number) => unknown
}

const queries = channel("ashlar:orm:query")
const slowQueries = channel("ashlar:orm:slow-query")
const repeatedQueries = channel("ashlar:orm:repeated-query")

/** Tells of each statement to those who listen, and does nothing at all while nobody does. */
export class QueryLog {
  readonly #origin: Pick<QueryEvent, "dialect" | "database">
  readonly #options: QueryEventOptions
  readonly #flows: Flows
  readonly #slowQueryMs: number
  readonly #onSlowQuery: ((event: QueryEvent) => void) | undefined
  readonly #hasOwnListener: boolean

  constructor(
    origin: Pick<QueryEvent, "dialect" | "database">,
    options: QueryEventOptions & { readonly flows: Flows },
  ) {
    this.#origin = origin
    this.#flows = options.flows
    this.#options = options
    this.#slowQueryMs = options.slowQueryMs ?? 1_000
    this.#onSlowQuery = options.onSlowQuery ?? (options.slowQueryMs === undefined ? undefined : warn)
    this.#hasOwnListener = [options.onQuery, this.#onSlowQuery, options.onRepeatedQuery].some(
      (one) => one !== undefined,
    )
  }

  /** Whether anybody listens. Asked before each statement. */
  get isHeard(): boolean {
    if (this.#hasOwnListener || queries.hasSubscribers) return true
    return slowQueries.hasSubscribers || repeatedQueries.hasSubscribers
  }

  /** Notes who asks: to be called before the first await. */
  begin(statement: Statement, transactionId: number | undefined): ToldQuery {
    const site = this.#options.callSite === true ? callSite() : undefined
    const { onRepeatedQuery } = this.#options
    if (onRepeatedQuery !== undefined || repeatedQueries.hasSubscribers) this.#count(statement.text, site)
    return new ToldQuery((outcome) => this.#tell({ statement, transactionId, site }, outcome))
  }

  #count(text: string, site: string | undefined): void {
    const { onRepeatedQuery, repeatedQueryCount = 10 } = this.#options
    const count = this.#flows.own?.count(text)
    if (count !== repeatedQueryCount) return
    const event: RepeatedQuery = { ...this.#origin, text, count, callSite: site ?? callSite() }
    repeatedQueries.publish(event)
    hear(onRepeatedQuery, event)
  }

  #tell({ statement, transactionId, site }: Asked, outcome: Outcome): void {
    const { onQuery, showValue } = this.#options
    const isSlow = outcome.durationMs >= this.#slowQueryMs
    if (!isSlow && onQuery === undefined && !queries.hasSubscribers) return
    const { text, values } = statement
    const event: QueryEvent = {
      ...this.#origin,
      text,
      values: showValue === undefined ? undefined : values.map(showValue),
      ...outcome,
      transactionId,
      callSite: site,
    }
    queries.publish(event)
    if (isSlow) slowQueries.publish(event)
    hear(onQuery, event)
    if (isSlow) hear(this.#onSlowQuery, event)
  }
}

function hear<E>(listener: ((event: E) => void) | undefined, event: E): void {
  try {
    listener?.(event)
  } catch (thrown) {
    // As the channels do: a listener that fails is no failure of the query.
    process.nextTick(() => Promise.reject(thrown))
  }
}

interface Asked {
  readonly statement: Statement
  readonly transactionId: number | undefined
  readonly site: string | undefined
}

/** What an event tells of a result. */
export interface Counted {
  readonly rows: readonly unknown[]
  readonly changes: number
}

type Outcome = Pick<QueryEvent, "durationMs" | "rows" | "changes" | "error">

/** One statement that somebody wants to hear of. */
export class ToldQuery {
  readonly #tell: (outcome: Outcome) => void

  constructor(tell: (outcome: Outcome) => void) {
    this.#tell = tell
  }

  async watch<T extends Counted>(run: () => Promise<T>): Promise<T> {
    return await this.watchWork(run, ({ rows, changes }) => ({ rows: rows.length, changes }))
  }

  /** Any work that is one statement. */
  async watchWork<T>(run: () => Promise<T>, count: (result: T) => { rows: number; changes: number }): Promise<T> {
    const start = performance.now()
    let outcome = { rows: 0, changes: 0, error: undefined as string | undefined }
    try {
      const result = await run()
      outcome = { ...count(result), error: undefined }
      return result
    } catch (error) {
      outcome.error = codeOf(error)
      throw error
    } finally {
      this.#tell({ durationMs: performance.now() - start, ...outcome })
    }
  }

  /** As {@link ToldQuery.watch}, from the first row asked for to the last one read; the time of the reader counts. */
  async *watchStream(chunks: AsyncGenerator<Row[], void>): AsyncGenerator<Row[], void> {
    const start = performance.now()
    const outcome = { rows: 0, changes: 0, error: undefined as string | undefined }
    try {
      for await (const chunk of chunks) {
        outcome.rows += chunk.length
        yield chunk
      }
    } catch (error) {
      outcome.error = codeOf(error)
      throw error
    } finally {
      this.#tell({ durationMs: performance.now() - start, ...outcome })
    }
  }
}

function warn({ text, durationMs, database }: QueryEvent): void {
  const shown = text.length > 500 ? `${text.slice(0, 500)}…` : text
  process.emitWarning(`A query took ${Math.round(durationMs)} ms on ${database}: ${shown}`, {
    type: "SlowQueryWarning",
    code: "ORM_SLOW_QUERY",
  })
}

function codeOf(error: unknown): string {
  return error instanceof AshlarError ? error.code : "INTERNAL"
}
