import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from "node:fs"
import { dirname } from "node:path"
import { Connection } from "./connection.ts"
import type { FileSchema, SqlValue, Statement, WriteResult } from "./definition.ts"
import { SqliteClosed, SqliteReadOnly, SqliteStorageFailed } from "./errors.ts"
import { Lane, type LaneLimits, type QueueBudget } from "./lane.ts"
import type { WriterMetrics } from "./metrics.ts"
import type { GroupReply, Synchronous } from "./protocol.ts"
import type { Scanner, ScanOptions } from "./scanner.ts"
import type { WriterThread } from "./writer-thread.ts"

/** One database file. Stays valid when the engine closed it to save descriptors: it reopens by itself. */
export interface SqliteFile {
  /** Absolute. */
  readonly path: string

  /**
   * Runs the statements as one operation, all or none, in the next group of this file. Resolves only after the group's
   * COMMIT returned, so the write survives kill -9 and power loss. Operations of one file run in the order of the calls.
   *
   * @returns one result per statement
   * @throws {SQLITE_PRECONDITION} when a statement changed another number of rows than its `expectChanges`
   * @throws {SQLITE_CONSTRAINT} when a constraint refuses a row
   * @throws {SQLITE_STATEMENT_REFUSED | SQLITE_STATEMENT_INVALID} when the SQL or its parameters are wrong
   * @throws {SQLITE_BUSY_QUEUE | SQLITE_OP_TOO_LARGE} at the bounds of the queue
   * @throws {SQLITE_FULL} when the disk is full. Writes made only of DELETE and DROP still run
   * @throws {SQLITE_OUTCOME_UNKNOWN} when the commit failed midway: it may or may not be there
   * @throws {SQLITE_READ_ONLY} after the storage failed twice
   * @throws {SQLITE_CLOSED} after `remove` or the engine's `close`
   */
  write(statements: readonly Statement[]): Promise<readonly WriteResult[]>

  /**
   * Runs a named procedure, `<feature>.<export>`, in the writer, under its own savepoint of the group's transaction.
   * Arguments and result are plain data; strings and flat arrays cross fastest.
   *
   * @param options.makesRoom the procedure deletes, so it may run on a full disk. Default false
   * @throws what the procedure throws, as an AshlarError with its code; and as {@link SqliteFile.write}
   * @throws {SQLITE_PROCEDURE_UNKNOWN | SQLITE_PROCEDURE_INVALID} when there is none, or it breaks its rules
   */
  call<T>(procedure: string, args: unknown, options?: { readonly makesRoom?: boolean }): Promise<T>

  /**
   * All rows of a read, on this thread, at once: for point reads and pages. Sees every write acknowledged before.
   *
   * @throws {SQLITE_STATEMENT_REFUSED | SQLITE_STATEMENT_INVALID} when it is not one statement that reads
   */
  all<T>(sql: string, params?: readonly SqlValue[]): T[]

  /** The first row, or undefined. As {@link SqliteFile.all}. */
  get<T>(sql: string, params?: readonly SqlValue[]): T | undefined

  /**
   * A long read, in another process, killed when it takes too long.
   *
   * @throws {SQLITE_SCAN_TIMEOUT} after `timeoutMs`, counted from this call
   * @throws {SQLITE_SCAN_TOO_MANY_ROWS} when there are more than `maxRows`
   * @throws {SQLITE_BUSY_QUEUE} when too many scans wait
   */
  scan<T>(sql: string, params?: readonly SqlValue[], options?: ScanOptions): Promise<T[]>
}

/** What all files of an engine share. */
export interface FileHost {
  readonly limits: LaneLimits
  readonly budget: QueueBudget
  readonly metrics: WriterMetrics
  readonly scanner: Scanner
  readonly synchronous: Synchronous
  ballastPathFor(path: string): string
  /** Closes the least recently used idle file when too many are open. */
  beforeOpen(): Promise<void>
}

/** What is wrong with a file, for the engine's health. */
export interface FileTrouble {
  readonly code: "SQLITE_FULL" | "SQLITE_READ_ONLY" | "SQLITE_OUTCOME_UNKNOWN"
  readonly message: string
}

export class LiveFile implements SqliteFile {
  readonly path: string
  readonly schema: FileSchema
  /** Rises with each use, over all files of the engine: the order of the LRU. */
  usedAt = 0
  readonly #host: FileHost
  readonly writer: WriterThread
  readonly #lane: Lane
  #reader: Connection | undefined
  #writerOpen = false
  /** Opening and closing, one after the other. */
  #transition: Promise<void> = Promise.resolve()
  #opening: Promise<void> | undefined
  /** True once it was opened here: from then on a missing file is an error, never created anew. */
  known = false
  #ended = false
  #ioFaults = 0
  #recover = false
  #readOnly: FileTrouble | undefined
  #full = false

  constructor(path: string, schema: FileSchema, host: FileHost, writer: WriterThread) {
    this.path = path
    this.schema = schema
    this.#host = host
    this.writer = writer
    this.#lane = new Lane(host.limits, host.budget, (ops, count) => this.#commit(ops, count))
  }

  get isOpen(): boolean {
    return this.#writerOpen || this.#reader !== undefined
  }

