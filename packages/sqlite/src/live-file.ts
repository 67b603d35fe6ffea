import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from "node:fs"
import { dirname } from "node:path"
import { Connection, maxKeptLength } from "./connection.ts"
import type { FileSchema, SqlValue, Statement, WriteResult } from "./definition.ts"
import { SqliteClosed, SqliteReadOnly, SqliteStorageFailed } from "./errors.ts"
import { faultOf, toOpenError } from "./faults.ts"
import type { SqliteFile } from "./file.ts"
import { Lane, type LaneLimits, type QueueBudget } from "./lane.ts"
import type { WriterMetrics } from "./metrics.ts"
import type { GroupReply, Synchronous } from "./protocol.ts"
import type { Scanner, ScanOptions } from "./scanner.ts"
import type { WriterThread } from "./writer-thread.ts"

/** What all files of an engine share. */
export interface FileHost {
  readonly limits: LaneLimits
  readonly budget: QueueBudget
  readonly metrics: WriterMetrics
  readonly scanner: Scanner
  readonly synchronous: Synchronous
  ballastPathFor(path: string): string
  /** Waits until the file may open its writer's side, closing idle ones; then marks it with `holdsWriter`. */
  takeWriterSlot(file: LiveFile): Promise<void>
  /** Closes the least recently used reader when too many are open. */
  makeReaderRoom(): void
}

/** What is wrong with a file, for the engine's health. */
export interface FileTrouble {
  readonly code: "SQLITE_FULL" | "SQLITE_READ_ONLY"
  readonly message: string
}

const damaged = "The file is damaged, so it takes no more writes. Keep a copy of it, then restore a backup."

/** The calling side of one file: its lane, its reader, and what was learnt about its health. */
export class LiveFile implements SqliteFile {
  readonly path: string
  readonly schema: FileSchema
  /** Rises with each use, over all files of the engine: the order of the LRU. */
  usedAt = 0
  /** True from the moment the engine let it open its writer's side until that is closed. */
  holdsWriter = false
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
  /** No new operations; those queued may still need to open the file. */
  #ended = false
  #closed = false
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

  get holdsReader(): boolean {
    return this.#reader !== undefined
  }

  get busy(): boolean {
    return this.#lane.busy || this.#opening !== undefined
  }

  get queued(): number {
    return this.#lane.queued
  }

  get trouble(): FileTrouble | undefined {
    if (this.#readOnly !== undefined) return this.#readOnly
    return this.#full
      ? { code: "SQLITE_FULL", message: "The disk is full: only deletes are taken, and what fits in their place." }
      : undefined
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
    return this.#read((reader) => reader.all<T>(sql, params))
  }

  get<T>(sql: string, params?: readonly SqlValue[]): T | undefined {
    return this.#read((reader) => reader.get<T>(sql, params))
  }

  async scan<T>(sql: string, params: readonly SqlValue[] = [], options: ScanOptions = {}): Promise<T[]> {
    // Prepared here first, so that wrong SQL seldom costs a process. Long SQL takes too long for this thread.
    if (sql.length <= maxKeptLength) this.#read((reader) => reader.check(sql))
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

  async #open(mayCreate: boolean): Promise<void> {
    if (this.#closed) throw new SqliteClosed()
    this.#touch()
    const { path, schema } = this
    const create = mayCreate && !this.known
    if (create) makeFolder(path)
    const ballastPath = this.#host.ballastPathFor(path)
    const { synchronous } = this.#host
    await this.#host.takeWriterSlot(this)
    try {
      await this.writer.request({
        type: "open",
        path,
        schema,
        synchronous,
        ballastPath,
        create,
        recover: this.#recover,
      })
    } catch (error) {
      this.holdsWriter = false
      throw error
    }
    this.known = true
    this.#recover = false
    this.#writerOpen = true
  }

  /** Closes both sides, after what is under way. The file may be opened again. */
  close(): Promise<void> {
    return this.#chain(async () => {
      this.closeReader()
      this.#full = false
      if (!this.#writerOpen) return
      this.#writerOpen = false
      try {
        await this.writer.request({ type: "close", path: this.path })
      } finally {
        this.holdsWriter = false
      }
    })
  }

  /** The next read opens it again. */
  closeReader(): void {
    const reader = this.#reader
    this.#reader = undefined
    reader?.close()
  }

  /** Takes no more operations, finishes those under way, closes. */
  async end(finishQueued: boolean): Promise<void> {
    this.#ended = true
    if (!finishQueued) this.#lane.rejectQueued(() => new SqliteClosed())
    await this.#lane.idle()
    this.#closed = true
    await this.close()
  }

  /** The writer died: its side is closed, and opens again with the next group. */
  writerLost(): void {
    this.#writerOpen = false
    this.holdsWriter = false
  }

  #chain(work: () => Promise<void>): Promise<void> {
    const done = this.#transition.then(work)
    this.#transition = done.catch(() => {})
    return done
  }

  async #commit(ops: unknown[], count: number): Promise<GroupReply> {
    if (this.#readOnly !== undefined) throw new SqliteReadOnly(this.#readOnly.message)
    if (!this.#writerOpen) {
      try {
        await this.ensureOpen(false)
      } catch (error) {
        if (error instanceof SqliteStorageFailed) await this.#ioFailed()
        throw error
      }
    }
    const reply = await this.writer.apply(this.path, ops)
    this.#host.metrics.observe(count, reply)
    this.#full = reply.full
    if (reply.fault === "io") await this.#ioFailed()
    if (reply.fault === "damaged") this.#stopWrites(damaged)
    return reply
  }

  /**
   * A read, write or fsync failed, so nobody knows what is on the disk: close everything and start from the file.
   * The second time, no more writes: a disk that fails twice is not one to promise durability on.
   */
  async #ioFailed(): Promise<void> {
    this.#ioFaults++
    this.#recover = true
    if (this.#ioFaults > 1)
      this.#stopWrites("The storage failed twice, so this database only answers reads. Check the disk, then restart.")
    try {
      await this.close()
    } catch {
      // Closing a broken file fails too; its descriptors are gone either way.
    }
  }

  #stopWrites(message: string): void {
    this.#readOnly = { code: "SQLITE_READ_ONLY", message }
  }

  #read<T>(work: (reader: Connection) => T): T {
    this.#touch()
    try {
      return work(this.#reader ?? this.#openReader())
    } catch (error) {
      const fault = faultOf(error)
      if (fault === "damaged") this.#stopWrites(damaged)
      if (fault === "io") this.closeReader()
      throw error
    }
  }

  #openReader(): Connection {
    if (this.#ended) throw new SqliteClosed()
    this.#host.makeReaderRoom()
    this.#reader = new Connection(this.path, "read")
    return this.#reader
  }

  #touch(): void {
    this.usedAt = nextUse++
  }
}

let nextUse = 1

/**
 * Makes the folder of a file, and syncs each parent it made one in: SQLite syncs only the file's own folder.
 *
 * @throws {SQLITE_NOT_WRITABLE | SQLITE_MISSING} when it cannot be made
 */
function makeFolder(path: string): void {
  const folder = dirname(path)
  if (existsSync(folder)) return
  makeFolder(folder)
  try {
    mkdirSync(folder, { recursive: true })
    syncFolder(dirname(folder))
  } catch (error) {
    throw toOpenError(error, path, true)
  }
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
