import { StepUpRequired } from "@ashlar/auth/mfa"
import { type BaseContext, BodyInvalid, type Reply } from "@ashlar/http"
import {
  Busy,
  EmailTaken,
  InvalidCursor,
  InvalidInput,
  InviteForAnother,
  InviteSpent,
  type Session as IssuedSession,
  ResetLinkSpent,
  SecondFactorNeeded,
  SessionEnded,
  SessionNotFound,
  SetupLinkSpent,
  SignupsClosed,
  TooManyAttempts,
  WeakPassword,
  WrongCredentials,
} from "@ashlar/identity"
import { describeRoute } from "@ashlar/openapi"
import {
  KeySet,
  PageQuery,
  PasswordBody,
  pageOf,
  RefreshBody,
  ResetBody,
  ResetCheckBody,
  ResetFacts,
  Session,
  SessionInfo,
  SetupBody,
  SetupCheckBody,
  SetupFacts,
  SignInBody,
  SignUpBody,
  User,
} from "@ashlar/protocol"
import { readEntryCookie } from "../entry-cookies.ts"
import { ForeignOrigin } from "../errors.ts"
import type { Api } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import { pageRequest } from "../page-request.ts"
import type { Platform } from "../platform.ts"
import { clearRefreshCookie, readRefreshCookie, refreshCookie, requireOwnOrigin } from "../refresh-cookie.ts"

const admission = [InvalidInput, WeakPassword, Busy]

/** Set-up, sign-up, sign-in and sessions of the people who use this install. */
export function addPeopleRoutes(app: Api, platform: Platform, entries: Entries): void {
  const { identity } = platform
  const { open, self } = entries

  app.post(
    "/v1/setup/check",
    {
      name: "setup.check",
      tags: ["people"],
      summary: "Look whether a set-up link still works, and what it would set up",
      layers: [open],
      body: SetupCheckBody,
      response: SetupFacts,
      errors: [SetupLinkSpent],
    },
    async (ctx) => ({ ...identity.setup.check(ctx.body.token), ...(await platform.setupFacts()) }),
  )

  app.post(
    "/v1/setup",
    {
      name: "setup.complete",
      tags: ["people"],
      summary: "Make the first administrator, once, with the link from the terminal",
      layers: [open],
      body: SetupBody,
      response: { 201: Session },
      errors: [SetupLinkSpent, ...admission],
    },
    async (ctx) => {
      const { cookie, ...request } = ctx.body
      return answerSession(ctx, await identity.setup.complete({ ...request, client: clientOf(ctx) }), cookie, 201)
    },
  )

  app.post(
    "/v1/auth/signup",
    {
      name: "auth.signup",
      tags: ["people"],
      summary: "Make an account: with an invite, or freely where sign-up is open",
      layers: [open],
      body: SignUpBody,
      response: { 201: Session },
      errors: [SignupsClosed, InviteSpent, InviteForAnother, EmailTaken, TooManyAttempts, ...admission],
    },
    async (ctx) => {
      const { cookie, invite, ...request } = ctx.body
      const session = await identity.signUp({
        ...request,
        ...(invite !== undefined && { invite }),
        client: clientOf(ctx),
      })
      return answerSession(ctx, session, cookie, 201)
    },
  )

  app.post(
    "/v1/auth/signin",
    {
      name: "auth.signin",
      tags: ["people"],
      summary: "Sign in with email and password; where there is a second factor, it is asked for next",
      layers: [open],
      body: SignInBody,
      response: { 200: Session },
      errors: [WrongCredentials, SecondFactorNeeded, TooManyAttempts, Busy],
    },
    async (ctx) => {
      const { cookie, ...request } = ctx.body
      return answerSession(
        ctx,
        await identity.signIn({ ...request, client: clientOf(ctx), device: readEntryCookie(ctx, "ashlar_device") }),
        cookie,
        200,
      )
    },
  )

  app.post(
    "/v1/auth/refresh",
    {
      name: "auth.refresh",
      tags: ["people"],
      summary: "Trade the refresh token, from the body or the cookie, for the next session",
      layers: [open],
      response: { 200: Session },
      errors: [SessionEnded, ForeignOrigin],
      meta: describeRoute({ body: { content: { "application/json": RefreshBody }, required: false } }),
    },
    async (ctx) => {
      const sent = await readToken(ctx)
      if (sent !== undefined)
        return answerSession(ctx, await identity.refresh({ refreshToken: sent, client: clientOf(ctx) }), false, 200)
      const kept = readRefreshCookie(ctx)
      if (kept === undefined) throw new SessionEnded("There is no refresh token in the body or the cookie. Sign in.")
      requireOwnOrigin(ctx)
      return answerSession(ctx, await identity.refresh({ refreshToken: kept, client: clientOf(ctx) }), true, 200)
    },
  )

  app.post(
    "/v1/auth/signout",
    {
      name: "auth.signout",
      tags: ["people"],
      summary: "End the session of the bearer, or of the cookie",
      layers: [open],
      response: { 204: null },
      errors: [ForeignOrigin],
    },
    async (ctx) => {
      const { caller } = ctx
      const kept = readRefreshCookie(ctx)
      if (kept !== undefined) {
        requireOwnOrigin(ctx)
        await identity.signOut(kept)
        clearRefreshCookie(ctx)
      }
      if (caller.kind === "user") {
        const { id: userId, signedIn } = caller
        await identity.sessions.revoke({ userId, sessionId: signedIn.sessionId, isSignOut: true }).catch(unlessEnded)
      }
      return ctx.empty()
    },
  )

  addResetRoutes(app, platform, entries)

  app.post(
    "/v1/auth/password",
    {
      name: "auth.password",
      tags: ["people"],
      summary: "Set a new password, right after signing in or stepping up; it ends all other sessions",
      layers: [self],
      body: PasswordBody,
      response: { 204: null },
      errors: [StepUpRequired, WeakPassword, SessionEnded, Busy],
    },
    async (ctx) => {
      await identity.changePassword(ctx.person.signedIn, ctx.body.password)
      return ctx.empty()
    },
  )

  app.get(
    "/v1/auth/me",
    {
      name: "auth.me",
      tags: ["people"],
      summary: "The person who asks",
      layers: [self],
      response: User,
    },
    (ctx) => ctx.person.signedIn.user,
  )

  app.get(
    "/v1/auth/sessions",
    {
      name: "sessions.list",
      tags: ["people"],
      summary: "Where the person who asks is signed in",
      layers: [self],
      query: PageQuery,
      response: pageOf(SessionInfo),
      errors: [InvalidCursor],
    },
    (ctx) => {
      const { id, signedIn } = ctx.person
      return identity.sessions.list(id, { ...pageRequest(ctx.query), currentSessionId: signedIn.sessionId })
    },
  )

  app.delete(
    "/v1/auth/sessions/:session",
    {
      name: "sessions.revoke",
      tags: ["people"],
      summary: "End one session",
      layers: [self],
      response: { 204: null },
      errors: [SessionNotFound],
    },
    async (ctx) => {
      await identity.sessions.revoke({ userId: ctx.person.id, sessionId: ctx.params.session })
      return ctx.empty()
    },
  )

  app.get(
    "/.well-known/jwks.json",
    {
      name: "auth.jwks",
      tags: ["people"],
      summary: "The public keys that verify access tokens (RFC 7517)",
      layers: [open],
      response: KeySet,
    },
    () => ({ keys: identity.jwks().keys.map((key) => ({ ...key })) }),
  )
}

