import { type Schema, v } from "@ashlar/validation"
import { AppSession, AppUser, device } from "./app-users.ts"

const email = v.string().trim().min(3).max(254)
const redirectTo = v
  .string()
  .min(1)
  .max(2048)
  .optional()
  .describe("One of `redirectUrls`: where the link leads. Default: the first")

/** Whose mailbox, and where the link in it leads. */
export interface AppMailBody {
  readonly email: string
  readonly redirectTo?: string | undefined
}
export const AppMailBody: Schema<AppMailBody> = v.object({ email, redirectTo }).meta({ id: "AppMail" })
export const AppVerificationBody: Schema<{ readonly redirectTo?: string | undefined }> = v
  .object({ redirectTo })
  .meta({ id: "AppVerification" })

/** What was sent: the token of a link, or the code with the handle that whoever asked was given. */
export type AppShown = { readonly token: string } | { readonly handle: string; readonly code: string }
const shown = {
  token: v.string().min(1).max(128).optional().describe("Of the link that was sent: `?token=` of its page"),
  handle: v.string().min(1).max(64).optional().describe("What whoever asked for mail was told"),
  code: v.string().min(1).max(16).optional().describe("The code that was sent"),
}
export interface AppShownBody {
  readonly token?: string | undefined
  readonly handle?: string | undefined
  readonly code?: string | undefined
}
export const AppShownBody: Schema<AppShownBody & { readonly device?: string | undefined }> = v
  .object({ ...shown, device })
  .meta({ id: "AppShown" })
export const AppResetBody: Schema<AppShownBody & { readonly password: string }> = v
  .object({ ...shown, password: v.string().min(1).max(512) })
  .meta({ id: "AppReset" })
export const AppPasswordBody: Schema<{ readonly current: string; readonly next: string }> = v
  .object({ current: v.string().min(1).max(512), next: v.string().min(1).max(512) })
  .meta({ id: "AppPassword" })

/** Whose address is confirmed now. */
export interface AppConfirmed {
  readonly user: AppUser
  /** Null for who is signed in: the session goes on. */
  readonly session: AppSession | null
}
export const AppConfirmed: Schema<AppConfirmed> = v
  .object({ user: AppUser, session: AppSession.nullable().describe("Null for who is signed in: the session goes on") })
  .meta({ id: "AppConfirmed" })
