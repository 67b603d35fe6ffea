import { type Schema, v } from "@ashlar/validation"
import type { MfaPolicy, PasskeyPlace } from "./app-settings.ts"
import { AppSession } from "./app-users.ts"
import { credential, Factor, label, type Proof, proof, text, ticket } from "./factors.ts"
import { Time } from "./page.ts"

/** A device on which a user is not asked for a factor at each sign-in. */
export interface RememberedDevice {
  readonly id: string
  readonly label: string
  readonly createdAt: string
  readonly expiresAt: string
}
export const RememberedDevice: Schema<RememberedDevice> = v
  .object({ id: v.string(), label: v.string(), createdAt: Time, expiresAt: Time })
  .meta({ id: "RememberedDevice" })
export const RememberedDevices: Schema<{ readonly items: readonly RememberedDevice[] }> = v
  .object({ items: v.array(RememberedDevice) })
  .meta({ id: "RememberedDevices" })
export const RememberBody: Schema<{ readonly label?: string | undefined }> = v
  .object({ label: label.optional().describe("What its user calls the device") })
  .meta({ id: "RememberRequest" })

export interface DeviceToken {
  readonly token: string
  readonly expiresAt: string
}
export const DeviceToken: Schema<DeviceToken> = v
  .object({
    token: v.string().describe("For the device to keep, and to show as `device` when it signs in"),
    expiresAt: Time,
  })
  .meta({ id: "DeviceToken" })

/** The second factors of the app's user who asks, and what the app says of them. */
export interface AppFactorState {
  readonly mfa: MfaPolicy
  readonly factors: readonly Factor[]
  readonly recoveryCodes: number
  readonly passkeys: PasskeyPlace | null
  readonly rememberDeviceDays: number
}
export const AppFactorState: Schema<AppFactorState> = v
  .object({
    mfa: v.enum(["off", "optional", "required"]),
    factors: v.array(Factor),
    recoveryCodes: v.integer().describe("How many are left"),
    passkeys: v
      .object({ rpId: v.string(), origins: v.array(v.string()) })
      .nullable()
      .describe("Where passkeys can be made and shown; null: nowhere"),
    rememberDeviceDays: v.integer(),
  })
  .meta({ id: "AppFactorState" })

/** What a project knows of a user's factors. Nothing in it proves anything. */
export interface AppUserFactors {
  readonly factors: readonly Factor[]
  readonly recoveryCodes: number
  readonly devices: readonly RememberedDevice[]
}
export const AppUserFactors: Schema<AppUserFactors> = v
  .object({
    factors: v.array(Factor),
    recoveryCodes: v.integer().describe("How many are left"),
    devices: v.array(RememberedDevice),
  })
  .meta({ id: "AppUserFactors", description: "The second factors of a user of the app." })
export const FactorsReset: Schema<{ readonly factors: number }> = v
  .object({ factors: v.integer().describe("How many there were") })
  .meta({ id: "FactorsReset" })

export const AppSecondStepBody: Schema<Proof & { readonly ticket: string }> = v
  .object({ ticket, ...proof })
  .meta({ id: "AppSecondStep", description: "The ticket, and one proof." })
export const AppPasskeyBody: Schema<{ readonly passkey: Readonly<Record<string, unknown>> }> = v
  .object({ passkey: credential.describe("What `navigator.credentials.get` gave") })
  .meta({ id: "AppPasskeySignIn" })

export const AppEnrollingBody: Schema<{
  readonly ticket: string
  readonly factorId: string
  readonly code: string
  readonly label?: string | undefined
}> = v.object({ ticket, factorId: text, code: text, label: label.optional() }).meta({ id: "AppEnrolling" })
export const AppEnrollingPasskeyBody: Schema<{
  readonly ticket: string
  readonly passkey: Readonly<Record<string, unknown>>
  readonly label?: string | undefined
}> = v
  .object({ ticket, passkey: credential.describe("What `navigator.credentials.create` gave"), label: label.optional() })
  .meta({ id: "AppEnrollingPasskey" })

/** Somebody is signed in by the factor that they have just added. */
export interface AppEnrolled {
  readonly session: AppSession
  readonly factor: Factor
  readonly recoveryCodes: readonly string[] | null
}
export const AppEnrolled: Schema<AppEnrolled> = v
  .object({
    session: AppSession,
    factor: Factor,
    recoveryCodes: v.array(v.string()).nullable().describe("Shown this once"),
  })
  .meta({ id: "AppEnrolled" })
