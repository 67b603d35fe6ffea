import { randomBytes } from "node:crypto"
import type { DeclaredBy } from "@ashlar/core"
import { type BaseContext, get, type InvalidInput, post, type Reply, type Route } from "@ashlar/http"
import { cookiesOf } from "@ashlar/http/cookies"
import { v } from "@ashlar/validation"
import { AuthBusy, AuthTooOften, EmailInvalid, PasswordWeak, ProofInvalid } from "../errors.ts"
import { type ConfirmPage, confirmPage } from "./confirm-page.ts"
import type { Asked, Confirmed, EmailFlows } from "./email-flows.ts"
import type { EmailPurpose } from "./email-message.ts"
import { type FormBody, type Onward, onward, type ProofBody, setPageHeaders, shownIn } from "./route-parts.ts"

export interface EmailRoutesOptions {
  readonly flows: EmailFlows
  /** Signs somebody in who has proven an address: `guard.signIn(ctx, { userId: account.id, amr: ["email"] })`, or a second factor first. */
  readonly onSignIn: (ctx: BaseContext, confirmed: Confirmed) => unknown
  /** Who is signed in, where an address is verified. Default: nobody, so that each verification claims the account. */
  readonly userIdOf?: (ctx: BaseContext) => string | undefined | Promise<string | undefined>
  /** Let links and codes be used by the browser only that asked for them. Default: not, since mail is read elsewhere. */
  readonly sameBrowser?: boolean
  /** Draws the page that a link opens: a form which posts the token to the same address. */
  readonly page?: ConfirmPage
}

type AskErrors = InvalidInput | DeclaredBy<typeof EmailInvalid | typeof AuthTooOften | typeof AuthBusy>
type ConfirmErrors = InvalidInput | DeclaredBy<typeof ProofInvalid>
interface AskBody extends FormBody {
  readonly email: string
  readonly next?: string | undefined
}
interface ResetBody extends ProofBody {
  readonly password: string
}
type AskRoute<P extends string> = Route<"POST", P, { body: AskBody }, Asked, AskErrors>
type Confirm<P extends string> = Route<"POST", P, { body: ProofBody }, Onward, ConfirmErrors>
type Page<P extends string> = Route<"GET", P, { query: { readonly token: string } }, string, InvalidInput>

export interface EmailRoutes {
  readonly askSignIn: AskRoute<"/sign-in/email">
  readonly signInPage: Page<"/sign-in/email/confirm">
  readonly signIn: Confirm<"/sign-in/email/confirm">
  readonly verifyPage: Page<"/verify-email">
  readonly verify: Confirm<"/verify-email">
  readonly askReset: AskRoute<"/reset-password">
  readonly resetPage: Page<"/reset-password/confirm">
  readonly reset: Route<
    "POST",
    "/reset-password/confirm",
    { body: ResetBody },
    Onward,
    ConfirmErrors | DeclaredBy<typeof PasswordWeak>
  >
}

const COOKIE = "mail-browser"
const text = (max: number) => v.string().max(max)
/** Forms may carry the token of their page. */
const form = { _csrf: text(512).optional() }
const proof = { token: text(65).optional(), handle: text(22).optional(), code: text(20).optional(), ...form }
const Ask = v.object({ email: text(508), next: text(2_048).optional(), ...form })
const Proof = v.object(proof)
const Reset = v.object({ ...proof, password: v.string().max(4_096).secret() })
const Handle = v.object({ handle: v.string() })
const Next = v.object({ next: v.string() })
const Token = v.object({ token: text(65) })

/**
 * Routes of sign-in by e-mail, verification and reset, to be mounted where an app likes: `app.add(emailRoutes(…))`. What changes
 * something is a POST: put `csrf()` of `@ashlar/security` around them. A link opens a page, which changes nothing, for programs open
 * links too; its button does. Forms are answered with the way to go on (303), others with `{ next }`.
 *
 * @example
 * app.scope("/auth", [csrf()], (auth) => auth.add(emailRoutes({ flows, onSignIn: (ctx, { account }) =>
 *   signedIn.signIn(ctx, { userId: account.id, amr: ["email"] }) })))
 */
