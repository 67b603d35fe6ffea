import { randomUUID } from "node:crypto"
import { type BigIntStats, constants } from "node:fs"
import { type FileHandle, lstat, open as openFile, readdir, rename, rm, rmdir, stat } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { AshlarError, type DriverUrl, DriverUrlInvalid } from "@ashlar/core"
import {
  StorageChecksumMismatch,
  StorageFailed,
  StorageFull,
  StorageKeyConflict,
  StorageKeyInvalid,
  StoragePreconditionFailed,
} from "../errors.ts"
import { toIncoming } from "../incoming.ts"
import { RESERVED_SEGMENT } from "../key.ts"
import { pageOf } from "../page.ts"
import { resolveSpan } from "../span.ts"
import type { CopyOptions, StoredObject, WriteCondition } from "../storage.ts"
import type { Incoming, ObjectStore, Opened, PutFacts, StoreList, StorePage, WantedRange } from "../store.ts"
import { makeFolder, syncFolder, syncRemoval } from "./file-durability.ts"
import { type Facts, FactsFolder, stateOf, toObject } from "./file-facts.ts"
import { FileLock } from "./file-lock.ts"
import { readPieces, writePieces } from "./file-pieces.ts"
import { walkKeys } from "./file-tree.ts"

export interface FileOptions {
  readonly mode: string
  readonly staleAfterMs: number
}

/** Locks: a key has one of them. More of them let more processes write at once. */
const LOCKS = 32
/** Times that something is looked at again which others change meanwhile. */
const TRIES = 20
/** Never through a link, and never waiting for whoever holds the other end of a pipe. */
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Opens a storage in a folder: an object is a file that bears its key as its path. */
export async function open(url: DriverUrl, options: FileOptions): Promise<ObjectStore> {
  if (url.host !== undefined || url.name === "") throw new DriverUrlInvalid(`Expected file:folder, got ${url}.`)
  return await guarded(async () => {
    const root = resolve(url.name)
    const store = new FileObjects(root, options)
    await makeFolder(join(root, RESERVED_SEGMENT, "new"))
    for (let at = 0; at < LOCKS; at++) await makeFolder(join(root, RESERVED_SEGMENT, "locks", String(at)))
    await store.sweep()
    return store
  })
}

interface Found {
  readonly handle: FileHandle
  readonly stats: BigIntStats
  readonly facts: Facts | undefined
}

class FileObjects implements ObjectStore {
  readonly #root: string
  readonly #new: string
  readonly #mode: number
  readonly #staleAfterMs: number
  readonly #facts: FactsFolder
  readonly #locks: readonly FileLock[]

  constructor(root: string, { mode, staleAfterMs }: FileOptions) {
    this.#root = root
    this.#new = join(root, RESERVED_SEGMENT, "new")
    this.#mode = Number.parseInt(mode, 8)
    this.#staleAfterMs = staleAfterMs
    this.#facts = new FactsFolder(join(root, RESERVED_SEGMENT, "facts"))
    const locks = join(root, RESERVED_SEGMENT, "locks")
    this.#locks = Array.from({ length: LOCKS }, (_, at) => new FileLock(join(locks, String(at))))
  }

