import {
  CryptoLimitReached,
  CryptoOptionInvalid,
  createSecrets,
  type KeyInfo,
  type KeyStore,
  type Keys,
  KeyUseRefused,
  type PublicJwk,
  SECRETS_KEY,
  type SecretInfo,
  type Secrets,
} from "@ashlar/crypto"
import type { KmsAudit, KmsEvent } from "./kms-audit.ts"
import type {
  KmsAuditEntry,
  KmsAuditQuery,
  KmsAuditReport,
  KmsKey,
  KmsPage,
  KmsPageRequest,
  KmsSecret,
  NewKmsKey,
  ProjectKms,
  SecretHistoryEntry,
  SecretInput,
} from "./project-kms.ts"

/** In whose name it is done. */
export type KmsActor = KmsEvent["actor"]

/** Writes to the trail of the project, in the name of whoever was let in. */
export type Note = (note: {
  readonly action: string
  readonly target: string
  readonly details?: Readonly<Record<string, unknown>>
}) => Promise<void>

export interface ProjectKmsParts {
  readonly projectId: string
  readonly actor: KmsActor
  readonly audit: KmsAudit
  readonly keys: Keys
  readonly store: KeyStore
  readonly note: Note
  /** Puts what others in the platform encrypted by this key of its own under the current version. @returns how much */
  readonly rewrapOthers: (key: string) => Promise<number>
}

const MAX_KEYS = 200
const MAX_SECRETS = 500
const MAX_PAGE = 200
const DAY_MS = 86_400_000
const OWN = "ashlar."
const FUNCTION = "function:"

/** The binding in this process. */
export class LiveProjectKms implements ProjectKms {
  readonly #parts: ProjectKmsParts
  readonly #secrets: Secrets

  constructor(parts: ProjectKmsParts) {
    this.#parts = parts
    this.#secrets = createSecrets({ keys: parts.keys, store: parts.store })
  }

