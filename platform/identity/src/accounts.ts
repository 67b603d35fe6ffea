import type { SqliteFile } from "@ashlar/sqlite"
import { foldEmail } from "./person.ts"

/** A person with an account. */
export interface User {
  readonly id: string
  readonly email: string
  /** Whether they have shown that they read what is sent there. */
  readonly emailVerified: boolean
  readonly name: string
  /** Whether the person runs this install. Says nothing about projects: those have members. */
  readonly administrator: boolean
  readonly createdAt: string
}

/** Reads accounts; what this thread was told is committed, it sees. */
export interface Accounts {
  find(id: string): User | undefined
  /** Finds by any spelling of the address. */
  findByEmail(email: string): User | undefined
  /** The account with its password hash, for sign-in only. */
  credentials(email: string): { readonly user: User; readonly passwordHash: string } | undefined
  /** What is kept of a person's password. */
  passwordHash(id: string): string | undefined
  hasAdministrator(): boolean
  ids(): readonly string[]
}

interface AccountRow {
  id: string
  email: string
  name: string
  password_hash: string
  administrator: number
  verified_at: number | null
  created_at: number
}

export function createAccounts(file: SqliteFile): Accounts {
  const byEmail = (text: string): AccountRow | undefined => {
    const email = foldEmail(text)
    return email === undefined
      ? undefined
      : file.get<AccountRow>("SELECT * FROM identity_accounts WHERE email = ?", [email])
  }
  return {
    find(id) {
      const row = file.get<AccountRow>("SELECT * FROM identity_accounts WHERE id = ?", [id])
      return row && toUser(row)
    },
    findByEmail(email) {
      const row = byEmail(email)
      return row && toUser(row)
    },
    credentials(email) {
      const row = byEmail(email)
      return row && { user: toUser(row), passwordHash: row.password_hash }
    },
    passwordHash: (id) =>
      file.get<Pick<AccountRow, "password_hash">>("SELECT password_hash FROM identity_accounts WHERE id = ?", [id])
        ?.password_hash,
    ids: () => file.all<{ id: string }>("SELECT id FROM identity_accounts").map(({ id }) => id),
    hasAdministrator: () => file.get("SELECT 1 FROM identity_accounts WHERE administrator = 1 LIMIT 1") !== undefined,
  }
}

function toUser(row: AccountRow): User {
  return {
    id: row.id,
    email: row.email,
    emailVerified: row.verified_at !== null,
    name: row.name,
    administrator: row.administrator === 1,
    createdAt: new Date(row.created_at).toISOString(),
  }
}
