import { uuidv7 } from "@ashlar/core"
import { audited } from "../audit.ts"
import { CryptoOptionInvalid, KeyExists, KeyRecordInvalid, UnwrapFailed } from "../errors.ts"
import type { StoredRecord } from "../stores/store.ts"
import { isRsa, USES } from "./algorithms.ts"
import { bounded, type KeyCore } from "./core.ts"
import {
  checkName,
  checkTenant,
  fromStored,
  type KeyGrant,
  type KeyInfo,
  type KeyRecord,
  MAX_GRANTS,
  toInfo,
} from "./key.ts"
import type { KeyOperations, KeyPage, Keys, NewKey, RootProgress } from "./keys.ts"
import { LiveOperations } from "./live-operations.ts"

const DAY_MS = 86_400_000
const PAGE = 100

/** Keys of one tenant, with what their owner may do. */
export class LiveKeys extends LiveOperations implements Keys {
  constructor(core: KeyCore, tenant: string) {
    super(core, checkTenant(tenant), null)
  }

  at(tenant: string): Keys {
    return new LiveKeys(this.core, tenant)
  }
  as(grantee: string): KeyOperations {
    return new LiveOperations(this.core, this.tenant, checkGrantee(grantee))
  }

  async create(key: NewKey): Promise<KeyInfo> {
    const { core, tenant } = this
    const { name, algorithm = "AES-256-GCM", rotateEveryDays, modulusBits = 3_072, grants = [] } = key
    return await this.#manage("key.create", name, async () => {
      checkName(name)
      if (!Object.hasOwn(USES, algorithm)) throw new CryptoOptionInvalid("Expected a known `algorithm`.")
      const uses = [...new Set(key.uses ?? USES[algorithm])]
      if (uses.length === 0 || uses.some((use) => !USES[algorithm].includes(use)))
        throw new CryptoOptionInvalid(`Expected \`uses\` among ${USES[algorithm].join(", ")} for ${algorithm}.`)
      if (![2_048, 3_072, 4_096].includes(modulusBits))
        throw new CryptoOptionInvalid("Expected `modulusBits` to be 2048, 3072 or 4096.")
      if (rotateEveryDays !== undefined) {
        bounded(rotateEveryDays, "rotateEveryDays", { min: 1, max: 3_650 })
        if (algorithm !== "AES-256-GCM") throw new CryptoOptionInvalid("Only keys that encrypt are rotated by age.")
      }
      if ((await core.records.store.find("key", tenant, name)) !== undefined) throw new KeyExists()
      const own = { id: uuidv7(), tenant, name, algorithm, modulusBits: isRsa(algorithm) ? modulusBits : null }
      const record = await core.records.insert({
        ...own,
        ...{ uses, state: "enabled", current: 1, minimum: 1, createdAtMs: core.clock.now(), revision: 1 },
        ...{ rotateEveryMs: rotateEveryDays === undefined ? null : rotateEveryDays * DAY_MS, deletesAtMs: null },
        grants: checkGrants(grants, uses),
        versions: [await core.newVersion(own, 1)],
      })
      if (record === undefined) throw new KeyExists()
      return record
    })
  }

  async get(name: string): Promise<KeyInfo> {
    this.core.checkOpen()
    return toInfo(await this.core.records.read(this.tenant, name))
  }
  async list({ after, limit = 50 }: { readonly after?: string; readonly limit?: number } = {}): Promise<KeyPage> {
    this.core.checkOpen()
    bounded(limit, "limit", { min: 1, max: 200 })
    const place = { kind: "key", tenant: this.tenant, limit: limit + 1, ...(after !== undefined && { after }) } as const
    const found = await this.core.records.store.list(place)
    const page = found.slice(0, limit)
    const items = page.flatMap((stored) => readable(stored) ?? []).map(toInfo)
    return { items, next: found.length > limit ? (page.at(-1)?.name ?? null) : null }
  }

  async rotate(name: string): Promise<KeyInfo> {
    return await this.#change("key.rotate", name, (record) => {
      if (record.state !== "enabled") throw new CryptoOptionInvalid("Only an enabled key is rotated.")
      return this.core.withNewVersion(record)
    })
  }
  async setMinimumVersion(name: string, version: number): Promise<KeyInfo> {
    return await this.#change("key.minimum-version", name, (record) => {
      bounded(version, "version", { min: 1, max: record.current })
      return { ...record, minimum: version }
    })
  }
  async trim(name: string): Promise<KeyInfo> {
    return await this.#change("key.trim", name, (record) => ({
      ...record,
      versions: record.versions.map((one) => (one.version < record.minimum ? { ...one, material: null } : one)),
    }))
  }
  async setGrants(name: string, grants: readonly KeyGrant[]): Promise<KeyInfo> {
    return await this.#change("key.grants", name, (record) => ({ ...record, grants: checkGrants(grants, record.uses) }))
  }
  async disable(name: string): Promise<KeyInfo> {
    return await this.#change("key.disable", name, (record) =>
      record.state === "enabled" ? { ...record, state: "disabled" } : record,
    )
  }
  async enable(name: string): Promise<KeyInfo> {
    return await this.#change("key.enable", name, (record) => {
      if (record.state === "pending-deletion") throw new CryptoOptionInvalid("Cancel the deletion of the key first.")
      return { ...record, state: "enabled" }
    })
  }
  async scheduleDeletion(name: string, { days = 30 }: { readonly days?: number } = {}): Promise<KeyInfo> {
    return await this.#change("key.schedule-deletion", name, (record) => {
      bounded(days, "days", { min: 7, max: 365 })
      return { ...record, state: "pending-deletion", deletesAtMs: this.core.clock.now() + days * DAY_MS }
    })
  }
  async cancelDeletion(name: string): Promise<KeyInfo> {
    return await this.#change("key.cancel-deletion", name, (record) => {
      if (record.state !== "pending-deletion") throw new CryptoOptionInvalid("No deletion of the key is scheduled.")
      return { ...record, state: "disabled", deletesAtMs: null }
    })
  }
  async shred(name: string): Promise<KeyInfo> {
    return await this.#manage("key.shred", name, async () => {
      for (;;) {
        const record = await this.core.records.peek(this.tenant, name)
        this.core.forget(record)
        if (record.state === "destroyed") return record
        await this.core.records.destroy(record)
      }
    })
  }

  async destroyDue(): Promise<number> {
    this.core.checkOpen()
    let count = 0
    for (const stored of await this.core.records.due(PAGE)) {
      const version = readable(stored)?.current ?? null
      const about = { action: "key.destroy", tenant: stored.tenant, name: stored.name, version, caller: null }
      const work = audited(this.core.audit, { ...about, atMs: this.core.clock.now() }, async () => {
        const { record } = fromStored(stored)
        this.core.forget(record)
        if (await this.core.records.destroy(record)) count++
      })
      await work.catch((error: unknown) => {
        if (!(error instanceof KeyRecordInvalid)) throw error
      })
    }
    return count
  }

  async rewrapRoot(onProgress: (progress: RootProgress) => void = () => undefined): Promise<RootProgress> {
    this.core.checkOpen()
    const { store } = this.core.records
    const progress = { seen: 0, rewrapped: 0, broken: 0 }
    let after: string | undefined
    for (;;) {
      const page = await store.list({ kind: "key", limit: PAGE, ...(after !== undefined && { after }) })
      for (const stored of page) {
        progress.seen++
        try {
          if (await this.#rewrapKey(fromStored(stored).record)) progress.rewrapped++
        } catch (error) {
          if (!(error instanceof KeyRecordInvalid || error instanceof UnwrapFailed)) throw error
          progress.broken++
        }
        onProgress({ ...progress })
      }
      after = page.at(-1)?.id
      if (page.length < PAGE) return progress
    }
  }
  /** @returns whether it was wrapped by another root. */
  async #rewrapKey(one: KeyRecord): Promise<boolean> {
    const isOld = (record: KeyRecord): boolean =>
      record.versions.some(({ root, material }) => material !== null && root !== this.core.material.root.id)
    if (one.state === "destroyed" || this.core.records.isDue(one) || !isOld(one)) return false
    await this.core.records.change(one, async (record) => {
      if (!isOld(record)) return record
      const versions = []
      for (const version of record.versions) versions.push(await this.core.material.rewrap(record, version))
      return { ...record, versions }
    })
    return true
  }

  async close(): Promise<void> {
    await this.core.close()
  }

  async #change(
    action: string,
    name: string,
    decide: (record: KeyRecord) => KeyRecord | Promise<KeyRecord>,
  ): Promise<KeyInfo> {
    return await this.#manage(action, name, async () => {
      const record = await this.core.records.change({ tenant: this.tenant, name: checkName(name) }, decide)
      this.core.forget(record)
      return record
    })
  }
  async #manage(action: string, name: string, work: () => Promise<KeyRecord>): Promise<KeyInfo> {
    const { core, tenant } = this
    core.checkOpen()
    const about = { atMs: core.clock.now(), action, tenant, name: String(name).slice(0, 64), caller: null }
    return toInfo(await audited(core.audit, { ...about, version: null }, work))
  }
}

