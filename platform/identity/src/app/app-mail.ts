import {
  createEmailFlows,
  type EmailAccount,
  type EmailAccounts,
  type EmailFlows,
  type EmailMessage,
  ProofInvalid,
} from "@ashlar/auth/email"
import type { ProofStore } from "@ashlar/auth/proofs"
import type { RateLimits } from "@ashlar/cache/rate-limits"
import type { Clock } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import { EmailTaken } from "../errors.ts"
import { endSteps } from "../factors/sign-in-writes.ts"
import { checkPassword } from "../password-policy.ts"
import type { PasswordHasher } from "../passwords.ts"
import { foldEmail } from "../person.ts"
import type { Sealer } from "../sealer.ts"
import type { NewAppUser } from "./app-directory.ts"
import type { AppSettingsStore } from "./app-settings.ts"
import { type AppUser, type AppUserRow, findAppUser } from "./app-user.ts"
import type { AppMailKind, WordedMail } from "./mail-words.ts"
import { wordMail } from "./mail-words.ts"

/** A message to a user of an app, in words. */
export interface AppMessage extends WordedMail {
  readonly kind: AppMailKind
  readonly projectId: string
  readonly to: string
  readonly senderName: string
  readonly replyTo: string | null
  /** The page that one of the paragraphs names. */
  readonly link: string | undefined
}

/** What takes a user of an app their mail. */
export interface AppMailer {
  /** What the app is called in mail, where its settings do not say. */
  nameOf(projectId: string): string
  /** It is not waited for. */
  send(message: AppMessage): Promise<unknown>
}

export interface AppMailParts {
  readonly projectId: string
  readonly file: SqliteFile
  readonly clock: Clock
  readonly sealer: Sealer
  readonly passwords: PasswordHasher
  readonly settings: AppSettingsStore
  readonly proofs: ProofStore
  /** Of this process. The limits that all nodes share stand before it. */
  readonly limits: RateLimits
  readonly mailer: AppMailer
  readonly onError: (error: unknown) => void
  add(user: NewAppUser): Promise<AppUser>
}

/** Where no page of the app is named. What leads there is not sent. */
const NO_PAGE = "https://no-page.invalid/"
const KINDS = {
  ...{ verify: "verify", "sign-in": "link", reset: "reset" },
  ...{ "password-changed": "passwordChanged", "email-taken": "emailTaken" },
} as const satisfies Readonly<Record<string, AppMailKind>>

/** The ways of one project's users that lead over their mailboxes: `@ashlar/auth/email` on the project's file, in its words. */
export function createAppMailFlows(parts: AppMailParts): {
  readonly flows: EmailFlows
  /** Sends a word that lets nobody in. It is not waited for. @param admit Counts it before, and refuses what is too much. */
  tell(kind: AppMailKind, to: string, admit?: () => Promise<void>): void
  /** Resolves when what was to be sent has been, or failed. */
  settled(): Promise<void>
} {
  const { projectId, clock, sealer, passwords, settings, proofs, limits, mailer, onError } = parts
  const going = new Set<Promise<unknown>>()
  const flows = createEmailFlows({
    ...{ store: proofs, limits, clock, onError, accounts: accountsOf(parts) },
    keys: [sealer.deriveKey("mail-code")],
    perHour: 100,
    pages: { verify: NO_PAGE, "sign-in": NO_PAGE, reset: NO_PAGE, "change-email": NO_PAGE },
    passwords: {
      hash: (password) => passwords.hash(password),
      verify: (password, hash) => passwords.verify(password, hash ?? passwords.decoy),
      isOutdated: (hash) => passwords.isOutdated(hash),
    },
    policy: {
      ...{ minCharacters: 8, maxCharacters: 512 },
      async check(password, [email = ""] = []) {
        checkPassword(password, email, settings.read().passwordMinCharacters)
      },
    },
    deliver: async (message) => {
      if (message.kind in KINDS) await mailer.send(word(KINDS[message.kind as keyof typeof KINDS], message))
    },
  })
  return {
    flows,
    settled: async () => void (await Promise.all([flows.settled(), ...going])),
    tell(kind, to, admit) {
      const sending = new Promise<void>((resolve) => setImmediate(resolve))
        .then(admit)
        .then(() => mailer.send(word(kind, { to })))
        .catch(onError)
        .finally(() => going.delete(sending))
      going.add(sending)
    },
  }

  function word(kind: AppMailKind, message: Partial<Carried> & { readonly to: string }): AppMessage {
    const { senderName, replyTo, texts } = settings.read().mail
    const app = senderName === "" ? mailer.nameOf(projectId) : senderName
    const link = message.url?.startsWith(NO_PAGE) ? undefined : message.url
    const minutes = message.expiresMs && Math.round((message.expiresMs - clock.now()) / 60_000)
    const words = wordMail(kind, texts, { app, code: message.code, link, minutes })
    return { ...words, kind, projectId, to: message.to, senderName: app, replyTo, link }
  }
}

