import type { DeclaredBy, ErrorClass } from "@ashlar/core"
import { del, get, type InvalidInput, NotFound, patch, post, type Route } from "@ashlar/http"
import { v } from "@ashlar/validation"
import type { PublicKeyCredentialCreationOptionsJSON, RegistrationResponseJSON } from "@simplewebauthn/server"
import type { FormBody } from "../email/route-parts.ts"
import {
  AuthTooOften,
  FactorLimit,
  FactorUnknown,
  FactorWrong,
  MfaLocked,
  PasskeyRefused,
  StepUpRequired,
} from "../errors.ts"
import type { GuardErrors } from "../guards/guard.ts"
import type { Factor } from "../mfa/factor.ts"
import type { RememberedDevice } from "../mfa/remembered-devices.ts"
import type { SentCodes } from "../mfa/sent-codes.ts"
import type { TotpEnrolment } from "../mfa/totp-factors.ts"
import type { Accounts } from "./accounts.ts"
import { inPerson } from "./in-person.ts"
import { CEREMONY_BYTES } from "./route-door.ts"

const text = (max: number) => v.string().max(max)
const form = { _csrf: text(512).optional() }
const FactorSchema = v.object({
  id: v.string(),
  kind: v.enum(["totp", "passkey", "sent-code"]),
  label: v.string(),
  createdMs: v.number(),
  usedMs: v.number().optional(),
  isBackedUp: v.boolean().optional(),
  channel: v.string().optional(),
})
const Factors = v.object({ factors: v.array(FactorSchema), recoveryCodesLeft: v.integer() })
const Enrolment = v.object({ factorId: v.string(), secret: v.string(), uri: v.string(), qrSvg: v.string() })
const Confirm = v.object({ factorId: text(22), code: text(20), label: text(100).optional(), ...form })
const Place = v.object({ channel: text(32), to: text(254), label: text(100).optional(), ...form })
const Sent = v.object({ handle: text(22), code: text(20), ...form })
const Registration = v.object({ response: v.unknown(), label: text(100).optional() })
const Label = v.object({ label: text(100), ...form })
const Id = v.object({ id: text(64) })
const Devices = v.array(v.object({ id: v.string(), label: v.string(), createdMs: v.number(), expiresMs: v.number() }))
const Codes = v.object({ codes: v.array(v.string()) })
const Handle = v.object({ handle: v.string() })

interface OwnFactor {
  readonly id: string
  readonly kind: "totp" | "passkey" | "sent-code"
  readonly label: string
  readonly createdMs: number
  readonly usedMs?: number | undefined
  readonly isBackedUp?: boolean | undefined
  readonly channel?: string | undefined
}
interface OwnFactors {
  readonly factors: OwnFactor[]
  readonly recoveryCodesLeft: number
}
interface ConfirmBody extends FormBody {
  readonly factorId: string
  readonly code: string
  readonly label?: string | undefined
}
interface PlaceBody extends FormBody {
  readonly channel: string
  readonly to: string
  readonly label?: string | undefined
}
interface SentBody extends FormBody {
  readonly handle: string
  readonly code: string
}
interface LabelBody extends FormBody {
  readonly label: string
}
interface RegistrationBody {
  /** What `navigator.credentials.create` gave, as JSON. */
  readonly response: unknown
  readonly label?: string | undefined
}

type OwnErrors = GuardErrors | DeclaredBy<typeof StepUpRequired>
type Ask<P extends string, O> = Route<"POST", P, object, O, OwnErrors | DeclaredBy<typeof FactorLimit>>
type Post<P extends string, B, O, E extends ErrorClass> = Route<
  "POST",
  P,
  { body: B },
  O,
  OwnErrors | InvalidInput | DeclaredBy<E>
>
type Delete<P extends string, E extends ErrorClass> = Route<
  "DELETE",
  P,
  { params: { id: string } },
  null,
  OwnErrors | InvalidInput | DeclaredBy<E>
>
type Wrong = typeof FactorWrong | typeof FactorUnknown | typeof MfaLocked

