import { type Schema, v } from "@ashlar/validation"
import { device } from "./app-users.ts"
import { Time } from "./page.ts"

/** A provider that users of an app are offered. */
export interface AppOfferedProvider {
  readonly name: string
  readonly label: string
  readonly kind: string
}
const AppOfferedProvider: Schema<AppOfferedProvider> = v
  .object({ name: v.string(), label: v.string(), kind: v.string() })
  .meta({ id: "AppOfferedProvider" })
export const AppOfferedProviders: Schema<{ readonly items: readonly AppOfferedProvider[] }> = v
  .object({ items: v.array(AppOfferedProvider) })
  .meta({ id: "AppOfferedProviders" })

export interface AppAuthorizeBody {
  readonly provider: string
  readonly redirectTo?: string | undefined
  readonly connect?: boolean | undefined
}
export const AppAuthorizeBody: Schema<AppAuthorizeBody> = v
  .object({
    provider: v.string().min(1).max(32),
    redirectTo: v.string().min(1).max(2048).optional().describe("One of `redirectUrls`. Default: the first"),
    connect: v.boolean().optional().describe("Let the provider sign in the user of `Ashlar-User` from now on"),
  })
  .meta({ id: "AppAuthorize" })

/** A sign-in that has begun. */
export interface AppAuthorizing {
  readonly url: string
  readonly transaction: string
}
export const AppAuthorizing: Schema<AppAuthorizing> = v
  .object({
    url: v.string().describe("Where to send the browser"),
    transaction: v.string().describe("To be kept by the browser, and shown with the ticket that comes back"),
  })
  .meta({ id: "AppAuthorizing" })

export const AppCallbackBody: Schema<{
  readonly ticket: string
  readonly transaction: string
  readonly device?: string | undefined
}> = v
  .object({
    device,
    ticket: v.string().min(1).max(64).describe("`?ticket=` of the app's page, where the browser came back"),
    transaction: v.string().min(1).max(8192),
  })
  .meta({ id: "AppCallback" })

/** A provider as a project has it. The secret is shown to nobody. */
export interface AppProvider {
  readonly name: string
  readonly kind: string
  readonly label: string
  readonly clientId: string
  readonly enabled: boolean
  readonly host: string | null
  readonly tenant: string | null
  readonly callbackUrl: string
  readonly updatedAt: string
}
export const AppProvider: Schema<AppProvider> = v
  .object({
    ...{ name: v.string(), kind: v.string(), label: v.string(), clientId: v.string(), enabled: v.boolean() },
    host: v.string().nullable().describe("Where it is: an issuer, or the host of a tenant"),
    tenant: v.string().nullable().describe("Within the host: a tenant of Microsoft, a realm of Keycloak"),
    callbackUrl: v.string().describe("What to register with the provider"),
    updatedAt: Time,
  })
  .meta({ id: "AppProvider", description: "A provider that signs users of the app in. Its secret is shown to nobody." })
export const AppProviders: Schema<{ readonly items: readonly AppProvider[] }> = v
  .object({ items: v.array(AppProvider) })
  .meta({ id: "AppProviders" })

type ProviderKind =
  | ("google" | "github" | "microsoft" | "gitlab" | "discord" | "facebook" | "linkedin" | "x")
  | ("auth0" | "okta" | "keycloak" | "oidc")
export interface AppProviderBody {
  readonly kind: ProviderKind
  readonly label?: string | undefined
  readonly clientId: string
  readonly clientSecret?: string | undefined
  readonly enabled?: boolean | undefined
  readonly host?: string | null | undefined
  readonly tenant?: string | null | undefined
}
export const AppProviderBody: Schema<AppProviderBody> = v
  .object({
    kind: v.enum([
      ...(["google", "github", "microsoft", "gitlab", "discord", "facebook", "linkedin", "x"] as const),
      ...(["auth0", "okta", "keycloak", "oidc"] as const),
    ]),
    label: v.string().min(1).max(60).optional(),
    clientId: v.string().min(1).max(500),
    clientSecret: v.string().min(1).max(4096).optional().describe("Absent: the one that is kept"),
    enabled: v.boolean().optional(),
    host: v.string().min(1).max(500).nullable().optional(),
    tenant: v.string().min(1).max(255).nullable().optional(),
  })
  .meta({ id: "AppProviderInput" })