  async listKeys(page: KmsPageRequest = {}): Promise<KmsPage<KmsKey>> {
    const { items, next } = await this.#parts.keys.list(toPlace(page))
    return { items: items.map(toKey), next }
  }
  async createKey({ name, algorithm, uses, rotateEveryDays }: NewKmsKey): Promise<KmsKey> {
    return await this.#told("kms.create", { type: "key", name }, async () => {
      if (name.startsWith(OWN)) throw new CryptoOptionInvalid(`Names that begin with ${OWN} are the platform's own.`)
      await this.#checkRoom("key", MAX_KEYS)
      const more = { ...(algorithm && { algorithm }), ...(uses && { uses }) }
      const made = await this.#parts.keys.create({
        name,
        ...more,
        ...(rotateEveryDays !== undefined && { rotateEveryDays }),
      })
      await this.#note("kms.create", name, { algorithm: made.algorithm })
      return toKey(made)
    })
  }
  async getKey(name: string): Promise<KmsKey> {
    return toKey(await this.#parts.keys.get(name))
  }
  async rotateKey(name: string): Promise<KmsKey> {
    return await this.#change("kms.rotate", name, (keys) => keys.rotate(name))
  }
  async setMinimumVersion(name: string, version: number): Promise<KmsKey> {
    return await this.#change("kms.minimum-version", name, (keys) => keys.setMinimumVersion(name, version))
  }
  async disableKey(name: string): Promise<KmsKey> {
    return await this.#change("kms.disable", name, (keys) => keys.disable(name))
  }
  async enableKey(name: string): Promise<KmsKey> {
    return await this.#change("kms.enable", name, (keys) => keys.enable(name))
  }
  async scheduleDeletion(name: string, days = 30): Promise<KmsKey> {
    return await this.#change("kms.schedule-deletion", name, (keys) => keys.scheduleDeletion(name, { days }))
  }
  async cancelDeletion(name: string): Promise<KmsKey> {
    return await this.#change("kms.cancel-deletion", name, (keys) => keys.cancelDeletion(name))
  }
  async shredKey(name: string): Promise<KmsKey> {
    return await this.#change("kms.shred", name, (keys) => keys.shred(name))
  }
  async rewrap(name: string): Promise<{ readonly rewrapped: number }> {
    return await this.#told("kms.rewrap", { type: "key", name }, async () => {
      await this.#parts.keys.get(name)
      const rewrapped = name === SECRETS_KEY ? await this.#secrets.rewrap() : await this.#parts.rewrapOthers(name)
      await this.#note("kms.rewrap", name, { rewrapped })
      return { rewrapped }
    })
  }

  async encrypt(
    name: string,
    { plain, context }: Parameters<ProjectKms["encrypt"]>[1],
  ): Promise<{ readonly sealed: string }> {
    const sealed = await this.#use("kms.encrypt", name, (keys) =>
      keys.encrypt(name, fromBase64(plain, "plain"), context),
    )
    return { sealed: toBase64(sealed) }
  }
  async decrypt(
    name: string,
    { sealed, context }: Parameters<ProjectKms["decrypt"]>[1],
  ): Promise<{ readonly plain: string }> {
    const plain = await this.#use("kms.decrypt", name, (keys) =>
      keys.decrypt(name, fromBase64(sealed, "sealed"), context),
    )
    return { plain: toBase64(plain) }
  }
  async generateDataKey(
    name: string,
    { context }: Parameters<ProjectKms["generateDataKey"]>[1],
  ): Promise<{ readonly plain: string; readonly wrapped: string }> {
    const { plain, wrapped } = await this.#use("kms.data-key", name, (keys) => keys.generateDataKey(name, context))
    const answer = { plain: toBase64(plain), wrapped: toBase64(wrapped) }
    plain.fill(0)
    return answer
  }
  async openDataKey(
    name: string,
    { wrapped, context }: Parameters<ProjectKms["openDataKey"]>[1],
  ): Promise<{ readonly plain: string }> {
    const plain = await this.#use("kms.open-data-key", name, (keys) =>
      keys.openDataKey(name, fromBase64(wrapped, "wrapped"), context),
    )
    return { plain: toBase64(plain) }
  }
  async sign(
    name: string,
    { data }: Parameters<ProjectKms["sign"]>[1],
  ): Promise<{ readonly signature: string; readonly version: number }> {
    const { bytes, version } = await this.#use("kms.sign", name, (keys) => keys.sign(name, fromBase64(data, "data")))
    return { signature: toBase64(bytes), version }
  }
  async verify(name: string, input: Parameters<ProjectKms["verify"]>[1]): Promise<{ readonly valid: boolean }> {
    const valid = await this.#use("kms.verify", name, (keys) => {
      const signature = { bytes: fromBase64(input.signature, "signature"), version: input.version }
      return keys.verify(name, fromBase64(input.data, "data"), signature)
    })
    return { valid }
  }
  async publicKeys(name: string): Promise<{ readonly keys: readonly PublicJwk[] }> {
    return { keys: (await this.#checked(name).publicKeys(name)).map(({ jwk }) => jwk) }
  }

  async listSecrets(page: KmsPageRequest = {}): Promise<KmsPage<KmsSecret>> {
    const { items, next } = await this.#secrets.list(toPlace(page))
    return { items: items.map(toSecret), next }
  }
  async setSecret(name: string, { value, expiresAt, functions }: SecretInput): Promise<KmsSecret> {
    return await this.#told("secret.set", { type: "secret", name }, async () => {
      await this.#checkRoom("secret", MAX_SECRETS, name)
      const expiresAtMs = expiresAt === undefined ? undefined : Date.parse(expiresAt)
      const info = await this.#secrets.set(name, value, {
        ...(expiresAtMs !== undefined && { expiresAtMs }),
        ...(functions !== undefined && { readers: functions.map((one) => `${FUNCTION}${one}`) }),
      })
      await this.#note("secret.set", name, { version: info.version, ...(functions && { functions }) })
      return toSecret(info)
    })
  }
  async revealSecret(
    name: string,
    { version }: { readonly version?: number | undefined } = {},
  ): Promise<{ readonly value: string; readonly version: number }> {
    return await this.#told("secret.read", { type: "secret", name }, async () => {
      const found = await this.#secrets.get(name, version === undefined ? {} : { version })
      await this.#note("secret.read", name, { version: found.version })
      return found
    })
  }
  async secretHistory(name: string): Promise<{ readonly items: readonly SecretHistoryEntry[] }> {
    const items = await this.#secrets.history(name)
    return { items: items.map(({ version, createdAtMs }) => ({ version, createdAt: toTime(createdAtMs) })) }
  }
  async removeSecret(name: string): Promise<void> {
    await this.#told("secret.remove", { type: "secret", name }, async () => {
      await this.#secrets.remove(name)
      await this.#note("secret.remove", name)
    })
  }

  async audit(query: KmsAuditQuery = {}): Promise<KmsPage<KmsAuditEntry>> {
    return await this.#parts.audit.list(this.#parts.projectId, query)
  }
  async verifyAudit(): Promise<KmsAuditReport> {
    return await this.#parts.audit.verify(this.#parts.projectId)
  }

  /** Does it, and has it in the audit before its result is given away. */
  async #told<T>(action: string, target: KmsEvent["target"], work: () => Promise<T>): Promise<T> {
    const { audit, projectId, actor } = this.#parts
    let result: T
    try {
      result = await work()
    } catch (error) {
      await audit.count(projectId, { action, actor, target, refused: codeOf(error) })
      throw error
    }
    await audit.tell(projectId, { action, actor, target, ...versionOf(result) })
    return result
  }
  /** The same for what is done often: it is counted. */
  async #use<T>(action: string, name: string, work: (keys: Keys) => Promise<T>): Promise<T> {
    const { audit, projectId, actor } = this.#parts
    const event = { action, actor, target: { type: "key", name } } as const
    let result: T
    try {
      result = await work(this.#checked(name))
    } catch (error) {
      await audit.count(projectId, { ...event, refused: codeOf(error) })
      throw error
    }
    await audit.count(projectId, event)
    return result
  }
  /** @throws {CRYPTO_KEY_USE_REFUSED} for the platform's own keys */
  #checked(name: string): Keys {
    if (name.startsWith(OWN)) throw new KeyUseRefused("This key is the platform's own: it is not used by the API.")
    return this.#parts.keys
  }
  async #change(action: string, name: string, work: (keys: Keys) => Promise<KeyInfo>): Promise<KmsKey> {
    return await this.#told(action, { type: "key", name }, async () => {
      const changed = toKey(await work(this.#parts.keys))
      const { version, minimumVersion, state, deletesAt } = changed
      await this.#note(action, name, { version, minimumVersion, state, deletesAt })
      return changed
    })
  }
  async #note(action: string, target: string, details: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.#parts.note({ action, target, details })
  }
  async #checkRoom(kind: "key" | "secret", most: number, name?: string): Promise<void> {
    const { keys, store } = this.#parts
    if (name !== undefined && (await store.find(kind, keys.tenant, name)) !== undefined) return
    const found = await store.list({ kind, tenant: keys.tenant, limit: most })
    if (found.length >= most) throw new CryptoLimitReached(`A project has at most ${most} ${kind}s.`)
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "INTERNAL"
}
function versionOf(result: unknown): { readonly version?: number } {
  const hasVersion = typeof result === "object" && result !== null && "version" in result
  return hasVersion && typeof result.version === "number" ? { version: result.version } : {}
}

