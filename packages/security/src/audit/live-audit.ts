import { type Clock, type Guarantees, systemClock } from "@ashlar/core"
import type { Queryable } from "@ashlar/orm"
import { AuditClosed, AuditMisused, AuditOptionInvalid, AuditStoreFailed } from "../errors.ts"
import type { Redactor } from "../redaction/redactor.ts"
import type { AppendOptions, Audit, AuditPage, AuditQuery, AuditWriter, PruneOptions } from "./audit.ts"
import { type AuditDraft, type AuditEntry, type AuditEvent, draftOf, entryAfter, partyText } from "./audit-entry.ts"
import { type ExportOptions, exportStream } from "./audit-export.ts"
import type { AuditStore, AuditWrite, StoredEntry, StreamState } from "./audit-store.ts"
import { type AuditReport, PRUNED } from "./chain-check.ts"
import { type AuditCheckpoint, type AuditSigner, signCheckpoint } from "./checkpoint.ts"
import { columnsOf, readEntry } from "./read-entry.ts"
import { type VerifyOptions, verifyStream } from "./verify-stream.ts"

export interface LiveAuditOptions {
  readonly redact: Redactor
  readonly signers: readonly AuditSigner[]
  readonly checkpointEvery: number
  readonly clock?: Clock
}

const MAX_BATCH = 100
const MAX_WAITING = 10_000
const STREAM = /^[\w.:/-]{1,100}$/

interface Waiting {
  readonly draft: AuditDraft
  readonly resolve: (entry: AuditEntry) => void
  readonly reject: (error: unknown) => void
}

export class LiveAudit implements Audit {
  readonly guarantees: Guarantees
  readonly #open: () => Promise<AuditStore>
  readonly #options: LiveAuditOptions
  readonly #clock: Clock
  readonly #waiting: Map<string, Waiting[]> = new Map()
  #count = 0
  #store: Promise<AuditStore> | undefined
  #closing: Promise<void> | undefined
  readonly #turns: Set<Promise<void>> = new Set()

