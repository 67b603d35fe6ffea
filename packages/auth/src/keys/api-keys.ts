import type { Duration } from "@ashlar/cache"
import { type Clock, defineService, type Guarantees, type Service, type Services, systemClock } from "@ashlar/core"
import { toMs } from "../duration.ts"
import { ApiKeyRefused, AuthSetupInvalid } from "../errors.ts"
import { Records } from "../records/open-records.ts"
import type { RecordStore, StoredRecord } from "../records/record-store.ts"
import { hashOf, newSecret, ownerKey } from "../records/secret.ts"
import { isKeyText, newKeyText } from "./key-text.ts"

export interface ApiKeysOptions {
  /** Stands before every key, so that it is told apart: 1 to 20 letters, digits and `_`, such as `acme_live`. */
  readonly prefix: string
  /** Keeps these keys apart from others in one store; in SQL the table is `ashlar_` and this. Default: `api_keys`. */
  readonly name?: string
  /** Keys of one owner at most: 1 to 500. Default: 100. */
  readonly maxPerOwner?: number
  /** How often at most the use of a key is written down. Default: `1m`. */
  readonly touchEvery?: Duration
  readonly needs?: Guarantees
  /** For tests. Default: the machine's. */
  readonly clock?: Clock
}

/** A key as its owner may see it: nothing in it opens anything. */
export interface ApiKey {
  /** Names it, for lists, `rotate` and `revoke`; stays the same when it is rotated. */
  readonly id: string
  readonly owner: string
  /** What the owner calls it. */
  readonly name: string
  /** How it begins, to be told apart: `acme_live_3fK8`. */
  readonly start: string
  readonly scopes: readonly string[]
  readonly claims: Readonly<Record<string, unknown>>
  readonly createdAtMs: number
  /** Absent: it never ends by itself. */
  readonly expiresAtMs?: number
  /** Up to `touchEvery` earlier; absent: never. */
  readonly lastUsedAtMs?: number
}

export interface NewApiKey {
  /** Whose it is: 1 to 255 characters. */
  readonly owner: string
  /** 1 to 100 characters. */
  readonly name: string
  /** What it may do, and nothing else: 1 to 100. */
  readonly scopes: readonly string[]
  /** How long it is good. Default: until it is revoked. */
  readonly ttl?: Duration
  /** What else its principal says; as JSON at most 4 KiB. */
  readonly claims?: Readonly<Record<string, unknown>>
}

export interface IssuedApiKey {
  /** The key itself. It is told once, and kept nowhere. */
  readonly text: string
  readonly key: ApiKey
}

export interface ApiKeys {
  readonly prefix: string
  /** @throws {AUTH_API_KEY_REFUSED} {AUTH_SETUP_INVALID} {AUTH_STORE_FAILED} */
  create(key: NewApiKey): Promise<IssuedApiKey>
  /** The key behind a text; undefined when there is none, or it is over. */
  find(text: string): ApiKey | undefined | Promise<ApiKey | undefined>
  /** Another text for the same key. The one before is good for `overlap` more (default `0s`), so that nobody stands without; those before that end. */
  rotate(owner: string, id: string, options?: { readonly overlap?: Duration }): Promise<IssuedApiKey | undefined>
  /** Ends a key, with all of its texts. @returns whether it was the owner's. */
  revoke(owner: string, id: string): Promise<boolean>
  /** The keys of an owner, the newest first. */
  list(owner: string): Promise<readonly ApiKey[]>
  /** Notes that a key is used, if `touchEvery` has passed. @returns whether it was noted. */
  touch(text: string): Promise<boolean>
  isStale(key: ApiKey): boolean
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** What a store keeps a record for that never ends: the last moment that a date can say. */
const NEVER_MS = 8_640_000_000_000_000
const MAX_JSON_LENGTH = 16_384
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/

/**
 * Opens API keys: `memory:`, `sqlite:path`, `postgres://…`, `mysql://…` or `redis://…`, at their first use. A key has 256 random bits, and only
 * its hash is kept.
 *
 * @throws {AUTH_SETUP_INVALID} {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {CORE_DRIVER_GUARANTEE_MISSING}
 * @example
 * const keys = openApiKeys("sqlite:./data/app.db", { prefix: "acme_live" })
 * const { text, key } = await keys.create({ owner: user.id, name: "CI", scopes: ["books:read"], ttl: "90d" })
 */
export function openApiKeys(url: string | RecordStore, options: ApiKeysOptions): ApiKeys {
  return new LiveApiKeys(url, options)
}

/** The same as a service of an app: opened when it is first asked for, closed with the app. */
export function defineApiKeys(
  url: (services: Services) => string | Promise<string>,
  options: ApiKeysOptions,
): Service<ApiKeys> {
  return defineService<ApiKeys>({
    name: options.name ?? "api_keys",
    open: async (services) => openApiKeys(await url(services), options),
    close: (keys) => keys.close(),
  })
}

/** One text of a key. */
interface HeldText {
  readonly record: StoredRecord
  readonly key: ApiKey
}

class LiveApiKeys implements ApiKeys {
  readonly prefix: string
  readonly #records: Records
  readonly #clock: Clock
  readonly #touchMs: number
  readonly #maxPerOwner: number