export interface FactorRoutes {
  readonly factors: Route<"GET", "/account/factors", object, OwnFactors, OwnErrors>
  readonly enrolApp: Ask<"/account/factors/app", TotpEnrolment>
  readonly confirmApp: Post<"/account/factors/app/confirm", ConfirmBody, null, Wrong>
  readonly passkeyRegistration: Ask<"/account/factors/passkey/options", PublicKeyCredentialCreationOptionsJSON>
  readonly addPasskey: Post<"/account/factors/passkey", RegistrationBody, OwnFactor, typeof PasskeyRefused>
  readonly enrolSent: Post<
    "/account/factors/sent",
    PlaceBody,
    { handle: string },
    typeof FactorLimit | typeof FactorUnknown | typeof AuthTooOften
  >
  readonly confirmSent: Post<"/account/factors/sent/confirm", SentBody, null, Wrong>
  readonly renameFactor: Route<
    "PATCH",
    "/account/factors/:id",
    { params: { id: string }; body: LabelBody },
    null,
    OwnErrors | InvalidInput | DeclaredBy<typeof FactorUnknown>
  >
  readonly removeFactor: Delete<"/account/factors/:id", typeof FactorUnknown>
  readonly makeRecoveryCodes: Route<"POST", "/account/recovery-codes", object, { codes: string[] }, OwnErrors>
  readonly devices: Route<"GET", "/account/devices", object, RememberedDevice[], OwnErrors>
  readonly forgetDevice: Delete<"/account/devices/:id", typeof NotFound>
}

/** Routes of second factors, of who is signed in. Each change asks for a proof that is new: `createMfa` does. */
export function factorRoutes(accounts: Accounts): FactorRoutes {
  return { ...appRoutes(accounts), ...sentRoutes(accounts), ...keptRoutes(accounts) }
}

type AppRoutes = Pick<FactorRoutes, "enrolApp" | "confirmApp" | "passkeyRegistration" | "addPasskey">

function appRoutes({ users, guard, mfa, entry }: Accounts): AppRoutes {
  const layers = [guard, inPerson] as const
  const nameOf = async (id: string): Promise<string> => (await users.find(id))?.email ?? id
  return {
    enrolApp: post(
      "/account/factors/app",
      {
        summary: "Begin with an authenticator app",
        layers,
        response: Enrolment,
        errors: [StepUpRequired, FactorLimit],
      },
      async (ctx) => await mfa.totp.enrol(ctx.principal, await nameOf(ctx.principal.id)),
    ),
    confirmApp: post(
      "/account/factors/app/confirm",
      {
        summary: "Show the first code of the app",
        layers,
        body: Confirm,
        response: { 204: null },
        errors: [FactorWrong, FactorUnknown, MfaLocked],
      },
      async (ctx) => {
        const { factorId, code, label } = ctx.body
        const proof = { code, ...(label !== undefined && { label }) }
        const passed = await mfa.totp.confirm(ctx.principal.id, factorId, proof)
        await entry.added(ctx, ctx.principal, { kind: "totp", passed })
        return ctx.json(null, 204)
      },
    ),
    passkeyRegistration: post(
      "/account/factors/passkey/options",
      { summary: "What a browser makes a passkey with", layers, errors: [StepUpRequired, FactorLimit] },
      async (ctx) => {
        const name = await nameOf(ctx.principal.id)
        return await mfa.passkeys.registrationOptions(ctx.principal, { name })
      },
    ),
    addPasskey: post(
      "/account/factors/passkey",
      {
        summary: "Add the passkey that the browser made",
        layers,
        body: Registration,
        response: FactorSchema,
        errors: [PasskeyRefused],
        maxBodyBytes: CEREMONY_BYTES,
      },
      async (ctx) => {
        // Its shape is checked where it is used up.
        const response = ctx.body.response as RegistrationResponseJSON
        const factor = await mfa.passkeys.register(ctx.principal.id, response, ctx.body.label)
        await entry.added(ctx, ctx.principal, { kind: "passkey" })
        return ownFactor(factor)
      },
    ),
  }
}

