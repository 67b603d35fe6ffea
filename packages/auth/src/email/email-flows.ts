import { createHmac } from "node:crypto"
import type { RateLimit, RateLimits } from "@ashlar/cache/rate-limits"
import { openRateLimits } from "@ashlar/cache/rate-limits"
import { type Clock, systemClock } from "@ashlar/core"
import { AuthSetupInvalid, AuthTooOften, PasswordWrong, ProofInvalid } from "../errors.ts"
import type { PasswordPolicy } from "../passwords/password-policy.ts"
import type { Passwords } from "../passwords/passwords.ts"
import type { ProofStore } from "../proofs/proof-store.ts"
import { type Shown, Tickets, type UsedTicket } from "../proofs/tickets.ts"
import { Deliveries } from "./deliveries.ts"
import type { EmailAccount, EmailAccounts } from "./email-accounts.ts"
import { parseEmail } from "./email-address.ts"
import type { EmailMessage, EmailPurpose } from "./email-message.ts"
import { safeNext } from "./safe-next.ts"

export interface EmailFlowsOptions {
  readonly store: ProofStore
  /** Secrets of 32 bytes or more, the newest first, at most 8, which hash codes besides. */
  readonly keys: readonly (string | Uint8Array)[]
  readonly accounts: EmailAccounts
  /** Words and sends a message. It is not waited for. */
  readonly deliver: (message: EmailMessage) => unknown
  /** The pages where tickets are confirmed; `token` is added to their query. */
  readonly pages: Readonly<Record<EmailPurpose, string>>
  /** For passwords: reset and change. */
  readonly passwords?: Passwords
  readonly policy?: PasswordPolicy
  /** How long tickets are good, in minutes: 1 to 1,440. Default: 15; addresses are verified within a day. */
  readonly minutes?: Partial<Readonly<Record<EmailPurpose, number>>>
  /** Digits of codes beside links: 6 to 10; 0: links only. Default: 8. */
  readonly digits?: number
  /** Counts how often somebody asks for mail to one address. Default: in this process. */
  readonly limits?: RateLimits
  /** Messages to one address in an hour: 1 to 100. Default: 5. */
  readonly perHour?: number
  /** Messages on their way at once: 1 to 100,000. Default: 1,000. */
  readonly maxPending?: number
  /** Tell addresses that have no account so by mail, instead of silence. Default: not. */
  readonly tellUnknown?: boolean
  readonly onError?: (error: unknown) => void
  readonly clock?: Clock
}

export interface AskOptions {
  /** Names the browser that asks, by a cookie that nobody else has: nobody else may use what is sent. */
  readonly browser?: string | undefined
  /** Where to go on: a path of this site. */
  readonly next?: string | undefined
  /** The page where it is confirmed, in the place of that of `pages`: one that is on a list of yours, whoever names it. */
  readonly page?: string | undefined
}
/** What whoever asks is told: the same for all addresses. */
export interface Asked {
  /** To be shown with the code. */
  readonly handle: string
}
export interface ConfirmOptions {
  readonly browser?: string | undefined
  /** Who is signed in where it is confirmed. */
  readonly userId?: string | undefined
}
/** Who has proven to read an address. */
export interface Confirmed {
  readonly account: EmailAccount
  /** Where to go on. */
  readonly next: string
  /** Whether the account was made by this. */
  readonly isNew: boolean
}

