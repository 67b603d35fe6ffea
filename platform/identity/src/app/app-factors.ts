import type { ProofStore } from "@ashlar/auth/proofs"
import type { Clock } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import type { AttemptLimit } from "../attempt-limit.ts"
import { EmailUnverified, UserNotFound } from "../errors.ts"
import { createEnrollingSteps, type EnrollingSteps } from "../factors/enrolling-steps.ts"
import { createSecondFactors, type SecondFactors } from "../factors/second-factors.ts"
import { createSignInSteps, type SignInSteps } from "../factors/sign-in-steps.ts"
import type { Enterers } from "../factors/sign-in-writes.ts"
import type { PasswordHasher } from "../passwords.ts"
import type { Sealer } from "../sealer.ts"
import type { Sessions } from "../sessions.ts"
import { endSessions } from "./app-directory.ts"
import type { AppSettingsStore } from "./app-settings.ts"
import { type AppUser, findAppUser } from "./app-user.ts"
import type { AppFactorMail } from "./mail-words.ts"

/** Second factors of an app's users, as the project's settings have them. */
export interface AppFactors {
  /** Second factors of users, where the settings let them have some. */
  readonly factors: SecondFactors
  /** Signing in by them. */
  readonly steps: Omit<SignInSteps<AppUser>, "letIn" | "enroller" | "finishEnrolled">
  /** Signing in where everybody shows a factor, for who has none yet. */
  readonly enrolling: EnrollingSteps<AppUser>
  /**
   * Takes all factors and remembered devices of a user away, and ends their sessions: for who knows that it is they who lost them.
   *
   * @returns how many factors there were @throws {IDENTITY_USER_NOT_FOUND}
   */
  resetFactors(userId: string): Promise<number>
}

/** The same code as for people, on the file, the key and the settings of one project. */
export function createAppFactors(parts: {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly sealer: Sealer
  readonly proofs: ProofStore
  readonly accounts: Enterers<AppUser>
  readonly sessions: Sessions<AppUser>
  readonly settings: AppSettingsStore
  readonly passwords: PasswordHasher
  readonly perAccount: AttemptLimit
  readonly perAddress: AttemptLimit
  /** What the app is called, where its settings do not say. */
  readonly name: () => string
  /** Tells a user what was done to their factors. It is not waited for. */
  tell(kind: AppFactorMail, to: string): void
}): AppFactors & Pick<SignInSteps<AppUser>, "letIn"> {
  const { proofs: store, settings, ...rest } = parts
  const { file, clock, sealer, sessions, perAddress } = rest
  const silent = createSecondFactors({
    ...{ store, sealer, clock, sessions },
    rules() {
      const { mfa: policy, passkeys, rememberDeviceDays: deviceDays, mail } = settings.read()
      const name = mail.senderName === "" ? parts.name() : mail.senderName
      return { name, policy, passkeys: passkeys ?? undefined, deviceDays }
    },
  })
  const factors = tellOfFactors(silent, parts.tell)
  const { letIn, enroller, finishEnrolled, ...steps } = createSignInSteps<AppUser>({
    ...{ ...rest, store, factors },
    check({ emailVerified }) {
      if (!emailVerified && settings.read().verifiedEmailOnly) throw new EmailUnverified()
    },
  })
  return {
    ...{ factors, letIn, steps },
    enrolling: createEnrollingSteps({ steps: { enroller, finishEnrolled }, factors, store, perAddress }),
    async resetFactors(userId) {
      const user = findAppUser(file, "id", userId)
      if (user === undefined) throw new UserNotFound()
      const kept = (await factors.state(userId)).factors.length
      // Who shows one of them meanwhile may still be let in by it, and is not after.
      await factors.reset(userId)
      await file.write(endSessions(userId))
      if (kept > 0) parts.tell("factorsReset", user.email)
      return kept
    },
  }
}

/** The same factors, of which whose they are hears when one comes or goes. */
function tellOfFactors(factors: SecondFactors, tell: (kind: AppFactorMail, to: string) => void): SecondFactors {
  return {
    ...factors,
    async confirmApp(who, proof) {
      const added = await factors.confirmApp(who, proof)
      tell("factorAdded", who.user.email)
      return added
    },
    async addPasskey(who, passkey, label) {
      const added = await factors.addPasskey(who, passkey, label)
      tell("factorAdded", who.user.email)
      return added
    },
    async remove(who, factorId) {
      await factors.remove(who, factorId)
      tell("factorRemoved", who.user.email)
    },
  }
}