function toPlace({ limit = 50, cursor }: KmsPageRequest): { readonly limit: number; readonly after?: string } {
  return { limit: Math.min(limit, MAX_PAGE), ...(cursor !== undefined && { after: cursor }) }
}

function toTime(ms: number): string {
  return new Date(ms).toISOString()
}

function toKey(info: KeyInfo): KmsKey {
  const { id, name, algorithm, uses, state, version, minimumVersion } = info
  return {
    ...{ id, name, algorithm, uses, state, version, minimumVersion },
    createdAt: toTime(info.createdAtMs),
    deletesAt: info.deletesAtMs === null ? null : toTime(info.deletesAtMs),
    rotateEveryDays: info.rotateEveryMs === null ? null : info.rotateEveryMs / DAY_MS,
    versions: info.versions.map((one) => ({
      version: one.version,
      createdAt: toTime(one.createdAtMs),
      destroyed: one.isDestroyed,
    })),
  }
}

function toSecret({ name, version, createdAtMs, updatedAtMs, expiresAtMs, readers }: SecretInfo): KmsSecret {
  const functions = readers.map((reader) => reader.slice(FUNCTION.length))
  const expiresAt = expiresAtMs === null ? null : toTime(expiresAtMs)
  return { name, version, createdAt: toTime(createdAtMs), updatedAt: toTime(updatedAtMs), expiresAt, functions }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")
}
/** @throws {CRYPTO_OPTION_INVALID} */
function fromBase64(text: string, what: string): Uint8Array {
  const bytes = Buffer.from(text, "base64")
  if (bytes.toString("base64") !== text)
    throw new CryptoOptionInvalid(`Expected \`${what}\` to be base64, with padding.`)
  return bytes
}
