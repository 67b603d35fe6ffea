import { anyOf, type Principal, type SessionGuard } from "@ashlar/auth"
import type { Entered } from "@ashlar/auth/accounts"
import { safeNext } from "@ashlar/auth/email"
import { AshlarError } from "@ashlar/core"
import { type BaseContext, Failure, type Scope } from "@ashlar/http"
import { v } from "@ashlar/validation"
import * as pages from "./pages/sign-in-pages.ts"
import type { Parts } from "./parts.ts"

const text = (max = 512) => v.string().max(max)
const Email = v.object({ email: text(), next: text(2_048).optional() })
const Password = v.object({ username: text(), password: text(4_096).secret(), next: text(2_048).optional() })
const Proof = v.object({ token: text(65).optional(), handle: text(22).optional(), code: text(20).optional() })
const Reset = v.object({ token: text(65), password: text(4_096).secret() })
const Token = v.object({ token: text(65) })
const Factor = v.object({ code: text(40), next: text(2_048).optional(), remember: text(8).optional() })
const Next = v.object({ next: text(2_048).optional() })

/** Pages by which people come in. */
export function signInRoutes<E>(scope: Scope<unknown, E>, parts: Parts): void {
  const { people, flows, accounts } = parts
  // At the address of the app: what a browser keeps on its way to a provider is for the host that it comes back to.
  const waysTo = (next: string) =>
    parts.client.providers.map(({ name, label }) => ({
      label,
      href: `${parts.origin}/sign-in/${name}?next=${encodeURIComponent(next)}`,
    }))
  const signInPage = (next: string, problem?: string) => pages.signInPage({ next, problem, ways: waysTo(next) })

  scope.get("/", async (ctx) => {
    const principal = await principalOf(ctx, parts)
    return ctx.html(pages.homePage(principal && (await people.find(principal.id))))
  })

  // Whoever makes an account proves the address first: there are no others.
  scope.get("/sign-up", (ctx) => ctx.html(pages.signUpPage({ ways: waysTo("/account") })))
  scope.post("/sign-up", { body: Email }, async (ctx) => {
    try {
      const { handle } = await flows.askSignIn(ctx.body.email, { next: "/account" })
      return ctx.html(pages.mailboxPage(handle))
    } catch (error) {
      return ctx.html(pages.signUpPage({ ways: waysTo("/account"), problem: saidOf(error) }), statusOf(error))
    }
  })

  scope.get("/sign-in", { query: Next }, (ctx) => ctx.html(signInPage(safeNext(ctx.query.next, "/account"))))
  scope.post("/sign-in", { body: Password }, async (ctx) => {
    const { username, password } = ctx.body
    const next = safeNext(ctx.body.next, "/account")
    try {
      return go(ctx, onward(await accounts.signInByPassword(ctx, { login: username, password, next })))
    } catch (error) {
      return ctx.html(signInPage(next, saidOf(error)), statusOf(error))
    }
  })
  mailRoutes(scope, parts, signInPage)
  stepRoutes(scope, parts)
}

type SignInPage = (next: string, problem: string) => string

