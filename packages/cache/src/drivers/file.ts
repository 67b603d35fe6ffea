import { createHash } from "node:crypto"
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { type DriverUrl, DriverUrlInvalid, systemClock } from "@ashlar/core"
import { CacheClosed, CacheStoreFailed } from "../errors.ts"
import { readEntry, uniqueName, writeEntry } from "../record.ts"
import type { CacheStore, Entry, Lease } from "../store.ts"

export interface FileOptions {
  readonly maxEntries: number
}

export const MAX_PAYLOAD_BYTES: number = 8 * 1024 * 1024
/** Writes between two looks for what is over, or too much. */
const SWEEP_EVERY = 500
const PRIVATE = { recursive: true, mode: 0o700 } as const

/** Opens a cache of one file for each entry, in a folder of its own. Files are private to their user. */
export async function open(url: DriverUrl, options: FileOptions): Promise<CacheStore> {
  if (url.host !== undefined || url.name === "") throw new DriverUrlInvalid(`Expected file:folder, got ${url}.`)
  const folder = resolve(url.name)
  try {
    for (const part of ["entries", "tags", "leases", "new"]) await mkdir(join(folder, part), PRIVATE)
  } catch (cause) {
    throw new CacheStoreFailed("The folder of the cache cannot be made", { cause })
  }
  return new FileStore(folder, options)
}

interface Found {
  readonly key: string
  readonly states: readonly string[]
  readonly entry: Entry
}

class FileStore implements CacheStore {
  readonly sharesValues = false
  readonly maxPayloadBytes: number = MAX_PAYLOAD_BYTES
  readonly #folder: string
  readonly #maxEntries: number
  /** The last change of this process: they run one after the other, so that within it leases are exact. */
  #last: Promise<unknown> = Promise.resolve()
  #writes = 0
  #isClosed = false

  constructor(folder: string, { maxEntries }: FileOptions) {
    this.#folder = folder
    this.#maxEntries = maxEntries
  }

