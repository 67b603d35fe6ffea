import type { Clock } from "@ashlar/core"
import type { LogLevel } from "./messages.ts"
import { limitOf, type Page, type PageRequest, pageOf, positionOf } from "./page.ts"
import type { LogBatch } from "./procedures.ts"
import type { FunctionStore } from "./store.ts"

/** One line of a function's log. */
export interface LogLine {
  /** Rises by one with each line of the function. */
  readonly seq: number
  /** RFC 3339, UTC. */
  readonly at: string
  /** `null`: the function wrote outside any invocation, while loading or after its answer. */
  readonly invocation: string | null
  readonly version: number
  /** "request" closes an invocation, "kill" says why a process was ended, "log" is the function's own. */
  readonly kind: "request" | "log" | "kill"
  readonly level: LogLevel
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A line before it has its number and time. */
export type NewLogLine = Omit<LogLine, "seq" | "at">

export interface LogFilter extends PageRequest {
  /** This level and those above it. Default "debug". */
  readonly level?: LogLevel
  readonly invocation?: string
}

const FLUSH_MS = 200
/** Lines of one function that wait for the disk; a flood beyond is dropped, and a line says how many. */
const MAX_WAITING = 5000
const MAX_MESSAGE_LENGTH = 8 * 1024
const FOLLOW_PAGE = 200
const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"]

interface Row {
  readonly seq: number
  readonly at: number
  readonly invocation: string | null
  readonly version: number
  readonly kind: LogLine["kind"]
  readonly level: LogLevel
  readonly message: string
  readonly fields: string
}

/** The waiting lines of one function, and who waits for them. */
interface Book {
  readonly store: FunctionStore
  readonly functionId: string
  nextSeq: number
  waiting: Row[]
  dropped: number
  flushing: Promise<void>
  timer: ReturnType<typeof setTimeout> | undefined
  readonly followers: Set<() => void>
}

/**
 * The logs of functions: written in batches, so up to 200 ms of lines are lost when the platform is killed; kept as a
 * ring, so the oldest go first. Readers see every line that was appended before they asked.
 */
export class Logs {
  readonly #clock: Clock
  readonly #maxRows: number
  readonly #books = new Map<string, Book>()

  constructor(options: { clock: Clock; maxRows: number }) {
    this.#clock = options.clock
    this.#maxRows = options.maxRows
  }

