import type { Asked } from "@ashlar/auth/email"
import type { Clock, IdSource } from "@ashlar/core"
import { EmailTaken } from "../errors.ts"
import { checkPassword } from "../password-policy.ts"
import type { PasswordHasher } from "../passwords.ts"
import { type Client, normalizeEmail, normalizeName } from "../person.ts"
import type { Session } from "../sessions.ts"
import type { SigningUp } from "./app-by-mail.ts"
import type { NewAppUser } from "./app-directory.ts"
import type { AppSettingsStore } from "./app-settings.ts"
import type { AppUser } from "./app-user.ts"

export interface AppSignUp {
  readonly email: string
  readonly password: string
  readonly client: Client
  readonly name?: string | null
  /** One of `redirectUrls`: where the link that confirms the address leads. */
  readonly redirectTo?: string | undefined
}

export interface AppSignedUp {
  readonly user: AppUser
  readonly session: Session<AppUser> | null
  /** To be shown with the code that was sent; null where the user is signed in at once. */
  readonly verification: Asked | null
}

/**
 * Signing up where an address must be confirmed first. Whether it had an account is told to its mailbox only: the answer and the time
 * that it takes are those of an account that was made.
 */
export function createUnverifiedSignUp(parts: {
  readonly clock: Clock
  readonly ids: IdSource
  readonly passwords: PasswordHasher
  readonly settings: AppSettingsStore
  readonly byMail: SigningUp
  add(user: NewAppUser): Promise<AppUser>
  ask(userId: string, page: { readonly page: string | undefined }): Promise<Asked>
}): (request: AppSignUp) => Promise<AppSignedUp> {
  const { clock, ids, passwords, settings, byMail, add, ask } = parts
  return async ({ client, email, password, name = null, redirectTo }) => {
    const wish = { email: normalizeEmail(email), password, name: name === null ? null : normalizeName(name) }
    checkPassword(password, wish.email, settings.read().passwordMinCharacters)
    const page = await byMail.admit({ client, redirectTo }, wish.email)
    try {
      const user = await add(wish)
      return { user, session: null, verification: await ask(user.id, page) }
    } catch (error) {
      if (!(error instanceof EmailTaken)) throw error
      await passwords.hash(password)
      const seeming = {
        ...{
          id: ids(),
          email: wish.email,
          emailVerified: false,
          name: wish.name,
          roles: [],
          claims: {},
          disabled: false,
        },
        ...{ createdAt: new Date(clock.now()).toISOString(), lastSignedInAt: null },
      }
      return { user: seeming, session: null, verification: await byMail.seem(wish.email) }
    }
  }
}
