import type { TotpEnrolment } from "@ashlar/auth/mfa"
import type { ProofStore } from "@ashlar/auth/proofs"
import { type AttemptLimit, addressKey } from "../attempt-limit.ts"
import type { Client } from "../person.ts"
import type { Session } from "../sessions.ts"
import type { AddedFactor, FactorOwner, PasskeyCreation, SecondFactors } from "./second-factors.ts"
import type { SignInSteps } from "./sign-in-steps.ts"

/** Somebody is let in by the factor that they have just added. */
export interface Enrolled<Account> extends Pick<AddedFactor, "factor" | "recoveryCodes"> {
  readonly session: Session<Account>
}

interface Ticket {
  readonly ticket: string
  readonly label?: string | undefined
  readonly client: Client
}

/**
 * Signing in where a second factor is asked of everybody, of those who have none yet: they add one in its place. There is no session
 * before, and so nothing that could be done without a factor.
 */
export interface EnrollingSteps<Account> {
  /** Begins with an authenticator app. @throws {IDENTITY_SECOND_STEP_OVER} {AUTH_STEP_UP_REQUIRED} */
  app(ticket: string): Promise<TotpEnrolment>
  /** @throws as `app` @throws {AUTH_FACTOR_WRONG} {AUTH_FACTOR_UNKNOWN} {AUTH_MFA_LOCKED} {IDENTITY_TOO_MANY_ATTEMPTS} */
  confirmApp(shown: Ticket & { readonly factorId: string; readonly code: string }): Promise<Enrolled<Account>>
  /** @throws as `app` @throws {IDENTITY_PASSKEYS_UNAVAILABLE} */
  passkey(ticket: string): Promise<PasskeyCreation>
  /** @throws as `passkey` @throws {AUTH_PASSKEY_REFUSED} {IDENTITY_TOO_MANY_ATTEMPTS} */
  addPasskey(shown: Ticket & { readonly passkey: unknown }): Promise<Enrolled<Account>>
}

export function createEnrollingSteps<Account>(parts: {
  readonly steps: Pick<SignInSteps<Account>, "enroller" | "finishEnrolled">
  readonly factors: SecondFactors
  readonly store: ProofStore
  readonly perAddress: AttemptLimit
}): EnrollingSteps<Account> {
  const { steps, factors, store, perAddress } = parts

  async function finish(
    { ticket, client }: Ticket,
    add: (who: FactorOwner) => Promise<AddedFactor>,
  ): Promise<Enrolled<Account>> {
    await perAddress.take(addressKey(client.address))
    const { factor, recoveryCodes, proven } = await add(await steps.enroller(ticket))
    try {
      return { session: await steps.finishEnrolled({ ticket, proven, client }), factor, recoveryCodes }
    } catch (error) {
      // What was added by a sign-in that was ended meanwhile, as by a new password, is not its owner's.
      await store.take(factor.kind, factor.id)
      throw error
    }
  }

  return {
    app: async (ticket) => factors.enrolApp(await steps.enroller(ticket)),
    confirmApp: (shown) => finish(shown, (who) => factors.confirmApp(who, shown)),
    passkey: async (ticket) => factors.passkeyCreation(await steps.enroller(ticket)),
    addPasskey: (shown) => finish(shown, (who) => factors.addPasskey(who, shown.passkey, shown.label)),
  }
}