/** Ways that lead over somebody's mailbox. Whether an address has an account is told by none of them, but in its mailbox. */
export interface EmailFlows {
  /** Sends what verifies the address of an account. */
  askVerification(userId: string, options?: AskOptions): Promise<Asked>
  /**
   * Verifies an address. Whoever is signed in to the account keeps it as it is; anybody else claims it: see {@link EmailAccounts.markVerified}.
   * @throws {AUTH_PROOF_INVALID}
   */
  verify(shown: Shown, options?: ConfirmOptions): Promise<Confirmed>
  /** Sends a link and a code to sign in. @throws {AUTH_EMAIL_INVALID} {AUTH_TOO_OFTEN} {AUTH_BUSY} */
  askSignIn(email: string, options?: AskOptions): Promise<Asked>
  /** Who may be signed in now, by `amr: ["email"]`. An account that was never verified is claimed. @throws {AUTH_PROOF_INVALID} */
  signIn(shown: Shown, options?: ConfirmOptions): Promise<Confirmed>
  /** Sends what sets a new password. @throws {AUTH_EMAIL_INVALID} {AUTH_TOO_OFTEN} {AUTH_BUSY} */
  askReset(email: string, options?: AskOptions): Promise<Asked>
  /**
   * Sets a new password, and ends all sessions and all other tickets. Second factors stay. A password that is refused uses nothing up.
   * @throws {AUTH_PROOF_INVALID} {AUTH_PASSWORD_WEAK} {AUTH_PASSWORDS_BUSY}
   */
  reset(shown: Shown, password: string, options?: ConfirmOptions): Promise<Confirmed>
  /** Sets a new password for who knows the old one, and ends all other sessions. @throws {AUTH_PASSWORD_WRONG} {AUTH_PASSWORD_WEAK} {AUTH_TOO_OFTEN} */
  changePassword(
    userId: string,
    change: { readonly current: string; readonly next: string; readonly sessionId?: string },
  ): Promise<void>
  /** Sends what proves a new address to it, and a word to the old one. Ask for a step-up first. */
  askEmailChange(userId: string, email: string, options?: AskOptions): Promise<Asked>
  /** Changes the address of whoever is signed in and asked for it. @throws {AUTH_PROOF_INVALID} */
  changeEmail(shown: Shown, options: ConfirmOptions & { readonly userId: string }): Promise<Confirmed>
  /** Whether the token of a link would do: for the page that it opens. Uses nothing up. */
  isGood(purpose: EmailPurpose, token: string, browser?: string): Promise<boolean>
  /** Resolves when what was to be sent has been, or failed: before a process ends. */
  settled(): Promise<void>
}

const PURPOSES: readonly EmailPurpose[] = ["verify", "sign-in", "reset", "change-email"]
const MINUTES: Readonly<Record<EmailPurpose, number>> = { verify: 1_440, "sign-in": 15, reset: 15, "change-email": 60 }

/**
 * Verification of addresses, sign-in by link and code, reset of passwords. Tickets are used once, within their time, for their purpose,
 * their account and address; only their hashes are kept.
 *
 * @throws {AUTH_SETUP_INVALID}
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Forgot_Password_Cheat_Sheet.html
 * @example
 * const flows = createEmailFlows({ store, keys, accounts, pages, deliver: (message) => mail.send(wordsOf(message)) })
 * const { handle } = await flows.askSignIn("ana@example.org")
 */
export function createEmailFlows(options: EmailFlowsOptions): EmailFlows {
  return new LiveEmailFlows(options)
}

class LiveEmailFlows implements EmailFlows {
  readonly #options: EmailFlowsOptions
  readonly #tickets: Tickets
  readonly #deliveries: Deliveries<EmailMessage>
  readonly #limit: RateLimit
  readonly #tries: RateLimit

  constructor(options: EmailFlowsOptions) {
    checkOptions(options)
    const { store, keys, deliver, clock = systemClock, limits, perHour = 5, maxPending = 1_000 } = options
    this.#options = options
    this.#tickets = new Tickets({ store, keys, clock })
    this.#deliveries = new Deliveries(deliver, { max: maxPending, onError: options.onError ?? (() => undefined) })
    const open = limits ?? openRateLimits("memory:")
    this.#limit = open.slidingWindow("auth-email", { limit: perHour, window: "1h" })
    this.#tries = open.slidingWindow("auth-password-change", { limit: CHANGE_TRIES, window: "15m" })
  }

