import type { Clock, IdSource } from "@ashlar/core"
import { decideAccount, type ExternalIdentity } from "@ashlar/oauth/client"
import { type SqliteFile, SqlitePrecondition } from "@ashlar/sqlite"
import type { NoteAccount } from "../account-notes.ts"
import type { Accounts, User } from "../accounts.ts"
import { EmailTaken, LinkRefused, SessionEnded, SignupsClosed } from "../errors.ts"
import { type FirstStep, linkOf } from "../factors/sign-in-writes.ts"
import type { PasswordHasher } from "../passwords.ts"
import { type Client, foldEmail } from "../person.ts"
import type { AccountCreation, JoiningStatement } from "../procedures.ts"
import type { Session, SignedIn } from "../sessions.ts"
import type { PeopleProvider } from "./people-providers.ts"

export interface PeopleEnteringParts {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly ids: IdSource
  readonly accounts: Accounts
  readonly passwords: Pick<PasswordHasher, "decoy">
  readonly providers: ReadonlyMap<string, PeopleProvider>
  readonly note: NoteAccount
  letIn(step: FirstStep): Promise<Session>
  readonly onAccountCreated: (user: User) => readonly JoiningStatement[]
}

/** What somebody of a provider is here: one who is linked, who is linked now for both addresses are confirmed, or of a domain that may sign up. */
export interface PeopleEntering {
  enter(
    identity: ExternalIdentity,
    from: { readonly client: Client; readonly device: string | undefined },
  ): Promise<Session>
  /** For whoever is signed in, and is still when it is written. */
  link(identity: ExternalIdentity, who: SignedIn): Promise<void>
}

export function createPeopleEntering(parts: PeopleEnteringParts): PeopleEntering {
  const { file, clock, accounts, providers, note, letIn } = parts
  const noteLink = (user: User, { provider, issuer, subject }: ExternalIdentity) =>
    note({ user, action: "account.identity.link", details: { provider, issuer, subject } })
  return { enter, link }

  /** For whoever is signed in, and is still when it is written. */
  async function link(identity: ExternalIdentity, { user, sessionId }: SignedIn): Promise<void> {
    const decision = await decideAccount(identity, { findByIdentity, findByEmail }, { signedInAs: user.id })
    if (decision.action === "refuse") throw refused(decision.reason)
    if (decision.action !== "link") return
    const alive = "UPDATE identity_sessions SET last_used_at = last_used_at WHERE id = ? AND account_id = ?"
    try {
      await file.write([
        { sql: alive, params: [sessionId, user.id], expectChanges: 1 },
        { ...linkOf(identity, user.id, clock.now()), expectChanges: 1 },
        ...noteLink(user, identity),
      ])
    } catch (error) {
      if (!(error instanceof SqlitePrecondition)) throw error
      // Another one was faster, or the session is over.
      throw (await findByIdentity(identity.issuer, identity.subject)) ? refused("linked-elsewhere") : new SessionEnded()
    }
  }

  async function enter(
    identity: ExternalIdentity,
    from: { readonly client: Client; readonly device: string | undefined },
  ): Promise<Session> {
    const decision = await decideAccount(identity, { findByIdentity, findByEmail })
    switch (decision.action) {
      case "sign-in":
        return await letIn(stepOf(decision.userId, from))
      case "link":
        return await letIn({
          ...stepOf(decision.userId, from),
          link: { provider: identity.provider, issuer: identity.issuer, subject: identity.subject },
        })
      case "create": {
        const user = await create(identity, decision)
        return await letIn(stepOf(user.id, from))
      }
      case "refuse":
        throw refused(decision.reason)
    }
  }
  function stepOf(userId: string, from: Pick<FirstStep, "client" | "device">): FirstStep {
    const passwordHash = accounts.passwordHash(userId)
    if (passwordHash === undefined) throw refused("linked-elsewhere")
    return { userId, passwordHash, amr: ["federated"], ...from }
  }

  /** An account for somebody of a domain that the operator named: none in any other way. */
  async function create(
    identity: ExternalIdentity,
    { email, isEmailVerified }: { readonly email: string | undefined; readonly isEmailVerified: boolean },
  ): Promise<User> {
    const domain = email?.slice(email.lastIndexOf("@") + 1) ?? ""
    const isInvited = providers.get(identity.provider)?.signUpDomains.has(domain) ?? false
    // An address that is kept in another spelling is not the one that was proven.
    if (email === undefined || foldEmail(email) !== email || !isEmailVerified || !isInvited) {
      throw new SignupsClosed(
        "Nobody here has this address, confirmed. Ask for an invitation, or connect the provider under Security.",
      )
    }
    const createdAtMs = clock.now()
    const name = [...(identity.name ?? email)].slice(0, 100).join("")
    const account = { id: parts.ids(), email, name, passwordHash: parts.passwords.decoy, createdAtMs }
    const user: User = {
      ...{ id: account.id, email, name, administrator: false, emailVerified: true },
      createdAt: new Date(createdAtMs).toISOString(),
    }
    const creation: AccountCreation = {
      account,
      alongside: [
        { sql: "UPDATE identity_accounts SET verified_at = ? WHERE id = ?", params: [createdAtMs, account.id] },
        linkOf(identity, account.id, createdAtMs),
        ...parts.onAccountCreated(user),
        ...noteLink(user, identity),
      ],
    }
    try {
      await file.call("identity.createAccount", creation)
    } catch (error) {
      // Two answers at once: the other one made it, and this one begins again.
      throw error instanceof EmailTaken ? refused("unverified-account", error) : error
    }
    return user
  }

  async function findByIdentity(issuer: string, subject: string): Promise<{ readonly id: string } | undefined> {
    const sql = "SELECT user_id AS id FROM identity_links WHERE issuer = ? AND subject = ?"
    return file.get<{ id: string }>(sql, [issuer, subject])
  }
  async function findByEmail(email: string): Promise<{ id: string; email: string; isVerified: boolean } | undefined> {
    const user = accounts.findByEmail(email)
    return user && { id: user.id, email: user.email, isVerified: user.emailVerified }
  }
}

function refused(reason: string, cause?: unknown): InstanceType<typeof LinkRefused> {
  return new LinkRefused(undefined, { details: { reason }, ...(cause !== undefined && { cause }) })
}
