import type { Clock } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import type { Accounts } from "./accounts.ts"
import { SetupLinkSpent } from "./errors.ts"
import { createSingleUseToken, hashToken, isSingleUseToken } from "./tokens.ts"

/** The way in for the first administrator: a token that works once, and only while there is no administrator. */
export interface Setup {
  /** Whether the install waits for its first administrator. */
  isOpen(): boolean
  /**
   * Makes a new token, which from then on is the only one that works. Null when there is an administrator.
   * The token is not stored and cannot be read again.
   */
  issue(): Promise<{ readonly token: string; readonly expiresAt: string } | null>
  /**
   * Looks at a token without spending it.
   *
   * @throws {IDENTITY_SETUP_LINK_SPENT} when it is used, expired or unknown
   */
  check(token: string): { readonly expiresAt: string }
}

export function createSetup(options: {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly accounts: Accounts
  readonly setupTokenMs: number
}): Setup {
  const { file, clock, accounts, setupTokenMs } = options
  return {
    isOpen: () => !accounts.hasAdministrator(),
    async issue() {
      const token = createSingleUseToken("su")
      const createdAtMs = clock.now()
      const expiresAtMs = createdAtMs + setupTokenMs
      const issued = await file.call<boolean>("identity.issueSetupToken", {
        hash: hashToken(token),
        createdAtMs,
        expiresAtMs,
      })
      return issued ? { token, expiresAt: new Date(expiresAtMs).toISOString() } : null
    },
    check(token) {
      const row = isSingleUseToken(token)
        ? file.get<{ expires_at: number }>(
            "SELECT expires_at FROM identity_tickets WHERE token_hash = ? AND kind = 'setup' AND expires_at > ?",
            [hashToken(token), clock.now()],
          )
        : undefined
      if (!row || accounts.hasAdministrator()) throw new SetupLinkSpent()
      return { expiresAt: new Date(row.expires_at).toISOString() }
    },
  }
}