  async get(key: string): Promise<Entry | undefined> {
    return await this.#do(async () => {
      const found = await this.#find(this.#path("entries", key))
      if (found === undefined || found.key !== key || found.entry.expiresMs <= systemClock.now()) return undefined
      const states = await Promise.all(found.entry.tags.map((tag) => read(this.#path("tags", tag))))
      return states.every((state, at) => state !== undefined && state === found.states[at]) ? found.entry : undefined
    })
  }
  async getMany(keys: readonly string[]): Promise<readonly (Entry | undefined)[]> {
    return await Promise.all(keys.map((key) => this.get(key)))
  }
  async set(items: readonly (readonly [key: string, entry: Entry])[]): Promise<void> {
    const written = items.map(([key, entry]) => [key, writeEntry(entry, this.maxPayloadBytes)] as const)
    await this.#change(async () => {
      for (const [key, { text, tags }] of written) {
        await rm(this.#path("leases", key), { force: true })
        await this.#put(key, text, await this.#ensureStates(tags))
      }
    })
  }
  async delete(keys: readonly string[]): Promise<number> {
    return await this.#change(async () => {
      let count = 0
      for (const key of keys) {
        await rm(this.#path("leases", key), { force: true })
        const path = this.#path("entries", key)
        const found = await this.#find(path)
        if (found !== undefined && found.entry.expiresMs > systemClock.now()) count++
        await rm(path, { force: true })
      }
      return count
    })
  }
  async flush(prefix: string): Promise<void> {
    await this.#change(async () => {
      // A lease says which key it is for in its first line.
      for (const path of await list(join(this.#folder, "leases")))
        if ((await read(path))?.split("\n")[2]?.startsWith(prefix) ?? false) await rm(path, { force: true })
      for (const path of await list(join(this.#folder, "entries")))
        if ((await this.#find(path))?.key.startsWith(prefix) ?? true) await rm(path, { force: true })
    })
  }
  async invalidate(tags: readonly string[]): Promise<void> {
    await this.#change(async () => {
      for (const tag of tags) await rm(this.#path("tags", tag), { force: true })
    })
  }
  async begin(key: string, tags: readonly string[], ttlMs: number): Promise<Lease | undefined> {
    const token = uniqueName()
    const path = this.#path("leases", key)
    const text = `${token}\n${systemClock.now() + ttlMs}\n${key}`
    return await this.#change(async () => {
      if (!(await writeNew(path, text))) {
        const untilMs = Number((await read(path))?.split("\n")[1] ?? 0)
        if (untilMs > systemClock.now()) return undefined
        await rm(path, { force: true })
        if (!(await writeNew(path, text))) return undefined
      }
      return { token, versions: await this.#ensureStates(tags) }
    })
  }
  async fill(key: string, entry: Entry, { token, versions }: Lease): Promise<boolean> {
    const { text, tags } = writeEntry(entry, this.maxPayloadBytes)
    return await this.#change(async () => {
      const [held, untilMs] = (await read(this.#path("leases", key)))?.split("\n") ?? []
      if (held !== token || Number(untilMs) <= systemClock.now()) return false
      const states = await this.#ensureStates(tags)
      const isCurrent = states.every((state, at) => state === versions[at])
      // The lease stands until the entry is there: in between others would begin to make it again.
      if (isCurrent) await this.#put(key, text, versions)
      if (await this.#endLease(key, token)) return isCurrent
      // Another changed the key meanwhile: what is lost of it is made again.
      await rm(this.#path("entries", key), { force: true })
      return false
    })
  }
  async end(key: string, { token }: Lease): Promise<void> {
    await this.#change(() => this.#endLease(key, token))
  }
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#last.catch(() => undefined)
  }

  async #endLease(key: string, token: string): Promise<boolean> {
    const path = this.#path("leases", key)
    const [held, untilMs] = (await read(path))?.split("\n") ?? []
    if (held !== token) return false
    await rm(path, { force: true })
    return Number(untilMs) > systemClock.now()
  }
  async #ensureStates(tags: readonly string[]): Promise<string[]> {
    const states: string[] = []
    for (const tag of tags) {
      const path = this.#path("tags", tag)
      const state = uniqueName()
      states.push((await read(path)) ?? ((await writeNew(path, state)) ? state : ((await read(path)) ?? state)))
    }
    return states
  }
  async #find(path: string): Promise<Found | undefined> {
    const text = await read(path)
    if (text === undefined) return undefined
    const end = text.indexOf("\n")
    const [key, states] = parseHead(text.slice(0, end))
    return { key, states, entry: readEntry(text.slice(end + 1)) }
  }
  /** Whoever reads it meanwhile has the former one or the new one, whole. */
  async #put(key: string, text: string, states: readonly string[]): Promise<void> {
    const made = join(this.#folder, "new", uniqueName())
    const path = this.#path("entries", key)
    await writeFile(made, `${JSON.stringify([key, states])}\n${text}`, { mode: 0o600 })
    await mkdir(join(path, ".."), PRIVATE)
    await rename(made, path)
    if (++this.#writes >= SWEEP_EVERY) {
      this.#writes = 0
      await this.#sweep()
    }
  }
  /** A key may hold what no file name may, or lead elsewhere. */
  #path(part: "entries" | "tags" | "leases", key: string): string {
    const name = createHash("sha256").update(key).digest("hex")
    return part === "entries" ? join(this.#folder, part, name.slice(0, 2), name) : join(this.#folder, part, name)
  }

  /** Takes away what is over, and of what is too much the longest unwritten. */
  async #sweep(): Promise<void> {
    const nowMs = systemClock.now()
    const left: { path: string; changedMs: number }[] = []
    for (const path of await list(join(this.#folder, "entries"))) {
      const found = await this.#find(path).catch(() => undefined)
      const about = await stat(path).catch(() => undefined)
      if (about === undefined) continue
      if (found === undefined || found.entry.expiresMs <= nowMs) await rm(path, { force: true })
      else left.push({ path, changedMs: about.mtimeMs })
    }
    left.sort((a, b) => a.changedMs - b.changedMs)
    for (const { path } of left.slice(0, Math.max(0, left.length - this.#maxEntries))) await rm(path, { force: true })
  }

  async #change<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(
      () => this.#do(work),
      () => this.#do(work),
    )
    this.#last = mine
    return await mine
  }
  async #do<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new CacheClosed("The cache was closed")
    try {
      return await work()
    } catch (cause) {
      throw cause instanceof CacheStoreFailed || cause instanceof CacheClosed
        ? cause
        : new CacheStoreFailed("The folder of the cache cannot be read or written", { cause })
    }
  }
}

function parseHead(line: string): readonly [key: string, states: readonly string[]] {
  try {
    return JSON.parse(line) as [string, string[]]
  } catch (cause) {
    throw new CacheStoreFailed(
      "A file in the folder of the cache is not what it writes. Give it a folder of its own.",
      { cause },
    )
  }
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8")
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined
    throw error
  }
}
/** @returns whether it was not there before. */
async function writeNew(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: "wx", mode: 0o600 })
    return true
  } catch (error) {
    if (isCode(error, "EEXIST")) return false
    throw error
  }
}
async function list(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  return found.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name))
}
function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as { code?: string }).code === code
}
