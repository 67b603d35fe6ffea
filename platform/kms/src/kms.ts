import type { Clock } from "@ashlar/core"
import { createSecrets, type KeyEvent, KeyNotFound, type KeyStore, type Keys, openKeys } from "@ashlar/crypto"
import type { RootKey } from "@ashlar/crypto/root-keys"
import type { SqliteFile } from "@ashlar/sqlite"
import { KmsAudit } from "./kms-audit.ts"
import { codeOf, type KmsActor, LiveProjectKms, type Note, type ProjectKmsParts } from "./live-kms.ts"
import type { ProjectKms } from "./project-kms.ts"
import { sqliteStore } from "./sqlite-store.ts"

export interface KmsOptions {
  /** The system file, opened with `kmsFeature`. */
  readonly file: SqliteFile
  readonly root: RootKey
  readonly clock: Clock
  /** Puts what a project's documents have under the current version of the platform's own key. */
  readonly rewrapOthers?: (projectId: string, key: string) => Promise<number>
}

/** The keys and secrets of all projects. */
export interface Kms {
  /** Those of one project, for a caller whom control let in. */
  of(projectId: string, caller: { readonly actor: KmsActor; readonly note: Note }): ProjectKms
  /** The keys of a project, for the platform's own use. */
  keysOf(projectId: string): Keys
  /** Counts what the platform did with a key of its own for documents. Audited by the minute; it waits for nothing. */
  countFieldUse(projectId: string, use: FieldUse): void
  /** What a function reads, by the grant that the secret has. @throws {CRYPTO_SECRET_NOT_FOUND} */
  readAsFunction(projectId: string, request: { readonly function: string; readonly name: string }): Promise<string>
  /** Destroys all keys of a project, and with them what it encrypted, in every backup; and takes its secrets away. */
  forget(projectId: string): Promise<void>
  /** Destroys keys whose time has come, and takes away what is too old in the audit. */
  destroyDue(): Promise<number>
  close(): Promise<void>
}

/** A value of an encrypted field that was sealed or opened, or that would not open. */
export interface FieldUse {
  readonly action: "encrypt" | "decrypt"
  readonly key: string
  readonly collection: string
  readonly refused?: string
}

const PROJECT = "project:"
const PLATFORM = { kind: "system", id: "platform", label: "platform" } as const
/** What the platform does by itself. */
const ALONE: ReadonlySet<string> = new Set(["key.auto-rotate", "key.destroy"])

/** Opens the keys of an install under its root key. */
export async function openKms({ file, root, clock, rewrapOthers }: KmsOptions): Promise<Kms> {
  const store: KeyStore = sqliteStore(file)
  const own: { audit?: KmsAudit } = {}
  // What callers do is told in their name; this is what is done in nobody's.
  const alone = async ({ action, tenant, name, version, refused }: KeyEvent): Promise<void> => {
    if (!ALONE.has(action) || !tenant.startsWith(PROJECT)) return
    const event = { action: action.replace("key.", "kms."), actor: PLATFORM, target: { type: "key", name } as const }
    const more = { ...(version !== null && { version }), ...(refused !== null && { refused }) }
    await own.audit?.tell(tenant.slice(PROJECT.length), { ...event, ...more })
  }
  const keys = await openKeys({ root, store, clock, tenant: "install", recordTtlMs: 0, audit: alone })
  const audit = new KmsAudit({ file, keys, clock })
  own.audit = audit
  const keysOf = (projectId: string): Keys => keys.at(`${PROJECT}${projectId}`)
  return {
    keysOf,
    of(projectId, { actor, note }) {
      const parts: ProjectKmsParts = {
        ...{ projectId, actor, audit, keys: keysOf(projectId), store, note },
        rewrapOthers: async (key) => (await rewrapOthers?.(projectId, key)) ?? 0,
      }
      return new LiveProjectKms(parts)
    },
    countFieldUse(projectId, { action, key, ...rest }) {
      audit.tally(projectId, { action: `kms.${action}`, actor: PLATFORM, target: { type: "key", name: key }, ...rest })
    },
    async readAsFunction(projectId, request) {
      const secrets = createSecrets({ keys: keysOf(projectId), store, clock })
      const actor = { kind: "function", id: request.function, label: request.function }
      const event = { action: "secret.read", actor, target: { type: "secret", name: request.name } } as const
      try {
        const { value, version } = await secrets.as(`function:${request.function}`).get(request.name)
        await audit.tell(projectId, { ...event, version })
        return value
      } catch (error) {
        await audit.count(projectId, { ...event, refused: codeOf(error) })
        throw error
      }
    },
    async forget(projectId) {
      const own = keysOf(projectId)
      for (;;) {
        const { items } = await own.list({ limit: 200 })
        for (const { name } of items) {
          const gone = await own.shred(name).catch((error: unknown) => {
            if (!(error instanceof KeyNotFound)) throw error
          })
          if (gone) await audit.tell(projectId, { action: "kms.shred", actor: PLATFORM, target: { type: "key", name } })
          const stored = gone && (await store.get(gone.id))
          if (stored) await store.remove(stored.id, stored.revision)
        }
        if (items.length === 0) break
      }
      for (;;) {
        const found = await store.list({ kind: "secret", tenant: own.tenant, limit: 200 })
        for (const { id, revision } of found) await store.remove(id, revision)
        if (found.length === 0) return
      }
    },
    async destroyDue() {
      await audit.prune()
      return await keys.destroyDue()
    },
    close: () => audit.close().finally(() => keys.close()),
  }
}