  get busy(): boolean {
    return this.#lane.busy || this.#opening !== undefined
  }

  get queued(): number {
    return this.#lane.queued
  }

  get trouble(): FileTrouble | undefined {
    if (this.#readOnly !== undefined) return this.#readOnly
    return this.#full ? { code: "SQLITE_FULL", message: "The disk is full: only deletes are taken." } : undefined
  }

  write(statements: readonly Statement[]): Promise<readonly WriteResult[]> {
    this.#touch()
    return this.#push({ type: "statements", statements }) as Promise<readonly WriteResult[]>
  }

  call<T>(procedure: string, args: unknown, options?: { readonly makesRoom?: boolean }): Promise<T> {
    this.#touch()
    return this.#push({ type: "call", procedure, args, makesRoom: options?.makesRoom ?? false }) as Promise<T>
  }

  all<T>(sql: string, params?: readonly SqlValue[]): T[] {
    return this.#readerNow().all<T>(sql, params)
  }

  get<T>(sql: string, params?: readonly SqlValue[]): T | undefined {
    return this.#readerNow().get<T>(sql, params)
  }

  async scan<T>(sql: string, params: readonly SqlValue[] = [], options: ScanOptions = {}): Promise<T[]> {
    // Prepared here first, so that wrong SQL never costs a process.
    this.#readerNow().prepare(sql)
    return this.#host.scanner.scan<T>(this.path, sql, params, options)
  }

  #push(op: Parameters<Lane["push"]>[0]): Promise<unknown> {
    if (this.#ended) return Promise.reject(new SqliteClosed())
    return this.#lane.push(op)
  }

  /** Opens the writer's side; the first time this creates and migrates. */
  ensureOpen(create: boolean): Promise<void> {
    if (this.#writerOpen) return Promise.resolve()
    this.#opening ??= this.#chain(() => this.#open(create)).finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #open(create: boolean): Promise<void> {
    if (this.#ended) throw new SqliteClosed()
    await this.#host.beforeOpen()
    this.#touch()
    if (create && !this.known) makeFolder(dirname(this.path))
    const { path, schema } = this
    const ballastPath = this.#host.ballastPathFor(path)
    const { synchronous } = this.#host
    await this.writer.request({
      type: "open",
      path,
      schema,
      synchronous,
      ballastPath,
      create: create && !this.known,
      recover: this.#recover,
    })
    this.known = true
    this.#recover = false
    this.#writerOpen = true
  }

  /** Closes both sides, after what is under way. The file may be opened again. */
  close(): Promise<void> {
    return this.#chain(async () => {
      this.#reader?.close()
      this.#reader = undefined
      if (!this.#writerOpen) return
      this.#writerOpen = false
      await this.writer.request({ type: "close", path: this.path })
    })
  }

  /** Takes no more operations, finishes those under way, closes. */
  async end(finishQueued: boolean): Promise<void> {
    this.#ended = true
    if (!finishQueued) this.#lane.rejectQueued(() => new SqliteClosed())
    await this.#lane.idle()
    await this.close()
  }

  /** The writer died: its side is closed, and opens again with the next group. */
  writerLost(): void {
    this.#writerOpen = false
  }

  #chain(work: () => Promise<void>): Promise<void> {
    const done = this.#transition.then(work)
    this.#transition = done.catch(() => {})
    return done
  }

  async #commit(ops: readonly unknown[], count: number): Promise<GroupReply> {
    if (this.#readOnly !== undefined) throw new SqliteReadOnly()
    if (!this.#writerOpen) {
      try {
        await this.ensureOpen(false)
      } catch (error) {
        if (error instanceof SqliteStorageFailed) await this.#ioFailed()
        throw error
      }
    }
    const reply = await this.writer.request<GroupReply>({ type: "group", path: this.path, ops })
    this.#host.metrics.observe(count, reply)
    this.#full = reply.full
    if (reply.fault === "io") await this.#ioFailed()
    if (reply.fault === "damaged") this.#stopWrites("The file is damaged. Keep a copy, then restore a backup.")
    return reply
  }

  /**
   * A read, write or fsync failed, so nobody knows what is on the disk: close everything and start from the file.
   * The second time, no more writes: a disk that fails twice is not one to promise durability on.
   */
  async #ioFailed(): Promise<void> {
    this.#ioFaults++
    this.#recover = true
    if (this.#ioFaults > 1) this.#stopWrites("The storage failed twice. Check the disk, then restart.")
    try {
      await this.close()
    } catch {
      // Closing a broken file fails too; its descriptors are gone either way.
    }
  }

  #stopWrites(message: string): void {
    this.#readOnly = { code: "SQLITE_READ_ONLY", message }
  }

  #readerNow(): Connection {
    this.#touch()
    if (this.#reader !== undefined) return this.#reader
    if (this.#ended) throw new SqliteClosed()
    this.#reader = new Connection(this.path, "read")
    return this.#reader
  }

  #touch(): void {
    this.usedAt = nextUse++
  }
}

let nextUse = 1

/** Makes a folder with its parents, and syncs each parent: SQLite syncs only the file's own folder. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  const parent = dirname(folder)
  makeFolder(parent)
  mkdirSync(folder, { recursive: true })
  syncFolder(parent)
}

/** Makes the names in a folder durable. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r")
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
