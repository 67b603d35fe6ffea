import type { SqliteFile } from "@ashlar/sqlite"
import type { AttemptLimit } from "../attempt-limit.ts"
import { AccountDisabled, WrongCredentials } from "../errors.ts"
import type { FirstStep } from "../factors/sign-in-writes.ts"
import type { PasswordHasher } from "../passwords.ts"
import { type Client, foldEmail } from "../person.ts"
import { rehash } from "../rehash.ts"
import type { Session } from "../sessions.ts"
import { type AppUser, findAppUser } from "./app-user.ts"

export interface AppSignIn {
  readonly email: string
  readonly password: string
  readonly client: Client
  /** What this device was given when it was remembered. */
  readonly device?: string | undefined
}

const MAX_TRIED_CODE_UNITS = 1024

/** Signing in with a password. @see AppUsers.signIn */
export function createPasswordSignIn(parts: {
  readonly file: SqliteFile
  readonly passwords: PasswordHasher
  /** Counts guesses at one address within the project. */
  readonly perAccount: AttemptLimit
  takeClient(client: Client): Promise<void>
  letIn(step: FirstStep): Promise<Session<AppUser>>
}): (request: AppSignIn) => Promise<Session<AppUser>> {
  const { file, passwords, perAccount, takeClient, letIn } = parts
  return async ({ email, password, client, device }) => {
    await takeClient(client)
    const address = foldEmail(email) ?? ""
    await perAccount.take(address)
    const row = findAppUser(file, "email", address)
    const tried = password.length <= MAX_TRIED_CODE_UNITS ? password : ""
    const matches = await passwords.verify(tried, row?.password_hash ?? passwords.decoy)
    if (row === undefined || !matches) throw new WrongCredentials()
    if (row.disabled_at !== null) throw new AccountDisabled()
    const passwordHash = await rehash({ file, passwords }, { id: row.id, hash: row.password_hash, password })
    const refusal = (cause: unknown) => new WrongCredentials(undefined, { cause })
    const session = await letIn({ userId: row.id, passwordHash, amr: ["pwd"], client, device, refusal })
    await perAccount.forgive(address)
    return session
  }
}
