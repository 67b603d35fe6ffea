import { createHmac } from "node:crypto"
import { type Clock, systemClock } from "@ashlar/core"
import { AuthSetupInvalid, FactorLimit, FactorUnknown, MfaLocked, StepUpRequired } from "../errors.ts"
import type { Proof, ProofStore } from "../proofs/proof-store.ts"
import type { Asker, Factor, FactorKind } from "./factor.ts"

type MaybePromise<T> = T | Promise<T>

/** Encrypts secrets where they are kept, for a context: `createSealer` of `@ashlar/security`, or a key service. */
export interface SecretSealer {
  seal(text: string, context: string): MaybePromise<string>
  open(sealed: string, context: string): MaybePromise<string>
  /** Whether an older key sealed it: it is sealed anew at its next use. */
  isOld?(sealed: string): boolean
}

export interface MfaCoreOptions {
  /** Where factors are kept: in a database, for they must not be lost. */
  readonly store: ProofStore
  readonly sealer: SecretSealer
  /** A secret of 32 bytes or more, which must stay: recovery codes, remembered devices and passkeys hang on it. */
  readonly key: string | Uint8Array
  /** Wrong codes of one user, of all factors together, in `lockMinutes`: 3 to 100. Default: 10. */
  readonly maxTries?: number
  /** 1 to 1,440. Default: 15. */
  readonly lockMinutes?: number
  /** How long ago at most somebody proved who they are who changes factors, in minutes: 1 to 60. Default: 10. */
  readonly stepUpMinutes?: number
  /** Factors of one user: 1 to 100. Default: 20. */
  readonly maxFactors?: number
  readonly clock?: Clock
}

export const FACTOR_KINDS: readonly FactorKind[] = ["totp", "passkey", "sent-code"]
const TRIES = "mfa-tries"
const SKEW_MS = 60_000
const ATTEMPTS = 10

/** What all kinds of factors share. */
export class MfaCore {
  readonly store: ProofStore
  readonly sealer: SecretSealer
  readonly clock: Clock
  readonly #key: string | Uint8Array
  readonly #maxTries: number
  readonly #lockMs: number
  readonly #stepUpMs: number
  readonly #maxFactors: number

  constructor(options: MfaCoreOptions) {
    const { maxTries = 10, lockMinutes = 15, stepUpMinutes = 10, maxFactors = 20 } = options
    for (const [name, value, least, most] of [
      ["maxTries", maxTries, 3, 100],
      ["lockMinutes", lockMinutes, 1, 1_440],
      ["stepUpMinutes", stepUpMinutes, 1, 60],
      ["maxFactors", maxFactors, 1, 100],
    ] as const)
      if (!Number.isInteger(value) || value < least || value > most)
        throw new AuthSetupInvalid(`Expected \`${name}\` to be a whole number from ${least} to ${most}, got ${value}.`)
    if (Buffer.from(options.key).length < 32) throw new AuthSetupInvalid("Expected a `key` of 32 bytes or more.")
    this.store = options.store
    this.sealer = options.sealer
    this.clock = options.clock ?? systemClock
    this.#key = options.key
    this.#maxTries = maxTries
    this.#lockMs = lockMinutes * 60_000
    this.#stepUpMs = stepUpMinutes * 60_000
    this.#maxFactors = maxFactors
  }

  /** A name that only who has the key can make: 43 characters. */
  mac(...parts: readonly string[]): string {
    return createHmac("sha256", this.#key).update(JSON.stringify(parts)).digest("base64url")
  }

  async factors(userId: string): Promise<readonly Factor[]> {
    const proofs = await this.store.list(userId)
    return proofs.filter(({ kind }) => FACTOR_KINDS.includes(kind as FactorKind)).map(toFactor)
  }

  /**
   * Lets try so often, counted before anything is compared, so that many at once are not more.
   * @throws {AUTH_MFA_LOCKED}
   */
  async countTry(userId: string): Promise<void> {
    const [id, nowMs] = [this.mac(TRIES, userId), this.clock.now()]
    const proof = { kind: TRIES, id, userId, counter: 0, data: "", createdMs: nowMs, expiresMs: nowMs + this.#lockMs }
    // Who proves a factor meanwhile takes the count away: then it begins anew.
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if (await this.store.count(TRIES, id, this.#maxTries)) return
      const found = await this.store.find(TRIES, id)
      if (found !== undefined && found.counter >= this.#maxTries) {
        const leftMs = (found.expiresMs ?? nowMs) - nowMs
        throw new MfaLocked(undefined, { details: { retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1_000)) } })
      }
      if (found === undefined) await this.store.add(proof)
    }
    throw new MfaLocked(undefined, { details: { retryAfterSeconds: 1 } })
  }
  /** Somebody proved a factor: wrong codes before are forgotten. */
  async forgetTries(userId: string): Promise<void> {
    await this.store.take(TRIES, this.mac(TRIES, userId))
  }

  /**
   * Lets change factors who proved who they are a moment ago, by a second factor if there is one. Who acts for somebody else may not.
   * @throws {AUTH_STEP_UP_REQUIRED}
   */
  async requireStepUp({ id, amr, authTimeMs, actor }: Asker): Promise<void> {
    const hasFactors = (await this.factors(id)).length > 0
    const ageMs = authTimeMs === undefined ? Number.NaN : this.clock.now() - authTimeMs
    const isFresh = ageMs >= -SKEW_MS && ageMs <= this.#stepUpMs
    if (isFresh && actor === undefined && (!hasFactors || amr.includes("mfa"))) return
    const details = { amr: hasFactors ? ["mfa"] : [], maxAgeSeconds: this.#stepUpMs / 1_000 }
    throw new StepUpRequired(StepUpRequired.summary, { details })
  }
  /** @throws {AUTH_FACTOR_LIMIT} */
  async requireRoom(userId: string): Promise<void> {
    if ((await this.factors(userId)).length >= this.#maxFactors) throw new FactorLimit()
  }

  /** A user's own factor. @throws {AUTH_FACTOR_UNKNOWN} */
  async find(userId: string, factorId: string): Promise<Proof> {
    for (const kind of FACTOR_KINDS) {
      const found = /^[\w-]{1,64}$/.test(factorId) ? await this.store.find(kind, factorId) : undefined
      if (found !== undefined && found.userId === userId) return found
    }
    throw new FactorUnknown()
  }
}

interface FactorData {
  readonly label: string
  readonly usedMs?: number
  readonly isBackedUp?: boolean
  readonly channel?: string
}

function toFactor({ id, kind, data, createdMs }: Proof): Factor {
  const { label, usedMs, isBackedUp, channel } = JSON.parse(data) as FactorData
  return {
    id,
    kind: kind as FactorKind,
    label,
    createdMs,
    usedMs,
    ...(isBackedUp !== undefined && { isBackedUp }),
    ...(channel !== undefined && { channel }),
  }
}

const MAX_LABEL = 100

/** What somebody calls a factor: a line of text. */
export function labelOf(text: string | undefined, fallback: string): string {
  const label = (text ?? "").replaceAll(/\p{Cc}/gu, " ").trim()
  return [...label].slice(0, MAX_LABEL).join("") || fallback
}
