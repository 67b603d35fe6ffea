import { type Clock, systemClock } from "@ashlar/core"
import { StorageQuotaExceeded } from "./errors.ts"
import type { Quota } from "./storage.ts"
import type { ObjectStore } from "./store.ts"

const PAGE = 1_000

/** Room that a write under way takes. Given back when it fails, or when another object's room is freed by it. */
export interface Reservation {
  /** @throws {STORAGE_QUOTA_EXCEEDED} */
  bytes(count: number): void
  /** The object is there: what stood in its place is there no more. */
  done(): void
  undo(): void
}

/**
 * How much is under a prefix, counted when it is first asked for, kept up with what this process writes, and counted anew after a
 * while. Within a process a quota is never passed; what others write meanwhile is seen at the next count.
 */
export class Usage {
  readonly #prefix: string
  readonly #quota: Quota
  readonly #refreshMs: number
  readonly #clock: Clock
  #bytes = 0
  #objects = 0
  /** What writes under way have taken, beyond what is counted. */
  #pendingBytes = 0
  #pendingObjects = 0
  #countedMs: number | undefined
  #counting: Promise<void> | undefined

  constructor(prefix: string, quota: Quota, refreshMs: number, clock: Clock = systemClock) {
    this.#prefix = prefix
    this.#quota = quota
    this.#refreshMs = refreshMs
    this.#clock = clock
  }

  /**
   * Begins a write. `replacedBytes` is the size of the object that it replaces: its room is this one's too.
   * @throws {STORAGE_QUOTA_EXCEEDED}
   */
  async begin(store: ObjectStore, replacedBytes: number | undefined): Promise<Reservation> {
    await this.#ensureCount(store)
    const isNew = replacedBytes === undefined
    const { maxObjects, maxBytes } = this.#quota
    if (isNew && maxObjects !== undefined && this.#objects + this.#pendingObjects >= maxObjects)
      throw new StorageQuotaExceeded(`Expected at most ${maxObjects} objects here.`, { details: { maxObjects } })
    if (isNew) this.#pendingObjects++
    let taken = 0
    let isOver = false
    const end = (): boolean => {
      if (isOver) return false
      isOver = true
      this.#pendingBytes -= taken
      if (isNew) this.#pendingObjects--
      return true
    }
    return {
      bytes: (count) => {
        const total = this.#bytes - (replacedBytes ?? 0) + this.#pendingBytes + count
        if (maxBytes !== undefined && total > maxBytes)
          throw new StorageQuotaExceeded(`Expected at most ${maxBytes} bytes here.`, { details: { maxBytes } })
        taken += count
        this.#pendingBytes += count
      },
      done: () => {
        if (!end()) return
        this.#bytes += taken - (replacedBytes ?? 0)
        if (isNew) this.#objects++
      },
      undo: () => void end(),
    }
  }

  /** What is deleted is counted anew at the next write: nobody knows here how large it was. */
  forget(): void {
    this.#countedMs = undefined
  }

  async #ensureCount(store: ObjectStore): Promise<void> {
    const nowMs = this.#clock.now()
    if (this.#countedMs !== undefined && nowMs - this.#countedMs < this.#refreshMs) return
    this.#counting ??= this.#count(store, nowMs).finally(() => {
      this.#counting = undefined
    })
    await this.#counting
  }

  async #count(store: ObjectStore, nowMs: number): Promise<void> {
    let [bytes, objects] = [0, 0]
    let after: string | undefined
    do {
      const page = await store.list({ prefix: this.#prefix, delimiter: undefined, limit: PAGE, after })
      for (const { sizeBytes } of page.objects) bytes += sizeBytes
      objects += page.objects.length
      after = page.next
    } while (after !== undefined)
    this.#bytes = bytes
    this.#objects = objects
    this.#countedMs = nowMs
  }
}
