import { type Schema, v } from "@ashlar/validation"
import { Time } from "./page.ts"
import { Session } from "./people.ts"

const email = v.string().trim().min(3).max(254)
const cookie = v.boolean().optional().describe("For browsers: keep what is secret in HttpOnly cookies")

/** Ways in that lead over a mailbox or another provider. */
export interface SignInWays {
  readonly mail: boolean
  readonly providers: readonly { readonly name: string; readonly label: string; readonly kind: string }[]
}
export const SignInWays: Schema<SignInWays> = v
  .object({
    mail: v.boolean().describe("Whether the install sends mail that signs in"),
    providers: v.array(v.object({ name: v.string(), label: v.string(), kind: v.string() })),
  })
  .meta({ id: "SignInWays" })

export const MailSignInBody: Schema<{ readonly email: string; readonly cookie?: boolean | undefined }> = v
  .object({ email, cookie: cookie.describe("For browsers: what is sent is good in this one only") })
  .meta({ id: "MailSignIn" })
export const MailVerificationBody: Schema<{ readonly cookie?: boolean | undefined }> = v
  .object({ cookie })
  .meta({ id: "MailVerification" })
export const MailAsked: Schema<{ readonly handle: string }> = v
  .object({ handle: v.string().describe("To be shown with the code") })
  .meta({ id: "MailAsked" })

export interface MailShownBody {
  readonly token?: string | undefined
  readonly handle?: string | undefined
  readonly code?: string | undefined
}
const shown = {
  token: v.string().min(1).max(128).optional().describe("Of the link that was sent"),
  handle: v.string().min(1).max(64).optional().describe("What whoever asked for mail was told"),
  code: v.string().min(1).max(16).optional().describe("The code that was sent"),
}
export const MailShownBody: Schema<MailShownBody> = v.object(shown).meta({ id: "MailShown" })
export const MailEntryBody: Schema<MailShownBody & { readonly cookie?: boolean | undefined }> = v
  .object({ ...shown, cookie })
  .meta({ id: "MailEntry" })

export interface AuthorizeBody {
  readonly provider: string
  readonly connect?: boolean | undefined
  readonly cookie?: boolean | undefined
}
export const AuthorizeBody: Schema<AuthorizeBody> = v
  .object({
    provider: v.string().min(1).max(32),
    connect: v.boolean().optional().describe("Let the provider sign in whoever asks, from now on"),
    cookie,
  })
  .meta({ id: "Authorize" })
export interface Authorizing {
  readonly url: string
  readonly transaction: string | null
}
export const Authorizing: Schema<Authorizing> = v
  .object({
    url: v.string().describe("Where to send the browser"),
    transaction: v
      .string()
      .nullable()
      .describe("To be shown with the ticket that comes back; null when it went into a cookie"),
  })
  .meta({ id: "Authorizing" })
export interface ProviderEntryBody {
  readonly ticket: string
  readonly transaction?: string | undefined
  readonly cookie?: boolean | undefined
}
export const ProviderEntryBody: Schema<ProviderEntryBody> = v
  .object({
    ticket: v.string().min(1).max(64).describe("`?ticket=` of the console's page, where the browser came back"),
    transaction: v.string().min(1).max(8192).optional(),
    cookie,
  })
  .meta({ id: "ProviderEntry" })
export const ProviderEntered: Schema<{ readonly session: Session | null }> = v
  .object({ session: Session.nullable().describe("Null where a provider was connected: the session goes on") })
  .meta({ id: "ProviderEntered" })

export interface LinkedIdentity {
  readonly id: string
  readonly provider: string
  readonly label: string
  readonly linkedAt: string
}
export const LinkedIdentity: Schema<LinkedIdentity> = v
  .object({ id: v.string(), provider: v.string(), label: v.string(), linkedAt: Time })
  .meta({ id: "LinkedIdentity", description: "Somebody at a provider whom a person is known by." })
export const LinkedIdentities: Schema<{ readonly items: readonly LinkedIdentity[] }> = v
  .object({ items: v.array(LinkedIdentity) })
  .meta({ id: "LinkedIdentities" })
