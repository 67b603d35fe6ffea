/** What must decide and write in one step. Runs in the writer Worker, one call at a time. */
import { Buffer } from "node:buffer"
import type { Statement, Transaction } from "@ashlar/sqlite"

export { claimDevice, requestDevice } from "./device-procedures.ts"

import { EmailTaken, InviteForAnother, InviteSpent, ResetLinkSpent, SessionEnded, SetupLinkSpent } from "./errors.ts"

/** A statement that joins another's transaction. It states no number of changes: what it finds gone, it leaves out. */
export type JoiningStatement = Pick<Statement, "sql" | "params">

export interface NewAccount {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly passwordHash: string
  readonly createdAtMs: number
}

export interface AccountCreation {
  readonly account: NewAccount
  /** The single-use token that this creation spends. Without one the account is an ordinary, uninvited one. */
  readonly ticket?: { readonly kind: "setup" | "invite"; readonly hash: Uint8Array }
  readonly alongside: readonly JoiningStatement[]
}

/**
 * Creates an account and spends its ticket, or does neither.
 *
 * @throws {IDENTITY_SETUP_LINK_SPENT} @throws {IDENTITY_INVITE_SPENT} when another call was first, or it expired
 * @throws {IDENTITY_INVITE_FOR_ANOTHER} when the invite names another email address
 * @throws {IDENTITY_EMAIL_TAKEN} when the address has an account
 */
export function createAccount(tx: Transaction, { account, ticket, alongside }: AccountCreation): void {
  if (ticket?.kind === "setup") spendSetupToken(tx, ticket.hash, account.createdAtMs)
  if (ticket?.kind === "invite") spendInvite(tx, ticket.hash, account)
  if (tx.get("SELECT 1 FROM identity_accounts WHERE email = ?", [account.email])) throw new EmailTaken()
  tx.run(
    `INSERT INTO identity_accounts (id, email, name, password_hash, administrator, created_at)
     VALUES (?, ?, ?, ?, ?, ?)`,
    [
      account.id,
      account.email,
      account.name,
      account.passwordHash,
      ticket?.kind === "setup" ? 1 : 0,
      account.createdAtMs,
    ],
  )
  joinAll(tx, alongside)
}

function joinAll(tx: Transaction, alongside: readonly JoiningStatement[]): void {
  for (const { sql, params } of alongside) tx.run(sql, params)
}

function spendSetupToken(tx: Transaction, hash: Uint8Array, nowMs: number): void {
  const live = tx.get("SELECT 1 FROM identity_tickets WHERE token_hash = ? AND kind = 'setup' AND expires_at > ?", [
    hash,
    nowMs,
  ])
  const administrator = tx.get("SELECT 1 FROM identity_accounts WHERE administrator = 1 LIMIT 1")
  if (!live || administrator) throw new SetupLinkSpent()
  tx.run("DELETE FROM identity_tickets WHERE kind = 'setup'")
}

function spendInvite(tx: Transaction, hash: Uint8Array, account: NewAccount): void {
  const invite = tx.get<{ email: string }>(
    "SELECT email FROM identity_tickets WHERE token_hash = ? AND kind = 'invite' AND expires_at > ?",
    [hash, account.createdAtMs],
  )
  if (!invite) throw new InviteSpent()
  if (invite.email !== account.email) throw new InviteForAnother()
  tx.run("DELETE FROM identity_tickets WHERE token_hash = ?", [hash])
}

/**
 * Makes this the one set-up token that works, unless the install has an administrator.
 *
 * @returns whether the token was issued
 */
export function issueSetupToken(
  tx: Transaction,
  token: { readonly hash: Uint8Array; readonly createdAtMs: number; readonly expiresAtMs: number },
): boolean {
  if (tx.get("SELECT 1 FROM identity_accounts WHERE administrator = 1 LIMIT 1")) return false
  tx.run("DELETE FROM identity_tickets WHERE kind = 'setup'")
  tx.run("INSERT INTO identity_tickets (token_hash, kind, created_at, expires_at) VALUES (?, 'setup', ?, ?)", [
    token.hash,
    token.createdAtMs,
    token.expiresAtMs,
  ])
  return true
}

export interface AccountReset {
  /** The hash of the link's token. */
  readonly hash: string
  readonly passwordHash: string
  readonly nowMs: number
  readonly alongside: readonly JoiningStatement[]
}

/**
 * Spends a link: its person has this password from now on, and is signed in nowhere. What was begun with the former password, a
 * second step or a device that was let in and has not asked yet, is over as well.
 *
 * @throws {IDENTITY_RESET_LINK_SPENT} when another call was first, or it expired
 */
export function resetAccount(tx: Transaction, { hash, passwordHash, nowMs, alongside }: AccountReset): void {
  const link = tx.get<{ user_id: string; data: string }>(
    "SELECT user_id, data FROM identity_proofs WHERE kind = 'account-reset' AND id = ? AND expires_at > ?",
    [hash, nowMs],
  )
  if (!link) throw new ResetLinkSpent()
  const { user_id: id } = link
  tx.run("UPDATE identity_accounts SET password_hash = ? WHERE id = ?", [passwordHash, id])
  tx.run("DELETE FROM identity_sessions WHERE account_id = ?", [id])
  const { factors } = JSON.parse(link.data) as { readonly factors: boolean }
  endBegun(tx, id)
  if (factors) tx.run("DELETE FROM identity_proofs WHERE user_id = ?", [id])
  joinAll(tx, alongside)
}

