import { randomBytes } from "node:crypto"
import encodeQR from "qr"
import { AuthSetupInvalid, FactorUnknown, FactorWrong } from "../errors.ts"
import type { Proof } from "../proofs/proof-store.ts"
import { toBase32 } from "./base32.ts"
import type { Asker, Passed } from "./factor.ts"
import { labelOf, type MfaCore } from "./mfa-core.ts"
import { matchingStep, type OtpSettings, otpauthUri, stepAt } from "./otp.ts"

export interface TotpOptions extends Partial<OtpSettings> {
  /** The site, as authenticator apps show it. */
  readonly issuer: string
  /** Steps before and after now whose codes are taken, for clocks that are off: 0 to 5. Default: 1. */
  readonly drift?: number
}

/** An enrolment that waits for its first code. */
export interface TotpEnrolment {
  readonly factorId: string
  /** For apps that read no picture. */
  readonly secret: string
  readonly uri: string
  /** The picture of `uri`, as SVG. */
  readonly qrSvg: string
}

/** Codes of authenticator apps (TOTP). */
export interface TotpFactors {
  /**
   * Begins: show the picture, and ask for a code. Counts for nothing until it is confirmed, within 15 minutes.
   * @param account How the app calls the account: its e-mail address.
   * @throws {AUTH_STEP_UP_REQUIRED} {AUTH_FACTOR_LIMIT}
   */
  enrol(asker: Asker, account: string): Promise<TotpEnrolment>
  /** @throws {AUTH_FACTOR_WRONG} {AUTH_FACTOR_UNKNOWN} {AUTH_MFA_LOCKED} */
  confirm(userId: string, factorId: string, proof: { readonly code: string; readonly label?: string }): Promise<Passed>
  /** A code of any of the user's apps. Each is taken once. @throws {AUTH_FACTOR_WRONG} {AUTH_MFA_LOCKED} */
  verify(userId: string, code: string): Promise<Passed>
}

interface Kept {
  readonly label: string
  readonly sealed: string
  readonly usedMs?: number
}

const PENDING = "totp-pending"
const PENDING_MS = 15 * 60_000
const SECRET_BYTES = 20
const AMR: readonly string[] = ["otp", "mfa"]

export class LiveTotpFactors implements TotpFactors {
  readonly #core: MfaCore
  readonly #settings: OtpSettings
  readonly #issuer: string
  readonly #drift: number

  constructor(core: MfaCore, { issuer, drift = 1, digits = 6, periodSeconds = 30, algorithm = "SHA1" }: TotpOptions) {
    if (![6, 7, 8].includes(digits)) throw new AuthSetupInvalid(`Expected \`digits\` of 6 to 8, got ${digits}.`)
    if (!(Number.isInteger(periodSeconds) && periodSeconds >= 15 && periodSeconds <= 120))
      throw new AuthSetupInvalid(`Expected \`periodSeconds\` of 15 to 120, got ${periodSeconds}.`)
    if (!(Number.isInteger(drift) && drift >= 0 && drift <= 5))
      throw new AuthSetupInvalid(`Expected \`drift\` of 0 to 5, got ${drift}.`)
    if (issuer === "" || issuer.includes(":")) throw new AuthSetupInvalid("Expected an `issuer` without colons.")
    this.#core = core
    this.#settings = { digits, periodSeconds, algorithm }
    this.#issuer = issuer
    this.#drift = drift
  }

  async enrol(asker: Asker, account: string): Promise<TotpEnrolment> {
    await this.#core.requireStepUp(asker)
    await this.#core.requireRoom(asker.id)
    const [secret, factorId, nowMs] = [
      randomBytes(SECRET_BYTES),
      randomBytes(16).toString("base64url"),
      this.#core.clock.now(),
    ]
    const sealed = await this.#core.sealer.seal(secret.toString("base64"), contextOf(asker.id, factorId))
    const kept: Kept = { label: "", sealed }
    // Of two enrolments that are not confirmed the last one counts.
    await this.#core.store.removeAll(asker.id, [PENDING])
    const proof = {
      kind: PENDING,
      id: factorId,
      userId: asker.id,
      counter: 0,
      createdMs: nowMs,
      expiresMs: nowMs + PENDING_MS,
    }
    await this.#core.store.add({ ...proof, data: JSON.stringify(kept) })
    const uri = otpauthUri(secret, { issuer: this.#issuer, account, settings: this.#settings })
    return { factorId, secret: toBase32(secret), uri, qrSvg: encodeQR(uri, "svg", { ecc: "medium", border: 4 }) }
  }
  async confirm(
    userId: string,
    factorId: string,
    { code, label }: { readonly code: string; readonly label?: string },
  ): Promise<Passed> {
    const pending = isId(factorId) ? await this.#core.store.find(PENDING, factorId) : undefined
    if (pending === undefined || pending.userId !== userId) throw new FactorUnknown()
    await this.#core.countTry(userId)
    const step = await this.#stepOf(pending, code)
    if (step === undefined || (await this.#core.store.take(PENDING, factorId)) === undefined) throw new FactorWrong()
    const { sealed } = JSON.parse(pending.data) as Kept
    const nowMs = this.#core.clock.now()
    const kept: Kept = { label: labelOf(label, "Authenticator app"), sealed, usedMs: nowMs }
    // Its first code is used up by this.
    const proof = { kind: "totp", id: factorId, userId, counter: step, createdMs: nowMs, expiresMs: undefined }
    await this.#core.store.add({ ...proof, data: JSON.stringify(kept) })
    await this.#core.forgetTries(userId)
    return { userId, factorId, amr: AMR, acr: "mfa" }
  }
  async verify(userId: string, code: string): Promise<Passed> {
    await this.#core.countTry(userId)
    for (const proof of await this.#core.store.list(userId, "totp")) {
      const step = await this.#stepOf(proof, code)
      // Raised by one of all who show it at once; who shows it again, or an older one, is not let in.
      if (step === undefined || !(await this.#core.store.raise("totp", proof.id, step))) continue
      await this.#noteUse(proof)
      await this.#core.forgetTries(userId)
      return { userId, factorId: proof.id, amr: AMR, acr: "mfa" }
    }
    throw new FactorWrong()
  }

  async #stepOf({ id, userId, data }: Proof, typed: string): Promise<number | undefined> {
    const code = typed.length <= 20 ? typed.replaceAll(/\s/g, "") : ""
    const { sealed } = JSON.parse(data) as Kept
    const secret = Buffer.from(await this.#core.sealer.open(sealed, contextOf(userId, id)), "base64")
    const step = stepAt(this.#core.clock.now(), this.#settings.periodSeconds)
    if (!/^\d{6,8}$/.test(code)) return undefined
    return matchingStep(secret, code, { step, drift: this.#drift, settings: this.#settings })
  }
  async #noteUse({ id, userId, data }: Proof): Promise<void> {
    const { sealer, store, clock } = this.#core
    const kept = JSON.parse(data) as Kept
    const context = contextOf(userId, id)
    const isOld = sealer.isOld?.(kept.sealed) === true
    const sealed = isOld ? await sealer.seal(await sealer.open(kept.sealed, context), context) : kept.sealed
    await store.replace("totp", id, { from: data, to: JSON.stringify({ ...kept, sealed, usedMs: clock.now() }) })
  }
}

function contextOf(userId: string, factorId: string): string {
  return JSON.stringify(["mfa", userId, "totp", factorId])
}
function isId(text: string): boolean {
  return /^[\w-]{22}$/.test(text)
}