  /** What a process that was killed left half-written. */
  async sweep(): Promise<void> {
    const beforeMs = Date.now() - this.#staleAfterMs
    for (const name of await readdir(this.#new)) {
      const path = join(this.#new, name)
      const found = await stat(path).catch(() => undefined) // another process may sweep, too
      if (found !== undefined && found.mtimeMs < beforeMs) await rm(path, { force: true })
    }
  }

  put(key: string, incoming: Incoming, facts: PutFacts): Promise<StoredObject> {
    return guarded(async () => {
      const path = join(this.#new, randomUUID())
      const handle = await openFile(path, "wx", this.#mode)
      try {
        await writePieces(handle, incoming.chunks)
        const sha256 = incoming.finish()
        await handle.sync()
        facts.signal?.throwIfAborted()
        const { contentType, metadata, visibility } = facts
        const said = { etag: sha256.slice(0, 32), contentType, metadata: { ...metadata }, visibility, sha256 }
        return await this.#lockOf(key).with(() => this.#place(key, { path, handle, facts: said, condition: facts }))
      } finally {
        await handle.close()
        await rm(path, { force: true })
      }
    })
  }

  /** Gives a file that is written its name. Under the key's lock. */
  async #place(
    key: string,
    { path, handle, facts, condition }: { path: string; handle: FileHandle; facts: Facts; condition: WriteCondition },
  ): Promise<StoredObject> {
    const former = await this.#find(key)
    await former?.handle.close()
    weigh(condition, former && toObject(key, former.stats, former.facts).etag)
    let stats = await handle.stat({ bigint: true })
    while (!(await this.#facts.add(key, stateOf(stats), facts))) {
      // The former state has the same size and time: the clock of the file system had not moved.
      const at = Number(stats.mtimeNs / 1_000n + 1n) / 1e6
      await handle.utimes(at, at)
      await handle.sync()
      stats = await handle.stat({ bigint: true })
    }
    try {
      await this.#rename(path, key)
    } catch (error) {
      await this.#facts.remove(key, stateOf(stats))
      throw error
    }
    await syncFolder(dirname(this.#path(key)))
    await this.#facts.keepOnly(key, stateOf(stats))
    return toObject(key, stats, facts)
  }

  async #rename(path: string, key: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#makeParents(key)
        await rename(path, this.#path(key))
        return
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === "EISDIR" || code === "ENOTEMPTY" || code === "ENOTDIR" || code === "EEXIST")
          throw new StorageKeyConflict(undefined, { cause: error })
        // A delete took the empty folder away.
        if (code !== "ENOENT" || tries === TRIES) throw error
      }
    }
  }

  async #makeParents(key: string): Promise<void> {
    if ((await this.#checkParents(key)) === "there") return
    await makeFolder(dirname(this.#path(key)))
    await this.#checkParents(key)
  }

  /** Whether the folders of a key are there, and are folders: behind a link anything may be. @throws {STORAGE_KEY_INVALID} */
  async #checkParents(key: string): Promise<"there" | "missing" | "file"> {
    let at = this.#root
    for (const segment of key.split("/").slice(0, -1)) {
      at = join(at, segment)
      const found = await lstat(at).catch(ignoreMissing)
      if (found === undefined) return "missing"
      if (found.isSymbolicLink()) throw throughLink()
      if (!found.isDirectory()) return "file"
    }
    return "there"
  }

  /** The file with what is said of that very state of it. The caller closes it. */
  async #find(key: string): Promise<Found | undefined> {
    let before: string | undefined
    for (let tries = 1; tries <= TRIES; tries++) {
      if ((await this.#checkParents(key)) !== "there") return undefined
      const handle = await openFile(this.#path(key), READ).catch(refuseLink)
      if (handle === undefined) return undefined
      try {
        const stats = await handle.stat({ bigint: true })
        if (!stats.isFile()) return await closed(handle)
        const state = stateOf(stats)
        const facts = await this.#facts.read(key, state)
        // Without facts: replaced between the two looks, or a file of somebody else's, which looks the same once more.
        if (facts !== undefined || state === before) return { handle, stats, facts }
        before = state
        await handle.close()
      } catch (error) {
        await handle.close()
        throw error
      }
    }
    throw new StorageFailed("The object changes faster than it can be read.")
  }

  open(key: string, range: WantedRange | undefined, ifMatch: string | undefined): Promise<Opened | undefined> {
    return guarded(async () => {
      const found = await this.#find(key)
      if (found === undefined) return undefined
      const { handle } = found
      try {
        const object = toObject(key, found.stats, found.facts)
        if (ifMatch !== undefined && ifMatch !== object.etag) throw new StoragePreconditionFailed()
        const span =
          object.sizeBytes === 0 && range === undefined ? { start: 0, end: 0 } : resolveSpan(range, object.sizeBytes)
        const close = closeOnce(handle)
        return {
          object,
          range: span,
          chunks: readPieces(handle, span, close),
          checksums: object.sha256 === undefined ? {} : { sha256: object.sha256 },
          cancel: close,
        }
      } catch (error) {
        await handle.close()
        throw error
      }
    })
  }

  head(key: string): Promise<StoredObject | undefined> {
    return guarded(async () => {
      const found = await this.#find(key)
      await found?.handle.close()
      return found && toObject(key, found.stats, found.facts)
    })
  }

  async copy(from: string, to: string, changes: CopyOptions): Promise<StoredObject | undefined> {
    if (from === to) return await guarded(() => this.#lockOf(to).with(() => this.#change(to, changes)))
    const opened = await this.open(from, undefined, undefined)
    if (opened === undefined) return undefined
    const { contentType, metadata, visibility, sha256 } = { ...opened.object, ...changes }
    const { ifMatch, ifNoneMatch } = changes
    const rules = { maxBytes: Number.POSITIVE_INFINITY, sha256, signal: undefined, reserve: () => undefined }
    const condition = { ...(ifMatch !== undefined && { ifMatch }), ...(ifNoneMatch !== undefined && { ifNoneMatch }) }
    try {
      const facts = { contentType, metadata, visibility, sha256, signal: undefined, ...condition }
      return await this.put(to, toIncoming(opened.chunks, rules), facts)
    } catch (cause) {
      if (!(cause instanceof StorageChecksumMismatch)) throw cause
      throw new StorageChecksumMismatch("The bytes of the object to copy are not those that were stored.", { cause })
    } finally {
      await opened.cancel()
    }
  }

  async #change(key: string, changes: CopyOptions): Promise<StoredObject | undefined> {
    const found = await this.#find(key)
    if (found === undefined) return undefined
    await found.handle.close()
    const object = toObject(key, found.stats, found.facts)
    weigh(changes, object.etag)
    const { etag, sha256 } = object
    const { contentType, metadata, visibility } = { ...object, ...changes }
    const facts = { etag, contentType, metadata: { ...metadata }, visibility, ...(sha256 !== undefined && { sha256 }) }
    await this.#facts.replace(key, stateOf(found.stats), facts)
    return toObject(key, found.stats, facts)
  }

  delete(keys: readonly string[]): Promise<void> {
    return guarded(async () => {
      for (const key of keys) await this.#lockOf(key).with(() => this.#remove(key))
    })
  }

  async #remove(key: string): Promise<void> {
    if ((await this.#checkParents(key)) !== "there") return
    const path = this.#path(key)
    const found = await lstat(path).catch(ignoreMissing)
    if (found?.isSymbolicLink()) throw throughLink()
    if (found === undefined || !found.isFile()) return
    await rm(path, { force: true })
    await syncRemoval(dirname(path))
    await this.#facts.keepOnly(key, undefined)
    for (let at = dirname(path); at !== this.#root; at = dirname(at)) {
      const isGone = await rmdir(at).then(
        () => true,
        () => false, // there is something in it
      )
      if (!isGone) return
    }
  }

  list(list: StoreList): Promise<StorePage> {
    return guarded(() => pageOf(walkKeys(this.#root, list), list, (key) => this.head(key)))
  }

  async close(): Promise<void> {
    // Nothing is held between two calls.
  }

  #path(key: string): string {
    return join(this.#root, ...key.split("/"))
  }

  #lockOf(key: string): FileLock {
    let sum = 0
    for (let at = 0; at < key.length; at++) sum = (sum * 31 + key.charCodeAt(at)) | 0
    return this.#locks[Math.abs(sum) % LOCKS]!
  }
}

function weigh({ ifMatch, ifNoneMatch }: WriteCondition, now: string | undefined): void {
  if ((ifNoneMatch === "*" && now !== undefined) || (ifMatch !== undefined && ifMatch !== now))
    throw new StoragePreconditionFailed()
}

function closeOnce(handle: FileHandle): () => Promise<void> {
  let closing: Promise<void> | undefined
  return () => {
    closing ??= handle.close()
    return closing
  }
}

async function closed(handle: FileHandle): Promise<undefined> {
  await handle.close()
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error
}

function refuseLink(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ELOOP" || error.code === "EMLINK") throw throughLink()
  ignoreMissing(error)
}

function throughLink(): InstanceType<typeof StorageKeyInvalid> {
  return new StorageKeyInvalid("Expected a key that does not lead through a link of the file system.")
}

/** No room on the disk, in the quota, or for a file of this size. */
const FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"])

/** Turns what the file system says into errors of this package. What a source of bytes throws goes through as it is. */
async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException
    if (cause instanceof AshlarError || syscall === undefined) throw cause
    if (FULL.has(code ?? "")) throw new StorageFull(undefined, { cause })
    throw new StorageFailed("The folder of the storage cannot be read or written.", { cause })
  }
}
