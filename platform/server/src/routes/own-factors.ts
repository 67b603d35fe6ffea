import { FactorLimit, FactorUnknown, FactorWrong, MfaLocked, PasskeyRefused, StepUpRequired } from "@ashlar/auth/mfa"
import type { Scope } from "@ashlar/http"
import {
  type FactorOwner,
  type FactorProof,
  InvalidInput,
  MfaOff,
  PasskeysUnavailable,
  type Proven as ProvenNow,
  type SecondFactors,
  TooManyAttempts,
  WrongCredentials,
} from "@ashlar/identity"
import {
  AddedFactor,
  AppConfirmBody,
  AppEnrolment,
  Factor,
  FactorPatch,
  PasskeyBody,
  PasskeyOptions,
  Proven,
  RecoveryCodes,
  StepUpBody,
} from "@ashlar/protocol"

/** What somebody may show a factor with, and be refused by. */
export const proving: readonly [
  typeof FactorWrong,
  typeof MfaLocked,
  typeof PasskeyRefused,
  typeof InvalidInput,
  typeof TooManyAttempts,
] = [FactorWrong, MfaLocked, PasskeyRefused, InvalidInput, TooManyAttempts]

/** Whose factors are asked for, and where they are kept: people of the install, or users of an app. */
export interface OwnFactors {
  readonly factors: SecondFactors
  readonly who: FactorOwner
  stepUp(proof: FactorProof): Promise<ProvenNow>
}

/** How the routes are told apart in the route table. */
interface Naming {
  /** `mfa`, `app.mfa`. */
  readonly name: string
  readonly tags: readonly string[]
}
type Own = Scope<{ readonly own: OwnFactors }, unknown>

/** What whoever is signed in does with their own factors, at `/mfa` of the scope: the same for people and for users of apps. */
export function addOwnFactorRoutes(own: Own, naming: Naming): void {
  addStepUpRoutes(own, naming)
  addAppRoutes(own, naming)
  addPasskeyRoutes(own, naming)
  addFactorRoutes(own, naming)
}

function addStepUpRoutes(own: Own, { name, tags }: Naming): void {
  own.post(
    "/mfa/step-up",
    {
      name: `${name}.step-up`,
      tags,
      summary: "Prove again who one is, before factors are changed",
      body: StepUpBody,
      response: Proven,
      errors: [StepUpRequired, WrongCredentials, PasskeysUnavailable, ...proving],
    },
    async (ctx) => {
      const { amr, authTimeMs } = await ctx.own.stepUp(ctx.body)
      return { amr: [...amr], provenAt: new Date(authTimeMs).toISOString() }
    },
  )

  own.post(
    "/mfa/step-up/options",
    {
      name: `${name}.step-up.options`,
      tags,
      summary: "What the browser is asked for one of one's own passkeys with",
      response: PasskeyOptions,
      errors: [PasskeysUnavailable],
    },
    async ({ own: { factors, who } }) => ({ ...(await factors.passkeyRequest(who.user.id)) }),
  )
}

function addAppRoutes(own: Own, { name, tags }: Naming): void {
  own.post(
    "/mfa/enroll",
    {
      name: `${name}.enroll`,
      tags,
      summary: "Begin with an authenticator app; it counts once its first code is verified",
      response: { 201: AppEnrolment },
      errors: [StepUpRequired, FactorLimit, MfaOff],
    },
    async (ctx) => ctx.json({ ...(await ctx.own.factors.enrolApp(ctx.own.who)) }, 201),
  )

  own.post(
    "/mfa/verify",
    {
      name: `${name}.verify`,
      tags,
      summary: "Verify the first code of an authenticator app",
      body: AppConfirmBody,
      response: { 201: AddedFactor },
      errors: [FactorWrong, FactorUnknown, MfaLocked, StepUpRequired, MfaOff],
    },
    async (ctx) => ctx.json(toAdded(await ctx.own.factors.confirmApp(ctx.own.who, ctx.body)), 201),
  )

  own.post(
    "/mfa/recovery-codes",
    {
      name: `${name}.recovery-codes`,
      tags,
      summary: "Make new recovery codes; the former ones end",
      response: { 201: RecoveryCodes },
      errors: [StepUpRequired, InvalidInput],
    },
    async (ctx) => ctx.json({ recoveryCodes: [...(await ctx.own.factors.renewRecoveryCodes(ctx.own.who))] }, 201),
  )
}

function addPasskeyRoutes(own: Own, { name, tags }: Naming): void {
  own.post(
    "/mfa/passkeys/options",
    {
      name: `${name}.passkeys.options`,
      tags,
      summary: "What the browser is asked to make a passkey with",
      response: PasskeyOptions,
      errors: [StepUpRequired, FactorLimit, PasskeysUnavailable, MfaOff],
    },
    async (ctx) => ({ ...(await ctx.own.factors.passkeyCreation(ctx.own.who)) }),
  )

  own.post(
    "/mfa/passkeys",
    {
      name: `${name}.passkeys.add`,
      tags,
      summary: "Add the passkey that the browser made",
      body: PasskeyBody,
      response: { 201: AddedFactor },
      errors: [PasskeyRefused, PasskeysUnavailable, StepUpRequired, MfaOff],
    },
    async (ctx) => {
      const { passkey, label } = ctx.body
      return ctx.json(toAdded(await ctx.own.factors.addPasskey(ctx.own.who, passkey, label)), 201)
    },
  )
}

function addFactorRoutes(own: Own, { name, tags }: Naming): void {
  own.patch(
    "/mfa/factors/:factor",
    {
      name: `${name}.factors.update`,
      tags,
      summary: "Call a factor something else",
      body: FactorPatch,
      response: Factor,
      errors: [FactorUnknown, StepUpRequired],
    },
    async (ctx) => toFactor(await ctx.own.factors.rename(ctx.own.who, ctx.params.factor, ctx.body.label)),
  )

  own.delete(
    "/mfa/factors/:factor",
    {
      name: `${name}.factors.remove`,
      tags,
      summary: "Take a factor away; with the last one the recovery codes go",
      response: { 204: null },
      errors: [FactorUnknown, StepUpRequired, InvalidInput],
    },
    async (ctx) => {
      await ctx.own.factors.remove(ctx.own.who, ctx.params.factor)
      return ctx.empty()
    },
  )
}

type Kept = Awaited<ReturnType<SecondFactors["rename"]>>

export function toFactor({ id, kind, label, createdMs, usedMs, isBackedUp }: Kept): Factor {
  return {
    ...{ id, kind: kind === "passkey" ? "passkey" : "totp", label, createdAt: new Date(createdMs).toISOString() },
    lastUsedAt: usedMs === undefined ? null : new Date(usedMs).toISOString(),
    backedUp: isBackedUp ?? null,
  }
}

/** @param added Of which its owner is told no more than the factor, and its codes. */
export function toAdded({
  factor,
  recoveryCodes,
}: {
  readonly factor: Kept
  readonly recoveryCodes: readonly string[] | null
}): AddedFactor {
  return { factor: toFactor(factor), recoveryCodes: recoveryCodes && [...recoveryCodes] }
}
