import { type DriverUrl, DriverUrlInvalid } from "@ashlar/core"
import { StorageFull, StoragePreconditionFailed } from "../errors.ts"
import { compareKeys } from "../key.ts"
import { pageOf } from "../page.ts"
import { resolveSpan } from "../span.ts"
import type { CopyOptions, StoredObject, WriteCondition } from "../storage.ts"
import type { Incoming, ObjectStore, Opened, PutFacts, StoreList, StorePage, WantedRange } from "../store.ts"

export interface MemoryOptions {
  readonly maxBytes: number
}

/** Opens a storage in this process's memory: for tests, and for what may be lost. */
export function open(url: DriverUrl, { maxBytes }: MemoryOptions): ObjectStore {
  if (url.host !== undefined || url.name !== "") throw new DriverUrlInvalid(`Expected memory:, got ${url}.`)
  return new MemoryObjects(maxBytes)
}

interface Kept {
  readonly object: StoredObject
  readonly pieces: readonly Uint8Array[]
}

class MemoryObjects implements ObjectStore {
  readonly #kept: Map<string, Kept> = new Map()
  readonly #maxBytes: number
  /** Of what is kept and of what is coming. */
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  async put(key: string, incoming: Incoming, facts: PutFacts): Promise<StoredObject> {
    const pieces: Uint8Array[] = []
    let sizeBytes = 0
    try {
      for await (const chunk of incoming.chunks) {
        if (this.#bytes + chunk.length > this.#maxBytes)
          throw new StorageFull(`Expected at most ${this.#maxBytes} bytes in memory. See \`maxBytes\` of the URL.`)
        this.#bytes += chunk.length
        sizeBytes += chunk.length
        pieces.push(chunk.slice()) // the sender may use its buffer again
      }
      const sha256 = incoming.finish()
      facts.signal?.throwIfAborted()
      this.#weigh(key, facts)
      const { contentType, metadata, visibility } = facts
      const etag = sha256.slice(0, 32)
      const modified = new Date()
      const object = { key, sizeBytes, etag, contentType, metadata: { ...metadata }, visibility, modified, sha256 }
      this.#forget(key)
      this.#kept.set(key, { object, pieces })
      return object
    } catch (error) {
      this.#bytes -= sizeBytes
      throw error
    }
  }

  async open(key: string, range: WantedRange | undefined, ifMatch: string | undefined): Promise<Opened | undefined> {
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    const { object, pieces } = kept
    if (ifMatch !== undefined && ifMatch !== object.etag) throw new StoragePreconditionFailed()
    const span =
      range === undefined && object.sizeBytes === 0 ? { start: 0, end: 0 } : resolveSpan(range, object.sizeBytes)
    return {
      object,
      range: span,
      chunks: cut(pieces, span.start, span.end),
      checksums: { sha256: object.sha256! },
      cancel: async () => undefined,
    }
  }

  async head(key: string): Promise<StoredObject | undefined> {
    return this.#kept.get(key)?.object
  }

  async copy(from: string, to: string, changes: CopyOptions): Promise<StoredObject | undefined> {
    const kept = this.#kept.get(from)
    if (kept === undefined) return undefined
    this.#weigh(to, changes)
    const { contentType, metadata, visibility } = { ...kept.object, ...changes }
    const object = { ...kept.object, key: to, contentType, metadata, visibility, modified: new Date() }
    if (from !== to) {
      if (this.#bytes + object.sizeBytes > this.#maxBytes) throw new StorageFull()
      this.#bytes += object.sizeBytes
      this.#forget(to)
    }
    this.#kept.set(to, { object, pieces: kept.pieces })
    return object
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#forget(key)
  }

  async list(list: StoreList): Promise<StorePage> {
    const keys = [...this.#kept.keys()].filter((key) => key.startsWith(list.prefix)).sort(compareKeys)
    return await pageOf(keys, list, (key) => this.#kept.get(key)?.object)
  }

  async close(): Promise<void> {
    this.#kept.clear()
    this.#bytes = 0
  }

  #forget(key: string): void {
    const kept = this.#kept.get(key)
    if (kept === undefined) return
    this.#kept.delete(key)
    this.#bytes -= kept.object.sizeBytes
  }

  #weigh(key: string, { ifMatch, ifNoneMatch }: WriteCondition): void {
    const now = this.#kept.get(key)?.object.etag
    if ((ifNoneMatch === "*" && now !== undefined) || (ifMatch !== undefined && ifMatch !== now))
      throw new StoragePreconditionFailed()
  }
}

async function* cut(pieces: readonly Uint8Array[], start: number, end: number): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const piece of pieces) {
    const [from, to] = [Math.max(0, start - at), Math.min(piece.length, end - at)]
    at += piece.length
    if (from < to) yield piece.slice(from, to) // nobody shares what is kept
  }
}