  constructor(open: () => Promise<AuditStore>, guarantees: Guarantees, options: LiveAuditOptions) {
    this.#open = open
    this.guarantees = guarantees
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  async append(event: AuditEvent, { stream = "main" }: AppendOptions = {}): Promise<AuditEntry> {
    checkStream(stream)
    const draft = draftOf(event, this.#options.redact)
    const store = await this.opened()
    if (store.isInTransaction()) throw new AuditMisused()
    if (this.#count >= MAX_WAITING) throw new AuditStoreFailed(`More than ${MAX_WAITING} entries wait to be written.`)
    return await new Promise<AuditEntry>((resolve, reject) => {
      this.#count++
      const queue = this.#waiting.get(stream)
      if (queue !== undefined) return void queue.push({ draft, resolve, reject })
      this.#waiting.set(stream, [{ draft, resolve, reject }])
      const turn = this.#flush(store, stream).finally(() => this.#turns.delete(turn))
      this.#turns.add(turn)
    })
  }
  in(tx: Queryable): AuditWriter {
    return {
      append: async (event, { stream = "main" } = {}) => {
        checkStream(stream)
        const draft = draftOf(event, this.#options.redact)
        const store = await this.opened()
        const [entry] = await this.#write(store, stream, [draft], tx)
        return entry!
      },
    }
  }
  async list({ stream = "main", order = "newest", limit = 50, after, ...filter }: AuditQuery = {}): Promise<AuditPage> {
    checkStream(stream)
    if (!Number.isInteger(limit) || limit < 1 || limit > 1_000)
      throw new AuditOptionInvalid(`Expected limit to be an integer from 1 to 1,000, got ${limit}.`)
    if (after !== undefined && !/^\d{1,15}$/.test(after))
      throw new AuditOptionInvalid("Expected after to be the `next` of the page before.")
    const { action, actor, target, outcome, since, until } = filter
    const from = after === undefined ? undefined : Number(after)
    const store = await this.opened()
    const base = (await store.state(stream))?.base.sequence ?? 0
    const above = order === "oldest" ? Math.max(base, from ?? 0) : base
    const rows = await store.read(stream, {
      order,
      limit: limit + 1,
      above,
      ...(order === "newest" && from !== undefined && { below: from }),
      ...(action !== undefined && { action }),
      ...(actor !== undefined && { actor: partyText(actor) }),
      ...(target !== undefined && { target: partyText(target) }),
      ...(outcome !== undefined && { outcome }),
      ...(since !== undefined && { sinceMs: timeOf(since) }),
      ...(until !== undefined && { untilMs: timeOf(until) }),
    })
    const page = rows.slice(0, limit)
    return {
      entries: page.flatMap((row) => readEntry(row) ?? []),
      next: rows.length > limit ? String(page.at(-1)!.sequence) : undefined,
    }
  }
  async verify({ stream = "main", anchors = [], signal }: VerifyOptions = {}): Promise<AuditReport> {
    checkStream(stream)
    const { signers } = this.#options
    return await verifyStream(await this.opened(), { stream, anchors, signers, signal })
  }
  async checkpoint(stream = "main"): Promise<AuditCheckpoint> {
    checkStream(stream)
    const [signer] = this.#options.signers
    if (signer === undefined) throw new AuditOptionInvalid("Expected a signer: openAudit(url, { signers: [signer] }).")
    let made: AuditCheckpoint | undefined
    const store = await this.opened()
    if (store.isInTransaction()) throw new AuditMisused()
    await store.write(stream, async ({ head }) => {
      if (head.sequence === 0) throw new AuditOptionInvalid(`The stream ${stream} has no entries yet.`)
      made = await signCheckpoint(signer, { stream, sequence: head.sequence, hash: head.hash }, this.#clock.now())
      return { entries: [], head, checkpoints: [made] }
    })
    return made!
  }
  async *export({ stream = "main", ...rest }: ExportOptions = {}): AsyncGenerator<string, void> {
    checkStream(stream)
    yield* exportStream(await this.opened(), { stream, ...rest })
  }
  async prune({ stream = "main", before }: PruneOptions): Promise<{ removed: number; through: number }> {
    checkStream(stream)
    const store = await this.opened()
    if (store.isInTransaction()) throw new AuditMisused()
    const [last] = await store.read(stream, { order: "newest", limit: 1, untilMs: timeOf(before) })
    const told = { removed: 0, through: (await store.state(stream))?.base.sequence ?? 0 }
    if (last !== undefined)
      await store.write(stream, async (state) => {
        const { base, head } = state
        Object.assign(told, { removed: 0, through: base.sequence })
        const isLast = last.sequence >= head.sequence
        if (isLast || last.sequence <= base.sequence) return { entries: [], head, checkpoints: [] }
        const removed = last.sequence - base.sequence
        Object.assign(told, { removed, through: last.sequence })
        const details = { through: last.sequence, hash: last.hash, removed, before: before.toISOString() }
        const actor = { type: "system", id: "retention" }
        const draft = draftOf({ action: PRUNED, actor }, this.#options.redact)
        const made = await this.#entries(stream, state, [{ ...draft, details }])
        return { ...made.write, base: { sequence: last.sequence, hash: last.hash } }
      })
    while ((await store.sweep(stream)) > 0);
    return told
  }
  async streams(): Promise<readonly string[]> {
    return await (await this.opened()).streams()
  }
  close(): Promise<void> {
    this.#closing ??= Promise.all(this.#turns).then(
      async () => await (await this.#store?.catch(() => undefined))?.close(),
    )
    return this.#closing
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Opens it now if it is not yet. @throws {SECURITY_AUDIT_STORE_FAILED} {SECURITY_AUDIT_CLOSED} */
  opened(): Promise<AuditStore> {
    if (this.#closing !== undefined) return Promise.reject(new AuditClosed())
    this.#store ??= this.#open().catch((error: unknown) => {
      this.#store = undefined // the next use tries again
      throw error
    })
    return this.#store
  }

  async #flush(store: AuditStore, stream: string): Promise<void> {
    await undefined // whoever asks in the same turn comes along
    const queue = this.#waiting.get(stream)!
    while (queue.length > 0) {
      const batch = queue.splice(0, MAX_BATCH)
      try {
        const entries = await this.#write(
          store,
          stream,
          batch.map(({ draft }) => draft),
        )
        batch.forEach(({ resolve }, at) => void resolve(entries[at]!))
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
      this.#count -= batch.length
    }
    this.#waiting.delete(stream)
  }
  async #write(
    store: AuditStore,
    stream: string,
    drafts: readonly AuditDraft[],
    tx?: Queryable,
  ): Promise<AuditEntry[]> {
    let entries: AuditEntry[] = []
    const make = async (state: StreamState): Promise<AuditWrite> => {
      const made = await this.#entries(stream, state, drafts)
      entries = made.entries
      return made.write
    }
    await store.write(stream, make, tx)
    return entries
  }
  async #entries(
    stream: string,
    state: StreamState,
    drafts: readonly AuditDraft[],
  ): Promise<{ entries: AuditEntry[]; write: AuditWrite }> {
    const { checkpointEvery, signers } = this.#options
    const nowMs = this.#clock.now()
    const entries: AuditEntry[] = []
    const stored: StoredEntry[] = []
    const checkpoints: AuditCheckpoint[] = []
    let { head } = state
    for (const draft of drafts) {
      const made = entryAfter(head, { stream, draft, nowMs })
      head = made.head
      entries.push(made.entry)
      stored.push({ ...made.kept, columns: columnsOf(made.entry) })
      const [signer] = signers
      if (signer !== undefined && checkpointEvery > 0 && head.sequence % checkpointEvery === 0)
        checkpoints.push(await signCheckpoint(signer, { stream, ...head }, nowMs))
    }
    return { entries, write: { entries: stored, head, checkpoints } }
  }
}

function checkStream(stream: string): void {
  if (!STREAM.test(stream))
    throw new AuditOptionInvalid("Expected a stream to be 1 to 100 letters, digits, `_`, `.`, `:`, `/` and `-`.")
}

function timeOf(time: Date): number {
  const ms = time.getTime()
  if (Number.isNaN(ms)) throw new AuditOptionInvalid("Expected a time, got an invalid Date.")
  return ms
}
