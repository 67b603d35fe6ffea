import type { Need } from "@ashlar/control"
import {
  AccountDisabled,
  type AppUsers,
  EmailUnverified,
  InvalidInput,
  LinkRefused,
  ProviderNotFound,
  RedirectRefused,
  SecondFactorNeeded,
  SecondStepOver,
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
  AppAuthorizeBody,
  AppAuthorizing,
  AppCallbackBody,
  AppOfferedProviders,
  AppProvider,
  AppProviderBody,
  AppProviders,
  AppSession,
} from "@ashlar/protocol"
import type { Api } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import type { Platform } from "../platform.ts"
import { clientOf } from "./people.ts"

/** A page has a publishable key. A key that is narrowed may let users in when it may also manage them. */
const enters: Need = { role: "developer", key: "publishable", scope: "users:admin" }
const looks: Need = { role: "viewer", key: "publishable", scope: "any", anonymous: true }
const offers: Need = { role: "viewer", key: "publishable", scope: "users:admin" }
const settles: Need = { role: "developer", scope: "users:admin" }
const sees: Need = { role: "viewer", scope: "users:admin" }

const tags = ["app users"]
type Context = { readonly access: { readonly project: { readonly id: string } } }
type Of = (ctx: Context) => Promise<AppUsers>

/** Signing in to an app by other providers, and which those are. */
export function addAppOAuthRoutes(app: Api, platform: Platform, entries: Entries): void {
  const of: Of = (ctx) => platform.appUsers.of(ctx.access.project.id)
  app.scope("/v1/projects/:project/auth", (auth) => {
    addSignInRoutes(auth, of, entries)
    addProviderRoutes(auth, { of, platform, entries })
  })
}

function addSignInRoutes(auth: Api, of: Of, { inProject }: Entries): void {
  auth.get(
    "/providers",
    {
      name: "app.providers",
      tags,
      summary: "Who else signs users of the app in",
      layers: [inProject(offers)],
      response: AppOfferedProviders,
    },
    async (ctx) => ({ items: [...(await of(ctx)).oauth.providers()] }),
  )

  auth.post(
    "/authorize",
    {
      name: "app.authorize",
      tags,
      summary: "Begin to sign in by a provider, or to connect one with `Ashlar-User` and `connect`",
      layers: [inProject(enters)],
      body: AppAuthorizeBody,
      response: AppAuthorizing,
      errors: [
        OAuthProviderUnknown,
        OAuthProviderFailed,
        OAuthAnswerInvalid,
        RedirectRefused,
        InvalidInput,
        TooManyAttempts,
      ],
    },
    async (ctx) => {
      const { connect = false, ...request } = ctx.body
      const userId = ctx.appUser?.user.id
      if (connect && userId === undefined)
        throw new InvalidInput("Expected a signed-in user, to connect a provider.", { details: { field: "connect" } })
      return (await of(ctx)).oauth.authorize({
        ...{ ...request, client: clientOf(ctx) },
        ...(connect && { connect: userId }),
      })
    },
  )

  auth.get(
    "/sign-in/:provider/callback",
    {
      name: "app.callback.provider",
      tags,
      summary: "Where providers send the browser back to; leads it on to the app",
      layers: [inProject(looks)],
      response: { 303: null },
      errors: [OAuthStateInvalid],
    },
    async (ctx) => {
      const page = await (await of(ctx)).oauth.answer(ctx.params.provider, ctx.url.searchParams)
      return ctx.redirect(page, 303)
    },
  )

  auth.post(
    "/callback",
    {
      name: "app.callback",
      tags,
      summary: "Sign in to the app with what a provider answered",
      layers: [inProject(enters)],
      body: AppCallbackBody,
      response: AppSession,
      errors: [
        OAuthStateInvalid,
        OAuthSignInExpired,
        OAuthSignInUsed,
        OAuthSignInDenied,
        OAuthAnswerInvalid,
        OAuthProviderFailed,
        OAuthProviderUnknown,
        LinkRefused,
        SignupsClosed,
        AccountDisabled,
        EmailUnverified,
        SecondFactorNeeded,
        SecondStepOver,
        TooManyAttempts,
      ],
    },
    async (ctx) => {
      const who = { client: clientOf(ctx), userId: ctx.appUser?.user.id }
      return (await of(ctx)).oauth.finish({ ...ctx.body, ...who })
    },
  )
}

function addProviderRoutes(
  auth: Api,
  { of, platform: { control }, entries }: { readonly of: Of; readonly platform: Platform; readonly entries: Entries },
): void {
  const { inProject } = entries

  auth.get(
    "/settings/providers",
    {
      name: "app.providers.list",
      tags,
      summary: "The providers of the app, without their secrets",
      layers: [inProject(sees)],
      response: AppProviders,
    },
    async (ctx) => ({ items: [...(await of(ctx)).providers.list()] }),
  )

  auth.put(
    "/settings/providers/:provider",
    {
      name: "app.providers.put",
      tags,
      summary: "Add a provider, or change it; a secret that is left out stays",
      layers: [inProject(settles)],
      body: AppProviderBody,
      response: AppProvider,
      errors: [InvalidInput],
    },
    async (ctx) => {
      const { clientSecret, ...told } = ctx.body
      const put = await (await of(ctx)).providers.put(ctx.params.provider, ctx.body)
      const details = { ...told, ...(clientSecret !== undefined && { clientSecret: true }) }
      await control.audit.record(ctx.access, { action: "auth.provider", target: put.name, details })
      return put
    },
  )

  auth.delete(
    "/settings/providers/:provider",
    {
      name: "app.providers.delete",
      tags,
      summary: "Let a provider sign nobody in any more; whom it did keep their accounts",
      layers: [inProject(settles)],
      response: { 204: null },
      errors: [ProviderNotFound],
    },
    async (ctx) => {
      const { provider: target } = ctx.params
      await (await of(ctx)).providers.remove(target)
      await control.audit.record(ctx.access, { action: "auth.provider.delete", target, details: {} })
      return ctx.empty()
    },
  )
}
