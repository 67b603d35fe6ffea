import type { Clock } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import { type Access, type KeyCaller, type KeyKind, needs, requireAccess } from "./access.ts"
import type { ChangeSource } from "./audit.ts"
import { InvalidInput, KeyNotFound, KeyRefused } from "./errors.ts"
import { createKey, isSameHash, parseKey } from "./key-text.ts"
import { createKeyUsage } from "./key-usage.ts"
import type { ControlLimits } from "./limits.ts"
import { checkChoice, checkName } from "./name.ts"
import type { Page, PageRequest, Pager } from "./page.ts"
import type { KeyCreation, KeyLimits, KeyRotation } from "./procedures.ts"
import { scopes as known, readScopes, type Scope, writeScopes } from "./scopes.ts"

/** A project key as members see it. Its secret is not among this, nor anywhere. */
export interface Key {
  readonly id: string
  readonly kind: KeyKind
  /** What the key is narrowed to; null when it may do all that its kind may. */
  readonly scopes: readonly Scope[] | null
  readonly name: string
  /** The last four characters of the key. */
  readonly hint: string
  readonly createdAt: string
  /** About a minute exact. Null when never used. */
  readonly lastUsedAt: string | null
  readonly expiresAt: string | null
  readonly revokedAt: string | null
}

/** A key that was just made. */
export interface NewKey {
  readonly key: Key
  /** The key itself, shown this once. */
  readonly secret: string
}

export interface Keys {
  /** The keys, newest first, revoked ones too. @throws {CONTROL_FORBIDDEN} @throws {CONTROL_INVALID_CURSOR} @throws {CONTROL_INVALID_INPUT} */
  list(access: Access, page?: PageRequest): Page<Key>
  /**
   * @param key `expiresAt` is RFC 3339 and to come; without it the key works until it is revoked. `scopes` narrow a secret
   *   key to what they name, at least one; without them it may do all that secret keys may.
   * @throws {CONTROL_FORBIDDEN} @throws {CONTROL_INVALID_INPUT} @throws {CONTROL_LIMIT_REACHED}
   */
  create(
    access: Access,
    key: {
      readonly kind: KeyKind
      readonly name: string
      readonly expiresAt?: string | null
      readonly scopes?: readonly string[] | null
    },
  ): Promise<NewKey>
  /**
   * Makes a new key in an old one's place, which is revoked at once. Its scopes stay, and an expiring key's successor lives
   * as long, from now.
   *
   * @throws {CONTROL_FORBIDDEN} @throws {CONTROL_KEY_NOT_FOUND} @throws {CONTROL_KEY_REVOKED}
   */
  rotate(access: Access, key: { readonly id: string }): Promise<NewKey>
  /** When this returns, the key opens nothing any more. @throws {CONTROL_FORBIDDEN} @throws {CONTROL_KEY_NOT_FOUND} */
  revoke(access: Access, key: { readonly id: string }): Promise<void>
  /**
   * Who holds this key. Costs a hash and, for a key not seen lately, a point read.
   *
   * @throws {CONTROL_KEY_REFUSED} with `details.reason`: "unknown", and to who has the right secret "revoked" or "expired"
   */
  authenticate(text: string): KeyCaller
}

/** What control itself needs of keys besides. */
export interface KeyRing extends Keys {
  /** Forgets what is remembered of a project's keys. */
  forgetProject(projectId: string): void
  /** Writes when which key was used last. */
  flush(): Promise<void>
}

/** Keys remembered at once; the one that came first goes first. */
const MAX_REMEMBERED = 10_000
const KINDS = ["publishable", "secret"] as const
const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/

interface KeyRow {
  n: number
  id: string
  project_id: string
  kind: KeyKind
  scopes: string | null
  name: string
  hint: string
  secret_hash: Uint8Array
  created_at: number
  last_used_at: number | null
  expires_at: number | null
  revoked_at: number | null
}

