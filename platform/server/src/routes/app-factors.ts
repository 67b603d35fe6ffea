import { FactorLimit, FactorUnknown, StepUpRequired } from "@ashlar/auth/mfa"
import type { Need } from "@ashlar/control"
import { layer } from "@ashlar/http"
import {
  type AppUser,
  type AppUsers,
  DevicesForgotten,
  EmailUnverified,
  MfaOff,
  PasskeysUnavailable,
  type SecondFactors,
  SecondStepOver,
  type SignedIn,
  UserNotFound,
} from "@ashlar/identity"
import {
  AppEnrolled,
  AppEnrollingBody,
  AppEnrollingPasskeyBody,
  AppEnrolment,
  AppFactorState,
  AppPasskeyBody,
  AppSecondStepBody,
  AppSession,
  AppUserFactors,
  DeviceToken,
  FactorsReset,
  PasskeyOptions,
  RememberBody,
  type RememberedDevice,
  RememberedDevices,
  TicketBody,
} from "@ashlar/protocol"
import type { Api } from "../layers/caller.ts"
import type { Entries, InProject } from "../layers/entry.ts"
import type { Platform } from "../platform.ts"
import { addOwnFactorRoutes, type OwnFactors, proving, toAdded, toFactor } from "./own-factors.ts"
import { clientOf } from "./people.ts"

/** A page has a publishable key. A key that is narrowed may let users in when it may also manage them. */
const enters: Need = { role: "developer", key: "publishable", scope: "users:admin" }
const acts: Need = { role: "viewer", key: "publishable", scope: "users:admin" }
const reads: Need = { role: "viewer", key: "secret", scope: "users:admin" }
const manages: Need = { role: "developer", key: "secret", scope: "users:admin" }

const tags = ["app users"]
const signing = [EmailUnverified, SecondStepOver, ...proving]
const enrolling = [SecondStepOver, EmailUnverified, StepUpRequired, MfaOff, FactorLimit]
type Of = (ctx: Pick<InProject, "access">) => Promise<AppUsers>

/** Second factors of the users of projects' apps: the code of people's, with the tables, the keys and the settings of each project. */
export function addAppFactorRoutes(app: Api, platform: Platform, entries: Entries): void {
  const of: Of = ({ access }) => platform.appUsers.of(access.project.id)
  app.scope("/v1/projects/:project/auth", (auth) => {
    addSignInRoutes(auth, of, entries)
    addPasskeySignInRoutes(auth, of, entries)
    addEnrollingRoutes(auth, of, entries)
    addStateRoutes(auth, of, entries)
    addDeviceRoutes(auth, of, entries)
    addManagedRoutes(auth, of, { control: platform.control, entries })
  })
  const user = entries.appUser(acts)
  const own = layer({
    name: "ownAppFactors",
    needs: [user[1]],
    async before(ctx): Promise<{ own: OwnFactors }> {
      // The layer that is needed stands on the one that finds the project.
      const { access, user: who } = ctx as typeof ctx & InProject & { readonly user: SignedIn<AppUser> }
      const { factors, steps } = await of({ access })
      return { own: { factors, who, stepUp: (proof) => steps.stepUp(who, proof) } }
    },
  })
  app.scope("/v1/projects/:project/auth", [...user, own], (scope) => {
    addOwnFactorRoutes(scope, { name: "app.mfa", tags })
  })
}

function addSignInRoutes(auth: Api, of: Of, { inProject }: Entries): void {
  auth.post(
    "/signin/factor",
    {
      name: "app.signin.factor",
      tags,
      summary: "The second step of signing in to the app: show a factor",
      layers: [inProject(enters)],
      body: AppSecondStepBody,
      response: AppSession,
      errors: [PasskeysUnavailable, ...signing],
    },
    async (ctx) => {
      const { ticket, ...proof } = ctx.body
      return (await of(ctx)).steps.finish({ ticket, proof, client: clientOf(ctx) })
    },
  )

  auth.post(
    "/signin/factor/options",
    {
      name: "app.signin.factor.options",
      tags,
      summary: "What the browser is asked for a passkey with, as the second step",
      layers: [inProject(enters)],
      body: TicketBody,
      response: PasskeyOptions,
      errors: [SecondStepOver, EmailUnverified, PasskeysUnavailable],
    },
    async (ctx) => ({ ...(await (await of(ctx)).steps.passkeyRequest(ctx.body.ticket)) }),
  )
}

function addPasskeySignInRoutes(auth: Api, of: Of, { inProject }: Entries): void {
  auth.post(
    "/signin/passkey",
    {
      name: "app.signin.passkey",
      tags,
      summary: "Sign in to the app by a passkey, without a password",
      layers: [inProject(enters)],
      body: AppPasskeyBody,
      response: AppSession,
      errors: [PasskeysUnavailable, MfaOff, ...signing],
    },
    async (ctx) => (await of(ctx)).steps.byPasskey({ ...ctx.body, client: clientOf(ctx) }),
  )

  auth.post(
    "/signin/passkey/options",
    {
      name: "app.signin.passkey.options",
      tags,
      summary: "What the browser is asked for a passkey with; it says nothing of anybody",
      layers: [inProject(enters)],
      response: PasskeyOptions,
      errors: [PasskeysUnavailable],
    },
    async (ctx) => ({ ...(await (await of(ctx)).factors.passkeyRequest()) }),
  )
}

