import { hkdfSync } from "node:crypto"
import { openRateLimits, type RateLimits } from "@ashlar/cache/rate-limits"
import { type Clock, systemClock } from "@ashlar/core"
import type { BaseContext } from "@ashlar/http"
import { createSealer } from "@ashlar/security"
import type { AuthAudit } from "../audit/auth-audit.ts"
import type { EmailAccounts } from "../email/email-accounts.ts"
import { parseEmail } from "../email/email-address.ts"
import { createEmailFlows, type EmailFlows } from "../email/email-flows.ts"
import type { EmailMessage, EmailPurpose } from "../email/email-message.ts"
import { type ProofBody, shownIn } from "../email/route-parts.ts"
import { AuthSetupInvalid, EmailInvalid, PasswordWrong } from "../errors.ts"
import type { Passed } from "../mfa/factor.ts"
import { createMfa, type Mfa } from "../mfa/mfa.ts"
import type { SentCodesOptions } from "../mfa/sent-codes.ts"
import { createPasswordPolicy, type PasswordPolicy } from "../passwords/password-policy.ts"
import { createPasswords, type Passwords } from "../passwords/passwords.ts"
import type { Principal } from "../principal.ts"
import { openProofs } from "../proofs/open-proofs.ts"
import type { ProofStore } from "../proofs/proof-store.ts"
import type { Session } from "../sessions/session.ts"
import { type SessionGuard, sessionGuard } from "../sessions/session-guard.ts"
import { openSessions, type Sessions, type SessionsOptions } from "../sessions/sessions.ts"
import { createTries, type Tries } from "../tries/tries.ts"
import { AccountEntry, HALFWAY } from "./account-entry.ts"
import type { AccountUser, AccountUsers } from "./account-users.ts"
import type { Entered, Proven } from "./entered.ts"

/** Something that happened to an account, for the audit log: `createAuthAudit` writes it. */
export interface AccountEvent {
  readonly what:
    | "account.created"
    | "session.started"
    | "session.refused"
    | "session.ended"
    | "factor.added"
    | "factor.removed"
    | "factor.shown"
    | "factor.refused"
    | "recovery.made"
    | "device.forgotten"
    | "password.changed"
    | "email.changed"
    | "email.verified"
  /** Whose account; undefined: nobody's, and what was typed is not told. */
  readonly userId: string | undefined
  /** How it was proven, where it was. */
  readonly by?: readonly string[]
}
/**
 * Is waited for: of a session and a password it is told before they begin to count, so that what it throws keeps them from it.
 *
 * @param ctx The request, where one is known.
 */
export type AccountNote = (event: AccountEvent, ctx: BaseContext | undefined) => void | Promise<void>

export interface AccountsOptions {
  /** What people read in authenticator apps and in their browser's passkeys: `Shop`. */
  readonly name: string
  /** Where people find the app: `https://shop.example`. Cookies are held to TLS where it is `https:`. Passkeys are for its host, for good. */
  readonly origin: string
  /** Where the routes are: what links in mails begin with. Default: `/auth`. */
  readonly path?: string
  /** A database for sessions, factors and tickets: `sqlite:…`, `postgres://…`, `mysql://…`; `memory:` in tests. */
  readonly url: string
  /** 32 bytes or more from a vault, which stay: recovery codes, passkeys and the secrets of factors hang on them. */
  readonly secret: string | Uint8Array
  readonly users: AccountUsers
  /** Words and sends a message. It is not waited for. */
  readonly deliver: (message: EmailMessage) => unknown
  /** Sends codes as a second factor. Default: they are not sent. */
  readonly sentCodes?: SentCodesOptions
  /** Pages of the app's own, in the place of the small ones behind the links of mails and of the second step. */
  readonly pages?: Partial<Readonly<Record<EmailPurpose | "second-step", string>>>
  /** What new passwords must be like. Default: `createPasswordPolicy` with the name of the app. */
  readonly policy?: PasswordPolicy
  readonly passwords?: Passwords
  readonly sessions?: Pick<SessionsOptions, "idle" | "lifetime" | "maxPerUser">
  /** Counts tries. Default: in the database of `url`, so that all processes count together. */
  readonly limits?: RateLimits
  /** How long a device need not show a second factor again, where its user says so: 1 to 365. Default: 30. */
  readonly deviceDays?: number
  /** Told of all that happens to accounts: a function of your own, or what `createAuthAudit` gives. Default: nobody. */
  readonly audit?: AccountNote | Pick<AuthAudit, "account">
  /** Told of what was not delivered. */
  readonly onError?: (error: unknown) => void
  readonly clock?: Clock
}

