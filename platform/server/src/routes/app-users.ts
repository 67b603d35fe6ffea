import { AuthBusy } from "@ashlar/auth/email"
import type { Need } from "@ashlar/control"
import {
  AccountDisabled,
  type AppSettingsChange,
  type AppUserChange,
  type AppUsers,
  Busy,
  EmailTaken,
  EmailUnverified,
  InvalidCursor,
  InvalidInput,
  type NewAppUser as NewUser,
  RedirectRefused,
  SecondFactorNeeded,
  SecondStepOver,
  SessionEnded,
  SessionNotFound,
  SignupsClosed,
  TooManyAttempts,
  UserNotFound,
  WeakPassword,
  WrongCredentials,
} from "@ashlar/identity"
import {
  AppRefreshBody,
  AppSession,
  AppSettings,
  AppSettingsPatch,
  AppSignedUp,
  AppSignInBody,
  AppSignUpBody,
  AppUser,
  AppUserPatch,
  AppUserQuery,
  KeySet,
  NewAppUser,
  PageQuery,
  pageOf,
  SessionInfo,
  SignedOut,
} from "@ashlar/protocol"
import type { Api } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import { pageRequest } from "../page-request.ts"
import type { Platform } from "../platform.ts"
import { clientOf } from "./people.ts"

/** A page has a publishable key. A key that is narrowed may let users in when it may also manage them. */
const enters: Need = { role: "developer", key: "publishable", scope: "users:admin" }
const acts: Need = { role: "viewer", key: "publishable", scope: "users:admin" }
const looks: Need = { role: "viewer", key: "publishable", scope: "any", anonymous: true }
const reads: Need = { role: "viewer", key: "secret", scope: "users:admin" }
const manages: Need = { role: "developer", key: "secret", scope: "users:admin" }
const settles: Need = { role: "developer", scope: "users:admin" }
const sees: Need = { role: "viewer", scope: "users:admin" }

/** Users of the projects' apps: how they sign in, and how a project manages them. */
export function addAppUserRoutes(app: Api, platform: Platform, entries: Entries): void {
  app.scope("/v1/projects/:project", (project) => {
    addSignInRoutes(project, platform, entries)
    addOwnRoutes(project, platform, entries)
    addManagedRoutes(project, platform, entries)
    addSettingsRoutes(project, platform, entries)
  })
}

const tags = ["app users"]
const signsUp = [
  ...[SignupsClosed, EmailTaken, InvalidInput, WeakPassword, RedirectRefused],
  ...[SecondFactorNeeded, SecondStepOver, TooManyAttempts, Busy, AuthBusy],
]
type Context = { readonly access: { readonly project: { readonly id: string } } }

function addSignInRoutes(project: Api, { appUsers }: Platform, { inProject }: Entries): void {
  const usersOf = (ctx: Context): Promise<AppUsers> => appUsers.of(ctx.access.project.id)

  project.post(
    "/auth/signup",
    {
      name: "app.signup",
      tags,
      summary: "Make an account of the app, and sign in",
      layers: [inProject(enters)],
      body: AppSignUpBody,
      response: { 201: AppSignedUp },
      errors: signsUp,
    },
    async (ctx) => {
      const { name = null, ...request } = ctx.body
      return ctx.json(await (await usersOf(ctx)).signUp({ ...request, name, client: clientOf(ctx) }), 201)
    },
  )

  project.post(
    "/auth/signin",
    {
      name: "app.signin",
      tags,
      summary: "Sign in to the app with email and password; where there is a second factor, it is asked for next",
      layers: [inProject(enters)],
      body: AppSignInBody,
      response: AppSession,
      errors: [WrongCredentials, AccountDisabled, EmailUnverified, SecondFactorNeeded, TooManyAttempts, Busy],
    },
    async (ctx) => (await usersOf(ctx)).signIn({ ...ctx.body, client: clientOf(ctx) }),
  )

  project.post(
    "/auth/refresh",
    {
      name: "app.refresh",
      tags,
      summary: "Trade the refresh token for the next session",
      layers: [inProject(enters)],
      body: AppRefreshBody,
      response: AppSession,
      errors: [SessionEnded],
    },
    async (ctx) => (await usersOf(ctx)).refresh({ ...ctx.body, client: clientOf(ctx) }),
  )

  project.get(
    "/.well-known/jwks.json",
    {
      name: "app.jwks",
      tags,
      summary: "The public keys that verify the app's access tokens (RFC 7517)",
      layers: [inProject(looks)],
      response: KeySet,
    },
    async (ctx) => ({ keys: (await usersOf(ctx)).jwks().keys.map((key) => ({ ...key })) }),
  )
}

function addOwnRoutes(project: Api, { appUsers }: Platform, { appUser }: Entries): void {
  const usersOf = (ctx: Context): Promise<AppUsers> => appUsers.of(ctx.access.project.id)

  project.post(
    "/auth/signout",
    {
      name: "app.signout",
      tags,
      summary: "End the session of the app's user",
      layers: appUser(acts),
      response: { 204: null },
      errors: [SessionNotFound],
    },
    async (ctx) => {
      const { user, sessionId } = ctx.user
      await (await usersOf(ctx)).sessions.revoke({ userId: user.id, sessionId })
      return ctx.empty()
    },
  )

  project.get(
    "/auth/me",
    { name: "app.me", tags, summary: "The app's user who asks", layers: appUser(acts), response: AppUser },
    (ctx) => ctx.user.user,
  )

  project.get(
    "/auth/sessions",
    {
      name: "app.sessions.list",
      tags,
      summary: "Where the app's user is signed in",
      layers: appUser(acts),
      query: PageQuery,
      response: pageOf(SessionInfo),
      errors: [InvalidCursor],
    },
    async (ctx) => {
      const { user, sessionId: currentSessionId } = ctx.user
      return (await usersOf(ctx)).sessions.list(user.id, { ...pageRequest(ctx.query), currentSessionId })
    },
  )

  project.delete(
    "/auth/sessions/:session",
    {
      name: "app.sessions.revoke",
      tags,
      summary: "End one session of the app's user",
      layers: appUser(acts),
      response: { 204: null },
      errors: [SessionNotFound],
    },
    async (ctx) => {
      await (await usersOf(ctx)).sessions.revoke({ userId: ctx.user.user.id, sessionId: ctx.params.session })
      return ctx.empty()
    },
  )
}