  constructor(url: string | RecordStore, options: ApiKeysOptions) {
    const { prefix, name = "api_keys", maxPerOwner = 100, touchEvery = "1m", clock = systemClock } = options
    if (!/^[A-Za-z][A-Za-z0-9_]{0,19}$/.test(prefix) || prefix.endsWith("_"))
      throw new AuthSetupInvalid("Expected prefix to be 1 to 20 letters, digits and _, and no _ at its end.")
    if (!Number.isInteger(maxPerOwner) || maxPerOwner < 1 || maxPerOwner > 500)
      throw new AuthSetupInvalid(`Expected maxPerOwner to be an integer from 1 to 500, got ${maxPerOwner}.`)
    this.prefix = prefix
    this.#clock = clock
    this.#touchMs = toMs(touchEvery, "touchEvery")
    this.#maxPerOwner = maxPerOwner
    this.#records = new Records(url, { name, clock, ...(options.needs && { needs: options.needs }) })
  }

  async create({ owner, name, scopes, ttl, claims = {} }: NewApiKey): Promise<IssuedApiKey> {
    checkNew({ owner, name, scopes })
    const nowMs = this.#clock.now()
    const expiresAtMs = ttl === undefined ? undefined : nowMs + toMs(ttl, "ttl")
    const id = newSecret().slice(0, 22)
    const facts = {
      id,
      owner,
      name,
      scopes,
      claims,
      createdAtMs: nowMs,
      ...(expiresAtMs !== undefined && { expiresAtMs }),
    }
    const store = await this.#records.use()
    const held = new Set((await this.#ownedBy(store, owner)).map(({ key }) => key.id))
    if (held.size >= this.#maxPerOwner)
      throw new ApiKeyRefused(`Expected at most ${this.#maxPerOwner} keys of one owner. Revoke one that is not used.`)
    return await this.#issue(store, facts)
  }
  find(text: string): ApiKey | undefined | Promise<ApiKey | undefined> {
    if (!isKeyText(text, this.prefix)) return undefined
    const look = (store: RecordStore) => {
      const found = store.find(hashOf(text))
      return found instanceof Promise
        ? found.then((record) => record && this.#alive(record))
        : found && this.#alive(found)
    }
    const store = this.#records.use()
    return store instanceof Promise ? store.then(look) : look(store)
  }
  async rotate(
    owner: string,
    id: string,
    { overlap = "0s" }: { readonly overlap?: Duration } = {},
  ): Promise<IssuedApiKey | undefined> {
    const overlapMs = toMs(overlap, "overlap", 0)
    const store = await this.#records.use()
    const texts = await this.#textsOf(store, owner, id)
    const [latest, ...older] = texts
    if (latest === undefined) return undefined
    const { lastUsedAtMs: _lastUse, ...facts } = latest.key
    const issued = await this.#issue(store, facts)
    for (const { record } of older) await store.remove(record.key)
    await this.#endAt(store, latest.record, { key: latest.key, untilMs: this.#clock.now() + overlapMs })
    return issued
  }
  async revoke(owner: string, id: string): Promise<boolean> {
    const store = await this.#records.use()
    const texts = await this.#textsOf(store, owner, id)
    for (const { record } of texts) await store.remove(record.key)
    return texts.length > 0
  }
  async list(owner: string): Promise<readonly ApiKey[]> {
    const all = await this.#ownedBy(await this.#records.use(), owner)
    const byId = new Map<string, ApiKey>()
    // Of a key that is rotated the text that stays, and the last use of any.
    for (const { key } of all) {
      const known = byId.get(key.id)
      const used = Math.max(known?.lastUsedAtMs ?? 0, key.lastUsedAtMs ?? 0)
      byId.set(key.id, { ...(known ?? key), ...(used > 0 && { lastUsedAtMs: used }) })
    }
    return [...byId.values()].sort((a, b) => b.createdAtMs - a.createdAtMs)
  }
  async touch(text: string): Promise<boolean> {
    const store = await this.#records.use()
    const record = await store.find(hashOf(text))
    const key = record && this.#alive(record)
    if (record === undefined || key === undefined || !this.isStale(key)) return false
    return await store.change({ ...record, value: JSON.stringify({ ...key, lastUsedAtMs: this.#clock.now() }) })
  }
  isStale({ lastUsedAtMs = 0 }: ApiKey): boolean {
    return this.#clock.now() - lastUsedAtMs >= this.#touchMs
  }
  close(): Promise<void> {
    return this.#records.close()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #issue(store: RecordStore, facts: Omit<ApiKey, "start">): Promise<IssuedApiKey> {
    const text = newKeyText(this.prefix)
    const key: ApiKey = { ...facts, start: text.slice(0, this.prefix.length + 5) }
    const value = JSON.stringify(key)
    if (value.length > MAX_JSON_LENGTH)
      throw new ApiKeyRefused(`Expected a key of at most ${MAX_JSON_LENGTH} characters as JSON.`)
    const untilMs = key.expiresAtMs ?? NEVER_MS
    await store.insert({ key: hashOf(text), owner: ownerKey(key.owner), value, untilMs, version: 1 })
    return { text, key }
  }
  /** A record that somebody notes the use of meanwhile is read again. */
  async #endAt(
    store: RecordStore,
    record: StoredRecord,
    end: { readonly key: ApiKey; readonly untilMs: number },
  ): Promise<void> {
    const untilMs = Math.min(end.untilMs, end.key.expiresAtMs ?? NEVER_MS)
    let now: StoredRecord | undefined = record
    while (now !== undefined) {
      const key = JSON.parse(now.value) as ApiKey
      if (await store.change({ ...now, value: JSON.stringify({ ...key, expiresAtMs: untilMs }), untilMs })) return
      now = await store.find(record.key)
    }
  }
  /** The texts of one key, the one that stays first. */
  async #textsOf(store: RecordStore, owner: string, id: string): Promise<readonly HeldText[]> {
    return (await this.#ownedBy(store, owner)).filter(({ key }) => key.id === id)
  }
  async #ownedBy(store: RecordStore, owner: string): Promise<readonly HeldText[]> {
    return (await store.list(ownerKey(owner)))
      .flatMap((record) => {
        const key = this.#alive(record)
        return key === undefined ? [] : [{ record, key }]
      })
      .sort((a, b) => (b.key.expiresAtMs ?? NEVER_MS) - (a.key.expiresAtMs ?? NEVER_MS))
  }
  #alive({ value }: StoredRecord): ApiKey | undefined {
    const key = JSON.parse(value) as ApiKey
    return this.#clock.now() < (key.expiresAtMs ?? NEVER_MS) ? key : undefined
  }
}

function checkNew({ owner, name, scopes }: Pick<NewApiKey, "owner" | "name" | "scopes">): void {
  if (typeof owner !== "string" || owner === "" || owner.length > 255)
    throw new ApiKeyRefused("Expected owner to be a text of 1 to 255 characters.")
  if (typeof name !== "string" || name.trim() === "" || name.length > 100)
    throw new ApiKeyRefused("Expected name to be a text of 1 to 100 characters.")
  if (scopes.length === 0 || scopes.length > 100 || !scopes.every((scope) => SCOPE.test(scope)))
    throw new ApiKeyRefused("Expected 1 to 100 scopes without spaces and quotes: a key without any can do nothing.")
}