/** People's accounts, ready: what `accountRoutes` serves, and what the app's own routes and pages use. */
export interface Accounts {
  /** Who is signed in, with all steps that they have. Put it in front of what is for users. */
  readonly guard: SessionGuard
  /** Who has shown the first of two things. Nothing but the second step is for them. */
  readonly halfway: SessionGuard
  readonly sessions: Sessions
  readonly users: AccountUsers
  readonly flows: EmailFlows
  readonly mfa: Mfa
  readonly passwords: Passwords
  readonly policy: PasswordPolicy
  readonly tries: Tries
  readonly limits: RateLimits
  /** Whether codes are sent as a second factor. */
  readonly sendsCodes: boolean
  /** Where a form goes on that needs a second step. */
  readonly secondStepPage: string
  /** Tells the audit log. */
  readonly note: AccountNote
  readonly entry: AccountEntry
  readonly clock: Clock
  /**
   * Signs in who was proven to be somebody by the app itself, such as by a provider: `amr: ["fed"]`. Asks for the second step where
   * there is one.
   * @throws {AUTH_CREDENTIALS_INVALID} when there is no such user any more.
   */
  signIn(ctx: BaseContext, who: Proven): Promise<Entered>
  /**
   * Signs in by a password. Whoever there is, a wrong one takes the same work.
   * @throws {AUTH_PASSWORD_WRONG} {AUTH_TOO_MANY_TRIES} {AUTH_PASSWORDS_BUSY}
   */
  signInByPassword(ctx: BaseContext, typed: TypedPassword): Promise<Entered>
  /**
   * Signs in by the link or the code of a mail; who has no account gets one, where `users` can create.
   * @throws {AUTH_PROOF_INVALID} {AUTH_CREDENTIALS_INVALID}
   */
  signInByEmail(ctx: BaseContext, shown: ProofBody): Promise<Entered>
  /**
   * Takes a code of `principal`, whom `halfway` or `guard` let pass: of an app, of a message, or for recovery.
   * @throws {AUTH_FACTOR_WRONG} {AUTH_MFA_LOCKED} {AUTH_CREDENTIALS_INVALID} {AUTH_CREDENTIALS_MISSING}
   */
  secondStep(ctx: BaseContext, principal: Principal, typed: TypedCode): Promise<Entered>
  /** Sends what is to be sent, and closes what was opened. */
  close(): Promise<void>
}

export interface TypedPassword {
  /** An address, or what `findByLogin` of the users knows. */
  readonly login: string
  readonly password: string
  readonly next?: string | undefined
}
export interface TypedCode {
  readonly code: string
  /** Of a code that was sent. */
  readonly handle?: string | undefined
  /** Whether this device need not show a factor again for a while. Default: no. */
  readonly remember?: boolean | undefined
  /** Where to go on. Default: where the first step wanted to. */
  readonly next?: string | undefined
}

/**
 * Everything that people's accounts need, with the safe choice made wherever there is one: sessions, passwords, mail, second factors,
 * passkeys, counts of tries. An app brings its users, a database, a secret, and what sends mail.
 *
 * @throws {AUTH_SETUP_INVALID} {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {AUTH_STORE_FAILED}
 * @example
 * const accounts = await openAccounts({ name: "Shop", origin: "https://shop.example", url: "sqlite:./data/app.db",
 *   secret: process.env.AUTH_SECRET!, users: modelUsers(User), deliver: (message) => mail.send(wordsOf(message)) })
 * app.scope("/auth", (auth) => auth.add(accountRoutes(accounts)))
 * app.get("/me", { layers: [accounts.guard] }, (ctx) => ctx.principal.id)
 */
