import type { EmailAccount, EmailAccounts } from "../email/email-accounts.ts"

/** Whoever has an account, as accounts are concerned. */
export interface AccountUser extends EmailAccount {
  /** What the user has now: asked for in each request, so that a role that was taken away counts at once. Default: none. */
  readonly roles?: readonly string[]
  /** What it was granted besides. Default: none. */
  readonly permissions?: readonly string[]
}

/**
 * The app's users: the one thing that an app brings itself. `modelUsers` of `@ashlar/auth/orm` makes it of a model.
 *
 * Whom `find` does not give cannot come in, nor go on: so it is with users who were deleted, or shut out.
 */
export interface AccountUsers
  extends Required<Pick<EmailAccounts, "changeEmail" | "passwordHash" | "setPasswordHash">>,
    Pick<EmailAccounts, "create" | "markVerified"> {
  find(id: string): Promise<AccountUser | undefined>
  findByEmail(email: string): Promise<AccountUser | undefined>
  /** By what people type in front of a password. Default: by the address. */
  findByLogin?(login: string): Promise<AccountUser | undefined>
}
