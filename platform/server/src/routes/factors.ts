import { FactorLimit, FactorUnknown, FactorWrong, MfaLocked, PasskeyRefused, StepUpRequired } from "@ashlar/auth/mfa"
import {
  InvalidInput,
  PasskeysUnavailable,
  type SecondFactors,
  SecondStepOver,
  TooManyAttempts,
  WrongCredentials,
} from "@ashlar/identity"
import {
  AddedFactor,
  AppConfirmBody,
  AppEnrolment,
  Factor,
  FactorPatch,
  FactorState,
  PasskeyBody,
  PasskeyOptions,
  PasskeySignInBody,
  Proven,
  RecoveryCodes,
  SecondStepBody,
  Session,
  StepUpBody,
  TicketBody,
} from "@ashlar/protocol"
import type { Api } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import type { Platform } from "../platform.ts"
import { answerSession, clientOf } from "./people.ts"

const tags = ["people"]
const proving = [FactorWrong, MfaLocked, PasskeyRefused, InvalidInput, TooManyAttempts]

/** Second factors of the people who use this install: they have them, sign in by them, and prove who they are again by them. */
export function addFactorRoutes(app: Api, platform: Platform, entries: Entries): void {
  addSignInRoutes(app, platform, entries)
  addStepUpRoutes(app, platform, entries)
  addAppRoutes(app, platform, entries)
  addPasskeyRoutes(app, platform, entries)
}

function addSignInRoutes(app: Api, { identity: { steps, factors } }: Platform, { open }: Entries): void {
  app.post(
    "/v1/auth/signin/factor",
    {
      name: "auth.signin.factor",
      tags,
      summary: "The second step of signing in: show a factor",
      layers: [open],
      body: SecondStepBody,
      response: { 200: Session },
      errors: [SecondStepOver, ...proving],
    },
    async (ctx) => {
      const { ticket, cookie, ...proof } = ctx.body
      return answerSession(ctx, await steps.finish({ ticket, proof, client: clientOf(ctx) }), cookie, 200)
    },
  )

  app.post(
    "/v1/auth/signin/factor/options",
    {
      name: "auth.signin.factor.options",
      tags,
      summary: "What the browser is asked for a passkey with, as the second step",
      layers: [open],
      body: TicketBody,
      response: PasskeyOptions,
      errors: [SecondStepOver, PasskeysUnavailable],
    },
    async (ctx) => ({ ...(await steps.passkeyRequest(ctx.body.ticket)) }),
  )

  app.post(
    "/v1/auth/signin/passkey",
    {
      name: "auth.signin.passkey",
      tags,
      summary: "Sign in by a passkey, without a password",
      layers: [open],
      body: PasskeySignInBody,
      response: { 200: Session },
      errors: [PasskeyRefused, PasskeysUnavailable, TooManyAttempts],
    },
    async (ctx) => {
      const { passkey, cookie } = ctx.body
      return answerSession(ctx, await steps.byPasskey({ passkey, client: clientOf(ctx) }), cookie, 200)
    },
  )

  app.post(
    "/v1/auth/signin/passkey/options",
    {
      name: "auth.signin.passkey.options",
      tags,
      summary: "What the browser is asked for a passkey with; it says nothing of anybody",
      layers: [open],
      response: PasskeyOptions,
      errors: [PasskeysUnavailable],
    },
    async () => ({ ...(await factors.passkeyRequest()) }),
  )
}

function addStepUpRoutes(app: Api, { identity: { steps, factors } }: Platform, { self }: Entries): void {
  app.post(
    "/v1/auth/mfa/step-up",
    {
      name: "mfa.step-up",
      tags,
      summary: "Prove again who one is, before factors are changed",
      layers: [self],
      body: StepUpBody,
      response: Proven,
      errors: [StepUpRequired, WrongCredentials, ...proving],
    },
    async (ctx) => {
      const { amr, authTimeMs } = await steps.stepUp(ctx.person.signedIn, ctx.body)
      return { amr: [...amr], provenAt: new Date(authTimeMs).toISOString() }
    },
  )

  app.post(
    "/v1/auth/mfa/step-up/options",
    {
      name: "mfa.step-up.options",
      tags,
      summary: "What the browser is asked for one of one's own passkeys with",
      layers: [self],
      response: PasskeyOptions,
      errors: [PasskeysUnavailable],
    },
    async (ctx) => ({ ...(await factors.passkeyRequest(ctx.person.id)) }),
  )

  app.get(
    "/v1/auth/mfa",
    {
      name: "mfa.get",
      tags,
      summary: "The second factors of the person who asks",
      layers: [self],
      response: FactorState,
    },
    async (ctx) => {
      const { factors: all, ...state } = await factors.state(ctx.person.id)
      const passkeys = state.passkeys && { rpId: state.passkeys.rpId, origins: [...state.passkeys.origins] }
      return { ...state, factors: all.map(toFactor), passkeys }
    },
  )
}