function addManagedRoutes(project: Api, { appUsers, control }: Platform, { inProject }: Entries): void {
  const directoryOf = async (ctx: Context): Promise<AppUsers["directory"]> =>
    (await appUsers.of(ctx.access.project.id)).directory

  project.get(
    "/auth/users",
    {
      name: "app.users.list",
      tags,
      summary: "The app's users, latest first; with `email`, the one who has it",
      layers: [inProject(reads)],
      response: pageOf(AppUser),
      errors: [InvalidCursor],
      query: AppUserQuery,
    },
    async (ctx) => {
      const { email } = ctx.query
      return (await directoryOf(ctx)).list({ ...pageRequest(ctx.query), ...(email !== undefined && { email }) })
    },
  )

  project.post(
    "/auth/users",
    {
      name: "app.users.create",
      tags,
      summary: "Make a user of the app",
      layers: [inProject(manages)],
      body: NewAppUser,
      response: { 201: AppUser },
      errors: [EmailTaken, InvalidInput, WeakPassword, Busy],
    },
    async (ctx) => {
      const made = await (await directoryOf(ctx)).create(withoutUndefined<NewUser>(ctx.body))
      const { id: target, roles } = made
      await control.audit.record(ctx.access, { action: "user.create", target, details: { roles } })
      return ctx.json(made, 201)
    },
  )

  project.get(
    "/auth/users/:user",
    {
      name: "app.users.get",
      tags,
      summary: "One user of the app",
      layers: [inProject(reads)],
      response: AppUser,
      errors: [UserNotFound],
    },
    async (ctx) => (await directoryOf(ctx)).get(ctx.params.user),
  )

  project.patch(
    "/auth/users/:user",
    {
      name: "app.users.update",
      tags,
      summary: "Change a user: roles, claims, name, password, or whether they may sign in",
      layers: [inProject(manages)],
      body: AppUserPatch,
      response: AppUser,
      errors: [UserNotFound, InvalidInput, WeakPassword, Busy],
    },
    async (ctx) => {
      const changes = withoutUndefined<AppUserChange>(ctx.body)
      const changed = await (await directoryOf(ctx)).update(ctx.params.user, changes)
      // What was changed is told; of a password only that it was.
      const { password, claims, ...told } = changes
      const details = {
        ...told,
        ...(password !== undefined && { password: true }),
        ...(claims && { claims: Object.keys(claims) }),
      }
      await control.audit.record(ctx.access, { action: "user.update", target: changed.id, details })
      return changed
    },
  )

  project.delete(
    "/auth/users/:user",
    {
      name: "app.users.delete",
      tags,
      summary: "Delete a user of the app, with their sessions",
      layers: [inProject(manages)],
      response: { 204: null },
      errors: [UserNotFound],
    },
    async (ctx) => {
      await (await directoryOf(ctx)).delete(ctx.params.user)
      await control.audit.record(ctx.access, { action: "user.delete", target: ctx.params.user, details: {} })
      return ctx.empty()
    },
  )

  project.post(
    "/auth/users/:user/signout",
    {
      name: "app.users.signout",
      tags,
      summary: "End all sessions of a user of the app",
      layers: [inProject(manages)],
      response: SignedOut,
      errors: [UserNotFound],
    },
    async (ctx) => {
      const sessions = await (await directoryOf(ctx)).signOutAll(ctx.params.user)
      await control.audit.record(ctx.access, { action: "user.signout", target: ctx.params.user, details: { sessions } })
      return { sessions }
    },
  )
}

function addSettingsRoutes(project: Api, { appUsers, control }: Platform, { inProject }: Entries): void {
  project.get(
    "/auth/settings",
    {
      name: "app.settings.get",
      tags,
      summary: "How the app lets its users in",
      layers: [inProject(sees)],
      response: AppSettings,
    },
    async (ctx) => (await appUsers.of(ctx.access.project.id)).settings.read(),
  )

  project.patch(
    "/auth/settings",
    {
      name: "app.settings.update",
      tags,
      summary: "Change how the app lets its users in",
      layers: [inProject(settles)],
      body: AppSettingsPatch,
      response: AppSettings,
      errors: [InvalidInput],
    },
    async (ctx) => {
      const { mail, ...rest } = ctx.body
      const changes = {
        ...withoutUndefined<AppSettingsChange>(rest),
        ...(mail && { mail: withoutUndefined<NonNullable<AppSettingsChange["mail"]>>(mail) }),
      }
      const changed = await (await appUsers.of(ctx.access.project.id)).settings.change(changes)
      // Of words that were changed only which.
      const details = { ...changes, ...(mail && { mail: Object.keys(mail) }) }
      await control.audit.record(ctx.access, { action: "auth.settings", target: "auth", details })
      return changed
    },
  )
}

/** What a schema leaves undefined is absent. */
function withoutUndefined<T extends object>(body: { readonly [K in keyof T]?: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as T
}
