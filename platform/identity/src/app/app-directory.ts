import type { Clock, IdSource } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import { EmailTaken, UserNotFound } from "../errors.ts"
import { endSteps } from "../factors/sign-in-writes.ts"
import { checkPassword } from "../password-policy.ts"
import type { PasswordHasher } from "../passwords.ts"
import { foldEmail, normalizeEmail, normalizeName } from "../person.ts"
import type { AccountCreation, JoiningStatement } from "../procedures.ts"
import type { Sealer } from "../sealer.ts"
import { checkLimit, openCursor, type Page, type PageRequest, sealCursor } from "../sessions.ts"
import type { AppSettingsStore } from "./app-settings.ts"
import {
  type AppClaims,
  type AppUser,
  type AppUserRow,
  checkClaims,
  checkRoles,
  findAppUser,
  toAppUser,
} from "./app-user.ts"

export interface NewAppUser {
  readonly email: string
  /** Absent: the user signs in by a link only, until they set one. */
  readonly password?: string
  readonly name?: string | null
  readonly roles?: readonly string[]
  readonly claims?: AppClaims
  readonly emailVerified?: boolean
}

export interface AppUserChange {
  readonly name?: string | null
  readonly roles?: readonly string[]
  readonly claims?: AppClaims
  readonly disabled?: boolean
  readonly emailVerified?: boolean
  readonly password?: string
}

export interface AppUserPageRequest extends PageRequest {
  /** Only the user with this address, in any spelling. */
  readonly email?: string
}

/** The users of an app, as the project's servers and members manage them. */
export interface AppDirectory {
  /** Newest first. @throws {IDENTITY_INVALID_CURSOR} @throws {IDENTITY_INVALID_INPUT} */
  list(page?: AppUserPageRequest): Page<AppUser>
  /** @throws {IDENTITY_USER_NOT_FOUND} */
  get(id: string): AppUser
  /** @throws {IDENTITY_EMAIL_TAKEN} @throws {IDENTITY_INVALID_INPUT} @throws {IDENTITY_WEAK_PASSWORD} @throws {IDENTITY_BUSY} */
  create(user: NewAppUser): Promise<AppUser>
  /**
   * What is left out stays. To be disabled, or to get another password, ends all sessions of the user in the same commit.
   *
   * @throws {IDENTITY_USER_NOT_FOUND} @throws as `create`
   */
  update(id: string, change: AppUserChange): Promise<AppUser>
  /** Deletes the user with their sessions. @throws {IDENTITY_USER_NOT_FOUND} */
  delete(id: string): Promise<void>
  /** @returns how many sessions were ended @throws {IDENTITY_USER_NOT_FOUND} */
  signOutAll(id: string): Promise<number>
}

