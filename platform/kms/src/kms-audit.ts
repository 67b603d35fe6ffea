import type { Clock } from "@ashlar/core"
import { CryptoOptionInvalid, type Keys } from "@ashlar/crypto"
import { type Audit, type AuditEvent, type AuditReport, type AuditSigner, openAudit } from "@ashlar/security/audit"
import type { SqliteFile } from "@ashlar/sqlite"
import { sqliteAuditStore } from "./audit-store.ts"
import type { KmsAuditEntry, KmsAuditQuery, KmsAuditReport, KmsPage } from "./project-kms.ts"

/** Something that was done with a key or a secret of a project, or was refused. */
export interface KmsEvent {
  readonly action: string
  readonly actor: { readonly kind: string; readonly id: string; readonly label: string }
  readonly target: { readonly type: "key" | "secret"; readonly name: string }
  readonly version?: number
  /** The code of the error that refused it. */
  readonly refused?: string
  /** Of encrypted fields: where the documents are. */
  readonly collection?: string
}

export interface KmsAuditOptions {
  readonly file: SqliteFile
  /** The install's own keys: one of them signs checkpoints. */
  readonly keys: Keys
  readonly clock: Clock
  /** Kinds of uses that are counted at once. Default 10,000. */
  readonly maxCounted?: number
}

/** Uses of a key by one actor are counted for so long, and written as one entry. */
const COUNT_MS = 60_000
const MAX_COUNTED = 10_000
const KEPT_DAYS = 400
const DAY_MS = 86_400_000
const MAX_PAGE = 200
const VERSION_BYTES = 4
const SIGNER = "ashlar.audit"
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/

interface Count {
  readonly projectId: string
  readonly event: KmsEvent
  readonly firstMs: number
  /** When the first of them is on disk. */
  readonly first: Promise<void>
  lastMs: number
  count: number
}

/**
 * The audit of keys and secrets: a stream of entries for each project, each with the hash of the one in front of it, and at every
 * thousandth a checkpoint signed by a key under the root.
 */
export class KmsAudit {
  readonly #audit: Audit
  readonly #clock: Clock
  readonly #maxCounted: number
  readonly #counts: Map<string, Count> = new Map()
  readonly #timer: ReturnType<typeof setInterval>

  constructor({ file, keys, clock, maxCounted = MAX_COUNTED }: KmsAuditOptions) {
    this.#maxCounted = maxCounted
    this.#audit = openAudit(sqliteAuditStore(file), { clock, signers: [signerOf(keys)], checkpointEvery: 1_000 })
    this.#clock = clock
    this.#timer = setInterval(() => void this.flush().catch(() => undefined), COUNT_MS)
    this.#timer.unref?.()
  }

  /** Writes it: it is on disk when this resolves. */
  async tell(projectId: string, event: KmsEvent, details: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.#audit.append(toEvent(event, details), { stream: streamOf(projectId) })
  }