/** What somebody began with what they knew before: second steps, links, devices that wait, and devices that are remembered. */
function endBegun(tx: Transaction, userId: string): void {
  tx.run("DELETE FROM identity_devices WHERE account_id = ?", [userId])
  const kinds = "kind IN ('account-reset', 'sign-in-step', 'device') OR kind LIKE 'ticket-%'"
  tx.run(`DELETE FROM identity_proofs WHERE user_id = ? AND (${kinds})`, [userId])
}

export interface PasswordChange {
  readonly userId: string
  /** The session that goes on. */
  readonly sessionId: string
  readonly passwordHash: string
  readonly alongside: readonly JoiningStatement[]
}

/** Sets a password for whoever is still signed in. @throws {IDENTITY_SESSION_ENDED} as by a reset that was first */
export function changePassword(tx: Transaction, change: PasswordChange): void {
  const { userId, sessionId, passwordHash, alongside } = change
  const sql = "SELECT 1 FROM identity_sessions WHERE id = ? AND account_id = ?"
  if (!tx.get(sql, [sessionId, userId])) throw new SessionEnded()
  tx.run("UPDATE identity_accounts SET password_hash = ? WHERE id = ?", [passwordHash, userId])
  tx.run("DELETE FROM identity_sessions WHERE account_id = ? AND id <> ?", [userId, sessionId])
  endBegun(tx, userId)
  joinAll(tx, alongside)
}

export interface SessionRotation {
  readonly sessionId: string
  /** Hashes of the token that was presented and of its only possible successor. */
  readonly presentedHash: Uint8Array
  readonly nextHash: Uint8Array
  readonly nowMs: number
  readonly graceMs: number
  readonly idleMs: number
  readonly absoluteMs: number
  readonly address: string
  readonly userAgent: string
}

export type RotationOutcome =
  | {
      readonly kind: "continued"
      readonly accountId: string
      readonly expiresAtMs: number
      /** How and when its owner proved who they are, in words with spaces between. */
      readonly amr: string
      readonly authTimeMs: number
    }
  | { readonly kind: "unknown" | "expired" | "reused" }

/**
 * Moves a session to its next refresh token. A token that is older than the previous one, or the previous one after
 * its grace, was copied by somebody: the session is over for both, and nobody can tell which was the thief.
 */
export function rotateSession(tx: Transaction, rotation: SessionRotation): RotationOutcome {
  const { sessionId, presentedHash, nowMs } = rotation
  const session = tx.get<{
    account_id: string
    token_hash: Uint8Array
    previous_hash: Uint8Array | null
    rotated_at: number
    created_at: number
    expires_at: number
    amr: string
    proven_at: number | null
  }>("SELECT * FROM identity_sessions WHERE id = ?", [sessionId])
  if (!session) return { kind: "unknown" }
  const proven = { amr: session.amr, authTimeMs: session.proven_at ?? session.created_at }
  const end = (kind: "expired" | "reused"): RotationOutcome => {
    tx.run("DELETE FROM identity_sessions WHERE id = ?", [sessionId])
    return { kind }
  }
  if (session.expires_at <= nowMs) return end("expired")
  if (isSame(session.token_hash, presentedHash)) {
    const expiresAtMs = Math.min(nowMs + rotation.idleMs, session.created_at + rotation.absoluteMs)
    tx.run(
      `UPDATE identity_sessions SET previous_hash = token_hash, token_hash = ?, rotated_at = ?, last_used_at = ?,
       expires_at = ?, address = ?, user_agent = ? WHERE id = ?`,
      [rotation.nextHash, nowMs, nowMs, expiresAtMs, rotation.address, rotation.userAgent, sessionId],
    )
    return { kind: "continued", accountId: session.account_id, expiresAtMs, ...proven }
  }
  // Another tab was first. The successor is derived from the token, so this caller gets the same one.
  const inGrace = nowMs - session.rotated_at <= rotation.graceMs
  if (inGrace && session.previous_hash && isSame(session.previous_hash, presentedHash)) {
    return { kind: "continued", accountId: session.account_id, expiresAtMs: session.expires_at, ...proven }
  }
  return end("reused")
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

export interface SigningKeyRotation {
  readonly kid: string
  readonly sealedPrivateKey: Uint8Array
  readonly publicX: string
  readonly nowMs: number
  /** The key that signs now; null for the first key of an install. */
  readonly replaces: string | null
  /** Until when the replaced key verifies what it signed. */
  readonly overlapUntilMs: number
}

/** @returns whether the key was added; false when another rotation was first. */
export function addSigningKey(tx: Transaction, key: SigningKeyRotation): boolean {
  const active = tx.get<{ kid: string }>("SELECT kid FROM identity_signing_keys WHERE verifies_until IS NULL")
  if ((active?.kid ?? null) !== key.replaces) return false
  tx.run("DELETE FROM identity_signing_keys WHERE verifies_until <= ?", [key.nowMs])
  tx.run("UPDATE identity_signing_keys SET verifies_until = ? WHERE verifies_until IS NULL", [key.overlapUntilMs])
  tx.run("INSERT INTO identity_signing_keys (kid, sealed_private_key, public_x, created_at) VALUES (?, ?, ?, ?)", [
    key.kid,
    key.sealedPrivateKey,
    key.publicX,
    key.nowMs,
  ])
  return true
}