export function createAppDirectory(options: {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly ids: IdSource
  readonly sealer: Sealer
  readonly passwords: PasswordHasher
  readonly settings: AppSettingsStore
}): AppDirectory & { add(user: NewAppUser, alongside: (id: string) => readonly JoiningStatement[]): Promise<AppUser> } {
  const { file, clock, ids, sealer, passwords, settings } = options

  const rowOf = (id: string): AppUserRow => {
    const row = findAppUser(file, "id", id)
    if (row === undefined) throw new UserNotFound()
    return row
  }
  async function hashOf(password: string | undefined, email: string): Promise<string> {
    // Nobody can have typed the decoy's password, for it has none.
    if (password === undefined) return passwords.decoy
    checkPassword(password, email, settings.read().passwordMinCharacters)
    return await passwords.hash(password)
  }
  async function add(user: NewAppUser, alongside: (id: string) => readonly JoiningStatement[]): Promise<AppUser> {
    const email = normalizeEmail(user.email)
    const name = user.name === undefined || user.name === null ? "" : normalizeName(user.name)
    const roles = JSON.stringify(checkRoles(user.roles ?? []))
    const claims = JSON.stringify(checkClaims(user.claims ?? {}))
    if (findAppUser(file, "email", email) !== undefined) throw new EmailTaken()
    const passwordHash = await hashOf(user.password, email)
    const createdAtMs = clock.now()
    const account = { id: ids(), email, name, passwordHash, createdAtMs }
    const verifiedAt = user.emailVerified ? createdAtMs : null
    const facts = {
      sql: "UPDATE identity_accounts SET roles = ?, claims = ?, verified_at = ? WHERE id = ?",
      params: [roles, claims, verifiedAt, account.id],
    }
    const creation: AccountCreation = { account, alongside: [facts, ...alongside(account.id)] }
    await file.call("identity.createAccount", creation)
    return toAppUser(rowOf(account.id))
  }

  return {
    add,
    create: (user) => add(user, () => []),
    get: (id) => toAppUser(rowOf(id)),

    list({ limit: asked, cursor, email } = {}) {
      const limit = checkLimit(asked)
      const context = "identity/cursor/users"
      const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : openCursor(sealer, cursor, context)
      const only = email === undefined ? undefined : (foldEmail(email) ?? "")
      const rows = file.all<AppUserRow>(
        `SELECT * FROM identity_accounts WHERE n < ? ${only === undefined ? "" : "AND email = ?"} ORDER BY n DESC LIMIT ?`,
        [before, ...(only === undefined ? [] : [only]), limit + 1],
      )
      const last = rows.length > limit ? rows[limit - 1] : undefined
      return { items: rows.slice(0, limit).map(toAppUser), next: last ? sealCursor(sealer, last.n, context) : null }
    },

    async update(id, change) {
      const row = rowOf(id)
      const { name, roles, claims, disabled, emailVerified, password } = change
      const nowMs = clock.now()
      const set: [column: string, value: string | number | null][] = []
      if (name !== undefined) set.push(["name", name === null ? "" : normalizeName(name)])
      if (roles !== undefined) set.push(["roles", JSON.stringify(checkRoles(roles))])
      if (claims !== undefined) set.push(["claims", JSON.stringify(checkClaims(claims))])
      if (disabled !== undefined) set.push(["disabled_at", disabled ? (row.disabled_at ?? nowMs) : null])
      if (emailVerified !== undefined) set.push(["verified_at", emailVerified ? (row.verified_at ?? nowMs) : null])
      if (password !== undefined) set.push(["password_hash", await hashOf(password, row.email)])
      if (set.length === 0) return toAppUser(row)
      const columns = set.map(([column]) => `${column} = ?`).join(", ")
      const [changed] = await file.write([
        { sql: `UPDATE identity_accounts SET ${columns} WHERE id = ?`, params: [...set.map(([, value]) => value), id] },
        ...(disabled || password !== undefined ? forget(id) : []),
      ])
      if (changed?.changes !== 1) throw new UserNotFound()
      return toAppUser(rowOf(id))
    },

    async delete(id) {
      const [deleted] = await file.write([
        { sql: "DELETE FROM identity_accounts WHERE id = ?", params: [id] },
        ...forget(id),
        { sql: "DELETE FROM identity_proofs WHERE user_id = ?", params: [id] },
        { sql: "DELETE FROM identity_links WHERE user_id = ?", params: [id] },
      ])
      if (deleted?.changes !== 1) throw new UserNotFound()
    },

    async signOutAll(id) {
      rowOf(id)
      const [ended] = await file.write(endSessions(id))
      return ended?.changes ?? 0
    },
  }
}

/** Ends every way in that the user has now; factors stay, and whatever of the user's is asked for them. */
export function forget(id: string): readonly JoiningStatement[] {
  return [
    ...endSessions(id),
    {
      sql: "DELETE FROM identity_proofs WHERE user_id = ? AND (kind LIKE 'ticket-%' OR kind = 'device')",
      params: [id],
    },
  ]
}

/** Ends all sessions, and the sign-ins that wait for their second step. */
export function endSessions(id: string): readonly JoiningStatement[] {
  return [{ sql: "DELETE FROM identity_sessions WHERE account_id = ?", params: [id] }, endSteps(id)]
}