export function emailRoutes(options: EmailRoutesOptions): EmailRoutes {
  const { flows, onSignIn, userIdOf = () => undefined, sameBrowser = false, page = confirmPage } = options
  const askErrors = [EmailInvalid, AuthTooOften, AuthBusy] as const
  const seenBrowser = (ctx: BaseContext): { readonly browser?: string | undefined } =>
    sameBrowser ? { browser: cookiesOf(ctx).get(COOKIE) } : {}
  const asking = (ctx: BaseContext, next: string | undefined) => ({
    next,
    ...(sameBrowser && { browser: browserOf(ctx) }),
  })
  const draw = async (ctx: BaseContext, purpose: EmailPurpose, token: string): Promise<Reply<200 | 400, string>> => {
    const isGood = await flows.isGood(purpose, token, seenBrowser(ctx).browser)
    setPageHeaders(ctx)
    return ctx.html(page({ purpose, token, isGood, ctx }), isGood ? 200 : 400)
  }
  return {
    askSignIn: post(
      "/sign-in/email",
      { summary: "Send a link and a code to sign in", body: Ask, response: { 202: Handle }, errors: askErrors },
      async (ctx) => ctx.json(await flows.askSignIn(ctx.body.email, asking(ctx, ctx.body.next)), 202),
    ),
    signInPage: get("/sign-in/email/confirm", { summary: "Ask whether to sign in", query: Token }, (ctx) =>
      draw(ctx, "sign-in", ctx.query.token),
    ),
    signIn: post(
      "/sign-in/email/confirm",
      { summary: "Sign in by a link or a code", body: Proof, response: Next, errors: [ProofInvalid] },
      async (ctx) => {
        const confirmed = await flows.signIn(shownIn(ctx.body), seenBrowser(ctx))
        await onSignIn(ctx, confirmed)
        return onward(ctx, confirmed.next)
      },
    ),
    verifyPage: get("/verify-email", { summary: "Ask whether to verify an address", query: Token }, (ctx) =>
      draw(ctx, "verify", ctx.query.token),
    ),
    verify: post(
      "/verify-email",
      { summary: "Verify an address", body: Proof, response: Next, errors: [ProofInvalid] },
      async (ctx) => {
        const userId = await userIdOf(ctx)
        const { next } = await flows.verify(shownIn(ctx.body), { ...seenBrowser(ctx), userId })
        return onward(ctx, next)
      },
    ),
    askReset: post(
      "/reset-password",
      { summary: "Send what sets a new password", body: Ask, response: { 202: Handle }, errors: askErrors },
      async (ctx) => ctx.json(await flows.askReset(ctx.body.email, asking(ctx, ctx.body.next)), 202),
    ),
    resetPage: get("/reset-password/confirm", { summary: "Ask for a new password", query: Token }, (ctx) =>
      draw(ctx, "reset", ctx.query.token),
    ),
    reset: post(
      "/reset-password/confirm",
      { summary: "Set a new password", body: Reset, response: Next, errors: [ProofInvalid, PasswordWeak] },
      async (ctx) => {
        const { next } = await flows.reset(shownIn(ctx.body), ctx.body.password, seenBrowser(ctx))
        return onward(ctx, next)
      },
    ),
  }
}

/** A name for this browser, which nobody else knows. */
function browserOf(ctx: BaseContext): string {
  const known = cookiesOf(ctx).get(COOKIE)
  if (known !== undefined && /^[\w-]{43}$/.test(known)) return known
  const made = randomBytes(32).toString("base64url")
  cookiesOf(ctx).set(COOKIE, made, { maxAgeSeconds: 86_400 })
  return made
}