  async askVerification(userId: string, options: AskOptions = {}): Promise<Asked> {
    const account = await this.#options.accounts.find(userId)
    if (account === undefined) throw new ProofInvalid()
    return await this.#ask(
      "verify",
      { email: account.email, account: account.isVerified ? undefined : account },
      options,
    )
  }
  async verify(shown: Shown, { browser, userId }: ConfirmOptions = {}): Promise<Confirmed> {
    const used = await this.#tickets.use(shown, { purpose: "verify", browser })
    const account = await this.#accountOf(used)
    await this.#markVerified(account, userId !== account.id)
    return confirmed(account, used)
  }

  async askSignIn(email: string, options: AskOptions = {}): Promise<Asked> {
    const parsed = parseEmail(email)
    const account = await this.#options.accounts.findByEmail(parsed)
    const isNew = account === undefined && this.#options.accounts.create !== undefined
    return await this.#ask("sign-in", { email: account?.email ?? parsed, account, isNew }, options)
  }
  async signIn(shown: Shown, { browser }: ConfirmOptions = {}): Promise<Confirmed> {
    const { accounts } = this.#options
    const used = await this.#tickets.use(shown, { purpose: "sign-in", browser })
    const email = String(used.data.email)
    if (used.data.isNew !== true) {
      const account = await this.#accountOf(used)
      await this.#markVerified(account, true)
      return confirmed(account, used)
    }
    // Somebody may have made it meanwhile: then it is theirs as any other is.
    const known = await accounts.findByEmail(email)
    const [account, isNew] = known === undefined ? await this.#create(email) : [known, false]
    await this.#markVerified(account, !isNew)
    return { ...confirmed(account, used), isNew }
  }
  /** Of two links to one new address that are used at once one makes the account. */
  async #create(email: string): Promise<readonly [account: EmailAccount, isNew: boolean]> {
    const { accounts } = this.#options
    // Whoever asked could get one; who uses it cannot any more.
    if (accounts.create === undefined) throw new ProofInvalid()
    try {
      return [await accounts.create(email), true]
    } catch (error) {
      const made = await accounts.findByEmail(email)
      if (made === undefined) throw error
      return [made, false]
    }
  }

  async askReset(email: string, options: AskOptions = {}): Promise<Asked> {
    const parsed = parseEmail(email)
    const account = await this.#options.accounts.findByEmail(parsed)
    return await this.#ask("reset", { email: account?.email ?? parsed, account }, options)
  }
  async reset(shown: Shown, password: string, { browser }: ConfirmOptions = {}): Promise<Confirmed> {
    const { accounts, passwords } = this.#options
    const purpose = { purpose: "reset", browser }
    const looked = await this.#tickets.look(shown, purpose)
    const account = await this.#accountOf(looked)
    await this.#options.policy?.check(password, [account.email])
    const hash = await passwords!.hash(password)
    await this.#tickets.spend(looked, purpose)
    await this.#markVerified(account, true)
    await accounts.setPasswordHash!(account.id, hash)
    await this.#endOthers(account.id)
    this.#deliveries.send({ kind: "password-changed", to: account.email, userId: account.id })
    return confirmed(account, looked)
  }
  async changePassword(
    userId: string,
    { current, next, sessionId }: { readonly current: string; readonly next: string; readonly sessionId?: string },
  ): Promise<void> {
    const { accounts, passwords, policy } = this.#options
    // Who took over a session must not find the password out by it.
    await this.#take(this.#tries, userId)
    const account = await accounts.find(userId)
    if (!(await passwords!.verify(current, await accounts.passwordHash!(userId))) || account === undefined)
      throw new PasswordWrong()
    await policy?.check(next, [account.email])
    await accounts.setPasswordHash!(userId, await passwords!.hash(next))
    await this.#endOthers(userId, sessionId === undefined ? undefined : { sessionId })
    this.#deliveries.send({ kind: "password-changed", to: account.email, userId })
  }

  async askEmailChange(userId: string, email: string, options: AskOptions = {}): Promise<Asked> {
    const { accounts } = this.#options
    const to = parseEmail(email)
    const [account, other] = [await accounts.find(userId), await accounts.findByEmail(to)]
    if (account === undefined || accounts.changeEmail === undefined) throw new ProofInvalid()
    const isFree = other === undefined
    // Of two changes the last one counts.
    await this.#tickets.revoke(userId, ["change-email"])
    const asked = await this.#ask("change-email", { email: to, account: isFree ? account : undefined }, options)
    if (!isFree) this.#deliveries.send({ kind: "email-taken", to: other.email, userId: other.id })
    this.#deliveries.send({ kind: "email-changing", to: account.email, userId })
    return asked
  }
  async changeEmail(
    shown: Shown,
    { browser, userId }: ConfirmOptions & { readonly userId: string },
  ): Promise<Confirmed> {
    const purpose = { purpose: "change-email", browser }
    const looked = await this.#tickets.look(shown, purpose)
    const { accounts } = this.#options
    const account = await accounts.find(looked.userId)
    if (account === undefined || userId !== account.id || looked.data.from !== account.email) throw new ProofInvalid()
    await this.#tickets.spend(looked, purpose)
    const to = String(looked.data.email)
    if (!(await accounts.changeEmail!(userId, { from: account.email, to }))) throw new ProofInvalid()
    // What was sent to the old address is of no use any more.
    await this.#tickets.revoke(userId, PURPOSES)
    return confirmed({ ...account, email: to, isVerified: true }, looked)
  }

  async isGood(purpose: EmailPurpose, token: string, browser?: string): Promise<boolean> {
    return await this.#tickets.look({ token }, { purpose, browser }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ProofInvalid) return false
        throw error
      },
    )
  }
  settled(): Promise<void> {
    return this.#deliveries.settled()
  }

  /** All is done for an address without an account that is for others, but the mail, which is not waited for. */
  async #ask(
    purpose: EmailPurpose,
    { email, account, isNew = false }: { email: string; account: EmailAccount | undefined; isNew?: boolean },
    { browser, next, page }: AskOptions,
  ): Promise<Asked> {
    const { digits = 8, minutes = {}, pages, tellUnknown = false } = this.#options
    if (page !== undefined && !isPage(page)) throw new AuthSetupInvalid(`Expected \`page\` to be ${PAGE}.`)
    this.#deliveries.check()
    await this.#take(this.#limit, email)
    const isReal = account !== undefined || isNew
    const ticket = await this.#tickets.issue({
      purpose,
      userId: isReal ? (account?.id ?? NEW) : undefined,
      ttlMs: (minutes[purpose] ?? MINUTES[purpose]) * 60_000,
      digits,
      browser,
      data: {
        email,
        next: safeNext(next),
        ...(isNew && { isNew }),
        ...(purpose === "change-email" && { from: account?.email }),
      },
    })
    const { handle, token, code, expiresMs } = ticket
    const url = new URL(page ?? pages[purpose])
    url.searchParams.set("token", token)
    const message: EmailMessage = { kind: purpose, to: email, userId: account?.id, url: url.href, code, expiresMs }
    const isTold = tellUnknown && (purpose === "sign-in" || purpose === "reset")
    this.#deliveries.send(isReal ? message : isTold ? { kind: "no-account", to: email, userId: undefined } : undefined)
    return { handle }
  }
  async #take(limit: RateLimit, name: string): Promise<void> {
    const key = createHmac("sha256", this.#options.keys[0]!).update(name).digest("base64url")
    const { allowed, retryAfterMs } = await limit.take(key)
    if (!allowed) throw new AuthTooOften(undefined, { details: { retryAfterSeconds: Math.ceil(retryAfterMs / 1_000) } })
  }
  /** The account of a ticket, while it has the address that the ticket was sent to. */
  async #accountOf({ userId, data }: UsedTicket): Promise<EmailAccount> {
    const account = await this.#options.accounts.find(userId)
    if (account === undefined || account.email !== data.email) throw new ProofInvalid()
    return account
  }
  async #markVerified(account: EmailAccount, isClaim: boolean): Promise<void> {
    if (account.isVerified) return
    const { accounts } = this.#options
    await accounts.markVerified(account.id, { email: account.email, isClaim })
    if (isClaim) await this.#endOthers(account.id)
  }
  async #endOthers(userId: string, except?: { readonly sessionId: string }): Promise<void> {
    await this.#tickets.revoke(userId, PURPOSES)
    await this.#options.accounts.revokeSessions(userId, except)
  }
}

