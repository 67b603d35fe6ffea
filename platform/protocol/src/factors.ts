import { type Schema, v } from "@ashlar/validation"
import { Time } from "./page.ts"

/** A second factor, as its owner sees it. Nothing in it proves anything. */
export interface Factor {
  readonly id: string
  readonly kind: "totp" | "passkey"
  readonly label: string
  readonly createdAt: string
  readonly lastUsedAt: string | null
  /** Of a passkey: whether it is kept in more than one place. */
  readonly backedUp: boolean | null
}
export const Factor: Schema<Factor> = v
  .object({
    id: v.string(),
    kind: v.enum(["totp", "passkey"]),
    label: v.string(),
    createdAt: Time,
    lastUsedAt: Time.nullable(),
    backedUp: v.boolean().nullable().describe("Of a passkey: whether it is kept in more than one place"),
  })
  .meta({ id: "Factor", description: "A second factor: an authenticator app, or a passkey." })

export interface FactorState {
  readonly factors: readonly Factor[]
  readonly recoveryCodes: number
  readonly passkeys: { readonly rpId: string; readonly origins: readonly string[] } | null
}
export const FactorState: Schema<FactorState> = v
  .object({
    factors: v.array(Factor),
    recoveryCodes: v.integer().describe("How many are left"),
    passkeys: v
      .object({ rpId: v.string(), origins: v.array(v.string()) })
      .nullable()
      .describe("Where passkeys can be made and shown; null where the install has no name for them"),
  })
  .meta({ id: "FactorState", description: "The second factors of the person who asks." })

export interface AppEnrolment {
  readonly factorId: string
  readonly secret: string
  readonly uri: string
  readonly qrSvg: string
}
export const AppEnrolment: Schema<AppEnrolment> = v
  .object({
    factorId: v.string(),
    secret: v.string().describe("For apps that read no picture"),
    uri: v.string().describe("`otpauth://…`, for the same"),
    qrSvg: v.string().describe("The picture for the app, as SVG"),
  })
  .meta({ id: "AppEnrolment", description: "An authenticator app that waits for its first code, for 15 minutes." })

export interface AddedFactor {
  readonly factor: Factor
  readonly recoveryCodes: readonly string[] | null
}
export const AddedFactor: Schema<AddedFactor> = v
  .object({
    factor: Factor,
    recoveryCodes: v.array(v.string()).nullable().describe("With the first factor: shown this once"),
  })
  .meta({ id: "AddedFactor" })

export interface RecoveryCodes {
  readonly recoveryCodes: readonly string[]
}
export const RecoveryCodes: Schema<RecoveryCodes> = v
  .object({ recoveryCodes: v.array(v.string()).describe("Each works once; they are shown this once") })
  .meta({ id: "RecoveryCodes" })

export const label: Schema<string> = v.string().trim().min(1).max(100)
export const text: Schema<string> = v.string().min(1).max(64)
/** What `navigator.credentials` gave, as JSON. What is in it is checked by whoever knows how. */
export const credential: Schema<Readonly<Record<string, unknown>>> = v.record(v.string(), v.unknown())

export const AppConfirmBody: Schema<{
  readonly factorId: string
  readonly code: string
  readonly label?: string | undefined
}> = v.object({ factorId: text, code: text, label: label.optional() }).meta({ id: "AppConfirmRequest" })
export const PasskeyBody: Schema<{
  readonly passkey: Readonly<Record<string, unknown>>
  readonly label?: string | undefined
}> = v
  .object({ passkey: credential.describe("What `navigator.credentials.create` gave"), label: label.optional() })
  .meta({ id: "PasskeyRequest" })
export const FactorPatch: Schema<{ readonly label: string }> = v.object({ label }).meta({ id: "FactorPatch" })

export interface Proof {
  readonly code?: string | undefined
  readonly recoveryCode?: string | undefined
  readonly passkey?: Readonly<Record<string, unknown>> | undefined
}
export const proof: {
  readonly code: Schema<string | undefined>
  readonly recoveryCode: Schema<string | undefined>
  readonly passkey: Schema<Readonly<Record<string, unknown>> | undefined>
} = {
  code: text.optional().describe("Of an authenticator app"),
  recoveryCode: text.optional(),
  passkey: credential.optional().describe("What `navigator.credentials.get` gave"),
}
export const ticket: Schema<string> = v
  .string()
  .min(1)
  .max(128)
  .describe("`details.ticket` of IDENTITY_SECOND_FACTOR_NEEDED")
const cookie = v.boolean().optional().describe("Put the refresh token into an HttpOnly cookie")

export const SecondStepBody: Schema<
  Proof & {
    readonly ticket: string
    readonly remember?: boolean | undefined
    readonly cookie?: boolean | undefined
  }
> = v
  .object({
    ...{ ticket, ...proof },
    remember: v.boolean().optional().describe("With `cookie`: ask this browser for no second factor for a while"),
    cookie,
  })
  .meta({ id: "SecondStepRequest", description: "The ticket, and one proof." })
export const TicketBody: Schema<{ readonly ticket: string }> = v.object({ ticket }).meta({ id: "SecondStepTicket" })
export const PasskeySignInBody: Schema<{
  readonly passkey: Readonly<Record<string, unknown>>
  readonly cookie?: boolean | undefined
}> = v
  .object({ passkey: credential.describe("What `navigator.credentials.get` gave"), cookie })
  .meta({ id: "PasskeySignInRequest" })
export const StepUpBody: Schema<Proof & { readonly password?: string | undefined }> = v
  .object({ password: v.string().min(1).max(512).optional(), ...proof })
  .meta({ id: "StepUpRequest", description: "One proof of who one is; the password only where there is no factor." })

export interface Proven {
  readonly amr: readonly string[]
  readonly provenAt: string
}
export const Proven: Schema<Proven> = v
  .object({ amr: v.array(v.string()).describe("How, in the words of RFC 8176"), provenAt: Time })
  .meta({ id: "Proven" })

/** What the browser's `navigator.credentials` is given, as JSON. */
export const PasskeyOptions: Schema<Readonly<Record<string, unknown>>> = v
  .record(v.string(), v.unknown())
  .meta({ id: "PasskeyOptions", description: "For `PublicKeyCredential.parse…OptionsFromJSON` of the browser." })
