import { StepUpRequired } from "@ashlar/auth/mfa"
import type { Clock } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import type { NoteAccount } from "./account-notes.ts"
import type { SecondFactors } from "./factors/second-factors.ts"
import { checkPassword } from "./password-policy.ts"
import type { PasswordHasher } from "./passwords.ts"
import type { PasswordChange } from "./procedures.ts"
import type { SignedIn } from "./sessions.ts"

/** How long ago at most somebody proved who they are who changes how they get in. As of factors. */
const FRESH_MS = 10 * 60_000
const SKEW_MS = 60_000

/**
 * Lets change how somebody gets in who proved a moment ago who they are, by a second factor if they have one.
 *
 * @throws {AUTH_STEP_UP_REQUIRED}
 */
export type RequireStepUp = (who: SignedIn) => Promise<void>

export function createRequireStepUp({
  factors,
  clock,
}: {
  readonly factors: Pick<SecondFactors, "kinds">
  readonly clock: Clock
}): RequireStepUp {
  return async ({ user, amr, authTimeMs }) => {
    const hasFactors = (await factors.kinds(user.id)).length > 0
    const ageMs = clock.now() - authTimeMs
    if (ageMs >= -SKEW_MS && ageMs <= FRESH_MS && (!hasFactors || amr.includes("mfa"))) return
    const details = { amr: hasFactors ? ["mfa"] : [], maxAgeSeconds: FRESH_MS / 1_000 }
    throw new StepUpRequired(StepUpRequired.summary, { details })
  }
}

/**
 * Sets a new password for whoever is signed in and proved a moment ago who they are; by what does not matter, so that who came in by mail
 * or by a passkey can set the one that they forgot. It ends all their other sessions, and what was begun with the former one.
 *
 * @throws {AUTH_STEP_UP_REQUIRED} @throws {IDENTITY_WEAK_PASSWORD} @throws {IDENTITY_SESSION_ENDED} @throws {IDENTITY_BUSY}
 */
export type ChangePassword = (who: SignedIn, password: string) => Promise<void>

export function createChangePassword(parts: {
  readonly file: SqliteFile
  readonly passwords: PasswordHasher
  readonly requireStepUp: RequireStepUp
  readonly note: NoteAccount
  /** Tells the person by mail, where there is some. It is not waited for. */
  tell(email: string): void
}): ChangePassword {
  const { file, passwords, requireStepUp, note, tell } = parts
  return async (who, password) => {
    await requireStepUp(who)
    const { user, sessionId } = who
    checkPassword(password, user.email)
    const change: PasswordChange = {
      ...{ userId: user.id, sessionId, passwordHash: await passwords.hash(password) },
      alongside: note({ user, action: "account.password", details: {} }),
    }
    await file.call("identity.changePassword", change)
    tell(user.email)
  }
}
