import type { Clock } from "@ashlar/core"
import type { SqliteFile, SqlValue } from "@ashlar/sqlite"
import type { NoteAccount } from "./account-notes.ts"
import type { Accounts, User } from "./accounts.ts"
import { type AttemptLimit, addressKey } from "./attempt-limit.ts"
import { PersonNotFound, ResetLinkSpent } from "./errors.ts"
import { checkPassword } from "./password-policy.ts"
import type { PasswordHasher } from "./passwords.ts"
import { type Client, normalizeEmail } from "./person.ts"
import type { AccountReset } from "./procedures.ts"
import { createSingleUseToken, hashToken, isSingleUseToken } from "./tokens.ts"

const LINK_MS = 3_600_000

/** A way back for somebody who lost their password, and maybe their second factors too. */
export interface ResetLink {
  /** Shown once; only its hash is stored. */
  readonly token: string
  /** One hour from now. */
  readonly expiresAt: string
  readonly email: string
  readonly name: string
  /** Whether using it takes all second factors away. */
  readonly factors: boolean
}

/** What a link is written by: one transaction on the system file, whoever has it open. */
export interface ResetWriter {
  get<T>(sql: string, params: readonly SqlValue[]): T | undefined
  run(sql: string, params: readonly SqlValue[]): unknown
}

/**
 * Makes a link, which from then on is the only one of its person that works. Nothing else changes before it is used. It takes no
 * more than the system file, so that whoever has the data folder can make one beside a running install.
 *
 * @throws {IDENTITY_INVALID_INPUT} when the email is no address @throws {IDENTITY_PERSON_NOT_FOUND}
 */
export function issueResetLink(
  tx: ResetWriter,
  request: { readonly email: string; readonly factors: boolean; readonly nowMs: number },
): ResetLink {
  const { factors, nowMs } = request
  const email = normalizeEmail(request.email)
  const person = tx.get<{ id: string; name: string }>("SELECT id, name FROM identity_accounts WHERE email = ?", [email])
  if (!person) throw new PersonNotFound()
  const token = createSingleUseToken("rs")
  const expiresAtMs = nowMs + LINK_MS
  tx.run("DELETE FROM identity_proofs WHERE user_id = ? AND kind = 'account-reset'", [person.id])
  tx.run(
    `INSERT INTO identity_proofs (kind, id, user_id, counter, data, created_at, expires_at)
     VALUES ('account-reset', ?, ?, 0, ?, ?, ?)`,
    [idOf(token), person.id, JSON.stringify({ factors }), nowMs, expiresAtMs],
  )
  return { token, expiresAt: new Date(expiresAtMs).toISOString(), email, name: person.name, factors }
}

/** What a link is good for. */
export type ResetFacts = Omit<ResetLink, "token">

/** The end of a link that {@link issueResetLink} made. */
export interface AccountResets {
  /** Looks at a link without spending it. @throws {IDENTITY_RESET_LINK_SPENT} */
  check(token: string): ResetFacts
  /**
   * Sets the password, ends all sessions, and takes the second factors away if the link is for that. It signs nobody in. Of calls
   * that race with one link exactly one succeeds.
   *
   * @throws {IDENTITY_RESET_LINK_SPENT} @throws {IDENTITY_WEAK_PASSWORD} the link then still works
   * @throws {IDENTITY_TOO_MANY_ATTEMPTS} @throws {IDENTITY_BUSY}
   */
  complete(request: { readonly token: string; readonly password: string; readonly client: Client }): Promise<void>
}

interface AccountResetsOptions {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly accounts: Accounts
  readonly passwords: PasswordHasher
  readonly perAccount: AttemptLimit
  readonly perAddress: AttemptLimit
  readonly note: NoteAccount
}

export function createAccountResets(options: AccountResetsOptions): AccountResets {
  const { file, clock, accounts, passwords, perAccount, perAddress, note } = options
  function look(token: string): ResetFacts & { readonly user: User } {
    const row = isSingleUseToken(token)
      ? file.get<{ user_id: string; data: string; expires_at: number }>(
          "SELECT user_id, data, expires_at FROM identity_proofs WHERE kind = 'account-reset' AND id = ? AND expires_at > ?",
          [idOf(token), clock.now()],
        )
      : undefined
    const user: User | undefined = row && accounts.find(row.user_id)
    if (!row || !user) throw new ResetLinkSpent()
    const { factors } = JSON.parse(row.data) as { readonly factors: boolean }
    return { user, email: user.email, name: user.name, factors, expiresAt: new Date(row.expires_at).toISOString() }
  }
  return {
    check(token) {
      const { user: _, ...facts } = look(token)
      return facts
    },
    /** As with set-up, a stranger without a link cannot make the server compute a hash. */
    async complete({ token, password, client }) {
      await perAddress.take(addressKey(client.address))
      const { user, email, factors } = look(token)
      checkPassword(password, email)
      const passwordHash = await passwords.hash(password)
      const alongside = note({ user, action: "account.reset", details: { factors, address: client.address } })
      const reset: AccountReset = { hash: idOf(token), passwordHash, nowMs: clock.now(), alongside }
      await file.call("identity.resetAccount", reset)
      await perAccount.forgive(email)
    },
  }
}

function idOf(token: string): string {
  return Buffer.from(hashToken(token)).toString("base64url")
}
