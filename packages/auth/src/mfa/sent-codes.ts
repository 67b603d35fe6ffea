import { randomBytes } from "node:crypto"
import type { RateLimit } from "@ashlar/cache/rate-limits"
import { AuthTooOften, FactorUnknown, FactorWrong, ProofInvalid } from "../errors.ts"
import { Tickets } from "../proofs/tickets.ts"
import type { Asker, Passed } from "./factor.ts"
import { labelOf, type MfaCore } from "./mfa-core.ts"

/** A code, to be sent. */
export interface CodeMessage {
  readonly userId: string
  /** As it was enrolled: `sms`, `email`, `push` … */
  readonly channel: string
  readonly to: string
  readonly code: string
  readonly expiresMs: number
}

export interface SentCodesOptions {
  /** Sends a code: an SMS gateway, `@ashlar/mail`, `@ashlar/notifications`. It is waited for. */
  readonly send: (message: CodeMessage) => unknown
  /** 1 to 60. Default: 5. */
  readonly minutes?: number
  /** Codes sent to one user in an hour. Default: 10. */
  readonly perHour?: number
}

/** Codes that are sent. SMS can be intercepted: offer them beside better ones. */
export interface SentCodes {
  /** Begins: sends a code to an address, which counts for nothing until it is confirmed. @throws {AUTH_STEP_UP_REQUIRED} {AUTH_FACTOR_LIMIT} {AUTH_TOO_OFTEN} */
  enrol(
    asker: Asker,
    place: { readonly channel: string; readonly to: string; readonly label?: string },
  ): Promise<{ readonly handle: string }>
  /** @throws {AUTH_FACTOR_WRONG} {AUTH_MFA_LOCKED} */
  confirm(userId: string, proof: { readonly handle: string; readonly code: string }): Promise<Passed>
  /** Sends a code. @throws {AUTH_FACTOR_UNKNOWN} {AUTH_TOO_OFTEN} */
  ask(userId: string, factorId: string): Promise<{ readonly handle: string }>
  /** @throws {AUTH_FACTOR_WRONG} {AUTH_MFA_LOCKED} */
  verify(userId: string, proof: { readonly handle: string; readonly code: string }): Promise<Passed>
}

const KIND = "sent-code"
const [ENROL, VERIFY] = ["mfa-enrol", "mfa-verify"]
const DIGITS = 6
const CHANNEL = /^[a-z][a-z0-9-]{0,31}$/

interface Place {
  readonly channel: string
  readonly to: string
  readonly label: string
}

export class LiveSentCodes implements SentCodes {
  readonly #core: MfaCore
  readonly #tickets: Tickets
  readonly #options: SentCodesOptions
  readonly #limit: RateLimit

  constructor(core: MfaCore, options: SentCodesOptions, limit: RateLimit) {
    this.#core = core
    this.#options = options
    this.#limit = limit
    this.#tickets = new Tickets({ store: core.store, keys: [core.mac("tickets")], clock: core.clock })
  }

  async enrol(
    asker: Asker,
    { channel, to, label }: { readonly channel: string; readonly to: string; readonly label?: string },
  ): Promise<{ readonly handle: string }> {
    await this.#core.requireStepUp(asker)
    await this.#core.requireRoom(asker.id)
    if (!CHANNEL.test(channel) || to === "" || to.length > 254 || /\p{Cc}/u.test(to)) throw new FactorUnknown()
    const factorId = randomBytes(16).toString("base64url")
    const sealed = await this.#seal(asker.id, factorId, { channel, to, label: labelOf(label, masked(to)) })
    return await this.#send(asker.id, ENROL, { channel, to }, { factorId, sealed, channel })
  }
  async confirm(userId: string, shown: { readonly handle: string; readonly code: string }): Promise<Passed> {
    const { factorId, sealed, channel } = await this.#use(userId, ENROL, shown)
    const { label } = await this.#open(userId, factorId, sealed)
    const createdMs = this.#core.clock.now()
    const data = JSON.stringify({ label, sealed, channel, usedMs: createdMs })
    await this.#core.store.add({ kind: KIND, id: factorId, userId, counter: 0, data, createdMs, expiresMs: undefined })
    return passed(userId, factorId, channel)
  }
  async ask(userId: string, factorId: string): Promise<{ readonly handle: string }> {
    const { kind, data } = await this.#core.find(userId, factorId)
    if (kind !== KIND) throw new FactorUnknown()
    const { sealed } = JSON.parse(data) as { readonly sealed: string }
    const { channel, to } = await this.#open(userId, factorId, sealed)
    return await this.#send(userId, VERIFY, { channel, to }, { factorId, sealed, channel })
  }
  async verify(userId: string, shown: { readonly handle: string; readonly code: string }): Promise<Passed> {
    const { factorId, channel } = await this.#use(userId, VERIFY, shown)
    // It may have been taken away since.
    const { kind } = await this.#core.find(userId, factorId)
    if (kind !== KIND) throw new FactorWrong()
    return passed(userId, factorId, channel)
  }

  async #send(
    userId: string,
    purpose: string,
    place: { readonly channel: string; readonly to: string },
    data: Readonly<Record<string, string>>,
  ): Promise<{ readonly handle: string }> {
    const { allowed, retryAfterMs } = await this.#limit.take(this.#core.mac(KIND, userId))
    if (!allowed) throw new AuthTooOften(undefined, { details: { retryAfterSeconds: Math.ceil(retryAfterMs / 1_000) } })
    // The last code counts.
    await this.#tickets.revoke(userId, [purpose])
    const ttlMs = (this.#options.minutes ?? 5) * 60_000
    const { handle, code, expiresMs } = await this.#tickets.issue({ purpose, userId, ttlMs, digits: DIGITS, data })
    await this.#options.send({ userId, ...place, code: code!, expiresMs })
    return { handle }
  }
  async #use(
    userId: string,
    purpose: string,
    { handle, code }: { readonly handle: string; readonly code: string },
  ): Promise<{ readonly factorId: string; readonly sealed: string; readonly channel: string }> {
    await this.#core.countTry(userId)
    const shown = { handle, code: code.replaceAll(/\s/g, "") }
    try {
      const looked = await this.#tickets.look(shown, { purpose })
      if (looked.userId !== userId) throw new FactorWrong()
      const { data } = await this.#tickets.spend(looked, { purpose })
      await this.#core.forgetTries(userId)
      return { factorId: String(data.factorId), sealed: String(data.sealed), channel: String(data.channel) }
    } catch (error) {
      throw error instanceof ProofInvalid ? new FactorWrong() : error
    }
  }
  async #seal(userId: string, factorId: string, place: Place): Promise<string> {
    return await this.#core.sealer.seal(JSON.stringify(place), contextOf(userId, factorId))
  }
  async #open(userId: string, factorId: string, sealed: string): Promise<Place> {
    return JSON.parse(await this.#core.sealer.open(sealed, contextOf(userId, factorId))) as Place
  }
}

function contextOf(userId: string, factorId: string): string {
  return JSON.stringify(["mfa", userId, KIND, factorId])
}
function passed(userId: string, factorId: string, channel: string): Passed {
  return { userId, factorId, amr: [channel, "mfa"], acr: "mfa" }
}
/** Enough of an address to know it again. */
function masked(to: string): string {
  return to.includes("@") ? to.replace(/^(.).*(@.*)$/, "$1…$2") : `…${to.slice(-3)}`
}