  /** Adds a line. Never fails and never waits. */
  append(store: FunctionStore, functionId: string, line: NewLogLine): void {
    const book = this.#book(store, functionId)
    if (book.waiting.length >= MAX_WAITING) {
      book.dropped++
      return
    }
    this.#push(book, line)
    if (book.timer === undefined)
      book.timer = setTimeout(() => this.#flush(book), book.followers.size > 0 ? 10 : FLUSH_MS)
    for (const wake of book.followers) wake()
  }

  /** A page of lines, the newest page first, the newest line of a page last. `next` leads to older lines. */
  async list(store: FunctionStore, functionId: string, filter: LogFilter): Promise<Page<LogLine>> {
    const limit = limitOf(filter)
    const list = `logs/${functionId}`
    const before = positionOf<number>(list, filter.cursor, "number") ?? Number.MAX_SAFE_INTEGER
    await this.#flush(this.#book(store, functionId))
    const wanted = levels.slice(Math.max(0, levels.indexOf(filter.level ?? "debug")))
    const rows = store.file.all<Row>(
      `SELECT seq, at, invocation, version, kind, level, message, fields FROM functions_logs
       WHERE function_id = ? AND seq < ? AND level IN (${wanted.map(() => "?").join(", ")})
         ${filter.invocation === undefined ? "" : "AND invocation = ?"}
       ORDER BY seq DESC LIMIT ?`,
      [functionId, before, ...wanted, ...(filter.invocation === undefined ? [] : [filter.invocation]), limit + 1],
    )
    const page = pageOf(rows, { limit, list, item: lineOf, position: (row) => row.seq })
    return { items: page.items.toReversed(), next: page.next }
  }

  /**
   * Every line after `sinceSeq`, then each new one as it comes, without a gap: what a slow reader misses it reads later,
   * as long as the ring still has it. Without `sinceSeq`: only new lines. Ends with the signal.
   */
  async *follow(
    store: FunctionStore,
    functionId: string,
    options: { sinceSeq?: number; signal?: AbortSignal },
  ): AsyncGenerator<LogLine, void, void> {
    const book = this.#book(store, functionId)
    let seq = options.sinceSeq ?? book.nextSeq - 1
    let wake: (() => void) | undefined
    const awake = () => wake?.()
    book.followers.add(awake)
    options.signal?.addEventListener("abort", awake)
    try {
      while (!options.signal?.aborted && this.#books.get(functionId) === book) {
        const appended = book.nextSeq
        await this.#flush(book)
        const rows = store.file.all<Row>(
          `SELECT seq, at, invocation, version, kind, level, message, fields FROM functions_logs
           WHERE function_id = ? AND seq > ? ORDER BY seq LIMIT ?`,
          [functionId, seq, FOLLOW_PAGE],
        )
        for (const row of rows) {
          seq = row.seq
          yield lineOf(row)
          if (options.signal?.aborted) return
        }
        if (rows.length === 0 && book.nextSeq === appended && !options.signal?.aborted)
          await new Promise<void>((resolve) => {
            wake = resolve
          })
      }
    } finally {
      book.followers.delete(awake)
      options.signal?.removeEventListener("abort", awake)
    }
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    await Promise.all([...this.#books.values()].map((book) => this.#flush(book)))
  }

  /** Forgets a deleted function. */
  forget(functionId: string): void {
    const book = this.#books.get(functionId)
    clearTimeout(book?.timer)
    this.#books.delete(functionId)
    for (const wake of book?.followers ?? []) wake()
  }

  #push(book: Book, line: NewLogLine): void {
    const fields = JSON.stringify(line.fields) ?? "{}"
    book.waiting.push({
      ...line,
      seq: book.nextSeq++,
      at: this.#clock.now(),
      message: line.message.slice(0, MAX_MESSAGE_LENGTH),
      fields: fields.length > MAX_MESSAGE_LENGTH ? '{"dropped":"The fields are larger than 8 KiB."}' : fields,
    })
  }

  #book(store: FunctionStore, functionId: string): Book {
    let book = this.#books.get(functionId)
    if (!book) {
      const last = store.file.get<{ seq: number | null }>(
        "SELECT max(seq) AS seq FROM functions_logs WHERE function_id = ?",
        [functionId],
      )
      book = {
        store,
        functionId,
        nextSeq: (last?.seq ?? 0) + 1,
        waiting: [],
        dropped: 0,
        flushing: Promise.resolve(),
        timer: undefined,
        followers: new Set(),
      }
      this.#books.set(functionId, book)
    }
    return book
  }

  /** Writes the lines that wait now. One write at a time, so that lines come to lie in their order. */
  #flush(book: Book): Promise<void> {
    clearTimeout(book.timer)
    book.timer = undefined
    book.flushing = book.flushing.then(async () => {
      const rows = book.waiting
      book.waiting = []
      const { dropped } = book
      book.dropped = 0
      if (rows.length === 0) return
      // A log that cannot be written (a full disk, a deleted project) must not fail a call.
      await book.store.file.call("functions.appendLogs", batchOf(book.functionId, rows, this.#maxRows)).catch(() => {})
      if (dropped === 0) return
      const message = `${dropped} lines were dropped: the function logs faster than they can be written.`
      this.append(book.store, book.functionId, {
        invocation: null,
        version: 0,
        kind: "log",
        level: "warn",
        message,
        fields: {},
      })
    })
    return book.flushing
  }
}

function batchOf(functionId: string, rows: readonly Row[], maxRows: number): LogBatch {
  return {
    functionId,
    seqs: rows.map((row) => row.seq),
    ats: rows.map((row) => row.at),
    invocations: rows.map((row) => row.invocation),
    versions: rows.map((row) => row.version),
    kinds: rows.map((row) => row.kind),
    levels: rows.map((row) => row.level),
    messages: rows.map((row) => row.message),
    fields: rows.map((row) => row.fields),
    maxRows,
  }
}

function lineOf(row: Row): LogLine {
  const { seq, at, invocation, version, kind, level, message, fields } = row
  return { seq, at: new Date(at).toISOString(), invocation, version, kind, level, message, fields: JSON.parse(fields) }
}
