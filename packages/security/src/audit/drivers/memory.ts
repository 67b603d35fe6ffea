import type { Queryable } from "@ashlar/orm"
import { AuditClosed, AuditOptionInvalid, AuditStoreFailed } from "../../errors.ts"
import { NOTHING } from "../audit-entry.ts"
import type { AuditStore, AuditWrite, EntryFilter, StoredEntry, StreamState } from "../audit-store.ts"
import type { AuditCheckpoint } from "../checkpoint.ts"

interface MemoryStream {
  state: StreamState
  entries: StoredEntry[]
  readonly checkpoints: AuditCheckpoint[]
  turn: Promise<void>
}

/** Streams of one process, for tests and for trying out. */
export class MemoryAuditStore implements AuditStore {
  readonly #streams: Map<string, MemoryStream> = new Map()
  readonly #maxEntries: number
  #count = 0
  #isClosed = false

  constructor({ maxEntries }: { readonly maxEntries: number }) {
    this.#maxEntries = maxEntries
  }

  async write(
    name: string,
    make: (state: StreamState) => AuditWrite | Promise<AuditWrite>,
    tx?: Queryable,
  ): Promise<void> {
    this.#check()
    if (tx !== undefined)
      throw new AuditOptionInvalid("Entries in memory are in no transaction. Open the database's URL.")
    const stream = this.#streams.get(name) ?? newStream()
    const turn = stream.turn.then(async () => {
      const { entries, head, base = stream.state.base, checkpoints } = await make(stream.state)
      if (this.#count + entries.length > this.#maxEntries)
        throw new AuditStoreFailed(`Memory is full: it takes ${this.#maxEntries} entries. Open a database.`)
      if (head.sequence === 0) return
      this.#streams.set(name, stream)
      this.#count += entries.length
      stream.entries.push(...entries)
      stream.checkpoints.push(...checkpoints)
      stream.state = { head, base }
    })
    stream.turn = turn.catch(() => undefined)
    if (!this.#streams.has(name)) this.#streams.set(name, stream)
    await turn
  }
  async state(stream: string): Promise<StreamState | undefined> {
    this.#check()
    const state = this.#streams.get(stream)?.state
    return state?.head.sequence === 0 ? undefined : state
  }
  async read(stream: string, { order, limit, ...filter }: EntryFilter): Promise<readonly StoredEntry[]> {
    this.#check()
    const found = (this.#streams.get(stream)?.entries ?? []).filter((entry) => isFound(entry, filter))
    return (order === "newest" ? found.toReversed() : found).slice(0, limit)
  }
  async checkpoints(stream: string): Promise<readonly AuditCheckpoint[]> {
    this.#check()
    return this.#streams.get(stream)?.checkpoints ?? []
  }
  async streams(): Promise<readonly string[]> {
    this.#check()
    return [...this.#streams].flatMap(([name, { state }]) => (state.head.sequence > 0 ? [name] : [])).sort()
  }
  async sweep(name: string): Promise<number> {
    this.#check()
    const stream = this.#streams.get(name)
    if (stream === undefined) return 0
    const before = stream.entries.length
    stream.entries = stream.entries.filter(({ sequence }) => sequence > stream.state.base.sequence)
    this.#count -= before - stream.entries.length
    return before - stream.entries.length
  }
  isInTransaction(): boolean {
    return false
  }
  async close(): Promise<void> {
    this.#isClosed = true
  }

  #check(): void {
    if (this.#isClosed) throw new AuditClosed()
  }
}

function newStream(): MemoryStream {
  const base = { sequence: 0, hash: NOTHING }
  return { state: { head: { ...base, atMs: 0 }, base }, entries: [], checkpoints: [], turn: Promise.resolve() }
}

function isFound({ sequence, columns }: StoredEntry, filter: Omit<EntryFilter, "order" | "limit">): boolean {
  const { above = -1, below = Number.POSITIVE_INFINITY, sinceMs = 0, untilMs = Number.POSITIVE_INFINITY } = filter
  const isWithin = sequence > above && sequence < below && columns.atMs >= sinceMs && columns.atMs < untilMs
  const keys = ["action", "actor", "target", "outcome"] as const
  return isWithin && keys.every((key) => filter[key] === undefined || filter[key] === columns[key])
}