export async function openAccounts(options: AccountsOptions): Promise<Accounts> {
  const { name, users, url, audit = () => undefined, clock = systemClock, deviceDays = 30 } = options
  const note: AccountNote = typeof audit === "function" ? audit : audit.account.bind(audit)
  const origin = originOf(options.origin)
  const path = pathOf(options.path ?? "/auth")
  const isSecure = origin.startsWith("https:")
  const key = keysOf(options.secret)
  const limits = options.limits ?? openRateLimits(url)
  const store = await openProofs(url, { clock })
  const sessions = openSessions(url, { ...options.sessions, clock })
  const started = openSessions(url, { name: "second_steps", idle: "10m", lifetime: "10m", maxPerUser: 20, clock })
  const cookie = { prefix: isSecure ? "__Host-" : "", secure: isSecure } as const
  const load = async ({ userId, claims }: Session) => {
    const user = await users.find(userId)
    return user && { roles: user.roles ?? [], permissions: user.permissions ?? [], claims }
  }
  const guard = sessionGuard({ sessions, cookie, load })
  const halfway = sessionGuard({ name: HALFWAY, sessions: started, cookie, load })
  const passwords = options.passwords ?? createPasswords()
  const policy = options.policy ?? createPasswordPolicy({ words: [name, new URL(origin).hostname] })
  const mfa = factorsOf(options, { origin, store, key, limits, clock })
  const end: Ends = {
    note,
    factors: (id) => mfa.reset(id),
    async sessions(id, except) {
      await started.revokeAll(id)
      await sessions.revokeAll(id, except)
    },
  }
  const flows = flowsOf(options, { at: `${origin}${path}`, end, store, key, limits, clock, passwords, policy })
  const tries = createTries({ limits, deviceKeys: [key("devices")], name: "accounts" })
  const sendsCodes = options.sentCodes !== undefined
  const entry = new AccountEntry({
    users,
    guard,
    halfway,
    sessions,
    mfa,
    isSecure,
    deviceDays,
    sendsCodes,
    note,
    clock,
  })
  const secondStepPage = options.pages?.["second-step"] ?? `${path}/second-step`
  const open = { guard, halfway, sessions, users, flows, mfa, passwords, policy, tries, limits }
  return {
    ...open,
    sendsCodes,
    secondStepPage,
    note,
    entry,
    clock,
    signIn: (ctx, who) => entry.begin(ctx, who),
    signInByPassword: passwordSignIn({ users, passwords, tries, entry, note }),
    async signInByEmail(ctx, shown) {
      const { account, next, isNew } = await flows.signIn(shownIn(shown))
      if (isNew) await note({ what: "account.created", userId: account.id, by: ["email"] }, ctx)
      return await entry.begin(ctx, { userId: account.id, amr: ["email"], next })
    },
    secondStep(ctx, principal, { remember = false, next, ...typed }) {
      return entry.second(ctx, principal, { shown: verify({ mfa, sendsCodes }, principal.id, typed), remember, next })
    },
    async close() {
      await flows.settled()
      await Promise.all([sessions.close(), started.close(), store.close()])
      if (options.limits === undefined) await limits.close()
    },
  }
}

interface Opened {
  readonly store: ProofStore
  readonly key: (use: string) => Uint8Array
  readonly limits: RateLimits
  readonly clock: Clock
}

function factorsOf(options: AccountsOptions, { origin, key, ...opened }: Opened & { readonly origin: string }): Mfa {
  const { name, sentCodes, deviceDays = 30 } = options
  // Passkeys are for a name, which an address is not: on this machine they are at `localhost`.
  const passkeyOrigin = origin.replace("//127.0.0.1", "//localhost")
  return createMfa({
    ...opened,
    sealer: createSealer({ keys: { a: key("sealer") }, current: "a" }),
    key: key("factors"),
    totp: { issuer: name },
    passkeys: { rpId: new URL(passkeyOrigin).hostname, rpName: name, origins: [passkeyOrigin] },
    ...(sentCodes && { sentCodes }),
    deviceDays,
  })
}

interface FlowParts extends Opened, Pick<Accounts, "passwords" | "policy"> {
  readonly at: string
  readonly end: Ends
}

function flowsOf(options: AccountsOptions, { at, end, key, ...opened }: FlowParts): EmailFlows {
  const { "second-step": _step, ...pages } = options.pages ?? {}
  return createEmailFlows({
    ...opened,
    keys: [key("mail")],
    accounts: emailAccounts(options.users, end),
    deliver: options.deliver,
    pages: {
      "sign-in": `${at}/sign-in/email/confirm`,
      verify: `${at}/verify-email`,
      reset: `${at}/reset-password/confirm`,
      "change-email": `${at}/account/email/confirm`,
      ...pages,
    },
    ...(options.onError && { onError: options.onError }),
  })
}