type Carried = Omit<Extract<EmailMessage, { readonly url: string }>, "kind">

function accountsOf({ file, clock, passwords, settings, add }: AppMailParts): EmailAccounts {
  const toAccount = (row: AppUserRow | undefined): EmailAccount | undefined =>
    row === undefined || row.disabled_at !== null
      ? undefined
      : { id: row.id, email: row.email, isVerified: row.verified_at !== null }
  const find = (id: string): AppUserRow | undefined => findAppUser(file, "id", id)
  const accounts: EmailAccounts = {
    find: async (id) => toAccount(find(id)),
    findByEmail: async (email) => toAccount(findAppUser(file, "email", foldEmail(email) ?? "")),
    async markVerified(id, { email, isClaim }) {
      const params = [clock.now(), id, email]
      const where = "WHERE id = ? AND email = ? AND verified_at IS NULL"
      if (!isClaim) return await file.write([{ sql: `UPDATE identity_accounts SET verified_at = ? ${where}`, params }])
      // Whoever made the account never proved the address: nothing that they left may let them in, or keep its owner out, and nothing that
      // they have begun may end in a session: the password that there is none of is another one than before.
      return await file.write([
        ...CLAIMED.map((table) => ({
          sql: `DELETE FROM ${table} WHERE user_id = ? AND EXISTS (SELECT 1 FROM identity_accounts WHERE id = ? AND verified_at IS NULL)`,
          params: [id, id],
        })),
        { sql: "DELETE FROM identity_sessions WHERE account_id = ?", params: [id] },
        {
          sql: `UPDATE identity_accounts SET password_hash = ?, verified_at = ? ${where}`,
          params: [passwords.decoy, ...params],
        },
      ])
    },
    passwordHash: async (id) => find(id)?.password_hash,
    // What was begun with the former one is over, and no device stands for a factor any more.
    setPasswordHash: (id, hash) =>
      file.write([
        { sql: "UPDATE identity_accounts SET password_hash = ? WHERE id = ?", params: [hash, id] },
        endSteps(id),
        { sql: "DELETE FROM identity_proofs WHERE user_id = ? AND kind = 'device'", params: [id] },
      ]),
    revokeSessions: (id, except) =>
      file.write([
        {
          sql: "DELETE FROM identity_sessions WHERE account_id = ? AND id <> ?",
          params: [id, except?.sessionId ?? ""],
        },
      ]),
  }
  // Where nobody may make an account by themselves, an address without one gets nothing, and nobody is told.
  return Object.defineProperty(accounts, "create", {
    get: () => (settings.read().signups === "closed" ? undefined : create),
  })

  async function create(email: string): Promise<EmailAccount> {
    try {
      const { id, email: kept } = await add({ email, emailVerified: true })
      return { id, email: kept, isVerified: true }
    } catch (error) {
      // Of an account that is there and may not be entered nobody is told.
      throw error instanceof EmailTaken ? new ProofInvalid(undefined, { cause: error }) : error
    }
  }
}

/** What a stranger may have left on an account beside its password and sessions, by user: factors, devices, steps, identities. */
const CLAIMED = ["identity_proofs", "identity_links"] as const