function readable(stored: StoredRecord): KeyRecord | undefined {
  try {
    return fromStored(stored).record
  } catch {
    return undefined
  }
}

/** @throws {CRYPTO_OPTION_INVALID} */
function checkGrants(grants: readonly KeyGrant[], uses: KeyRecord["uses"]): readonly KeyGrant[] {
  if (grants.length > MAX_GRANTS) throw new CryptoOptionInvalid(`Expected at most ${MAX_GRANTS} grants of a key.`)
  for (const grant of grants) {
    checkGrantee(grant.grantee)
    if (grant.uses.length === 0 || grant.uses.some((use) => !uses.includes(use)))
      throw new CryptoOptionInvalid(`Expected the uses of a grant among those of the key: ${uses.join(", ")}.`)
    if (grant.expiresAtMs !== undefined) bounded(grant.expiresAtMs, "expiresAtMs", { min: 0, max: 8.64e15 })
  }
  return grants
}

/** @throws {CRYPTO_OPTION_INVALID} */
function checkGrantee(grantee: string): string {
  if (typeof grantee !== "string" || !/^[\x21-\x7e]{1,128}$/.test(grantee))
    throw new CryptoOptionInvalid("Expected a grantee of 1 to 128 visible characters, such as service:billing.")
  return grantee
}
