import { randomInt } from "node:crypto"
import { openProofs, type ProofStore } from "@ashlar/auth/proofs"
import { type Clock, systemClock } from "@ashlar/core"
import type { ExternalIdentity } from "../client/identity.ts"
import { isThisMachine } from "../client/providers/provider.ts"
import { EthereumSignInInvalid, OAuthOptionInvalid } from "../errors.ts"
import { hashOf } from "../server/store/records.ts"
import { checksumAddress } from "./address.ts"
import { type EthereumCall, isContractSignature } from "./contract-wallet.ts"
import { personalHash, signerOf } from "./signature.ts"
import { parseSiweMessage, type SiweMessage, toMs, writeSiweMessage } from "./siwe-message.ts"

export interface EthereumSignInOptions {
  /** Where people sign in: `https://app.example.com`. Messages for another origin prove nothing here. */
  readonly origin: string
  /** The chains that are welcome. Default: the main one, `[1]`. */
  readonly chainIds?: readonly number[]
  /** What the wallet shows: a sentence of ASCII, in one line. */
  readonly statement?: string
  /** Remembers the nonces that were given: a URL of `@ashlar/auth/proofs`, or an open store. With several processes not `memory:`. Default: `memory:`. */
  readonly store?: string | ProofStore
  /** How long a message may take to come back signed, in seconds: 30 to 3,600. Default: 300. */
  readonly lifetimeSeconds?: number
  /** Lets contract wallets in (EIP-1271), by asking a node of the message's chain. Default: they may not. */
  readonly call?: EthereumCall
  /** For tests. */
  readonly clock?: Clock
}

export interface SignedMessage {
  readonly message: string
  /** `0x` and hexadecimal digits. */
  readonly signature: string
  /** The browser that `begin` was told: only that one may come back. */
  readonly browser: string
}

export interface ProvenAccount {
  /** `issuer` is the chain, `subject` the account on it (CAIP-10): `eip155:1:0x…`. */
  readonly identity: ExternalIdentity
  readonly message: SiweMessage
}

/** Sign-In with Ethereum: the part that knows no HTTP. */
export interface EthereumSignIn {
  readonly origin: string
  /** A message for an account to sign. @throws {OAUTH_ETHEREUM_INVALID} */
  begin(account: { readonly address: string; readonly chainId: number; readonly browser: string }): Promise<string>
  /**
   * Who signed. Each message is good once, whether it was signed well or not.
   * @throws {OAUTH_ETHEREUM_INVALID} with `details.reason`: `message`, `domain`, `uri`, `chain`, `time`, `nonce`, `signature`.
   */
  verify(signed: SignedMessage): Promise<ProvenAccount>
  close(): Promise<void>
}

type Reason = "message" | "domain" | "uri" | "chain" | "time" | "nonce" | "signature"

const KIND = "ethereum-nonce"
const TOLERANCE_MS = 30_000
/** 24 letters and digits have 142 random bits. */
const NONCE_LENGTH = 24
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/**
 * Signs people in by Ethereum accounts. An account is one of its chain: what has the same address on another chain may be somebody else's
 * contract.
 *
 * @throws {OAUTH_OPTION_INVALID}
 * @see https://eips.ethereum.org/EIPS/eip-4361
 * @example
 * const ethereum = createEthereumSignIn({ origin: "https://app.example.com" })
 * app.add(ethereumRoutes({ ethereum, onSignIn }))
 */
export function createEthereumSignIn(options: EthereumSignInOptions): EthereumSignIn {
  return new LiveSignIn(options)
}

class LiveSignIn implements EthereumSignIn {
  readonly origin: string
  readonly #options: EthereumSignInOptions
  readonly #chainIds: readonly number[]
  readonly #lifetimeMs: number
  readonly #clock: Clock
  #store: ProofStore | Promise<ProofStore> | undefined

