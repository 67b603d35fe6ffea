import type { Clock } from "@ashlar/core"
import { decideAccount, type ExternalIdentity } from "@ashlar/oauth/client"
import type { SqliteFile } from "@ashlar/sqlite"
import { AccountDisabled, EmailTaken, EmailUnverified, LinkRefused, SignupsClosed } from "../errors.ts"
import { type FirstStep, linkOf, type ProviderLink } from "../factors/sign-in-writes.ts"
import { foldEmail } from "../person.ts"
import type { JoiningStatement } from "../procedures.ts"
import type { Session } from "../sessions.ts"
import type { NewAppUser } from "./app-directory.ts"
import type { AppSettingsStore } from "./app-settings.ts"
import { type AppUser, type AppUserRow, findAppUser } from "./app-user.ts"

/** Whose browser it is. */
export type EnteringFrom = Pick<FirstStep, "client" | "device">

/** Lets in whom a provider has proven, or says why not. @param connect Who is signed in, and asked to be known by it. */
export type AppEntering = (
  identity: ExternalIdentity,
  from: EnteringFrom,
  connect: string | undefined,
) => Promise<Session<AppUser>>

/** What somebody of a provider is in the app: one who was here before, one who is linked by an address that both sides have verified, or new. */
export function createAppEntering(parts: {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly settings: AppSettingsStore
  letIn(step: FirstStep): Promise<Session<AppUser>>
  add(user: NewAppUser, alongside: (id: string) => readonly JoiningStatement[]): Promise<AppUser>
}): AppEntering {
  const { file, clock, settings } = parts
  return enter

  async function enter(
    identity: ExternalIdentity,
    from: EnteringFrom,
    connect: string | undefined,
  ): Promise<Session<AppUser>> {
    const decision = await decideAccount(
      identity,
      { findByIdentity, findByEmail },
      connect === undefined ? {} : { signedInAs: connect },
    )
    switch (decision.action) {
      case "sign-in":
        return await signedIn(decision.userId, from)
      case "link":
        // Not before the second step, where there is one: a provider that somebody took over is no way in that stays.
        return await signedIn(decision.userId, from, identity)
      case "create":
        return await signedIn(await create(identity, decision), from)
      case "refuse":
        throw new LinkRefused(undefined, { details: { reason: decision.reason } })
    }
  }

  /** @returns the id of the new user */
  async function create(
    identity: ExternalIdentity,
    { email, isEmailVerified }: { readonly email: string | undefined; readonly isEmailVerified: boolean },
  ): Promise<string> {
    const { signups, verifiedEmailOnly } = settings.read()
    if (signups === "closed") throw new SignupsClosed("This app lets nobody make an account by themselves.")
    // An address that is kept in another spelling is not the one that was proven.
    if (email === undefined || foldEmail(email) !== email)
      throw new LinkRefused(undefined, { details: { reason: "no-email" } })
    if (verifiedEmailOnly && !isEmailVerified) throw new EmailUnverified()
    const name = identity.name === undefined ? null : [...identity.name].slice(0, 100).join("")
    try {
      const links = (id: string): readonly JoiningStatement[] => [linkOf(identity, id, clock.now())]
      return (await parts.add({ email, name, emailVerified: isEmailVerified }, links)).id
    } catch (error) {
      // Two answers at once: the other one made it, and this one begins again.
      throw error instanceof EmailTaken
        ? new LinkRefused(undefined, { cause: error, details: { reason: "unverified-account" } })
        : error
    }
  }

  async function signedIn(userId: string, from: EnteringFrom, link?: ProviderLink): Promise<Session<AppUser>> {
    const row = findAppUser(file, "id", userId)
    if (row === undefined || row.disabled_at !== null) throw new AccountDisabled()
    const { client, device } = from
    const told = link && { provider: link.provider, issuer: link.issuer, subject: link.subject }
    const passwordHash = row.password_hash
    return await parts.letIn({ userId, passwordHash, amr: ["federated"], client, device, link: told })
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
