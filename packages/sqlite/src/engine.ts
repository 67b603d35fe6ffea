import { existsSync, rmSync, statSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { type FileDefinition, toFileSchema } from "./definition.ts"
import { SqliteClosed, SqliteDefinition } from "./errors.ts"
import type { SqliteFile } from "./file.ts"
import { type FileHost, LiveFile, syncFolder } from "./live-file.ts"
import { type SqliteMetrics, WriterMetrics } from "./metrics.ts"
import type { Synchronous } from "./protocol.ts"
import { Scanner } from "./scanner.ts"
import { WriterThread } from "./writer-thread.ts"

/** Bounds of an engine. Every one has a typed error or a stated effect. */
export interface SqliteOptions {
  /** Writer threads for files that are not of kind `"system"`, which has one of its own. Started when needed. Default 4. */
  readonly writers?: number
  /** Reader processes for scans. Started when needed, ended when idle. Default 2. */
  readonly readers?: number
  /**
   * Files kept open for writing, and as many for reading, at 3 or 4 descriptors each; the least recently used idle one is
   * closed, and opens again by itself. Default 200.
   */
  readonly maxOpenFiles?: number
  /** A file not used for this long is closed. Default 300,000. */
  readonly idleCloseMs?: number
  /** Operations that share one commit. Default 1,024. */
  readonly maxGroupOps?: number
  /** Bytes that share one commit; a larger operation has a commit of its own. Default 1 MB. */
  readonly maxGroupBytes?: number
  /** The largest operation, `SQLITE_OP_TOO_LARGE` above. Default 16 MB. */
  readonly maxOpBytes?: number
  /** Operations that wait per file, `SQLITE_BUSY_QUEUE` above. Default 8,192. */
  readonly maxQueuedOps?: number
  /** Bytes that wait over all files, `SQLITE_BUSY_QUEUE` above. Default 64 MB. */
  readonly maxQueuedBytes?: number
  /** A writer that gives no answer for this long is replaced, its groups are `SQLITE_OUTCOME_UNKNOWN`. Default 60,000. */
  readonly writeTimeoutMs?: number
  /**
   * Only for tests that prove they notice lost writes: `"NORMAL"` loses acknowledged writes at a power loss.
   * @internal
   */
  readonly synchronous?: Synchronous
}

/** One thing that is wrong. */
export interface SqliteProblem {
  readonly path: string
  readonly code: string
  readonly message: string
}

export interface SqliteHealth {
  /** `red`: a file takes no writes. `yellow`: the disk is full, so only deletes are taken, and what fits in their place. */
  readonly status: "green" | "yellow" | "red"
  readonly problems: readonly SqliteProblem[]
}

/** Files that share writer threads, bounds and counters. */
export interface SqliteEngine {
  /**
   * Opens a file, creates it and its folder if need be, and brings it to its schema. The same path gives the same file.
   *
   * @param options.mustExist refuse a file that is missing or empty instead of creating it. Default false
   * @throws {SQLITE_FILE_NEWER} when a newer version wrote it; it is left as it is
   * @throws {SQLITE_MIGRATION | SQLITE_DEFINITION} when the schema cannot be reached
   * @throws {SQLITE_MISSING | SQLITE_NOT_WRITABLE | SQLITE_NOT_A_DATABASE | SQLITE_FILE_CORRUPT | SQLITE_SETTINGS |
   * SQLITE_FULL} as each says
   */
  open(path: string, definition: FileDefinition, options?: { readonly mustExist?: boolean }): Promise<SqliteFile>
  /** Refuses what waits, finishes what is under way, closes the file and deletes it for good. */
  remove(path: string): Promise<void>
  /** Finishes every queued write, closes all files, ends threads and processes. */
  close(): Promise<void>
  health(): SqliteHealth
  metrics(): SqliteMetrics
}

/**
 * Opens the write path on SQLite: group commit off the calling thread, at full durability.
 *
 * @example
 * const engine = openSqlite()
 * const file = await engine.open("data/app.db", { kind: "project", features: [todos] })
 * await file.write([{ sql: "INSERT INTO todo (title) VALUES (?)", params: ["cut stone"], expectChanges: 1 }])
 * const rows = file.all<{ title: string }>("SELECT title FROM todo")
 */
export function openSqlite(options: SqliteOptions = {}): SqliteEngine {
  return new Engine(options)
}

const sweepMs = 1000
/** When every open file is in use, a file that wants to open looks again this often. */
const slotPollMs = 5

class Engine implements SqliteEngine {
  readonly #host: FileHost
  readonly #counters: WriterMetrics = new WriterMetrics()
  readonly #maxOpenFiles: number
  readonly #idleCloseMs: number
  /** The first is for files of kind "system". */
  readonly #writers: readonly WriterThread[]
  readonly #files: Map<string, LiveFile> = new Map()
  readonly #removals: Map<string, Promise<void>> = new Map()
  readonly #sweeper: ReturnType<typeof setInterval>
  #usedAtLastSweep = 0
  #nextIdleSweepMs: number
  #closed = false

  constructor(options: SqliteOptions) {
    const { writers = 4, writeTimeoutMs = 60_000 } = options
    this.#maxOpenFiles = options.maxOpenFiles ?? 200
    this.#idleCloseMs = options.idleCloseMs ?? 300_000
    const ballasts = new Map<number, string>()
    this.#host = {
      limits: {
        maxGroupOps: options.maxGroupOps ?? 1024,
        maxGroupBytes: options.maxGroupBytes ?? 1024 * 1024,
        maxOpBytes: options.maxOpBytes ?? 16 * 1024 * 1024,
        maxQueuedOps: options.maxQueuedOps ?? 8192,
        maxQueuedBytes: options.maxQueuedBytes ?? 64 * 1024 * 1024,
      },
      budget: { queuedBytes: 0 },
      metrics: this.#counters,
      scanner: new Scanner(options.readers ?? 2),
      synchronous: options.synchronous ?? "FULL",
      ballastPathFor: (path) => ballastPathFor(path, ballasts),
      takeWriterSlot: (file) => this.#takeWriterSlot(file),
      makeReaderRoom: () => this.#makeReaderRoom(),
    }
    this.#writers = Array.from({ length: 1 + writers }, (_, index) => {
      return new WriterThread(writeTimeoutMs, () => this.#writerLost(index))
    })
    this.#nextIdleSweepMs = performance.now() + this.#idleCloseMs
    this.#sweeper = setInterval(() => this.#sweep(performance.now()), sweepMs)
    this.#sweeper.unref()
  }

  async open(
    path: string,
    definition: FileDefinition,
    options?: { readonly mustExist?: boolean },
  ): Promise<SqliteFile> {
    if (this.#closed) throw new SqliteClosed()
    const absolute = resolve(path)
    const schema = toFileSchema(definition)
    await this.#removals.get(absolute)
    let file = this.#files.get(absolute)
    if (file === undefined) {
      file = new LiveFile(absolute, schema, this.#host, this.#writerFor(absolute, schema.kind))
      this.#files.set(absolute, file)
    } else if (JSON.stringify(file.schema) !== JSON.stringify(schema)) {
      throw new SqliteDefinition("Expected one definition per file, got a second, different one for an open file.")
    }
    try {
      await file.ensureOpen(options?.mustExist !== true)
    } catch (error) {
      // A file that was never open here is forgotten, so that a later try starts from the beginning.
      if (!file.known) this.#files.delete(absolute)
      throw error
    }
    return file
  }

  remove(path: string): Promise<void> {
    const absolute = resolve(path)
    const removal = this.#removals.get(absolute) ?? this.#remove(absolute)
    this.#removals.set(absolute, removal)
    return removal
  }

  async #remove(path: string): Promise<void> {
    try {
      await this.#files.get(path)?.end(false)
      this.#files.delete(path)
      // The log first: left alone, it would be taken for the log of a later file of the same name.
      for (const suffix of ["-wal", "-shm", ""]) rmSync(path + suffix, { force: true })
      if (existsSync(dirname(path))) syncFolder(dirname(path))
    } finally {
      this.#removals.delete(path)
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#host.scanner.close()
    await Promise.allSettled([...this.#files.values()].map((file) => file.end(true)))
    clearInterval(this.#sweeper)
    for (const writer of this.#writers) writer.terminate()
  }

  health(): SqliteHealth {
    const problems: SqliteProblem[] = []
    for (const { path, trouble } of this.#files.values()) if (trouble !== undefined) problems.push({ path, ...trouble })
    if (problems.length === 0) return { status: "green", problems }
    return { status: problems.every(({ code }) => code === "SQLITE_FULL") ? "yellow" : "red", problems }
  }

  metrics(): SqliteMetrics {
    const files = [...this.#files.values()]
    return {
      groups: this.#counters.groups,
      ops: this.#counters.ops,
      failedGroups: this.#counters.failedGroups,
      commit: this.#counters.commitHistogram(),
      queuedOps: files.reduce((sum, file) => sum + file.queued, 0),
      queuedBytes: this.#host.budget.queuedBytes,
      openFiles: files.filter((file) => file.holdsWriter || file.holdsReader).length,
      writers: this.#writers.filter((writer) => writer.alive).length,
    }
  }

  /** A file stays with one writer for its life, so no two ever wait for each other's lock. */
  #writerFor(path: string, kind: string): WriterThread {
    const pool = this.#writers.length - 1
    const index = kind === "system" || pool === 0 ? 0 : 1 + (Number(Bun.hash.xxHash32(path)) % pool)
    return this.#writers[index] as WriterThread
  }

  #writerLost(index: number): void {
    for (const file of this.#files.values()) if (file.writer === this.#writers[index]) file.writerLost()
  }

  async #takeWriterSlot(file: LiveFile): Promise<void> {
    for (;;) {
      const holding = [...this.#files.values()].filter((other) => other.holdsWriter)
      if (holding.length < this.#maxOpenFiles) break
      const idle = leastRecentlyUsed(holding.filter((other) => !other.busy))
      if (idle === undefined) await Bun.sleep(slotPollMs)
      else await idle.close().catch(() => {})
    }
    file.holdsWriter = true
  }

  /** Reads are synchronous, so no reader is ever in use here. */
  #makeReaderRoom(): void {
    const holding = [...this.#files.values()].filter((file) => file.holdsReader)
    if (holding.length >= this.#maxOpenFiles) leastRecentlyUsed(holding)?.closeReader()
  }

  #sweep(nowMs: number): void {
    for (const writer of this.#writers) writer.sweep(nowMs)
    if (nowMs < this.#nextIdleSweepMs) return
    this.#nextIdleSweepMs = nowMs + this.#idleCloseMs
    let latest = this.#usedAtLastSweep
    for (const file of this.#files.values()) {
      latest = Math.max(latest, file.usedAt)
      const isOpen = file.holdsWriter || file.holdsReader
      if (isOpen && !file.busy && file.usedAt <= this.#usedAtLastSweep) file.close().catch(() => {})
    }
    this.#usedAtLastSweep = latest
  }
}

function leastRecentlyUsed(files: readonly LiveFile[]): LiveFile | undefined {
  return files.reduce<LiveFile | undefined>(
    (oldest, file) => (oldest === undefined || file.usedAt < oldest.usedAt ? file : oldest),
    undefined,
  )
}

/** One ballast per disk: in the folder of the first file opened on it. */
function ballastPathFor(path: string, known: Map<number, string>): string {
  const folder = dirname(path)
  const ballast = join(folder, ".ashlar-ballast")
  try {
    const { dev } = statSync(folder)
    if (!known.has(dev)) known.set(dev, ballast)
    return known.get(dev) ?? ballast
  } catch {
    // No such folder: opening the file will say so.
    return ballast
  }
}
