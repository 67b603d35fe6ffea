import { createHash, createHmac, randomBytes, randomInt, timingSafeEqual } from "node:crypto"
import { type Clock, systemClock } from "@ashlar/core"
import { AuthSetupInvalid, ProofInvalid } from "../errors.ts"
import type { ProofStore } from "./proof-store.ts"

export interface TicketsOptions {
  readonly store: ProofStore
  /** Keys of 32 bytes or more, the newest first, at most 8: without them nobody finds a code out of its hash. */
  readonly keys: readonly (string | Uint8Array)[]
  readonly clock?: Clock
}

/** What a ticket is for. */
export interface TicketRequest {
  /** What may be done with it, and nothing else: 1 to 24 small letters and `-`. */
  readonly purpose: string
  /** Whose it is; undefined: nobody's. Such a ticket is made and kept as others are, and is never of any use. */
  readonly userId: string | undefined
  readonly ttlMs: number
  /** Digits of a code: 6 to 10; 0: no code. */
  readonly digits: number
  /** The browser that asks: only that one may use it. */
  readonly browser?: string | undefined
  /** What it is bound to besides, as JSON of at most 16 KiB. */
  readonly data: Readonly<Record<string, unknown>>
}

export interface Ticket {
  /** Names the ticket, for whoever types the code. It is of no use without that. */
  readonly handle: string
  /** For a link. */
  readonly token: string
  /** For eyes; undefined without digits. */
  readonly code: string | undefined
  readonly expiresMs: number
}

/** How a ticket is shown: by the token of a link, or by handle and code. */
export type Shown = { readonly token: string } | { readonly handle: string; readonly code: string }

export interface UseTicket {
  readonly purpose: string
  readonly browser?: string | undefined
}

/** What a ticket said. */
export interface UsedTicket {
  readonly userId: string
  readonly data: Readonly<Record<string, unknown>>
  readonly by: "link" | "code"
}

interface Kept {
  readonly secret: string
  readonly code?: string
  readonly browser?: string
  /** Nobody's. */
  readonly isDecoy?: true
  readonly data: Readonly<Record<string, unknown>>
}

/** Tries of one code. */
const MAX_TRIES = 5
const HANDLE = /^[A-Za-z0-9_-]{22}$/
const TOKEN = /^([A-Za-z0-9_-]{22})([A-Za-z0-9_-]{43})$/
const CODE = /^\d{6,10}$/
const KIND = "ticket-"
const NOBODY = "ashlar:nobody"

/** Secrets that are used once, within their time, for one purpose. Only hashes of them are kept. */
export class Tickets {
  readonly #store: ProofStore
  readonly #keys: readonly (string | Uint8Array)[]
  readonly #clock: Clock

  /** @throws {AUTH_SETUP_INVALID} */
  constructor({ store, keys, clock = systemClock }: TicketsOptions) {
    if (keys.length < 1 || keys.length > 8 || !keys.every((key) => Buffer.from(key).length >= 32))
      throw new AuthSetupInvalid("Expected 1 to 8 keys of 32 bytes or more each.")
    this.#store = store
    this.#keys = keys
    this.#clock = clock
  }

  async issue({ purpose, userId, ttlMs, digits, browser, data }: TicketRequest): Promise<Ticket> {
    const [handle, secret] = [random(16), random(32)]
    const code = digits === 0 ? undefined : String(randomInt(10 ** digits)).padStart(digits, "0")
    const nowMs = this.#clock.now()
    const kept: Kept = {
      secret: hash(secret),
      ...(code !== undefined && { code: this.#mac(this.#keys[0]!, [purpose, handle, code]) }),
      ...(browser !== undefined && { browser: hash(browser) }),
      ...(userId === undefined && { isDecoy: true }),
      data,
    }
    const expiresMs = nowMs + ttlMs
    const proof = {
      kind: KIND + purpose,
      id: handle,
      userId: userId ?? NOBODY,
      counter: 0,
      createdMs: nowMs,
      expiresMs,
    }
    await this.#store.add({ ...proof, data: JSON.stringify(kept) })
    return { handle, token: handle + secret, code, expiresMs }
  }

  /** What a ticket says, which stays good. @throws {AUTH_PROOF_INVALID} */
  async look(shown: Shown, { purpose, browser }: UseTicket): Promise<UsedTicket & { readonly handle: string }> {
    const kind = KIND + purpose
    const isLink = "token" in shown
    const [, handle, secret] = isLink ? (TOKEN.exec(shown.token) ?? []) : [undefined, shown.handle, undefined]
    if (handle === undefined || !HANDLE.test(handle)) throw new ProofInvalid()
    // Counted before it is looked at: of many tries at once no more than these are compared.
    if (!isLink && !(CODE.test(shown.code) && (await this.#store.count(kind, handle, MAX_TRIES))))
      throw new ProofInvalid()
    const found = await this.#store.find(kind, handle)
    if (found === undefined) throw new ProofInvalid()
    const kept = JSON.parse(found.data) as Kept
    const isRight = isLink
      ? isSame(hash(secret!), kept.secret)
      : this.#keys.some((key) => isSame(this.#mac(key, [purpose, handle, shown.code]), kept.code ?? ""))
    const isHere = kept.browser === undefined || (browser !== undefined && isSame(hash(browser), kept.browser))
    if (!isRight || !isHere || kept.isDecoy === true) throw new ProofInvalid()
    return { handle, userId: found.userId, data: kept.data, by: isLink ? "link" : "code" }
  }

  /** Uses a ticket up: of all who show the same, one is given what it says. @throws {AUTH_PROOF_INVALID} */
  async use(shown: Shown, options: UseTicket): Promise<UsedTicket> {
    const { handle, ...found } = await this.look(shown, options)
    return await this.#spend(handle, found, options)
  }
  /** The same for one that was looked at: a code is not counted twice. @throws {AUTH_PROOF_INVALID} */
  async spend(looked: UsedTicket & { readonly handle: string }, options: UseTicket): Promise<UsedTicket> {
    const { handle, ...found } = looked
    return await this.#spend(handle, found, options)
  }
  async #spend(handle: string, found: UsedTicket, { purpose }: UseTicket): Promise<UsedTicket> {
    if ((await this.#store.take(KIND + purpose, handle)) === undefined) throw new ProofInvalid()
    return found
  }
  /** Ends all tickets of a user, for some purposes. */
  async revoke(userId: string, purposes: readonly string[]): Promise<void> {
    await this.#store.removeAll(
      userId,
      purposes.map((purpose) => KIND + purpose),
    )
  }

  #mac(key: string | Uint8Array, parts: readonly string[]): string {
    return createHmac("sha256", key).update(JSON.stringify(parts)).digest("base64url")
  }
}

function random(bytes: number): string {
  return randomBytes(bytes).toString("base64url")
}
function hash(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url")
}
function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
