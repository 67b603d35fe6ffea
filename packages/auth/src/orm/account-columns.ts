import { type Column, text, timestamp } from "@ashlar/orm"

/** The columns of a model whose rows have accounts. */
export interface AccountColumns {
  readonly email: Column<string>
  readonly emailVerifiedAt: Column<Date | null, "nullable">
  readonly passwordHash: Column<string | null, "nullable" | "hidden">
}

/**
 * The columns that `modelUsers` needs, to be spread among a model's own: the address, when it was verified, and the hash of the password,
 * which no query reads that does not name it.
 *
 * @example static columns = { id: uuid().primary(), ...accountColumns(), name: text(100) }
 */
export function accountColumns(): AccountColumns {
  return {
    email: text(254).unique(),
    emailVerifiedAt: timestamp().nullable(),
    passwordHash: text(255).nullable().hidden(),
  }
}