  constructor(options: EthereumSignInOptions) {
    const { origin, chainIds = [1], lifetimeSeconds = 300, clock = systemClock } = options
    const url = URL.parse(origin)
    const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isThisMachine(url.hostname))
    if (!isSafe || url?.origin !== origin)
      throw new OAuthOptionInvalid(`Expected origin like https://app.example.com, got ${JSON.stringify(origin)}.`)
    if (chainIds.length === 0 || chainIds.some((id) => !Number.isSafeInteger(id) || id < 1))
      throw new OAuthOptionInvalid("Expected chainIds to be whole numbers from 1.")
    if (!Number.isInteger(lifetimeSeconds) || lifetimeSeconds < 30 || lifetimeSeconds > 3_600)
      throw new OAuthOptionInvalid(`Expected lifetimeSeconds from 30 to 3600, got ${lifetimeSeconds}.`)
    this.origin = origin
    this.#options = options
    this.#chainIds = chainIds
    this.#lifetimeMs = lifetimeSeconds * 1000
    this.#clock = clock
    this.#store = typeof options.store === "string" ? undefined : options.store
  }

  async begin({ address, chainId, browser }: Parameters<EthereumSignIn["begin"]>[0]): Promise<string> {
    if (!/^0x[0-9a-fA-F]{40}$/.test(address)) throw refusal("message", "Expected the address of an account.")
    if (!this.#chainIds.includes(chainId)) throw refusal("chain", "The chain is none of those that are welcome here.")
    const nowMs = this.#clock.now()
    const nonce = Array.from({ length: NONCE_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join("")
    const message = writeSiweMessage({
      scheme: this.#scheme,
      domain: this.#domain,
      address: checksumAddress(address),
      statement: this.#options.statement,
      uri: this.origin,
      version: "1",
      chainId,
      nonce,
      issuedAt: new Date(nowMs).toISOString(),
      expirationTime: new Date(nowMs + this.#lifetimeMs).toISOString(),
    })
    const store = await this.#open()
    await store.add({
      kind: KIND,
      id: hashOf(KIND, nonce),
      userId: hashOf(KIND, browser),
      counter: 0,
      data: "",
      createdMs: nowMs,
      expiresMs: nowMs + this.#lifetimeMs,
    })
    return message
  }
  async verify({ message: text, signature, browser }: SignedMessage): Promise<ProvenAccount> {
    const message = parseSiweMessage(text)
    this.#check(message)
    const { nonce, address, chainId } = message
    const store = await this.#open()
    const id = hashOf(KIND, nonce)
    // Another browser's nonce is left to that one.
    const known = await store.find(KIND, id)
    const isOwn = known?.userId === hashOf(KIND, browser) && (await store.take(KIND, id)) !== undefined
    if (!isOwn) throw refusal("nonce", "The message was not made for this browser, is too old, or was used already.")
    const hash = personalHash(text)
    if (signerOf(hash, signature) !== address) {
      const { call } = this.#options
      if (call === undefined || !(await isContractSignature(call, { chainId, address, hash, signature })))
        throw refusal("signature", "The account did not sign the message.")
    }
    const chain = `eip155:${chainId}`
    const identity: ExternalIdentity = {
      provider: "ethereum",
      issuer: chain,
      subject: `${chain}:${address}`,
      email: undefined,
      emailVerified: false,
      name: undefined,
      picture: undefined,
      raw: { ...message },
    }
    return { identity, message }
  }
  async close(): Promise<void> {
    const { store = "memory:" } = this.#options
    if (typeof store === "string") await (await this.#store)?.close()
  }

  #check(message: SiweMessage): void {
    const { scheme = "https", domain, uri, chainId } = message
    if (domain !== this.#domain || scheme !== this.#scheme)
      throw refusal("domain", `Expected a message for ${this.origin}.`)
    if (URL.parse(uri)?.origin !== this.origin) throw refusal("uri", `Expected a URI of ${this.origin}.`)
    if (!this.#chainIds.includes(chainId)) throw refusal("chain", "The chain is none of those that are welcome here.")
    const nowMs = this.#clock.now()
    const [issued, ends, begins] = [message.issuedAt, message.expirationTime, message.notBefore].map((date) =>
      date === undefined ? undefined : toMs(date),
    )
    const isInTime =
      issued! <= nowMs + TOLERANCE_MS &&
      issued! + this.#lifetimeMs > nowMs &&
      (ends === undefined || ends > nowMs) &&
      (begins === undefined || begins <= nowMs + TOLERANCE_MS)
    if (!isInTime) throw refusal("time", "The message is too old, or not yet good.")
  }
  get #domain(): string {
    return new URL(this.origin).host
  }
  get #scheme(): string {
    return new URL(this.origin).protocol.slice(0, -1)
  }
  async #open(): Promise<ProofStore> {
    const { store = "memory:" } = this.#options
    this.#store ??= openProofs(store as string, { clock: this.#clock })
    return await this.#store
  }
}

function refusal(reason: Reason, message: string): InstanceType<typeof EthereumSignInInvalid> {
  return new EthereumSignInInvalid(message, { details: { reason } })
}
