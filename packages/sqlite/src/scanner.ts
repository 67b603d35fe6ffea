import { fileURLToPath } from "node:url"
import type { Subprocess } from "bun"
import type { SqlValue } from "./definition.ts"
import { rebuildError, SqliteBusyQueue, SqliteClosed, SqliteFailed, SqliteScanTimeout } from "./errors.ts"
import type { ErrorWire } from "./faults.ts"

/** Bounds of one scan. */
export interface ScanOptions {
  /** From the call, waiting for a free reader included. Default 5,000. */
  readonly timeoutMs?: number
  /** Default 10,000. */
  readonly maxRows?: number
}

export interface ScanRequest {
  readonly path: string
  readonly sql: string
  readonly params: readonly SqlValue[]
  readonly timeoutMs: number
  readonly maxRows: number
}

export type ScanReply = { readonly rows: unknown[] } | { readonly error: ErrorWire }

interface Scan {
  readonly request: ScanRequest
  readonly resolve: (rows: unknown[]) => void
  readonly reject: (error: Error) => void
  readonly timer: ReturnType<typeof setTimeout>
  reader: Subprocess | undefined
}

/** A reader that had nothing to do for this long ends, and gives its memory back. */
const readerIdleMs = 10_000
const maxWaiting = 256

/** Runs long reads in up to `readers` processes, started when needed, killed when a scan runs over its time. */
export class Scanner {
  readonly #readers: number
  readonly #idle: Map<Subprocess, ReturnType<typeof setTimeout>> = new Map()
  readonly #running: Map<Subprocess, Scan> = new Map()
  readonly #waiting: Set<Scan> = new Set()
  #closed = false

  constructor(readers: number) {
    this.#readers = readers
  }

  /** As `SqliteFile.scan`. */
  scan<T>(path: string, sql: string, params: readonly SqlValue[], options: ScanOptions): Promise<T[]> {
    if (this.#closed) return Promise.reject(new SqliteClosed())
    if (this.#waiting.size >= maxWaiting) return Promise.reject(new SqliteBusyQueue())
    const { timeoutMs = 5000, maxRows = 10_000 } = options
    const { promise, resolve, reject } = Promise.withResolvers<unknown[]>()
    const timer = setTimeout(() => this.#timedOut(scan), timeoutMs)
    const request = { path, sql, params, timeoutMs, maxRows }
    const scan: Scan = { request, resolve, reject, timer, reader: undefined }
    this.#waiting.add(scan)
    this.#next()
    return promise as Promise<T[]>
  }

  /** Kills every reader; what is under way is rejected. */
  close(): void {
    this.#closed = true
    for (const scan of [...this.#waiting, ...this.#running.values()]) this.#settle(scan, new SqliteClosed())
    for (const reader of [...this.#idle.keys(), ...this.#running.keys()]) this.#kill(reader)
  }

  #next(): void {
    for (const scan of this.#waiting) {
      const reader = this.#idle.keys().next().value ?? this.#spawn()
      if (reader === undefined) return
      clearTimeout(this.#idle.get(reader))
      this.#idle.delete(reader)
      this.#waiting.delete(scan)
      this.#running.set(reader, scan)
      scan.reader = reader
      reader.ref()
      reader.send(scan.request)
    }
  }

  #spawn(): Subprocess | undefined {
    if (this.#idle.size + this.#running.size >= this.#readers) return undefined
    const reader: Subprocess = Bun.spawn({
      cmd: [process.execPath, "--smol", fileURLToPath(new URL("./scan-process.ts", import.meta.url))],
      stdio: ["ignore", "ignore", "inherit"],
      serialization: "advanced",
      ipc: (reply: ScanReply) => this.#answered(reader, reply),
      onExit: () => this.#exited(reader),
    })
    return reader
  }

  #answered(reader: Subprocess, reply: ScanReply): void {
    const scan = this.#running.get(reader)
    this.#running.delete(reader)
    reader.unref()
    this.#idle.set(reader, setTimeout(() => this.#kill(reader), readerIdleMs).unref())
    if (scan !== undefined) {
      if ("error" in reply) this.#settle(scan, rebuildError(reply.error.report, reply.error.cause))
      else this.#settle(scan, reply.rows)
    }
    this.#next()
  }

  #timedOut(scan: Scan): void {
    const { timeoutMs } = scan.request
    this.#settle(
      scan,
      new SqliteScanTimeout(
        `The query took longer than ${timeoutMs} ms and was stopped. Narrow it, or give it an index.`,
        { details: { timeoutMs } },
      ),
    )
    if (scan.reader !== undefined) this.#kill(scan.reader)
    this.#next()
  }

  #exited(reader: Subprocess): void {
    const scan = this.#running.get(reader)
    this.#forget(reader)
    if (scan !== undefined) this.#settle(scan, new SqliteFailed("The reader stopped during the query. Try again."))
    if (!this.#closed) this.#next()
  }

  #kill(reader: Subprocess): void {
    this.#forget(reader)
    reader.kill("SIGKILL")
  }

  #forget(reader: Subprocess): void {
    clearTimeout(this.#idle.get(reader))
    this.#idle.delete(reader)
    this.#running.delete(reader)
  }

  /** The first outcome counts. */
  #settle(scan: Scan, outcome: unknown[] | Error): void {
    clearTimeout(scan.timer)
    this.#waiting.delete(scan)
    if (outcome instanceof Error) scan.reject(outcome)
    else scan.resolve(outcome)
  }
}
