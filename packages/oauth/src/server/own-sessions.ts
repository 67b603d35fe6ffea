import type { RateLimits } from "@ashlar/cache/rate-limits"
import type { BaseContext } from "@ashlar/http"
import type { Transactions } from "./authorize/transaction.ts"
import { pageAnswer } from "./pages/page-answer.ts"
import type { OAuthPages } from "./pages/pages.ts"
import type { PasswordSignIn, People, Person, SignInRequest } from "./people.ts"
import type { Settings } from "./settings.ts"
import { hashOf, Records, randomToken } from "./store/records.ts"
import type { OAuthStore } from "./store/store.ts"
import { browserOf, readCookie, requireSameBrowser, setCookie } from "./wire/browser.ts"
import { formOf } from "./wire/parameters.ts"

interface Asked {
  readonly browser: string
  readonly returnTo: string
  readonly clientName: string | null
  readonly clientAddress: string | null
}
type SessionRecord = Required<Pick<Person, "id" | "authTimeMs" | "sessionId">> & Pick<Person, "amr" | "acr">

const COOKIE = "ashlar-oauth-session"
/** Tries of passwords: a person mistypes now and then. */
const TRIES = { name: { limit: 10, window: "10m" }, address: { limit: 50, window: "10m" } } as const
const MAX_NAME = 320
const MAX_PASSWORD = 1_024

/** What {@link OwnSessions} work with. */
export interface SessionParts {
  readonly settings: Settings
  readonly store: OAuthStore
  readonly transactions: Transactions
  readonly pages: OAuthPages
  readonly limits: RateLimits
}

/** People who sign in with a password on the server's own page, and the sessions that they then have. */
export class OwnSessions implements People {
  readonly #parts: SessionParts
  readonly #options: PasswordSignIn
  readonly #sessions: Records<SessionRecord>
  readonly claims: PasswordSignIn["claims"]

  constructor(parts: SessionParts, options: PasswordSignIn) {
    this.#parts = parts
    this.#options = options
    this.#sessions = new Records(parts.store, "session")
    this.claims = options.claims
  }

  async current(ctx: BaseContext): Promise<Person | undefined> {
    const token = readCookie(ctx, this.#parts.settings, COOKIE)
    return token === undefined ? undefined : (await this.#sessions.get(hashOf(token)))?.value
  }
  async signIn(ctx: BaseContext, request: SignInRequest): Promise<unknown> {
    const { returnTo, clientName, clientAddress = null, loginHint } = request
    const data: Asked = { browser: browserOf(ctx, this.#parts.settings), returnTo, clientName, clientAddress }
    return await this.#page(ctx, data, { username: loginHint, problem: undefined })
  }
  async signOut(ctx: BaseContext): Promise<void> {
    const { settings } = this.#parts
    const token = readCookie(ctx, settings, COOKIE)
    if (token === undefined) return
    await this.#sessions.remove(hashOf(token))
    setCookie(ctx, settings, { name: COOKIE, value: "", maxAgeSeconds: 0 })
  }

  /** `POST /oauth/login` */
  async submit(ctx: BaseContext): Promise<unknown> {
    const form = await formOf(ctx)
    const { settings, transactions } = this.#parts
    const asked = await transactions.require<Asked>("login", form.get("transaction"))
    requireSameBrowser(ctx, settings, asked.browser)
    const username = form.get("username") ?? ""
    const password = form.get("password") ?? ""
    if (!(await this.#mayTry(ctx, username))) return await this.#page(ctx, asked, { username, problem: "limited" })
    const isSane = username !== "" && username.length <= MAX_NAME && password !== "" && password.length <= MAX_PASSWORD
    const found = isSane ? await this.#options.verify({ username, password }, ctx) : undefined
    if (found === undefined) return await this.#page(ctx, asked, { username, problem: "failed" })
    await this.signOut(ctx) // a session from before is not this person's
    const token = randomToken()
    const nowMs = settings.clock.now()
    const seconds = settings.lifetimes.sessionSeconds
    const session = { amr: ["pwd"], ...found, authTimeMs: nowMs, sessionId: hashOf("sid", token) }
    await this.#sessions.add(hashOf(token), session, nowMs + seconds * 1000)
    setCookie(ctx, settings, { name: COOKIE, value: token, maxAgeSeconds: seconds })
    return ctx.redirect(asked.returnTo, 303).withHeaders({ "cache-control": "no-store" })
  }

  async #mayTry(ctx: BaseContext, username: string): Promise<boolean> {
    const { limits } = this.#parts
    const byName = await limits
      .slidingWindow("oauth-sign-in-name", TRIES.name)
      .take(hashOf(username.normalize("NFKC").toLowerCase()))
    const byAddress = await limits.slidingWindow("oauth-sign-in-address", TRIES.address).take(ctx.address ?? "unknown")
    return byName.allowed && byAddress.allowed
  }
  async #page(
    ctx: BaseContext,
    asked: Asked,
    page: { readonly username: string | undefined; readonly problem: "failed" | "limited" | undefined },
  ): Promise<unknown> {
    const { settings, transactions, pages } = this.#parts
    const fields = { transaction: await transactions.seal("login", asked, settings.lifetimes.interactionSeconds) }
    const text = pages.signIn({
      form: { action: settings.endpoints.login, fields },
      clientName: asked.clientName ?? undefined,
      ...page,
    })
    const status = page.problem === undefined ? 200 : page.problem === "limited" ? 429 : 401
    return pageAnswer(ctx, text, { status, ...(asked.clientAddress !== null && { formTo: asked.clientAddress }) })
  }
}
