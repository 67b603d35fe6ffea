import type { Clock } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import type { User } from "./accounts.ts"
import { InviteForAnother, InviteSpent } from "./errors.ts"
import { normalizeEmail } from "./person.ts"
import type { JoiningStatement } from "./procedures.ts"
import { createSingleUseToken, hashToken, isSingleUseToken } from "./tokens.ts"

/** Plain JSON that means something to whoever invited, and nothing here. */
export type Grants = Readonly<Record<string, unknown>>

export interface InviteRequest {
  readonly email: string
  /** What the invite is to, such as a project's id. A newer invite of the same address to the same scope replaces the older. */
  readonly scope: string
  readonly grants: Grants
}

/** An invite that exists once its statements are committed, together with the inviter's own change. */
export interface PreparedInvite {
  /** Shown once; only its hash is stored. */
  readonly token: string
  readonly email: string
  readonly expiresAt: string
  readonly statements: readonly JoiningStatement[]
}

/** An invite that is being accepted, with the account that accepts it. */
export interface AcceptedInvite {
  readonly scope: string
  readonly grants: Grants
  readonly user: User
}

/** An invite in the hands of whoever it is for. */
export interface FoundInvite {
  readonly scope: string
  readonly grants: Grants
  /** What spends it. */
  readonly statements: readonly JoiningStatement[]
}

export const WITHDRAW_INVITE = "DELETE FROM identity_tickets WHERE kind = 'invite' AND email = ? AND scope = ?"

export interface PendingInvite {
  readonly hash: Uint8Array
  readonly email: string
  readonly scope: string
  readonly grants: Grants
}

export interface Invites {
  /** @throws {IDENTITY_INVALID_INPUT} when the email is no address */
  prepare(request: InviteRequest): PreparedInvite
  /** @throws {IDENTITY_INVITE_SPENT} when the token is used, expired or unknown */
  find(token: string): PendingInvite
  /** @throws {IDENTITY_INVITE_SPENT} @throws {IDENTITY_INVITE_FOR_ANOTHER} */
  findFor(token: string, holder: Pick<User, "email">): FoundInvite
}

export function createInvites(options: {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly inviteMs: number
}): Invites {
  const { file, clock, inviteMs } = options
  const find: Invites["find"] = (token) => {
    if (!isSingleUseToken(token)) throw new InviteSpent()
    const hash = hashToken(token)
    const row = file.get<{ email: string; scope: string; grants: string }>(
      "SELECT email, scope, grants FROM identity_tickets WHERE token_hash = ? AND kind = 'invite' AND expires_at > ?",
      [hash, clock.now()],
    )
    if (!row) throw new InviteSpent()
    return { hash, email: row.email, scope: row.scope, grants: JSON.parse(row.grants) as Grants }
  }
  return {
    find,
    findFor(token, holder) {
      const { hash, email, scope, grants } = find(token)
      if (email !== holder.email) throw new InviteForAnother()
      return {
        ...{ scope, grants },
        statements: [{ sql: "DELETE FROM identity_tickets WHERE token_hash = ?", params: [hash] }],
      }
    },
    prepare({ email: address, scope, grants }) {
      const email = normalizeEmail(address)
      const token = createSingleUseToken("in")
      const nowMs = clock.now()
      const expiresAtMs = nowMs + inviteMs
      return {
        token,
        email,
        expiresAt: new Date(expiresAtMs).toISOString(),
        statements: [
          {
            sql: WITHDRAW_INVITE,
            params: [email, scope],
          },
          {
            sql: `INSERT INTO identity_tickets (token_hash, kind, email, scope, grants, created_at, expires_at)
                  VALUES (?, 'invite', ?, ?, ?, ?, ?)`,
            params: [hashToken(token), email, scope, JSON.stringify(grants), nowMs, expiresAtMs],
          },
        ],
      }
    },
  }
}
