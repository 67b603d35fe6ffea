import { safeNext } from "@ashlar/auth/email"
import { AshlarError } from "@ashlar/core"
import type { BaseContext, Scope } from "@ashlar/http"
import { v } from "@ashlar/validation"
import * as pages from "./pages/sign-in-pages.ts"
import type { Parts } from "./parts.ts"
import type { Signing } from "./signing.ts"

const text = (max = 512) => v.string().max(max)
const Email = v.object({ email: text(), next: text(2_048).optional() })
const Password = v.object({ username: text(), password: text(4_096).secret(), next: text(2_048).optional() })
const Proof = v.object({ token: text(65).optional(), handle: text(22).optional(), code: text(20).optional() })
const Reset = v.object({ token: text(65), password: text(4_096).secret() })
const Token = v.object({ token: text(65) })
const Ceremony = v.object({ response: v.unknown(), next: text(2_048).optional() })
const Factor = v.object({ code: text(40), next: text(2_048).optional(), remember: text(8).optional() })
const Next = v.object({ next: text(2_048).optional() })

const WRONG = "The name or the password is not right."

/** Pages by which people come in. */
export function signInRoutes<E>(scope: Scope<unknown, E>, parts: Parts, signing: Signing): void {
  const { people, passwords, flows, tries, signedIn, journal } = parts
  // At the address of the app: what a browser keeps on its way to a provider is for the host that it comes back to.
  const waysTo = (next: string) =>
    parts.client.providers.map(({ name, label }) => ({
      label,
      href: `${parts.origin}/sign-in/${name}?next=${encodeURIComponent(next)}`,
    }))
  const signInPage = (next: string, problem?: string) => pages.signInPage({ next, problem, ways: waysTo(next) })

  scope.get("/", async (ctx) => {
    const principal = await signing.principalOf(ctx)
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
    const refused = (problem: string, status: 401 | 429) => ctx.html(signInPage(next, problem), status)
    const { allowed } = await tries.take(username.trim().toLowerCase())
    if (!allowed) return refused("Too many tries for this name. Wait a while, or sign in by a link.", 429)
    const person = await people.findByLogin(username)
    const save = (better: string) => people.setPasswordHash(person!.id, better)
    if (!(await passwords.verify(password, person?.password_hash, save)) || person === undefined) {
      // The name is not noted: people type passwords there. The same work for names that nobody has.
      await journal.note(ctx, "session.refused", { about: person?.id, by: null, outcome: "failure" })
      return refused(WRONG, 401)
    }
    await tries.reset(username.trim().toLowerCase())
    return go(ctx, await signing.begin(ctx, { userId: person.id, amr: ["pwd"], next }))
  })
  scope.post("/sign-out", async (ctx) => {
    const principal = await signing.principalOf(ctx)
    if (principal !== undefined) await journal.note(ctx, "session.ended", { about: principal.id })
    await signedIn.signOut(ctx)
    return go(ctx, "/")
  })
  mailRoutes(scope, parts, { signing, signInPage })
  factorRoutes(scope, parts, signing)
}

interface MailRoutes {
  readonly signing: Signing
  readonly signInPage: (next: string, problem: string) => string
}

/** Links and codes that are sent. */
function mailRoutes<E>(scope: Scope<unknown, E>, { flows, journal }: Parts, { signing, signInPage }: MailRoutes): void {
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
    const { token, handle = "", code = "" } = ctx.body
    try {
      const shown = token === undefined ? { handle, code: code.replaceAll(/\s/g, "") } : { token }
      const { account, next, isNew } = await flows.signIn(shown)
      if (isNew) await journal.note(ctx, "account.created", { about: account.id, details: { by: "email" } })
      return go(ctx, await signing.begin(ctx, { userId: account.id, amr: ["email"], next }))
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
      const { account } = await flows.reset({ token: ctx.body.token }, ctx.body.password)
      await journal.note(ctx, "password.reset", { about: account.id })
    } catch (error) {
      const isWeak = error instanceof AshlarError && error.code === "AUTH_PASSWORD_WEAK"
      return ctx.html(isWeak ? pages.resetPage(ctx.body.token, saidOf(error)) : gone(), statusOf(error))
    }
    return ctx.html(pages.messagePage("Done", "Sign in with your new password. All other sessions have ended."))
  })
}

/** By passkey alone, and second factors. */
function factorRoutes<E>(scope: Scope<unknown, E>, { mfa, signedIn, journal }: Parts, signing: Signing): void {
  scope.post("/passkey/options", () => mfa.passkeys.signInOptions())
  scope.post("/passkey", { body: Ceremony }, async (ctx) => {
    const passed = await mfa.passkeys.signIn(ctx.body.response as never)
    const next = await signing.begin(ctx, {
      userId: passed.userId,
      amr: passed.amr,
      next: safeNext(ctx.body.next, "/account"),
    })
    return { next }
  })
  scope.scope("/factor", [signedIn], (factor) => {
    factor.get("/", { query: Next }, (ctx) => ctx.html(pages.factorPage(safeNext(ctx.query.next, "/account"))))
    factor.post("/", { body: Factor }, async (ctx) => {
      const [next, { id }] = [safeNext(ctx.body.next, "/account"), ctx.principal]
      const code = ctx.body.code.trim()
      try {
        const passed = await (/^[\d\s]+$/.test(code) ? mfa.totp.verify(id, code) : mfa.recovery.use(id, code))
        await signing.add(ctx, passed, ctx.principal, ctx.body.remember === "yes")
      } catch (error) {
        const said = saidOf(error)
        await journal.note(ctx, "factor.refused", { about: id, outcome: "failure" })
        return ctx.html(pages.factorPage(next, said), statusOf(error))
      }
      return go(ctx, next)
    })
    factor.post("/passkey/options", (ctx) => mfa.passkeys.signInOptions(ctx.principal.id))
    factor.post("/passkey", { body: Ceremony }, async (ctx) => {
      const passed = await mfa.passkeys.signIn(ctx.body.response as never, ctx.principal.id)
      await signing.add(ctx, passed, ctx.principal, false)
      return { next: safeNext(ctx.body.next, "/account") }
    })
  })
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