  /**
   * Writes a use of a key. The first of its kind (actor, action, key, what became of it) is on disk when this resolves; those that
   * follow within a minute are counted, and written as one entry with their number when it is over. When ten thousand kinds are
   * counted, what is new is written at once.
   */
  async count(projectId: string, event: KmsEvent): Promise<void> {
    const nowMs = this.#clock.now()
    const kind = kindOf(projectId, event)
    const counted = this.#counts.get(kind)
    if (counted !== undefined && nowMs - counted.firstMs < COUNT_MS) {
      counted.count++
      counted.lastMs = nowMs
      return await counted.first
    }
    if (counted !== undefined) {
      this.#counts.delete(kind)
      await this.#write(counted)
    }
    const first = this.tell(projectId, event)
    if (this.#counts.size < this.#maxCounted)
      this.#counts.set(kind, { projectId, event, first, firstMs: nowMs, lastMs: nowMs, count: 0 })
    await first.catch((error: unknown) => {
      this.#counts.delete(kind) // the next one is written first again
      throw error
    })
  }

  /**
   * Counts a use and waits for nothing: what the platform does by itself, for many values of one request. It is written with the others of
   * its kind once their minute is over.
   */
  tally(projectId: string, event: KmsEvent): void {
    const nowMs = this.#clock.now()
    const kind = kindOf(projectId, event)
    const counted = this.#counts.get(kind)
    if (counted !== undefined) {
      counted.count++
      counted.lastMs = nowMs
      return
    }
    // Nobody waits, so nothing may pile up; and no project's collections hide what another's key did.
    if (this.#counts.size >= this.#maxCounted && event.collection !== undefined) {
      const { collection: _, ...rest } = event
      this.tally(projectId, rest)
      return
    }
    this.#counts.set(kind, { projectId, event, first: Promise.resolve(), firstMs: nowMs, lastMs: nowMs, count: 1 })
  }

  /** Writes the counts whose minute is over; all of them when it closes. */
  async flush({ all = false }: { readonly all?: boolean } = {}): Promise<void> {
    const overMs = this.#clock.now() - COUNT_MS
    for (const [kind, counted] of this.#counts) {
      if (!all && counted.firstMs > overMs) continue
      this.#counts.delete(kind)
      try {
        await this.#write(counted)
      } catch (error) {
        if (!this.#counts.has(kind)) this.#counts.set(kind, counted)
        throw error
      }
    }
  }
  async #write({ projectId, event, firstMs, lastMs, count }: Count): Promise<void> {
    if (count === 0) return
    const [from, to] = [new Date(firstMs).toISOString(), new Date(lastMs).toISOString()]
    await this.tell(projectId, event, { count, from, to })
  }

  async list(projectId: string, query: KmsAuditQuery = {}): Promise<KmsPage<KmsAuditEntry>> {
    const { key, secret, actor, action, outcome, since, until, limit = 50, cursor } = query
    if (cursor !== undefined && !/^\d{1,15}$/.test(cursor))
      throw new CryptoOptionInvalid("Expected `cursor` to be the `next` of the page before.")
    const times = { ...toTime("since", since), ...toTime("until", until) }
    await this.flush()
    const target = key !== undefined ? { type: "key", id: key } : secret && { type: "secret", id: secret }
    const [type = "", id = ""] = actor === undefined ? [] : cut(actor)
    const { entries, next = null } = await this.#audit.list({
      stream: streamOf(projectId),
      limit: Math.min(limit, MAX_PAGE),
      ...(cursor !== undefined && { after: cursor }),
      ...(target && { target }),
      ...(actor !== undefined && { actor: { type, id } }),
      ...(action !== undefined && { action }),
      ...(outcome !== undefined && { outcome }),
      ...times,
    })
    return {
      items: entries.map(({ sequence, at, action, actor, target, outcome, details }) => {
        return { sequence, at, action, actor, target, outcome, details }
      }),
      next,
    }
  }

  async verify(projectId: string): Promise<KmsAuditReport> {
    await this.flush()
    const { ok, entries, checkpoints, head, broken }: AuditReport = await this.#audit.verify({
      stream: streamOf(projectId),
    })
    const { sequence, hash } = head
    return { ok, entries, checkpoints, head: { sequence, hash }, broken: broken ?? null }
  }

  /** Takes away what is older than 400 days; each stream says so itself. @returns how many */
  async prune(): Promise<number> {
    const before = new Date(this.#clock.now() - KEPT_DAYS * DAY_MS)
    let removed = 0
    for (const stream of await this.#audit.streams()) removed += (await this.#audit.prune({ stream, before })).removed
    return removed
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush({ all: true }).finally(() => this.#audit.close())
  }
}

/** Uses that are counted together. */
function kindOf(projectId: string, { actor, target, version, action, refused, collection }: KmsEvent): string {
  return JSON.stringify([
    ...[projectId, actor.kind, actor.id, action, safeName(target.name), version, refused, collection],
  ])
}

function streamOf(projectId: string): string {
  return `project:${projectId}`
}

function cut(actor: string): readonly [string, string] {
  const at = actor.indexOf(":")
  return [actor.slice(0, Math.max(0, at)), actor.slice(at + 1)]
}

function toTime(name: "since" | "until", text: string | undefined): Partial<Record<"since" | "until", Date>> {
  if (text === undefined) return {}
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw new CryptoOptionInvalid(`Expected \`${name}\` to be a time, as in RFC 3339.`)
  return { [name]: time }
}

/** What somebody asked for may be any text; what there is has a name. */
function safeName(name: string): string {
  return NAME.test(name) ? name : "(no name)"
}

function toEvent(event: KmsEvent, details: Readonly<Record<string, unknown>>): AuditEvent {
  const { action, actor, target, version, refused, collection } = event
  return {
    action,
    actor: { type: actor.kind, id: actor.id },
    target: { type: target.type, id: safeName(target.name) },
    outcome: refused === undefined ? "success" : "denied",
    details: {
      by: actor.label,
      ...(version !== undefined && { version }),
      ...(refused !== undefined && { refused }),
      ...(collection !== undefined && { collection }),
      ...details,
    },
  }
}

/** Checkpoints by a key of the install, made at the first one: whoever can write to the file alone cannot sign. */
function signerOf(keys: Keys): AuditSigner {
  return {
    keyId: SIGNER,
    algorithm: "HS256",
    async sign(bytes) {
      await keys.create({ name: SIGNER, algorithm: "HS256" }).catch((error: { code?: unknown }) => {
        if (error.code !== "CRYPTO_KEY_EXISTS") throw error
      })
      const made = await keys.mac(SIGNER, bytes)
      const head = Buffer.alloc(VERSION_BYTES)
      head.writeUInt32BE(made.version)
      return Buffer.concat([head, made.bytes])
    },
    async verify(bytes, signature) {
      if (signature.length <= VERSION_BYTES) return false
      const version = Buffer.from(signature).readUInt32BE(0)
      const mac = { bytes: signature.subarray(VERSION_BYTES), version }
      return await keys.verifyMac(SIGNER, bytes, mac).catch((error: { code?: unknown }) => {
        // A checkpoint that nobody here can have signed is unsigned; a root that is away says so.
        if (error.code === "CRYPTO_KEY_NOT_FOUND" || error.code === "CRYPTO_VERSION_REFUSED") return false
        throw error
      })
    },
  }
}
