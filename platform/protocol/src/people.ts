import { type Schema, v } from "@ashlar/validation"
import { Time } from "./page.ts"
import { Isolation } from "./service.ts"

export interface User {
  readonly id: string
  readonly email: string
  readonly emailVerified: boolean
  readonly name: string
  readonly administrator: boolean
  readonly createdAt: string
}
export const User: Schema<User> = v
  .object({
    id: v.string(),
    email: v.string(),
    emailVerified: v.boolean().describe("Whether they have shown that they read what is sent there"),
    name: v.string(),
    administrator: v.boolean(),
    createdAt: Time,
  })
  .meta({ id: "User", description: "A person with an account on this install." })

/** What signing in gives. `refreshToken` is null when it went into a cookie. */
export interface Session {
  readonly user: User
  readonly sessionId: string
  readonly accessToken: string
  readonly accessTokenExpiresAt: string
  readonly refreshToken: string | null
}
export const Session: Schema<Session> = v
  .object({
    user: User,
    sessionId: v.string(),
    accessToken: v.string().describe("A bearer token"),
    accessTokenExpiresAt: Time,
    refreshToken: v.string().nullable().describe("Null when it went into the cookie"),
  })
  .meta({
    id: "Session",
    description:
      "What signing in answers. The access token lives five minutes; the refresh token rotates on every use.",
  })

/** Public keys, as RFC 7517 writes them. */
export interface KeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}
export const KeySet: Schema<KeySet> = v
  .object({ keys: v.array(v.record(v.string(), v.unknown())) })
  .meta({ id: "KeySet", description: "Public keys, as RFC 7517 writes them." })

export interface SessionInfo {
  readonly id: string
  readonly createdAt: string
  readonly lastUsedAt: string
  readonly expiresAt: string
  readonly userAgent: string | null
  readonly address: string | null
  /** The session that asked. */
  readonly current: boolean
}
export const SessionInfo: Schema<SessionInfo> = v
  .object({
    id: v.string(),
    createdAt: Time,
    lastUsedAt: Time,
    expiresAt: Time,
    userAgent: v.string().nullable(),
    address: v.string().nullable(),
    current: v.boolean().describe("True for the session that asks"),
  })
  .meta({ id: "SessionInfo", description: "One signed-in device, as its owner sees it." })

const email = v.string().trim().min(3).max(254)
const name = v.string().trim().min(1).max(120)
const password = v.string().min(1).max(512)
const cookie = v.boolean().optional().describe("Put the refresh token into an HttpOnly cookie")
const token = v.string().min(1).max(512)

export interface NewPerson {
  readonly email: string
  readonly name: string
  readonly password: string
  readonly cookie?: boolean | undefined
}
export const SetupBody: Schema<NewPerson & { readonly token: string }> = v
  .object({
    token,
    email,
    name,
    password,
    cookie,
  })
  .meta({ id: "SetupRequest" })
export const SetupCheckBody: Schema<{ readonly token: string }> = v.object({ token }).meta({ id: "SetupCheck" })
export const SignUpBody: Schema<NewPerson & { readonly invite?: string | undefined }> = v
  .object({
    invite: token.optional(),
    email,
    name,
    password,
    cookie,
  })
  .meta({ id: "SignUpRequest" })
export const SignInBody: Schema<Omit<NewPerson, "name">> = v
  .object({ email, password, cookie })
  .meta({ id: "SignInRequest" })
export const RefreshBody: Schema<{ readonly refreshToken?: string | undefined }> = v
  .object({
    refreshToken: token.optional(),
  })
  .meta({ id: "RefreshRequest" })

/** What a good set-up link is told about the install. Never a path of the host. */
export interface SetupFacts {
  readonly expiresAt: string
  readonly version: string
  readonly database: string
  readonly durability: string
  readonly functions: { readonly bun: Isolation; readonly quickjs: Isolation }
  readonly signups: "open" | "closed"
}
export const SetupFacts: Schema<SetupFacts> = v
  .object({
    expiresAt: Time,
    version: v.string(),
    database: v.string(),
    durability: v.string(),
    functions: v.object({ bun: Isolation, quickjs: Isolation }),
    signups: v.enum(["open", "closed"]),
  })
  .meta({ id: "SetupState", description: "What a set-up link is good for, before it is spent." })

/** What a link that lets somebody back in is good for. */
export interface ResetFacts {
  readonly email: string
  readonly name: string
  readonly factors: boolean
  readonly expiresAt: string
}
export const ResetFacts: Schema<ResetFacts> = v
  .object({
    email: v.string(),
    name: v.string(),
    factors: v.boolean().describe("Using it takes the second factors away"),
    expiresAt: Time,
  })
  .meta({ id: "ResetState", description: "Whom a link lets back in, before it is spent." })
export const ResetCheckBody: Schema<{ readonly token: string }> = v.object({ token }).meta({ id: "ResetCheck" })
export const ResetBody: Schema<{ readonly token: string; readonly password: string }> = v
  .object({ token, password })
  .meta({ id: "ResetRequest" })

export const PasswordBody: Schema<{ readonly password: string }> = v.object({ password }).meta({ id: "PasswordChange" })

/** What a program without a browser is given, to be let in by a person who has one. */
export interface DeviceStart {
  readonly deviceCode: string
  readonly userCode: string
  readonly verificationUrl: string
  readonly expiresAt: string
  readonly intervalSeconds: number
}
export const DeviceStart: Schema<DeviceStart> = v
  .object({
    deviceCode: v.string().describe("The program's secret: it asks with it"),
    userCode: v.string().describe("What the person confirms: `BCDF-GHJK`"),
    verificationUrl: v.string().describe("Where the person confirms it"),
    expiresAt: Time,
    intervalSeconds: v.integer().describe("Ask no more often than this"),
  })
  .meta({ id: "DeviceStart" })
export const DeviceClaimBody: Schema<{ readonly deviceCode: string }> = v
  .object({ deviceCode: token })
  .meta({ id: "DeviceClaim" })
const userCode = v.string().trim().min(8).max(32)
export const DeviceCheckBody: Schema<{ readonly userCode: string }> = v.object({ userCode }).meta({ id: "DeviceCheck" })
export const DeviceDecisionBody: Schema<{ readonly userCode: string; readonly approve: boolean }> = v
  .object({ userCode, approve: v.boolean() })
  .meta({ id: "DeviceDecision" })

/** Who asks to be let in. */
export interface DeviceFacts {
  readonly userAgent: string
  readonly address: string
  readonly startedAt: string
  readonly expiresAt: string
}
export const DeviceFacts: Schema<DeviceFacts> = v
  .object({ userAgent: v.string(), address: v.string(), startedAt: Time, expiresAt: Time })
  .meta({ id: "DeviceFacts", description: "The program that waits for somebody to let it in." })
