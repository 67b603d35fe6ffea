import type { Encoding } from "../compression/codecs.ts"
import type { MaybePromise } from "../step.ts"

export interface FileCacheOptions {
  /** What is known of a file is believed for so long, in milliseconds. Default 1,000; 0 asks each time. */
  readonly ttlMs?: number
  /** Files that are known at a time. Default 1,000. */
  readonly maxFiles?: number
  /** Files up to this many bytes are kept in memory: to open one costs more than to send it. Default 256 KiB. */
  readonly maxFileBytes?: number
  /** What all files in memory may have together, in bytes. Default 32 MiB. */
  readonly maxBytes?: number
}

/** A file as it was when it was looked at. */
export interface FoundFile {
  /** Where it really is, links followed. */
  readonly path: string
  readonly size: number
  /** Milliseconds since the epoch, with fractions. */
  readonly modifiedMs: number
  /** Which file it is: another one may have come under its name. */
  readonly inode: number
  /** All of it, where it is small. */
  readonly bytes: Uint8Array | undefined
  /** The same content, compressed by whoever put the files there. */
  readonly variants: ReadonlyMap<Encoding, FoundFile>
}

export type Found = FoundFile | "folder" | undefined

interface Entry {
  readonly found: FoundFile
  readonly untilMs: number
  /** Bytes that it holds in memory, those of its variants too. */
  readonly weight: number
}

/** The file a path leads to, or undefined when it leads nowhere that may be seen. */
export type Resolve = () => Promise<string | undefined>

const EXTENSIONS: readonly (readonly [Encoding, string])[] = [
  ["zstd", ".zst"],
  ["br", ".br"],
  ["gzip", ".gz"],
]
const NO_VARIANTS: ReadonlyMap<Encoding, FoundFile> = new Map()

/** Errors that say there is no such file for the caller; others are the server's trouble. */
const MISSING: ReadonlySet<string> = new Set([
  "ENOENT",
  "ENOTDIR",
  "ENAMETOOLONG",
  "ELOOP",
  "EACCES",
  "EPERM",
  "EINVAL",
])

/** What is known of files, for a short time and of a bounded number. What is not there is not remembered. */
export class FileCache {
  readonly #ttlMs: number
  readonly #maxFiles: number
  readonly #maxFileBytes: number
  readonly #maxBytes: number
  readonly #entries = new Map<string, Entry>()
  readonly #loading = new Map<string, Promise<Found>>()
  #bytes = 0

  constructor({
    ttlMs = 1000,
    maxFiles = 1000,
    maxFileBytes = 256 * 1024,
    maxBytes = 32 * 1024 * 1024,
  }: FileCacheOptions) {
    this.#ttlMs = ttlMs
    this.#maxFiles = maxFiles
    this.#maxFileBytes = maxFileBytes
    this.#maxBytes = maxBytes
  }

  /** What a name stands for now, at once where it is known. `resolve` is called where it is not. */
  find(name: string, hasVariants: boolean, resolve: Resolve): MaybePromise<Found> {
    const entry = this.#entries.get(name)
    if (entry !== undefined && performance.now() < entry.untilMs) return entry.found
    const loading = this.#loading.get(name) ?? this.#load(name, hasVariants, resolve)
    return loading
  }

  #load(name: string, hasVariants: boolean, resolve: Resolve): Promise<Found> {
    const loading = this.#read(name, hasVariants, resolve).finally(() => this.#loading.delete(name))
    this.#loading.set(name, loading)
    return loading
  }

  async #read(name: string, hasVariants: boolean, resolve: Resolve): Promise<Found> {
    const before = this.#entries.get(name)?.found
    const found = await this.#look(resolve, before)
    this.#forget(name)
    if (found === undefined || found === "folder") return found
    const variants = hasVariants ? await this.#variantsOf(found, before) : NO_VARIANTS
    const whole: FoundFile = { ...found, variants }
    this.#keep(name, whole)
    return whole
  }

  async #look(resolve: Resolve, before: FoundFile | undefined): Promise<Found> {
    try {
      const path = await resolve()
      return path === undefined ? undefined : await this.#stat(path, before)
    } catch (error) {
      if (MISSING.has((error as { code?: string }).code ?? "")) return undefined
      throw error
    }
  }

  async #stat(path: string, before: FoundFile | undefined): Promise<Found> {
    const { open, stat } = process.getBuiltinModule("node:fs").promises
    const stats = await stat(path)
    if (stats.isDirectory()) return "folder"
    if (!stats.isFile()) return undefined // a socket, a device, a pipe: to open it could wait for ever
    const { size, mtimeMs, ino } = stats
    const file: FoundFile = { path, size, modifiedMs: mtimeMs, inode: ino, bytes: undefined, variants: NO_VARIANTS }
    if (size > this.#maxFileBytes) return file
    if (before?.bytes !== undefined && isSame(before, file)) return { ...file, bytes: before.bytes }
    const handle = await open(path)
    try {
      // The size and the time of the very bytes that are read.
      const now = await handle.stat()
      if (!now.isFile() || now.size > this.#maxFileBytes) return file
      const bytes = new Uint8Array(await handle.readFile())
      return { ...file, size: bytes.byteLength, modifiedMs: now.mtimeMs, inode: now.ino, bytes }
    } finally {
      await handle.close()
    }
  }

  async #variantsOf(file: FoundFile, before: FoundFile | undefined): Promise<ReadonlyMap<Encoding, FoundFile>> {
    const variants = new Map<Encoding, FoundFile>()
    for (const [encoding, extension] of EXTENSIONS) {
      const path = file.path + extension
      const found = await this.#look(() => realFile(path), before?.variants.get(encoding))
      if (found !== undefined && found !== "folder") variants.set(encoding, found)
    }
    return variants.size === 0 ? NO_VARIANTS : variants
  }

  #keep(name: string, found: FoundFile): void {
    let weight = found.bytes?.byteLength ?? 0
    for (const variant of found.variants.values()) weight += variant.bytes?.byteLength ?? 0
    if (this.#ttlMs === 0 || this.#maxFiles === 0 || weight > this.#maxBytes) return
    while (this.#entries.size >= this.#maxFiles || this.#bytes + weight > this.#maxBytes) {
      const oldest = this.#entries.keys().next().value
      if (oldest === undefined) break
      this.#forget(oldest)
    }
    this.#entries.set(name, { found, untilMs: performance.now() + this.#ttlMs, weight })
    this.#bytes += weight
  }

  #forget(name: string): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    this.#entries.delete(name)
    this.#bytes -= entry.weight
  }
}

function isSame(one: FoundFile, other: FoundFile): boolean {
  return (
    one.path === other.path &&
    one.size === other.size &&
    one.modifiedMs === other.modifiedMs &&
    one.inode === other.inode
  )
}

/** A compressed twin counts only where it is: a link could lead out of the folder. */
async function realFile(path: string): Promise<string | undefined> {
  const real = await process.getBuiltinModule("node:fs").promises.realpath(path)
  return real === path ? path : undefined
}
