import { randomInt } from "node:crypto"
import { FactorWrong } from "../errors.ts"
import type { Asker, Passed } from "./factor.ts"
import type { MfaCore } from "./mfa-core.ts"

/** Codes on paper, for the day when all else is lost. */
export interface RecoveryCodes {
  /** Makes new ones, shown once; the former ones are of no use any more. @throws {AUTH_STEP_UP_REQUIRED} */
  generate(asker: Asker): Promise<readonly string[]>
  /** Uses one up. @throws {AUTH_FACTOR_WRONG} {AUTH_MFA_LOCKED} */
  use(userId: string, code: string): Promise<Passed & { readonly left: number }>
  /** How many are left. */
  left(userId: string): Promise<number>
}

const KIND = "recovery"
const COUNT = 10
/** Without those that look like others: 50 bits in ten characters. */
const ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
const LENGTH = 10

export class LiveRecoveryCodes implements RecoveryCodes {
  readonly #core: MfaCore

  constructor(core: MfaCore) {
    this.#core = core
  }

  async generate(asker: Asker): Promise<readonly string[]> {
    await this.#core.requireStepUp(asker)
    await this.#core.store.removeAll(asker.id, [KIND])
    const codes = Array.from({ length: COUNT }, () =>
      Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join(""),
    )
    const createdMs = this.#core.clock.now()
    for (const code of codes)
      await this.#core.store.add({
        kind: KIND,
        id: this.#idOf(asker.id, code),
        userId: asker.id,
        counter: 0,
        data: "",
        createdMs,
        expiresMs: undefined,
      })
    return codes.map((code) => `${code.slice(0, 5)}-${code.slice(5)}`)
  }
  async use(userId: string, typed: string): Promise<Passed & { readonly left: number }> {
    await this.#core.countTry(userId)
    const code = typed.length <= 40 ? typed.toLowerCase().replaceAll(/[\s-]/g, "") : ""
    const taken = await this.#core.store.take(KIND, this.#idOf(userId, code))
    if (taken === undefined || taken.userId !== userId) throw new FactorWrong()
    await this.#core.forgetTries(userId)
    return { userId, factorId: undefined, amr: ["recovery", "mfa"], acr: "mfa", left: await this.left(userId) }
  }
  async left(userId: string): Promise<number> {
    return (await this.#core.store.list(userId, KIND)).length
  }

  #idOf(userId: string, code: string): string {
    return this.#core.mac(KIND, userId, code)
  }
}
