import { type ManualClock, manualClock } from "@ashlar/core"
import { type App, createApp } from "@ashlar/http"
import { accountRoutes } from "../accounts/account-routes.ts"
import type { AccountUser, AccountUsers } from "../accounts/account-users.ts"
import { type AccountEvent, type Accounts, type AccountsOptions, openAccounts } from "../accounts/accounts.ts"
import type { EmailMessage } from "../email/email-message.ts"
import { hotp, stepAt } from "../mfa/otp.ts"
import { createPasswords, type Passwords } from "../passwords/passwords.ts"

/** An app with accounts in memory, and browsers that keep cookies, for tests of the routes. */
export interface AccountsWorld {
  readonly app: App
  readonly accounts: Accounts
  readonly clock: ManualClock
  readonly users: Map<string, StoredUser>
  readonly sent: EmailMessage[]
  readonly events: AccountEvent[]
  /** What was asked of the users, by name: the work of a request. */
  readonly asked: string[]
  /** How many passwords were hashed to be compared. */
  hashed(): number
  add(user: Partial<StoredUser> & { readonly email: string; readonly password?: string }): Promise<StoredUser>
  browser(headers?: Readonly<Record<string, string>>): TestBrowser
  /** The last mail to an address, once all is sent. */
  mailTo(email: string): Promise<Extract<EmailMessage, { url: string }>>
}
export interface StoredUser extends AccountUser {
  email: string
  isVerified: boolean
  passwordHash?: string | undefined
}
export interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly headers: Headers
}
export interface TestBrowser {
  readonly cookies: Map<string, string>
  send(method: string, path: string, body?: object | URLSearchParams, more?: Record<string, string>): Promise<Answer>
  post(path: string, body?: object | URLSearchParams, more?: Record<string, string>): Promise<Answer>
  /** Signs in by a password, and says what came of it. */
  signIn(email: string, password?: string): Promise<Answer>
  /** Enrols an app, and gives what shows its codes. */
  enrol(): Promise<{ readonly code: (steps?: number) => string; readonly factorId: string }>
}

export const ORIGIN = "https://app.test"
export const PASSWORD = "correct horse battery"

export async function accountsWorld(
  options: Partial<AccountsOptions> & { readonly canSignUp?: boolean } = {},
): Promise<AccountsWorld> {
  const { canSignUp = true, ...rest } = options
  const clock = manualClock()
  const [users, sent, events, asked] = [new Map<string, StoredUser>(), [], [], []] as [
    Map<string, StoredUser>,
    EmailMessage[],
    AccountEvent[],
    string[],
  ]
  const cheap = createPasswords({ memoryKib: 64, passes: 1, allowWeak: true, queueLimit: 1_000 })
  let hashed = 0
  const passwords: Passwords = {
    ...cheap,
    verify: (...args) => {
      hashed++
      return cheap.verify(...args)
    },
  }
  const accounts = await openAccounts({
    name: "Shop",
    origin: ORIGIN,
    url: "memory:",
    secret: "a secret of thirty-two bytes or more",
    users: usersOf(users, { asked, canSignUp }),
    deliver: (message) => sent.push(message),
    passwords,
    audit: (event) => void events.push(event),
    clock,
    ...rest,
  })
  const app = createApp({ trustedProxies: ["10.0.0.0/8"] })
  app.scope("/auth", (auth) => auth.add(accountRoutes(accounts)))
  app.get("/mine", { layers: [accounts.guard] }, (ctx) => ({ id: ctx.principal.id, amr: ctx.principal.amr }))
  const browser = (headers: Readonly<Record<string, string>> = {}): TestBrowser => browserOf(app, clock, headers)
  return {
    app,
    accounts,
    clock,
    users,
    sent,
    events,
    asked,
    hashed: () => hashed,
    browser,
    async add({ password, ...user }) {
      const stored: StoredUser = { id: crypto.randomUUID(), isVerified: true, ...user }
      if (password !== undefined) stored.passwordHash = await accounts.passwords.hash(password)
      users.set(stored.id, stored)
      return stored
    },
    async mailTo(email) {
      await accounts.flows.settled()
      return sent.findLast(({ to }) => to === email) as Extract<EmailMessage, { url: string }>
    },
  }
}

