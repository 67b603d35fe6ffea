import { hkdfSync } from "node:crypto"
import { type ApiKeys, openApiKeys, type SessionGuard } from "@ashlar/auth"
import { type Accounts, openAccounts } from "@ashlar/auth/accounts"
import type { EmailMessage } from "@ashlar/auth/email"
import { createPasswordPolicy } from "@ashlar/auth/passwords"
import { openProofs } from "@ashlar/auth/proofs"
import { openRateLimits, type RateLimits } from "@ashlar/cache/rate-limits"
import { html, type Mail, openMail } from "@ashlar/mail"
import { createOAuthClient, type OAuthClient, type Provider } from "@ashlar/oauth/client"
import { openDatabase } from "@ashlar/orm"
import { createSealer, type SafeFetch, type Sealer } from "@ashlar/security"
import { hmacSigner, openAudit } from "@ashlar/security/audit"
import { Identities } from "./identities.ts"
import { Journal } from "./journal.ts"
import { People } from "./people.ts"

export interface IdentityOptions {
  /** Where people find it, and the issuer of tokens: `http://127.0.0.1:4000`. */
  readonly origin: string
  /** The file of all that is kept. */
  readonly database: string
  /** 32 random bytes, which stay. */
  readonly secret: Uint8Array
  /** Who else signs people in. Default: nobody. */
  readonly providers?: readonly Provider[]
  /** Asks providers. For tests. Default: as `createOAuthClient` does. */
  readonly fetch?: SafeFetch
}

/** What the routes share. */
export interface Parts extends Pick<Accounts, "sessions" | "flows" | "mfa"> {
  readonly origin: string
  /** Passkeys are for a name, which an address is not: on this machine they are at `localhost`. */
  readonly passkeyOrigin: string
  readonly people: People
  /** Accounts of elsewhere that open accounts here. */
  readonly identities: Identities
  readonly client: OAuthClient
  readonly keys: ApiKeys
  /** What tokens of other apps must be for, to be taken by `/api`. */
  readonly apiAudience: string
  readonly journal: Journal
  /** How people come in, and what they have to show. */
  readonly accounts: Accounts
  readonly signedIn: SessionGuard
  readonly mail: Mail
  readonly sealer: Sealer
  readonly limits: RateLimits
  /** Whether browsers reach it over TLS: cookies are held to that. */
  readonly isSecure: boolean
  /** What people read of a provider. */
  labelOf(provider: string): string
  /** Tells the owner of an address what was done to the account. */
  tell(address: string, text: string): void
  close(): Promise<void>
}

export async function openParts({
  origin,
  database: url,
  secret,
  providers = [],
  fetch,
}: IdentityOptions): Promise<Parts> {
  const key = (name: string) => new Uint8Array(hkdfSync("sha256", secret, "", `identity ${name}`, 32))
  const isSecure = origin.startsWith("https:")
  const passkeyOrigin = origin.replace("//127.0.0.1", "//localhost")
  const [database, store] = [await openDatabase(url), await openProofs(url)]
  const [people, identities] = [await People.open(database), await Identities.open(database)]
  const keys = openApiKeys(url, { prefix: "identity", maxPerOwner: 20 })
  const journal = new Journal(openAudit(url, { signers: [hmacSigner({ keyId: "a", key: key("audit") })] }))
  const sealer = createSealer({ keys: { a: key("sealer") }, current: "a" })
  const mail = openMail("memory:", { from: "Identity <identity@example.org>" })
  const limits = openRateLimits("memory:")
  const accounts = await openAccounts({
    name: "Ashlar Identity",
    origin,
    url,
    secret,
    users: people.users(),
    policy: createPasswordPolicy({ words: ["ashlar", "identity"] }),
    sessions: { idle: "12h", lifetime: "7d" },
    limits,
    // The pages of this app, in the place of the small ones that accounts have.
    pages: {
      "sign-in": `${origin}/sign-in/email/confirm`,
      reset: `${origin}/reset/confirm`,
      "second-step": "/factor",
    },
    deliver: (message) => mail.send(wordsOf(message)),
    audit: journal.account,
  })
  const { sessions, flows, mfa, guard: signedIn } = accounts
  const client = createOAuthClient({ url: origin, sealer, providers, store, ...(fetch && { fetch }) })
  return {
    origin,
    passkeyOrigin,
    people,
    identities,
    client,
    keys,
    apiAudience: `${origin}/api`,
    journal,
    accounts,
    sessions,
    signedIn,
    flows,
    mfa,
    mail,
    sealer,
    limits,
    isSecure,
    labelOf: (provider) => client.providers.find(({ name }) => name === provider)?.label ?? provider,
    tell(address, text) {
      // It is not waited for: how long a mail takes tells nobody anything.
      void mail.send({ to: address, subject: "Your account was changed", text }).catch(console.error)
    },
    async close() {
      await accounts.close()
      await Promise.all([keys.close(), journal.close()])
      await Promise.all([client.close(), store.close(), database.close(), limits.close(), mail.close()])
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