/** Links and codes that are sent. */
function mailRoutes<E>(scope: Scope<unknown, E>, { flows, accounts }: Parts, signInPage: SignInPage): void {
  scope.post("/sign-in/email", { body: Email }, async (ctx) => {
    const next = safeNext(ctx.body.next, "/account")
    try {
      const { handle } = await flows.askSignIn(ctx.body.email, { next })
      return ctx.html(pages.mailboxPage(handle))
    } catch (error) {
      return ctx.html(signInPage(next, saidOf(error)), statusOf(error))
    }
  })
  scope.get("/sign-in/email/confirm", { query: Token }, async (ctx) => {
    if (!(await flows.isGood("sign-in", ctx.query.token))) return ctx.html(gone(), 400)
    return ctx.html(pages.confirmPage(ctx.query.token))
  })
  scope.post("/sign-in/email/confirm", { body: Proof }, async (ctx) => {
    const { token, handle = "" } = ctx.body
    try {
      return go(ctx, onward(await accounts.signInByEmail(ctx, ctx.body)))
    } catch (error) {
      return ctx.html(token === undefined ? pages.mailboxPage(handle, saidOf(error)) : gone(), statusOf(error))
    }
  })

  scope.get("/reset", (ctx) => ctx.html(pages.resetAskPage()))
  scope.post("/reset", { body: Email }, async (ctx) => {
    try {
      await flows.askReset(ctx.body.email)
    } catch (error) {
      return ctx.html(pages.resetAskPage(saidOf(error)), statusOf(error))
    }
    return ctx.html(pages.messagePage("Look into your mailbox", "If the address has an account, a mail is on its way."))
  })
  scope.get("/reset/confirm", { query: Token }, async (ctx) => {
    if (!(await flows.isGood("reset", ctx.query.token))) return ctx.html(gone(), 400)
    return ctx.html(pages.resetPage(ctx.query.token))
  })
  scope.post("/reset/confirm", { body: Reset }, async (ctx) => {
    try {
      await flows.reset({ token: ctx.body.token }, ctx.body.password)
    } catch (error) {
      const isWeak = error instanceof AshlarError && error.code === "AUTH_PASSWORD_WEAK"
      return ctx.html(isWeak ? pages.resetPage(ctx.body.token, saidOf(error)) : gone(), statusOf(error))
    }
    return ctx.html(pages.messagePage("Done", "Sign in with your new password. All other sessions have ended."))
  })
}

/** The second step, for who is half-way in, and for who is asked for a new proof. */
function stepRoutes<E>(scope: Scope<unknown, E>, { accounts }: Parts): void {
  scope.scope("/factor", [anyOf(accounts.halfway, accounts.guard)], (factor) => {
    factor.get("/", { query: Next }, (ctx) => ctx.html(pages.factorPage(nextOf(ctx.principal, ctx.query.next))))
    factor.post("/", { body: Factor }, async (ctx) => {
      const { code, remember } = ctx.body
      const next = nextOf(ctx.principal, ctx.body.next)
      try {
        const typed = { code, next, remember: remember === "yes" }
        return go(ctx, onward(await accounts.secondStep(ctx, ctx.principal, typed)))
      } catch (error) {
        return ctx.html(pages.factorPage(next, saidOf(error)), statusOf(error))
      }
    })
  })
}

/** Where to go on: as the form says, or as the first step did. */
const nextOf = ({ claims }: Principal, next: string | undefined) => safeNext(next, safeNext(claims.next, "/account"))
/** Where a form goes on. */
export const onward = ({ state, next }: Entered): string => (state === "signed-in" ? next : at("/factor", next))
/** Where somebody goes who is not signed in: to the second step where the first is done. */
export async function entranceOf(ctx: BaseContext, { accounts }: Parts, next: string): Promise<string> {
  return at((await foundBy(accounts.halfway, ctx)) === undefined ? "/sign-in" : "/factor", next)
}
/** Who is signed in. */
export const principalOf = (ctx: BaseContext, { signedIn }: Parts) => foundBy(signedIn, ctx)

const at = (page: string, next: string) => `${page}?next=${encodeURIComponent(next)}`
async function foundBy({ sources }: SessionGuard, ctx: BaseContext): Promise<Principal | undefined> {
  const found = await sources[0]!.identify(ctx)
  return found instanceof Failure ? undefined : found
}

const go = (ctx: BaseContext, to: string) => ctx.redirect(to, 303)
const gone = () =>
  pages.messagePage("This link is not good any more", "It was used, replaced, or is too old. Ask for a new one.")

/** What a person may be told. Anything that is no answer of ours is thrown on. */
export function saidOf(error: unknown): string {
  if (error instanceof AshlarError && error.status < 500) return error.message
  throw error
}
export function statusOf(error: unknown): 400 | 401 | 422 | 429 {
  const { status } = error as AshlarError
  return status === 401 || status === 422 || status === 429 ? status : 400
}