/** Codes of apps have six to eight digits; those on paper have ten characters. */
function verify(
  { mfa, sendsCodes }: Pick<Accounts, "mfa" | "sendsCodes">,
  userId: string,
  { code, handle }: Pick<TypedCode, "code" | "handle">,
): Promise<Passed> {
  if (handle !== undefined && sendsCodes) return mfa.sentCodes.verify(userId, { handle, code })
  return /^\s*(?:\d\s*){6,8}$/.test(code) ? mfa.totp.verify(userId, code) : mfa.recovery.use(userId, code)
}

type PasswordParts = Pick<Accounts, "users" | "passwords" | "tries" | "entry" | "note">

function passwordSignIn({ users, passwords, tries, entry, note }: PasswordParts): Accounts["signInByPassword"] {
  const byLogin = users.findByLogin?.bind(users) ?? ((login: string) => byEmail(users, login))
  return async (ctx, { login, password, next }) => {
    const attempt = await tries.take(ctx, login)
    const user = await byLogin(login)
    // Of nobody as many questions are asked, and as much is hashed, as of somebody.
    const hash = await users.passwordHash(user?.id ?? NOBODY)
    const save = (better: string) => users.setPasswordHash(user!.id, better)
    if (!(await passwords.verify(password, user && hash, save)) || user === undefined) {
      await note({ what: "session.refused", userId: user?.id }, ctx)
      throw new PasswordWrong()
    }
    await attempt.succeeded()
    return await entry.begin(ctx, { userId: user.id, amr: ["pwd"], next })
  }
}

/** A name that no user has, in the form that all databases take for a key. */
const NOBODY = "00000000-0000-0000-0000-000000000000"

async function byEmail(users: AccountUsers, login: string): Promise<AccountUser | undefined> {
  try {
    return await users.findByEmail(parseEmail(login))
  } catch (error) {
    // What is no address belongs to nobody, and is asked for all the same.
    if (error instanceof EmailInvalid) return await users.findByEmail("nobody@invalid").then(() => undefined)
    throw error
  }
}

interface Ends {
  readonly note: AccountNote
  sessions(id: string, except?: { readonly sessionId: string }): Promise<void>
  factors(id: string): Promise<void>
}

function emailAccounts(users: AccountUsers, end: Ends): EmailAccounts {
  return {
    find: (id) => users.find(id),
    findByEmail: (email) => users.findByEmail(email),
    ...(users.create && { create: (email) => users.create!(email) }),
    passwordHash: (id) => users.passwordHash(id),
    revokeSessions: (id, except) => end.sessions(id, except),
    async changeEmail(id, change) {
      const isDone = await users.changeEmail(id, change)
      if (isDone) await end.note({ what: "email.changed", userId: id }, undefined)
      return isDone
    },
    async setPasswordHash(id, hash) {
      await end.note({ what: "password.changed", userId: id }, undefined)
      await users.setPasswordHash(id, hash)
    },
    async markVerified(id, change) {
      await end.note({ what: "email.verified", userId: id }, undefined)
      // First what opens the account: whoever is stopped in between has not claimed it.
      if (change.isClaim) await end.factors(id)
      await users.markVerified(id, change)
    },
  }
}

function originOf(text: string): string {
  const url = URL.parse(text)
  if (url !== null && url.origin === text && /^https?:$/.test(url.protocol)) return text
  throw new AuthSetupInvalid(`Expected \`origin\` such as "https://shop.example", got ${JSON.stringify(text)}.`)
}
function pathOf(text: string): string {
  if (text === "/") return ""
  if (/^(?:\/[\w.~-]+)+$/.test(text)) return text
  throw new AuthSetupInvalid(`Expected \`path\` such as "/auth", got ${JSON.stringify(text)}.`)
}
/** A key for each use, none of which tells anything of another. */
function keysOf(secret: string | Uint8Array): (use: string) => Uint8Array {
  if (Buffer.from(secret).length < 32) throw new AuthSetupInvalid("Expected a `secret` of 32 bytes or more.")
  return (use) => new Uint8Array(hkdfSync("sha256", secret, "", `ashlar accounts ${use}`, 32))
}
