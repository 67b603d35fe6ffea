import { setTimeout } from "node:timers/promises"
import { openProofs, type ProofStore } from "@ashlar/auth/proofs"
import type { Sealer } from "@ashlar/security"
import { OAuthGrantEnded, OAuthStoreFailed } from "../errors.ts"
import { hashOf } from "../server/store/records.ts"
import type { ProviderTokens } from "./flow/tokens.ts"
import type { OAuthClient } from "./oauth-client.ts"

export interface TokenVaultOptions<Name extends string> {
  readonly client: OAuthClient<Name>
  /** Seals the tokens where they are kept. Default: the client's. */
  readonly sealer?: Sealer
  /** A URL of `@ashlar/auth/proofs` where nothing is lost, such as `sqlite:./data/app.db`, or an open store. */
  readonly store: string | ProofStore
  /** Access tokens that end within so many seconds are refreshed. Default: 60. */
  readonly refreshBeforeSeconds?: number
}

/** Keeps the tokens of providers, for apps that act for people there. */
export interface TokenVault<Name extends string = string> {
  /** Puts tokens in the place of those that a user had of a provider. */
  save(userId: string, provider: Name, tokens: ProviderTokens): Promise<void>
  /**
   * Tokens that are good now, refreshed where they have to be; undefined where there are none. All who ask at once wait
   * for one refresh, in whatever process. Where the provider gives none any more they are removed.
   * @throws {OAUTH_GRANT_ENDED} {OAUTH_PROVIDER_FAILED} {OAUTH_ANSWER_INVALID}
   */
  fresh(userId: string, provider: Name): Promise<ProviderTokens | undefined>
  /** Forgets the tokens, and takes them back at the provider. @returns whether there were any. */
  remove(userId: string, provider: Name): Promise<boolean>
  close(): Promise<void>
}

const KIND = "oauth-tokens"
const LEASE = "oauth-refresh"
/** Longer than a provider may take, discovery included; shorter than anybody waits for a process that was killed. */
const LEASE_MS = 60_000
const WAIT_MS = 100
const MAX_WAITS = 650
const TRIES = 8

/**
 * Keeps what providers gave, sealed for one user and provider each.
 * @example
 * const vault = createTokenVault({ client, store: "sqlite:./data/app.db" })
 * await vault.save(userId, "github", tokens)
 * const { accessToken } = (await vault.fresh(userId, "github")) ?? {}
 */
export function createTokenVault<const Name extends string>(options: TokenVaultOptions<Name>): TokenVault<Name> {
  return new LiveVault(options)
}

class LiveVault<Name extends string> implements TokenVault<Name> {
  readonly #options: TokenVaultOptions<Name>
  readonly #sealer: Sealer
  readonly #refreshing = new Map<string, Promise<ProviderTokens | undefined>>()
  #store: Promise<ProofStore> | undefined

  constructor(options: TokenVaultOptions<Name>) {
    this.#options = options
    this.#sealer = options.sealer ?? options.client.sealer
  }

  async save(userId: string, provider: Name, tokens: ProviderTokens): Promise<void> {
    const store = await this.#open()
    const id = idOf(userId, provider)
    const data = this.#sealer.seal(JSON.stringify(tokens), contextOf(userId, provider))
    const createdMs = this.#options.client.clock.now()
    for (let at = 0; at < TRIES; at++) {
      if (await store.add({ kind: KIND, id, userId, counter: 0, data, createdMs, expiresMs: undefined })) return
      const there = await store.find(KIND, id)
      if (there !== undefined && (await store.replace(KIND, id, { from: there.data, to: data }))) return
    }
    throw new OAuthStoreFailed("The tokens could not be kept: others write them all the time.")
  }
  async fresh(userId: string, provider: Name): Promise<ProviderTokens | undefined> {
    const id = idOf(userId, provider)
    const before = this.#refreshing.get(id)
    if (before !== undefined) return await before
    const work = this.#fresh(userId, provider).finally(() => this.#refreshing.delete(id))
    this.#refreshing.set(id, work)
    return await work
  }
  async remove(userId: string, provider: Name): Promise<boolean> {
    const taken = await (await this.#open()).take(KIND, idOf(userId, provider))
    const tokens = taken && this.#read(taken.data, userId, provider)
    if (tokens === undefined) return false
    await this.#options.client.revoke(provider, tokens)
    return true
  }
  async close(): Promise<void> {
    if (typeof this.#options.store === "string") await (await this.#store)?.close()
  }

  /** Of all processes that find them out of date one refreshes, for a refresh token that is shown twice may end all of them. */
  async #fresh(userId: string, provider: Name): Promise<ProviderTokens | undefined> {
    const store = await this.#open()
    const id = idOf(userId, provider)
    for (let at = 0; at < MAX_WAITS; at++) {
      const kept = await store.find(KIND, id)
      const tokens = kept && this.#read(kept.data, userId, provider)
      if (kept === undefined || tokens === undefined || this.#isGood(tokens)) return tokens
      const createdMs = this.#options.client.clock.now()
      const lease = { kind: LEASE, id, userId, counter: 0, data: "", createdMs, expiresMs: createdMs + LEASE_MS }
      if (await store.add(lease)) {
        try {
          // What was read before the lease may have been refreshed since.
          const now = await store.find(KIND, id)
          if (now?.data === kept.data) return await this.#refresh(userId, provider, { from: kept.data, tokens })
        } finally {
          await store.take(LEASE, id)
        }
      } else await setTimeout(WAIT_MS)
    }
    throw new OAuthStoreFailed("Another process refreshes the tokens, and does not come to an end.")
  }
  #isGood({ expiresAtMs, refreshToken }: ProviderTokens): boolean {
    const { client, refreshBeforeSeconds = 60 } = this.#options
    const nowMs = client.clock.now()
    if (expiresAtMs === undefined || expiresAtMs - refreshBeforeSeconds * 1000 > nowMs) return true
    return refreshToken === undefined && expiresAtMs > nowMs
  }
  async #refresh(
    userId: string,
    provider: Name,
    { from, tokens }: { readonly from: string; readonly tokens: ProviderTokens },
  ): Promise<ProviderTokens> {
    // Where another sign-in wrote meanwhile, its tokens stay.
    const put = async (value: ProviderTokens | null): Promise<void> => {
      const to = this.#sealer.seal(JSON.stringify(value), contextOf(userId, provider))
      await (await this.#open()).replace(KIND, idOf(userId, provider), { from, to })
    }
    try {
      const fresh = await this.#options.client.refresh(provider, tokens)
      await put(fresh)
      return fresh
    } catch (error) {
      if (error instanceof OAuthGrantEnded) await put(null)
      throw error
    }
  }
  /** @returns undefined for those that ended. */
  #read(data: string, userId: string, provider: string): ProviderTokens | undefined {
    const tokens = JSON.parse(this.#sealer.open(data, contextOf(userId, provider))) as ProviderTokens | null
    return tokens ?? undefined
  }
  async #open(): Promise<ProofStore> {
    const { store, client } = this.#options
    if (typeof store !== "string") return store
    this.#store ??= openProofs(store, { clock: client.clock })
    return await this.#store
  }
}

function idOf(userId: string, provider: string): string {
  return hashOf(KIND, provider, userId)
}
function contextOf(userId: string, provider: string): string {
  return `${KIND}/${provider}/${userId}`
}
