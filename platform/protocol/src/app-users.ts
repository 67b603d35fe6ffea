import { type Schema, v } from "@ashlar/validation"
import { MAX_PAGE_ITEMS, Time } from "./page.ts"

/** A user of a project's app. Has nothing to do with the people of the install. */
export interface AppUser {
  readonly id: string
  readonly email: string
  readonly emailVerified: boolean
  readonly name: string | null
  readonly roles: readonly string[]
  readonly claims: Readonly<Record<string, unknown>>
  readonly disabled: boolean
  readonly createdAt: string
  readonly lastSignedInAt: string | null
}
export const AppUser: Schema<AppUser> = v
  .object({
    id: v.string(),
    email: v.string(),
    emailVerified: v.boolean(),
    name: v.string().nullable(),
    roles: v.array(v.string()).describe("Given by the project's servers; rules ask for them"),
    claims: v.record(v.string(), v.unknown()).describe("Given by the project's servers; rules ask for them"),
    disabled: v.boolean(),
    createdAt: Time,
    lastSignedInAt: Time.nullable(),
  })
  .meta({ id: "AppUser", description: "A user of the project's app." })

/** What signing in to an app gives. */
export interface AppSession {
  readonly user: AppUser
  readonly sessionId: string
  readonly accessToken: string
  readonly accessTokenExpiresAt: string
  readonly refreshToken: string
  readonly refreshTokenExpiresAt: string
}
export const AppSession: Schema<AppSession> = v
  .object({
    user: AppUser,
    sessionId: v.string(),
    accessToken: v.string().describe("Goes into `Ashlar-User: Bearer …`, beside the project's key"),
    accessTokenExpiresAt: Time,
    refreshToken: v.string(),
    refreshTokenExpiresAt: Time,
  })
  .meta({ id: "AppSession", description: "A signed-in user of the app. The refresh token rotates on every use." })

/** What whoever asks for mail is told: the same of every address. */
export interface AppAsked {
  readonly handle: string
}
export const AppAsked: Schema<AppAsked> = v
  .object({ handle: v.string().describe("To be shown with the code that was sent, where there was something to send") })
  .meta({ id: "AppAsked" })

export interface AppSignedUp {
  readonly user: AppUser
  /** Null where addresses must be confirmed first. */
  readonly session: AppSession | null
  /** Null where the user is signed in at once. */
  readonly verification: AppAsked | null
}
export const AppSignedUp: Schema<AppSignedUp> = v
  .object({
    user: AppUser,
    session: AppSession.nullable().describe("Null where addresses must be confirmed first"),
    verification: AppAsked.nullable().describe("Null where the user is signed in at once"),
  })
  .meta({ id: "AppSignedUp" })

const email = v.string().trim().min(3).max(254)
const name = v.string().trim().min(1).max(100).nullable()
const password = v.string().min(1).max(512)
const roles = v.array(v.string().min(1).max(64)).max(32)
const claims = v.record(v.string(), v.unknown())

export const AppSignUpBody: Schema<{
  readonly email: string
  readonly password: string
  readonly name?: string | null | undefined
  readonly redirectTo?: string | undefined
}> = v
  .object({
    ...{ email, password, name: name.optional() },
    redirectTo: v
      .string()
      .min(1)
      .max(2048)
      .optional()
      .describe("One of `redirectUrls`: where the link that is sent leads"),
  })
  .meta({ id: "AppSignUp" })
/** What this device was given when it was remembered. */
export const device: Schema<string | undefined> = v
  .string()
  .min(1)
  .max(128)
  .optional()
  .describe("What this device was given when it was remembered")
export const AppSignInBody: Schema<{
  readonly email: string
  readonly password: string
  readonly device?: string | undefined
}> = v.object({ email, password, device }).meta({ id: "AppSignIn" })
export const AppRefreshBody: Schema<{ readonly refreshToken: string }> = v
  .object({ refreshToken: v.string().min(1).max(512) })
  .meta({ id: "AppRefresh" })

export interface AppUserQuery {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly email?: string | undefined
}
type Text = string | undefined
export const AppUserQuery: Schema<AppUserQuery, { limit?: Text; cursor?: Text; email?: Text }> = v.object({
  limit: v.coerce.integer().min(1).max(MAX_PAGE_ITEMS).default(50),
  cursor: v.string().max(4096).optional(),
  email: v.string().max(254).optional().describe("Only the user with this address, in any spelling"),
})

export interface NewAppUser {
  readonly email: string
  readonly password?: string | undefined
  readonly name?: string | null | undefined
  readonly roles?: readonly string[] | undefined
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  readonly emailVerified?: boolean | undefined
}
export const NewAppUser: Schema<NewAppUser> = v
  .object({
    email,
    password: password.optional(),
    name: name.optional(),
    roles: roles.optional(),
    claims: claims.optional().describe("At most 1 KiB of JSON"),
    emailVerified: v.boolean().optional(),
  })
  .meta({ id: "NewAppUser" })
export interface AppUserPatch extends Omit<NewAppUser, "email"> {
  readonly disabled?: boolean | undefined
}
export const AppUserPatch: Schema<AppUserPatch> = v
  .object({
    password: password.optional(),
    name: name.optional(),
    roles: roles.optional(),
    claims: claims.optional().describe("All of them: what is left out of the object is gone"),
    emailVerified: v.boolean().optional(),
    disabled: v.boolean().optional().describe("Ends all sessions at once"),
  })
  .meta({ id: "AppUserPatch" })

/** How many sessions were ended. */
export const SignedOut: Schema<{ readonly sessions: number }> = v
  .object({ sessions: v.integer() })
  .meta({ id: "SignedOut" })
