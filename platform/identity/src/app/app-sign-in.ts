import type { Clock } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import type { AttemptLimit } from "../attempt-limit.ts"
import { AccountDisabled, EmailUnverified, WrongCredentials } from "../errors.ts"
import type { PasswordHasher } from "../passwords.ts"
import { type Client, foldEmail } from "../person.ts"
import type { Session, Sessions } from "../sessions.ts"
import type { AppSettingsStore } from "./app-settings.ts"
import { type AppUser, findAppUser, toAppUser } from "./app-user.ts"

export interface AppSignIn {
  readonly email: string
  readonly password: string
  readonly client: Client
}

const MAX_TRIED_CODE_UNITS = 1024

/** Signing in with a password. @see AppUsers.signIn */
export function createPasswordSignIn(parts: {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly passwords: PasswordHasher
  readonly settings: AppSettingsStore
  readonly sessions: Pick<Sessions<AppUser>, "prepare">
  /** Counts guesses at one address within the project. */
  readonly perAccount: AttemptLimit
  takeClient(client: Client): Promise<void>
}): (request: AppSignIn) => Promise<Session<AppUser>> {
  const { file, clock, passwords, settings, sessions, perAccount, takeClient } = parts
  return async ({ email, password, client }) => {
    await takeClient(client)
    const address = foldEmail(email) ?? ""
    await perAccount.take(address)
    const row = findAppUser(file, "email", address)
    const tried = password.length <= MAX_TRIED_CODE_UNITS ? password : ""
    const matches = await passwords.verify(tried, row?.password_hash ?? passwords.decoy)
    if (row === undefined || !matches) throw new WrongCredentials()
    if (row.disabled_at !== null) throw new AccountDisabled()
    if (row.verified_at === null && settings.read().verifiedEmailOnly) throw new EmailUnverified()
    await perAccount.forgive(address)
    const session = sessions.prepare(row.id, client)
    const nowMs = clock.now()
    const rehashed = passwords.isOutdated(row.password_hash)
      ? [{ sql: REHASH, params: [await passwords.hash(password), row.id, row.password_hash] }]
      : []
    const held = { sql: UNLESS_CHANGED, params: [session.sessionId, row.id, row.password_hash] }
    await file.write([...session.statements, held, { sql: NOTE_SIGN_IN, params: [nowMs, row.id] }, ...rehashed])
    return await session.finish({ ...toAppUser(row), lastSignedInAt: new Date(nowMs).toISOString() })
  }
}

const NOTE_SIGN_IN = "UPDATE identity_accounts SET signed_in_at = ? WHERE id = ?"
/** A password that was changed while it was checked signs nobody in: the change has ended all sessions, and this one too. */
const UNLESS_CHANGED = `DELETE FROM identity_sessions WHERE id = ?
  AND NOT EXISTS (SELECT 1 FROM identity_accounts WHERE id = ? AND password_hash = ?)`
/** Guarded by the old hash: a password that was changed meanwhile is left alone. */
const REHASH = "UPDATE identity_accounts SET password_hash = ? WHERE id = ? AND password_hash = ?"
