import { StepUpRequired } from "@ashlar/auth/mfa"
import {
  IdentityNotFound,
  InvalidInput,
  LinkRefused,
  SecondFactorNeeded,
  SignupsClosed,
  TooManyAttempts,
} from "@ashlar/identity"
import {
  OAuthAnswerInvalid,
  OAuthProviderFailed,
  OAuthProviderUnknown,
  OAuthSignInDenied,
  OAuthSignInExpired,
  OAuthSignInUsed,
  OAuthStateInvalid,
} from "@ashlar/oauth/client"
import {
  AuthorizeBody,
  Authorizing,
  LinkedIdentities,
  ProviderEntered,
  ProviderEntryBody,
  SignInWays,
} from "@ashlar/protocol"
import { entryCookie, readEntryCookie } from "../entry-cookies.ts"
import type { Api } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import type { Platform } from "../platform.ts"
import { refreshCookie } from "../refresh-cookie.ts"
import { clientOf } from "./people.ts"

const tags = ["people"]
const asked = [OAuthProviderUnknown, OAuthProviderFailed, OAuthAnswerInvalid]
const TRANSACTION = "ashlar_sign_in"
const TRANSACTION_SECONDS = 900

/** Signing in to the install by providers that its operator chose, and whom people are known by there. */
export function addPeopleOAuthRoutes(app: Api, { identity: { oauth, mail } }: Platform, { open, self }: Entries): void {
  app.get(
    "/v1/auth/ways",
    {
      name: "auth.ways",
      tags,
      summary: "How people sign in here, besides by password and passkey",
      layers: [open],
      response: SignInWays,
    },
    () => ({ mail: mail.isOn, providers: [...oauth.providers()] }),
  )

  app.post(
    "/v1/auth/authorize",
    {
      name: "auth.authorize",
      tags,
      summary: "Begin to sign in by a provider, or to connect one with `connect`",
      layers: [open],
      body: AuthorizeBody,
      response: Authorizing,
      errors: [...asked, InvalidInput, StepUpRequired, TooManyAttempts],
    },
    async (ctx) => {
      const { provider, connect = false, cookie } = ctx.body
      const { caller } = ctx
      if (connect && caller.kind !== "user")
        throw new InvalidInput("Expected a signed-in person, to connect a provider.", { details: { field: "connect" } })
      const who = connect && caller.kind === "user" ? caller.signedIn : undefined
      const { url, transaction } = await oauth.authorize({ provider, client: clientOf(ctx), connect: who })
      if (cookie !== true) return { url, transaction }
      ctx.set("set-cookie", entryCookie(ctx, TRANSACTION, transaction, TRANSACTION_SECONDS))
      return { url, transaction: null }
    },
  )

  app.get(
    "/v1/auth/sign-in/:provider/callback",
    {
      name: "auth.callback.provider",
      tags,
      summary: "Where providers send the browser back to; leads it on to the console",
      layers: [open],
      response: { 303: null },
      errors: [OAuthStateInvalid],
    },
    async (ctx) => ctx.redirect(await oauth.answer(ctx.params.provider, ctx.url.searchParams), 303),
  )

  app.post(
    "/v1/auth/callback",
    {
      name: "auth.callback",
      tags,
      summary:
        "Sign in with what a provider answered, or connect it; where there is a second factor, it is asked for next",
      layers: [open],
      body: ProviderEntryBody,
      response: { 200: ProviderEntered },
      errors: [
        OAuthStateInvalid,
        OAuthSignInExpired,
        OAuthSignInUsed,
        OAuthSignInDenied,
        OAuthProviderUnknown,
        OAuthProviderFailed,
        OAuthAnswerInvalid,
        LinkRefused,
        SignupsClosed,
        SecondFactorNeeded,
        TooManyAttempts,
      ],
    },
    async (ctx) => {
      const { ticket, cookie, transaction = readEntryCookie(ctx, TRANSACTION) ?? "" } = ctx.body
      const who = ctx.caller.kind === "user" ? ctx.caller.signedIn : undefined
      ctx.set("set-cookie", entryCookie(ctx, TRANSACTION, "", 0))
      const device = readEntryCookie(ctx, "ashlar_device")
      const session = await oauth.finish({ ticket, transaction, client: clientOf(ctx), device, who })
      if (session === null) return ctx.json({ session: null }, 200)
      const { refreshTokenExpiresAt, ...shown } = session
      if (cookie !== true) return ctx.json({ session: shown }, 200)
      ctx.set("set-cookie", refreshCookie(ctx, session.refreshToken, refreshTokenExpiresAt))
      return ctx.json({ session: { ...shown, refreshToken: null } }, 200)
    },
  )

  app.get(
    "/v1/auth/identities",
    {
      name: "auth.identities.list",
      tags,
      summary: "By whom the person who asks is known elsewhere",
      layers: [self],
      response: LinkedIdentities,
    },
    (ctx) => ({ items: [...oauth.identities(ctx.person.id)] }),
  )

  app.delete(
    "/v1/auth/identities/:identity",
    {
      name: "auth.identities.remove",
      tags,
      summary: "Let a provider sign the person who asks in no more",
      layers: [self],
      response: { 204: null },
      errors: [StepUpRequired, IdentityNotFound],
    },
    async (ctx) => {
      await oauth.disconnect(ctx.person.signedIn, ctx.params.identity)
      return ctx.empty()
    },
  )
}
