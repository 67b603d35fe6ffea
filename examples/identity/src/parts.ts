import { hkdfSync } from "node:crypto"
import { openSessions, type SessionGuard, type Sessions, sessionGuard } from "@ashlar/auth"
import { createEmailFlows, type EmailFlows, type EmailMessage } from "@ashlar/auth/email"
import { createMfa, type Mfa } from "@ashlar/auth/mfa"
import { createPasswordPolicy, createPasswords, type PasswordPolicy, type Passwords } from "@ashlar/auth/passwords"
import { openProofs } from "@ashlar/auth/proofs"
import { openRateLimits, type RateLimit, type RateLimits } from "@ashlar/cache/rate-limits"
import { html, type Mail, openMail } from "@ashlar/mail"
import { openDatabase } from "@ashlar/orm"
import { createSealer, type Sealer } from "@ashlar/security"
import { People } from "./people.ts"

export interface IdentityOptions {
  /** Where people find it, and the issuer of tokens: `http://127.0.0.1:4000`. */
  readonly origin: string
  /** The file of all that is kept. */
  readonly database: string
  /** 32 random bytes, which stay. */
  readonly secret: Uint8Array
}

/** What the routes share. */
export interface Parts {
  readonly origin: string
  /** Passkeys are for a name, which an address is not: on this machine they are at `localhost`. */
  readonly passkeyOrigin: string
  readonly people: People
  readonly sessions: Sessions
  readonly signedIn: SessionGuard
  readonly passwords: Passwords
  readonly policy: PasswordPolicy
  readonly flows: EmailFlows
  readonly mfa: Mfa
  readonly mail: Mail
  readonly sealer: Sealer
  readonly limits: RateLimits
  /** Passwords tried for one name. */
  readonly tries: RateLimit
  /** Whether browsers reach it over TLS: cookies are held to that. */
  readonly isSecure: boolean
  close(): Promise<void>
}

export async function openParts({ origin, database: url, secret }: IdentityOptions): Promise<Parts> {
  const key = (name: string) => new Uint8Array(hkdfSync("sha256", secret, "", `identity ${name}`, 32))
  const isSecure = origin.startsWith("https:")
  const passkeyOrigin = origin.replace("//127.0.0.1", "//localhost")
  const [database, store] = [await openDatabase(url), await openProofs(url)]
  const people = await People.open(database)
  const sessions = openSessions(url, { idle: "12h", lifetime: "7d" })
  const signedIn = sessionGuard({ sessions, cookie: { prefix: isSecure ? "__Host-" : "", secure: isSecure } })
  const sealer = createSealer({ keys: { a: key("sealer") }, current: "a" })
  const mfa = createMfa({
    store,
    sealer,
    key: key("factors"),
    totp: { issuer: "Ashlar Identity" },
    passkeys: { rpId: new URL(passkeyOrigin).hostname, rpName: "Ashlar Identity", origins: [passkeyOrigin] },
  })
  const passwords = createPasswords()
  const policy = createPasswordPolicy({ words: ["ashlar", "identity"] })
  const mail = openMail("memory:", { from: "Identity <identity@example.org>" })
  const flows = createEmailFlows({
    store,
    keys: [key("mail")],
    accounts: people.accounts({
      sessions: (id, except) => sessions.revokeAll(id, except),
      factors: (id) => mfa.reset(id),
    }),
    passwords,
    policy,
    pages: {
      "sign-in": `${origin}/sign-in/email/confirm`,
      reset: `${origin}/reset/confirm`,
      verify: `${origin}/verify`,
      "change-email": `${origin}/account/email/confirm`,
    },
    deliver: (message) => mail.send(wordsOf(message)),
  })
  const limits = openRateLimits("memory:")
  return {
    origin,
    passkeyOrigin,
    people,
    sessions,
    signedIn,
    passwords,
    policy,
    flows,
    mfa,
    mail,
    sealer,
    limits,
    tries: limits.slidingWindow("password", { limit: 10, window: "15m" }),
    isSecure,
    async close() {
      await flows.settled()
      await Promise.all([sessions.close(), store.close(), database.close(), limits.close(), mail.close()])
    },
  }
}

const SUBJECTS = {
  "sign-in": "Sign in",
  reset: "Choose a new password",
  verify: "Verify your address",
  "change-email": "Your new address",
}

function wordsOf(message: EmailMessage) {
  if (!("url" in message))
    return {
      to: message.to,
      subject: "Your account was changed",
      text: `This happened: ${message.kind}. If it was not you, reset your password.`,
    }
  const { url, code, kind, to } = message
  return {
    to,
    subject: SUBJECTS[kind],
    html: html`<p>Open this page, and confirm:</p><p><a href="${url}">${SUBJECTS[kind]}</a></p><p>Or type this code where you asked for it: <strong>${code ?? ""}</strong></p><p>If you did not ask, somebody typed your address. Nothing happens.</p>`,
  }
}