function addAppRoutes(app: Api, { identity: { factors } }: Platform, { self }: Entries): void {
  app.post(
    "/v1/auth/mfa/enroll",
    {
      name: "mfa.enroll",
      tags,
      summary: "Begin with an authenticator app; it counts once its first code is verified",
      layers: [self],
      response: { 201: AppEnrolment },
      errors: [StepUpRequired, FactorLimit],
    },
    async (ctx) => ctx.json({ ...(await factors.enrolApp(ctx.person.signedIn)) }, 201),
  )

  app.post(
    "/v1/auth/mfa/verify",
    {
      name: "mfa.verify",
      tags,
      summary: "Verify the first code of an authenticator app",
      layers: [self],
      body: AppConfirmBody,
      response: { 201: AddedFactor },
      errors: [FactorWrong, FactorUnknown, MfaLocked, StepUpRequired],
    },
    async (ctx) => ctx.json(toAdded(await factors.confirmApp(ctx.person.signedIn, ctx.body)), 201),
  )

  app.post(
    "/v1/auth/mfa/recovery-codes",
    {
      name: "mfa.recovery-codes",
      tags,
      summary: "Make new recovery codes; the former ones end",
      layers: [self],
      response: { 201: RecoveryCodes },
      errors: [StepUpRequired, InvalidInput],
    },
    async (ctx) => ctx.json({ recoveryCodes: [...(await factors.renewRecoveryCodes(ctx.person.signedIn))] }, 201),
  )

  app.patch(
    "/v1/auth/mfa/factors/:factor",
    {
      name: "mfa.factors.update",
      tags,
      summary: "Call a factor something else",
      layers: [self],
      body: FactorPatch,
      response: Factor,
      errors: [FactorUnknown, StepUpRequired],
    },
    async (ctx) => toFactor(await factors.rename(ctx.person.signedIn, ctx.params.factor, ctx.body.label)),
  )

  app.delete(
    "/v1/auth/mfa/factors/:factor",
    {
      name: "mfa.factors.remove",
      tags,
      summary: "Take a factor away; with the last one the recovery codes go",
      layers: [self],
      response: { 204: null },
      errors: [FactorUnknown, StepUpRequired],
    },
    async (ctx) => {
      await factors.remove(ctx.person.signedIn, ctx.params.factor)
      return ctx.empty()
    },
  )
}

function addPasskeyRoutes(app: Api, { identity: { factors } }: Platform, { self }: Entries): void {
  app.post(
    "/v1/auth/mfa/passkeys/options",
    {
      name: "mfa.passkeys.options",
      tags,
      summary: "What the browser is asked to make a passkey with",
      layers: [self],
      response: PasskeyOptions,
      errors: [StepUpRequired, FactorLimit, PasskeysUnavailable],
    },
    async (ctx) => ({ ...(await factors.passkeyCreation(ctx.person.signedIn)) }),
  )

  app.post(
    "/v1/auth/mfa/passkeys",
    {
      name: "mfa.passkeys.add",
      tags,
      summary: "Add the passkey that the browser made",
      layers: [self],
      body: PasskeyBody,
      response: { 201: AddedFactor },
      errors: [PasskeyRefused, PasskeysUnavailable, StepUpRequired],
    },
    async (ctx) => {
      const { passkey, label } = ctx.body
      return ctx.json(toAdded(await factors.addPasskey(ctx.person.signedIn, passkey, label)), 201)
    },
  )
}

type Kept = Awaited<ReturnType<SecondFactors["rename"]>>

function toFactor({ id, kind, label, createdMs, usedMs, isBackedUp }: Kept): Factor {
  return {
    ...{ id, kind: kind === "passkey" ? "passkey" : "totp", label, createdAt: new Date(createdMs).toISOString() },
    lastUsedAt: usedMs === undefined ? null : new Date(usedMs).toISOString(),
    backedUp: isBackedUp ?? null,
  }
}

function toAdded({ factor, recoveryCodes }: Awaited<ReturnType<SecondFactors["addPasskey"]>>): AddedFactor {
  return { factor: toFactor(factor), recoveryCodes: recoveryCodes && [...recoveryCodes] }
}
