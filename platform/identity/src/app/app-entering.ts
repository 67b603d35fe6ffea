import type { Clock } from "@ashlar/core"
import { decideAccount, type ExternalIdentity } from "@ashlar/oauth/client"
import type { SqliteFile } from "@ashlar/sqlite"
import { AccountDisabled, EmailTaken, EmailUnverified, LinkRefused, SignupsClosed } from "../errors.ts"
import { type Client, foldEmail } from "../person.ts"
import type { JoiningStatement } from "../procedures.ts"
import type { Session, Sessions } from "../sessions.ts"
import type { NewAppUser } from "./app-directory.ts"
import type { AppSettingsStore } from "./app-settings.ts"
import { type AppUser, type AppUserRow, findAppUser, toAppUser } from "./app-user.ts"

/** Lets in whom a provider has proven, or says why not. @param connect Who is signed in, and asked to be known by it. */
export type AppEntering = (
  identity: ExternalIdentity,
  client: Client,
  connect: string | undefined,
) => Promise<Session<AppUser>>

/** What somebody of a provider is in the app: one who was here before, one who is linked by an address that both sides have verified, or new. */
export function createAppEntering(parts: {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly settings: AppSettingsStore
  readonly sessions: Pick<Sessions<AppUser>, "prepare">
  add(user: NewAppUser, alongside: (id: string) => readonly JoiningStatement[]): Promise<AppUser>
}): AppEntering {
  const { file, clock, settings, sessions } = parts
  return enter

  async function enter(
    identity: ExternalIdentity,
    client: Client,
    connect: string | undefined,
  ): Promise<Session<AppUser>> {
    const decision = await decideAccount(
      identity,
      { findByIdentity, findByEmail },
      connect === undefined ? {} : { signedInAs: connect },
    )
    switch (decision.action) {
      case "sign-in":
        return await signedIn(decision.userId, client, [])
      case "link":
        return await signedIn(decision.userId, client, [linkOf(identity, decision.userId, clock.now())])
      case "create":
        return await create(identity, decision, client)
      case "refuse":
        throw new LinkRefused(undefined, { details: { reason: decision.reason } })
    }
  }

  async function create(
    identity: ExternalIdentity,
    { email, isEmailVerified }: { readonly email: string | undefined; readonly isEmailVerified: boolean },
    client: Client,
  ): Promise<Session<AppUser>> {
    const { signups, verifiedEmailOnly } = settings.read()
    if (signups === "closed") throw new SignupsClosed("This app lets nobody make an account by themselves.")
    // An address that is kept in another spelling is not the one that was proven.
    if (email === undefined || foldEmail(email) !== email)
      throw new LinkRefused(undefined, { details: { reason: "no-email" } })
    if (verifiedEmailOnly && !isEmailVerified) throw new EmailUnverified()
    const name = identity.name === undefined ? null : [...identity.name].slice(0, 100).join("")
    let prepared: ReturnType<typeof sessions.prepare> | undefined
    try {
      const user = await parts.add({ email, name, emailVerified: isEmailVerified }, (id) => {
        prepared = sessions.prepare(id, client, { amr: ["federated"], authTimeMs: clock.now() })
        const nowMs = clock.now()
        return [linkOf(identity, id, nowMs), ...prepared.statements, { sql: NOTE_SIGN_IN, params: [nowMs, id] }]
      })
      return await prepared!.finish(user)
    } catch (error) {
      // Two answers at once: the other one made it, and this one begins again.
      throw error instanceof EmailTaken
        ? new LinkRefused(undefined, { cause: error, details: { reason: "unverified-account" } })
        : error
    }
  }

  async function signedIn(
    id: string,
    client: Client,
    alongside: readonly JoiningStatement[],
  ): Promise<Session<AppUser>> {
    const row = findAppUser(file, "id", id)
    if (row === undefined || row.disabled_at !== null) throw new AccountDisabled()
    if (row.verified_at === null && settings.read().verifiedEmailOnly) throw new EmailUnverified()
    const prepared = sessions.prepare(id, client, { amr: ["federated"], authTimeMs: clock.now() })
    const nowMs = clock.now()
    const held = { sql: UNLESS_SHUT, params: [prepared.sessionId, id] }
    await file.write([...alongside, ...prepared.statements, held, { sql: NOTE_SIGN_IN, params: [nowMs, id] }])
    return await prepared.finish({ ...toAppUser(row), lastSignedInAt: new Date(nowMs).toISOString() })
  }

  async function findByIdentity(issuer: string, subject: string): Promise<{ readonly id: string } | undefined> {
    const sql = "SELECT user_id AS id FROM identity_links WHERE issuer = ? AND subject = ?"
    return file.get<{ id: string }>(sql, [issuer, subject])
  }
  async function findByEmail(email: string): Promise<{ id: string; email: string; isVerified: boolean } | undefined> {
    const row: AppUserRow | undefined = findAppUser(file, "email", foldEmail(email) ?? "")
    return row && { id: row.id, email: row.email, isVerified: row.verified_at !== null }
  }
}

function linkOf({ provider, issuer, subject }: ExternalIdentity, userId: string, nowMs: number): JoiningStatement {
  return {
    sql: "INSERT OR IGNORE INTO identity_links (issuer, subject, user_id, provider, linked_at) VALUES (?, ?, ?, ?, ?)",
    params: [issuer, subject, userId, provider, nowMs],
  }
}

const NOTE_SIGN_IN = "UPDATE identity_accounts SET signed_in_at = ? WHERE id = ?"
const UNLESS_SHUT = `DELETE FROM identity_sessions WHERE id = ?
  AND NOT EXISTS (SELECT 1 FROM identity_accounts WHERE id = ? AND disabled_at IS NULL)`
