import { createEmailFlows, type EmailAccount, type EmailFlows, ProofInvalid } from "@ashlar/auth/email"
import type { ProofStore } from "@ashlar/auth/proofs"
import type { RateLimits } from "@ashlar/cache/rate-limits"
import type { Clock } from "@ashlar/core"
import { type SqliteFile, SqlitePrecondition } from "@ashlar/sqlite"
import type { NoteAccount } from "../account-notes.ts"
import type { Accounts, User } from "../accounts.ts"
import { normalizeEmail } from "../person.ts"
import type { Sealer } from "../sealer.ts"
import { type SendPersonMail, wordPersonMail } from "./person-mail.ts"

export interface PersonFlowsParts {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly sealer: Sealer
  readonly store: ProofStore
  readonly accounts: Accounts
  readonly note: NoteAccount
  /** Of this process. The limits that all nodes share stand before it. */
  readonly limits: RateLimits
  /** Undefined: the install sends none. */
  readonly send: SendPersonMail | undefined
  /** Where the install is, as people know it, and what time it is. */
  readonly place: () => { readonly host: string; readonly nowMs: number }
  readonly onError: (error: unknown) => void
}

/** Where the address is not known yet: every message is given the page that it leads to. */
const NO_PAGE = "https://no-page.invalid/"

/** `@ashlar/auth/email` on the accounts of people. @param isFound Whether somebody is found by their address. */
export function createPersonFlows(parts: PersonFlowsParts, isFound: (user: User) => boolean): EmailFlows {
  const { file, clock, sealer, store, accounts, note, limits, send, place, onError } = parts
  return createEmailFlows({
    ...{ store, clock, limits, perHour: 100, onError, keys: [sealer.deriveKey("people/mail-code")] },
    pages: { verify: NO_PAGE, "sign-in": NO_PAGE, reset: NO_PAGE, "change-email": NO_PAGE },
    deliver: async (message) => send?.(wordPersonMail(message, place())),
    accounts: {
      find: async (id) => toAccount(accounts.find(id)),
      async findByEmail(email) {
        const user = accounts.findByEmail(email)
        return user !== undefined && isFound(user) ? toAccount(user) : undefined
      },
      async markVerified(id, { email, isClaim }) {
        // Nobody claims an account here: whoever confirms its address is signed in to it.
        if (isClaim) throw new ProofInvalid()
        const params = [clock.now(), id, email]
        await file.write([
          { sql: VERIFY, params },
          ...note({ user: { id, email }, action: "account.email.verify", details: {} }),
        ])
      },
      changeEmail: move,
      revokeSessions: (id, except) => file.write([{ sql: END_OTHERS, params: [id, except?.sessionId ?? ""] }]),
    },
  })

  async function move(id: string, change: { readonly from: string; readonly to: string }): Promise<boolean> {
    const { from } = change
    // Kept in one spelling only, in which it is found.
    const to = normalizeEmail(change.to)
    const notes = note({ user: { id, email: to }, action: "account.email", details: { from, to } })
    try {
      await file.write([{ sql: MOVE, params: [to, clock.now(), id, from, to], expectChanges: 1 }, ...notes])
      return true
    } catch (error) {
      if (error instanceof SqlitePrecondition) return false
      throw error
    }
  }
}

function toAccount(user: User | undefined): EmailAccount | undefined {
  return user && { id: user.id, email: user.email, isVerified: user.emailVerified }
}

const VERIFY = "UPDATE identity_accounts SET verified_at = ? WHERE id = ? AND email = ? AND verified_at IS NULL"
const END_OTHERS = "DELETE FROM identity_sessions WHERE account_id = ? AND id <> ?"
const MOVE = `UPDATE identity_accounts SET email = ?, verified_at = ? WHERE id = ? AND email = ?
  AND NOT EXISTS (SELECT 1 FROM identity_accounts WHERE email = ?)`
