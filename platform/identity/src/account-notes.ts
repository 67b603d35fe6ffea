import type { User } from "./accounts.ts"
import type { JoiningStatement } from "./procedures.ts"

/** Something that changed how a person gets in. */
export interface AccountNote {
  readonly user: Pick<User, "id" | "email">
  readonly action:
    | "account.factor.add"
    | "account.factor.remove"
    | "account.recovery-codes"
    | "account.password"
    | "account.reset"
    | "account.session.end"
    | "account.email.verify"
    | "account.email"
    | "account.identity.link"
    | "account.identity.unlink"
    | "account.device.remember"
    | "account.device.forget"
  /** Never a secret. */
  readonly details: Readonly<Record<string, unknown>>
}

/** What a note of it is in the install's audit trail: statements that commit with the change where they can, and right after it else. */
export type NoteAccount = (note: AccountNote) => readonly JoiningStatement[]