/** Passwords tried in 15 minutes by who is signed in. */
const CHANGE_TRIES = 10
/** Whose a ticket is that makes an account. */
const NEW = "ashlar:new"

function confirmed(account: EmailAccount, { data }: UsedTicket): Confirmed {
  return { account: { ...account, isVerified: true }, next: safeNext(data.next), isNew: false }
}

function checkOptions({
  digits = 8,
  minutes = {},
  perHour = 5,
  maxPending = 1_000,
  pages,
  ...rest
}: EmailFlowsOptions): void {
  if (digits !== 0 && !(Number.isInteger(digits) && digits >= 6 && digits <= 10))
    throw new AuthSetupInvalid(`Expected \`digits\` to be 0, or 6 to 10, got ${digits}.`)
  for (const [purpose, value] of Object.entries(minutes))
    if (!Number.isInteger(value) || value < 1 || value > 1_440)
      throw new AuthSetupInvalid(`Expected minutes of "${purpose}" to be a whole number from 1 to 1440, got ${value}.`)
  if (!Number.isInteger(perHour) || perHour < 1 || perHour > 100)
    throw new AuthSetupInvalid(`Expected \`perHour\` to be 1 to 100, got ${perHour}.`)
  if (!Number.isInteger(maxPending) || maxPending < 1 || maxPending > 100_000)
    throw new AuthSetupInvalid(`Expected \`maxPending\` to be 1 to 100000, got ${maxPending}.`)
  for (const purpose of PURPOSES)
    if (!isPage(pages[purpose])) throw new AuthSetupInvalid(`Expected the page of "${purpose}" to be ${PAGE}.`)
  const { passwords, accounts } = rest
  if ((passwords === undefined) !== (accounts.setPasswordHash === undefined && accounts.passwordHash === undefined))
    throw new AuthSetupInvalid(
      "Expected `passwords` together with `accounts.passwordHash` and `accounts.setPasswordHash`.",
    )
}
const PAGE = "an https: URL, or an http: one of this machine"
/** Tickets are told to no page that others on the way may read. */
function isPage(text: string): boolean {
  const url = URL.parse(text)
  return (
    url?.protocol === "https:" ||
    (url?.protocol === "http:" && /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname))
  )
}