/** Back in with a link of `ashlar people reset`. */
function addResetRoutes(app: Api, { identity: { resets }, log }: Platform, { open }: Entries): void {
  app.post(
    "/v1/auth/reset/check",
    {
      name: "auth.reset.check",
      tags: ["people"],
      summary: "Look whether a link that lets somebody back in still works, and whom",
      layers: [open],
      body: ResetCheckBody,
      response: ResetFacts,
      errors: [ResetLinkSpent],
    },
    (ctx) => resets.check(ctx.body.token),
  )

  app.post(
    "/v1/auth/reset",
    {
      name: "auth.reset",
      tags: ["people"],
      summary: "Set a new password, once, with a link of `ashlar people reset`; it ends all sessions",
      layers: [open],
      body: ResetBody,
      response: { 204: null },
      errors: [ResetLinkSpent, TooManyAttempts, ...admission],
    },
    async (ctx) => {
      const { factors } = resets.check(ctx.body.token)
      await resets.complete({ ...ctx.body, client: clientOf(ctx) })
      log.info("somebody came back by a reset link", { address: ctx.address, factors })
      return ctx.empty()
    },
  )
}

/** Who asks, as sessions remember it and limits count it. */
export function clientOf(ctx: Pick<BaseContext, "address" | "headers">): { address: string; userAgent: string } {
  return { address: ctx.address ?? "unknown", userAgent: ctx.headers.get("user-agent") ?? "" }
}

/** Whoever sends the cookie and the bearer of one session has ended it already. */
function unlessEnded(error: unknown): void {
  if ((error as { code?: string }).code !== SessionNotFound.code) throw error
}

/** The session as an answer, its refresh token in the body or in the cookie. */
export function answerSession<const S extends 200 | 201>(
  ctx: Pick<BaseContext, "set" | "json" | "url" | "headers">,
  issued: IssuedSession,
  cookie: boolean | undefined,
  status: S,
): Reply<S, Session> {
  const { refreshTokenExpiresAt, refreshToken, ...session } = issued
  if (cookie !== true) return ctx.json({ ...session, refreshToken }, status)
  ctx.set("set-cookie", refreshCookie(ctx, refreshToken, refreshTokenExpiresAt))
  return ctx.json({ ...session, refreshToken: null }, status)
}

/** The refresh token of the body; a console that keeps it in the cookie sends no body at all. */
async function readToken(ctx: Pick<BaseContext, "read">): Promise<string | undefined> {
  const text = await ctx.read("text")
  if (text.trim() === "") return undefined
  const parsed = RefreshBody["~standard"].validate(parseJson(text))
  if (parsed instanceof Promise || parsed.issues !== undefined) return undefined
  return parsed.value.refreshToken
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BodyInvalid("The body is not valid JSON") // what the parser says may quote a token
  }
}