export function createKeys(options: {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly pager: Pager
  readonly change: ChangeSource
  readonly limits: ControlLimits
}): KeyRing {
  const { file, clock, pager, change, limits } = options
  const keyLimits: KeyLimits = { live: limits.keysPerProject, revoked: limits.revokedKeysPerProject }
  const usage = createKeyUsage({ file, clock, stepMs: limits.lastUsedStepMs, delayMs: limits.lastUsedDelayMs })
  const remembered = new Map<string, KeyRow>()

  function find(id: string): KeyRow | undefined {
    const known = remembered.get(id)
    if (known) return known
    const row = file.get<KeyRow>("SELECT * FROM control_keys WHERE id = ?", [id])
    // What is not there is not remembered, or guesses would push real keys out.
    if (!row) return undefined
    if (remembered.size >= MAX_REMEMBERED) remembered.delete(remembered.keys().next().value!)
    remembered.set(id, row)
    return row
  }

  /** Whatever became of the change, the next use of the key reads what is committed. */
  async function changeKey(id: string, committed: Promise<unknown>): Promise<void> {
    try {
      await committed
    } finally {
      remembered.delete(id)
    }
  }

  const toKey = ({ id, kind, name, hint, ...row }: KeyRow): Key => ({
    ...{ id, kind, name, hint },
    scopes: readScopes(row.scopes),
    createdAt: toTime(row.created_at)!,
    lastUsedAt: toTime(usage.lastUsedMs(id) ?? row.last_used_at),
    expiresAt: toTime(row.expires_at),
    revokedAt: toTime(row.revoked_at),
  })

  return {
    list(access, page = {}) {
      requireAccess(access, needs["keys.list"])
      const { id } = access.project
      const sql = "SELECT * FROM control_keys WHERE project_id = ? AND n < ? ORDER BY n DESC LIMIT ?"
      const read = (before: number, limit: number): KeyRow[] => file.all<KeyRow>(sql, [id, before, limit])
      return pager.cut(`keys/${id}`, page, read, toKey)
    },

    async create(access, { kind: givenKind, name: givenName, expiresAt, scopes: givenScopes }) {
      requireAccess(access, needs["keys.change"])
      const kind = checkChoice("kind", givenKind, KINDS)
      const name = checkName(givenName)
      const scopes = writeScopes(checkScopes(kind, givenScopes ?? null))
      const expiresAtMs = checkExpiry(expiresAt ?? null, clock.now())
      const { textOf, ...fresh } = createKey()
      const head = change(access)
      const creation: KeyCreation = {
        change: head,
        key: { ...fresh, kind, scopes, name, expiresAtMs },
        limits: keyLimits,
      }
      await file.call("control.createKey", creation)
      return { key: toKey(find(fresh.id)!), secret: textOf(kind) }
    },

    async rotate(access, { id }) {
      requireAccess(access, needs["keys.change"])
      const { textOf, ...successor } = createKey()
      const rotation: KeyRotation = { change: change(access), id, successor, limits: keyLimits }
      await changeKey(id, file.call("control.rotateKey", rotation))
      const row = find(successor.id)
      if (!row) throw new KeyNotFound()
      return { key: toKey(row), secret: textOf(row.kind) }
    },

    async revoke(access, { id }) {
      requireAccess(access, needs["keys.change"])
      await changeKey(id, file.call("control.revokeKey", { change: change(access), id, limits: keyLimits }))
    },

    authenticate(text) {
      const parts = parseKey(text)
      const row = parts && find(parts.id)
      if (!parts || !row || row.kind !== parts.kind || !isSameHash(row.secret_hash, parts.secretHash)) {
        throw refusal("unknown")
      }
      if (row.revoked_at !== null) throw refusal("revoked")
      if (row.expires_at !== null && row.expires_at <= clock.now()) throw refusal("expired")
      usage.touch(row.id, row.last_used_at)
      const { id, kind, name } = row
      return { kind: "key", id, projectId: row.project_id, keyKind: kind, scopes: readScopes(row.scopes), name }
    },

    forgetProject(projectId) {
      for (const [id, row] of remembered) if (row.project_id === projectId) remembered.delete(id)
    },
    flush: usage.flush,
  }
}

function refusal(reason: "unknown" | "revoked" | "expired"): InstanceType<typeof KeyRefused> {
  return reason === "unknown"
    ? new KeyRefused("This is no project key of this install. Check that it was copied whole.", { details: { reason } })
    : new KeyRefused(`This project key is ${reason}. Create another one in the project.`, { details: { reason } })
}

function checkScopes(kind: KeyKind, given: readonly string[] | null): readonly Scope[] | null {
  if (given === null) return null
  if (kind !== "secret" || given.length === 0) {
    throw new InvalidInput(
      "Expected `scopes` to be one scope or more, of a secret key: a publishable one is in everybody's hands.",
      { details: { field: "scopes" } },
    )
  }
  return given.map((scope) => checkChoice("scopes", scope, known))
}

function checkExpiry(text: string | null, nowMs: number): number | null {
  if (text === null) return null
  const atMs = RFC_3339.test(text) ? Date.parse(text) : Number.NaN
  if (atMs > nowMs) return atMs
  throw new InvalidInput("Expected `expiresAt` to be a time to come, such as 2030-01-31T12:00:00Z.", {
    details: { field: "expiresAt" },
  })
}

function toTime(ms: number): string
function toTime(ms: number | null): string | null
function toTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