function usersOf(
  users: Map<string, StoredUser>,
  { asked, canSignUp }: { readonly asked: string[]; readonly canSignUp: boolean },
): AccountUsers {
  const byEmail = (email: string) => [...users.values()].find((user) => user.email === email)
  const copy = (user: StoredUser | undefined) => user && { ...user }
  return {
    async find(id) {
      asked.push("find")
      return copy(users.get(id))
    },
    async findByEmail(email) {
      asked.push("findByEmail")
      return copy(byEmail(email))
    },
    ...(canSignUp && {
      async create(email: string) {
        if (byEmail(email) !== undefined) throw new TypeError("taken")
        const user: StoredUser = { id: crypto.randomUUID(), email, isVerified: false }
        users.set(user.id, user)
        return { ...user }
      },
    }),
    async markVerified(id, { email, isClaim }) {
      const user = users.get(id)
      if (user?.email === email) Object.assign(user, { isVerified: true, ...(isClaim && { passwordHash: undefined }) })
    },
    async changeEmail(id, { from, to }) {
      const user = users.get(id)
      if (user?.email !== from || byEmail(to) !== undefined) return false
      Object.assign(user, { email: to, isVerified: true })
      return true
    },
    async passwordHash(id) {
      asked.push("passwordHash")
      return users.get(id)?.passwordHash
    },
    setPasswordHash: async (id, passwordHash) => void Object.assign(users.get(id)!, { passwordHash }),
  }
}

function browserOf(app: App, clock: ManualClock, own: Readonly<Record<string, string>>): TestBrowser {
  const cookies = new Map<string, string>()
  const send: TestBrowser["send"] = async (method, path, body, more = {}) => {
    const isForm = body instanceof URLSearchParams
    const headers = new Headers({ "sec-fetch-site": "same-origin", ...own, ...more })
    if (cookies.size > 0) headers.set("cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "))
    if (body !== undefined)
      headers.set("content-type", isForm ? "application/x-www-form-urlencoded" : "application/json")
    const init = { method, headers, ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }) }
    const response = await app.fetch(new Request(`${ORIGIN}${path}`, init))
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (/max-age=0/i.test(line)) cookies.delete(name!)
      else cookies.set(name!, value!)
    }
    const text = await response.text()
    const isJson = response.headers.get("content-type")?.includes("json") === true
    const said: unknown = isJson && text !== "" ? JSON.parse(text) : { text }
    return { status: response.status, body: said as Record<string, unknown>, headers: response.headers }
  }
  const post: TestBrowser["post"] = (path, body, more) => send("POST", `/auth${path}`, body, more)
  return {
    cookies,
    send,
    post,
    signIn: (login, password = PASSWORD) => post("/sign-in", { login, password }),
    async enrol() {
      const { status, body } = await post("/account/factors/app")
      if (status !== 200) throw new TypeError(`not enrolled: ${JSON.stringify(body)}`)
      const [factorId, secret] = [String(body.factorId), String(body.secret)]
      const code = (steps = 0) => hotp(keyOf(secret), stepAt(clock.now(), 30) + steps, { digits: 6, algorithm: "SHA1" })
      const confirmed = await post("/account/factors/app/confirm", { factorId, code: code() })
      if (confirmed.status !== 204) throw new TypeError(`not confirmed: ${JSON.stringify(confirmed.body)}`)
      clock.advance(30_000)
      return { code, factorId }
    },
  }
}

/** Of base32, as apps are given it. */
export function keyOf(secret: string): Uint8Array {
  const bits = [...secret].map((sign) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(sign).toString(2).padStart(5, "0"))
  return Uint8Array.from(bits.join("").match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2))
}
export function tokenOf({ url }: { readonly url: string }): string {
  return new URL(url).searchParams.get("token")!
}