function sentRoutes({ guard, mfa, entry, sendsCodes }: Accounts): Pick<FactorRoutes, "enrolSent" | "confirmSent"> {
  const layers = [guard, inPerson] as const
  const sent = (): SentCodes => {
    if (!sendsCodes) throw new FactorUnknown("No codes are sent here.")
    return mfa.sentCodes
  }
  return {
    enrolSent: post(
      "/account/factors/sent",
      {
        summary: "Begin with codes that are sent",
        layers,
        body: Place,
        response: { 202: Handle },
        errors: [StepUpRequired, FactorLimit, FactorUnknown, AuthTooOften],
      },
      async (ctx) => {
        const { channel, to, label } = ctx.body
        const place = { channel, to, ...(label !== undefined && { label }) }
        return ctx.json(await sent().enrol(ctx.principal, place), 202)
      },
    ),
    confirmSent: post(
      "/account/factors/sent/confirm",
      {
        summary: "Show the first code that was sent",
        layers,
        body: Sent,
        response: { 204: null },
        errors: [FactorWrong, FactorUnknown, MfaLocked],
      },
      async (ctx) => {
        const { handle, code } = ctx.body
        const passed = await sent().confirm(ctx.principal.id, { handle, code })
        await entry.added(ctx, ctx.principal, { kind: "sent-code", passed })
        return ctx.json(null, 204)
      },
    ),
  }
}

type KeptRoutes = Omit<FactorRoutes, keyof AppRoutes | "enrolSent" | "confirmSent">

/** What there is, and what becomes of it. */
function keptRoutes({ guard, mfa, note }: Accounts): KeptRoutes {
  const layers = [guard, inPerson] as const
  return {
    factors: get("/account/factors", { summary: "Your factors", layers, response: Factors }, async (ctx) => {
      const { id } = ctx.principal
      return { factors: (await mfa.list(id)).map(ownFactor), recoveryCodesLeft: await mfa.recovery.left(id) }
    }),
    renameFactor: patch(
      "/account/factors/:id",
      { summary: "Rename a factor", layers, params: Id, body: Label, response: { 204: null }, errors: [FactorUnknown] },
      async (ctx) => {
        await mfa.rename(ctx.principal.id, ctx.params.id, ctx.body.label)
        return ctx.json(null, 204)
      },
    ),
    removeFactor: del(
      "/account/factors/:id",
      {
        summary: "Take a factor away",
        layers,
        params: Id,
        response: { 204: null },
        errors: [StepUpRequired, FactorUnknown],
      },
      async (ctx) => {
        await mfa.remove(ctx.principal, ctx.params.id)
        await note({ what: "factor.removed", userId: ctx.principal.id }, ctx)
        return ctx.json(null, 204)
      },
    ),
    makeRecoveryCodes: post(
      "/account/recovery-codes",
      { summary: "Make new recovery codes, shown once", layers, response: Codes, errors: [StepUpRequired] },
      async (ctx) => {
        const codes = [...(await mfa.recovery.generate(ctx.principal))]
        await note({ what: "recovery.made", userId: ctx.principal.id }, ctx)
        ctx.set("cache-control", "no-store")
        return { codes }
      },
    ),
    devices: get(
      "/account/devices",
      { summary: "Devices that need not show a second factor", layers, response: Devices },
      async (ctx) => [...(await mfa.devices.list(ctx.principal.id))],
    ),
    forgetDevice: del(
      "/account/devices/:id",
      { summary: "Forget a device", layers, params: Id, response: { 204: null }, errors: [NotFound] },
      async (ctx) => {
        const { id } = ctx.principal
        if (!(await mfa.devices.revoke(id, ctx.params.id))) throw new NotFound("There is no such device.")
        await note({ what: "device.forgotten", userId: id }, ctx)
        return ctx.json(null, 204)
      },
    ),
  }
}

function ownFactor({ usedMs, ...factor }: Factor): OwnFactor {
  return { ...factor, ...(usedMs !== undefined && { usedMs }) }
}