function addEnrollingRoutes(auth: Api, of: Of, { inProject }: Entries): void {
  auth.post(
    "/signin/enroll",
    {
      name: "app.signin.enroll",
      tags,
      summary: "Begin with an authenticator app, where everybody shows a factor and one has none yet",
      layers: [inProject(enters)],
      body: TicketBody,
      response: { 201: AppEnrolment },
      errors: enrolling,
    },
    async (ctx) => ctx.json({ ...(await (await of(ctx)).enrolling.app(ctx.body.ticket)) }, 201),
  )

  auth.post(
    "/signin/enroll/verify",
    {
      name: "app.signin.enroll.verify",
      tags,
      summary: "Sign in by the first code of an authenticator app",
      layers: [inProject(enters)],
      body: AppEnrollingBody,
      response: { 201: AppEnrolled },
      errors: [FactorUnknown, ...enrolling, ...proving],
    },
    async (ctx) => {
      const { session, ...added } = await (await of(ctx)).enrolling.confirmApp({ ...ctx.body, client: clientOf(ctx) })
      return ctx.json({ session, ...toAdded(added) }, 201)
    },
  )

  auth.post(
    "/signin/enroll/passkey/options",
    {
      name: "app.signin.enroll.passkey.options",
      tags,
      summary: "What the browser is asked to make a passkey with, where everybody shows a factor and one has none yet",
      layers: [inProject(enters)],
      body: TicketBody,
      response: PasskeyOptions,
      errors: [PasskeysUnavailable, ...enrolling],
    },
    async (ctx) => ({ ...(await (await of(ctx)).enrolling.passkey(ctx.body.ticket)) }),
  )

  auth.post(
    "/signin/enroll/passkey",
    {
      name: "app.signin.enroll.passkey",
      tags,
      summary: "Sign in by the passkey that the browser made",
      layers: [inProject(enters)],
      body: AppEnrollingPasskeyBody,
      response: { 201: AppEnrolled },
      errors: [PasskeysUnavailable, ...enrolling, ...proving],
    },
    async (ctx) => {
      const { session, ...added } = await (await of(ctx)).enrolling.addPasskey({ ...ctx.body, client: clientOf(ctx) })
      return ctx.json({ session, ...toAdded(added) }, 201)
    },
  )
}

function addStateRoutes(auth: Api, of: Of, { appUser }: Entries): void {
  auth.get(
    "/mfa",
    {
      name: "app.mfa.get",
      tags,
      summary: "The second factors of the app's user who asks",
      layers: appUser(acts),
      response: AppFactorState,
    },
    async (ctx) => {
      const { factors, settings } = await of(ctx)
      const state = await factors.state(ctx.user.user.id)
      const { mfa, rememberDeviceDays, passkeys: place } = settings.read()
      const passkeys = place && { rpId: place.rpId, origins: [...place.origins] }
      return { ...state, mfa, rememberDeviceDays, passkeys, factors: state.factors.map(toFactor) }
    },
  )
}

function addDeviceRoutes(auth: Api, of: Of, { appUser }: Entries): void {
  auth.get(
    "/mfa/devices",
    {
      name: "app.mfa.devices.list",
      tags,
      summary: "Devices on which the app's user is not asked for a factor",
      layers: appUser(acts),
      response: RememberedDevices,
    },
    async (ctx) => ({ items: await devicesOf((await of(ctx)).factors, ctx.user.user.id) }),
  )

  auth.post(
    "/mfa/devices",
    {
      name: "app.mfa.devices.remember",
      tags,
      summary: "Remember this device, on which a factor was shown a moment ago",
      layers: appUser(acts),
      body: RememberBody,
      response: { 201: DeviceToken },
      errors: [StepUpRequired, DevicesForgotten, MfaOff],
    },
    async (ctx) => {
      const { token, expiresMs } = await (await of(ctx)).factors.devices.remember(ctx.user, ctx.body.label)
      return ctx.json({ token, expiresAt: new Date(expiresMs).toISOString() }, 201)
    },
  )

  auth.delete(
    "/mfa/devices/:device",
    {
      name: "app.mfa.devices.forget",
      tags,
      summary: "Ask for a factor on a device again",
      layers: appUser(acts),
      response: { 204: null },
      errors: [FactorUnknown],
    },
    async (ctx) => {
      await (await of(ctx)).factors.devices.forget(ctx.user.user.id, ctx.params.device)
      return ctx.empty()
    },
  )
}

function addManagedRoutes(
  auth: Api,
  of: Of,
  { control, entries: { inProject } }: Pick<Platform, "control"> & { readonly entries: Entries },
): void {
  auth.get(
    "/users/:user/factors",
    {
      name: "app.users.factors.get",
      tags,
      summary: "Whether a user of the app has second factors, and which",
      layers: [inProject(reads)],
      response: AppUserFactors,
      errors: [UserNotFound],
    },
    async (ctx) => {
      const { factors, directory } = await of(ctx)
      const { id } = directory.get(ctx.params.user)
      const { factors: all, recoveryCodes } = await factors.state(id)
      return { factors: all.map(toFactor), recoveryCodes, devices: await devicesOf(factors, id) }
    },
  )

  auth.delete(
    "/users/:user/factors",
    {
      name: "app.users.factors.reset",
      tags,
      summary: "Take all factors of a user away, and end their sessions: for who has lost them",
      layers: [inProject(manages)],
      response: FactorsReset,
      errors: [UserNotFound],
    },
    async (ctx) => {
      const factors = await (await of(ctx)).resetFactors(ctx.params.user)
      await control.audit.record(ctx.access, {
        action: "user.factors.reset",
        target: ctx.params.user,
        details: { factors },
      })
      return { factors }
    },
  )
}

async function devicesOf(factors: SecondFactors, userId: string): Promise<RememberedDevice[]> {
  return (await factors.devices.list(userId)).map(({ id, label, createdMs, expiresMs }) => ({
    ...{ id, label, createdAt: new Date(createdMs).toISOString(), expiresAt: new Date(expiresMs).toISOString() },
  }))
}
