import type { Clock } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import type { User } from "./accounts.ts"
import { InviteSpent } from "./errors.ts"
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
}

export function createInvites(options: {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly inviteMs: number
}): Invites {
  const { file, clock, inviteMs } = options
  return {
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
            sql: "DELETE FROM identity_tickets WHERE kind = 'invite' AND email = ? AND scope = ?",
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
    find(token) {
      if (!isSingleUseToken(token)) throw new InviteSpent()
      const hash = hashToken(token)
      const row = file.get<{ email: string; scope: string; grants: string }>(
        "SELECT email, scope, grants FROM identity_tickets WHERE token_hash = ? AND kind = 'invite' AND expires_at > ?",
        [hash, clock.now()],
      )
      if (!row) throw new InviteSpent()
      return { hash, email: row.email, scope: row.scope, grants: JSON.parse(row.grants) as Grants }
    },
  }
}
