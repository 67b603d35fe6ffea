import { AuthBusy, AuthTooOften, EmailInvalid, PasswordWrong, ProofInvalid } from "@ashlar/auth/email"
import type { Need } from "@ashlar/control"
import {
  type AppUsers,
  Busy,
  InvalidInput,
  RedirectRefused,
  SecondFactorNeeded,
  TooManyAttempts,
  WeakPassword,
} from "@ashlar/identity"
import {
  AppAsked,
  AppConfirmed,
  AppMailBody,
  AppPasswordBody,
  AppResetBody,
  AppSession,
  type AppShown,
  AppShownBody,
  AppVerificationBody,
} from "@ashlar/protocol"
import type { Api } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import type { Platform } from "../platform.ts"
import { clientOf } from "./people.ts"

/** A page has a publishable key. A key that is narrowed may let users in when it may also manage them. */
const enters: Need = { role: "developer", key: "publishable", scope: "users:admin" }
const acts: Need = { role: "viewer", key: "publishable", scope: "users:admin" }

const tags = ["app users"]
const asks = [InvalidInput, EmailInvalid, RedirectRefused, TooManyAttempts, AuthBusy]
const shows = [ProofInvalid, InvalidInput, TooManyAttempts]
/** And signs in, by a second step where there is one. */
const entersBy = [...shows, SecondFactorNeeded]
type Context = { readonly access: { readonly project: { readonly id: string } } }

/** The ways into an app that lead over a mailbox. What is asked for is answered before anything is sent, and the same for everybody. */
export function addAppMailRoutes(app: Api, platform: Platform, entries: Entries): void {
  app.scope("/v1/projects/:project/auth", (auth) => {
    addAskingRoutes(auth, platform, entries)
    addShowingRoutes(auth, platform, entries)
  })
}

function addAskingRoutes(auth: Api, { appUsers }: Platform, { inProject, appUser }: Entries): void {
  const mailOf = async (ctx: Context): Promise<AppUsers["mail"]> => (await appUsers.of(ctx.access.project.id)).mail

  auth.post(
    "/link/send",
    {
      name: "app.link.send",
      tags,
      summary: "Send a link and a code that sign in to the app",
      layers: [inProject(enters)],
      body: AppMailBody,
      response: { 202: AppAsked },
      errors: asks,
    },
    async (ctx) => ctx.json(await (await mailOf(ctx)).sendLink({ ...ctx.body, client: clientOf(ctx) }), 202),
  )

  auth.post(
    "/reset/send",
    {
      name: "app.reset.send",
      tags,
      summary: "Send a link and a code that choose a new password",
      layers: [inProject(enters)],
      body: AppMailBody,
      response: { 202: AppAsked },
      errors: asks,
    },
    async (ctx) => ctx.json(await (await mailOf(ctx)).sendReset({ ...ctx.body, client: clientOf(ctx) }), 202),
  )

  auth.post(
    "/verify/send",
    {
      name: "app.verify.send",
      tags,
      summary: "Send a link and a code that confirm the address of the app's user",
      layers: appUser(acts),
      body: AppVerificationBody,
      response: { 202: AppAsked },
      errors: [...asks, ProofInvalid],
    },
    async (ctx) => {
      const request = { ...ctx.body, client: clientOf(ctx) }
      return ctx.json(await (await mailOf(ctx)).sendVerification(ctx.user.user.id, request), 202)
    },
  )

  auth.post(
    "/password",
    {
      name: "app.password",
      tags,
      summary: "Choose another password, and end all other sessions of the app's user",
      layers: appUser(acts),
      body: AppPasswordBody,
      response: { 204: null },
      errors: [PasswordWrong, WeakPassword, AuthTooOften, Busy],
    },
    async (ctx) => {
      const { user, sessionId } = ctx.user
      await (await mailOf(ctx)).changePassword(user.id, { ...ctx.body, sessionId })
      return ctx.empty()
    },
  )
}

function addShowingRoutes(auth: Api, { appUsers }: Platform, { inProject }: Entries): void {
  const mailOf = async (ctx: Context): Promise<AppUsers["mail"]> => (await appUsers.of(ctx.access.project.id)).mail

  auth.post(
    "/link",
    {
      name: "app.link",
      tags,
      summary: "Sign in to the app with what was sent",
      layers: [inProject(enters)],
      body: AppShownBody,
      response: AppSession,
      errors: entersBy,
    },
    async (ctx) => (await mailOf(ctx)).signIn(shownIn(ctx.body), { client: clientOf(ctx), device: ctx.body.device }),
  )

  auth.post(
    "/verify",
    {
      name: "app.verify",
      tags,
      summary: "Confirm an address with what was sent to it",
      description:
        "A link that is shown by nobody who is signed in takes the account over for whoever reads the mailbox: its password and sessions end.",
      layers: [inProject(enters)],
      body: AppShownBody,
      response: AppConfirmed,
      errors: entersBy,
    },
    async (ctx) => {
      const who = { client: clientOf(ctx), device: ctx.body.device, userId: ctx.appUser?.user.id }
      return (await mailOf(ctx)).verify(shownIn(ctx.body), who)
    },
  )

  auth.post(
    "/reset",
    {
      name: "app.reset",
      tags,
      summary: "Choose a new password with what was sent, and end all sessions",
      layers: [inProject(enters)],
      body: AppResetBody,
      response: { 204: null },
      errors: [...shows, WeakPassword, Busy],
    },
    async (ctx) => {
      await (await mailOf(ctx)).reset(shownIn(ctx.body), ctx.body.password, clientOf(ctx))
      return ctx.empty()
    },
  )
}

/** @throws {IDENTITY_INVALID_INPUT} for neither a token, nor a handle with a code, or for both. */
function shownIn({ token, handle, code }: AppShownBody): AppShown {
  if (token !== undefined && handle === undefined && code === undefined) return { token }
  if (token === undefined && handle !== undefined && code !== undefined) return { handle, code }
  throw new InvalidInput("Expected the `token` of a link, or `handle` and `code`.", { details: { field: "token" } })
}
