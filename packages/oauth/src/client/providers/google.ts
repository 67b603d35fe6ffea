import { defineProvider, openIdProfile, type Provider, type ProviderOptions, postAuth } from "./provider.ts"

export interface GoogleOptions<Name extends string> extends ProviderOptions<Name> {
  /** Let people of this Google Workspace domain in, and no others. */
  readonly hostedDomain?: string
  /** Ask for a refresh token, which Google gives at the first consent only. Default: false. */
  readonly offline?: boolean
}

/**
 * Sign-in with Google.
 * @throws {OAUTH_OPTION_INVALID}
 * @see https://developers.google.com/identity/openid-connect/openid-connect
 */
export function google<const Name extends string = "google">(options: GoogleOptions<Name>): Provider<Name | "google"> {
  const { clientId, clientSecret, scopes = ["openid", "email", "profile"], hostedDomain, offline = false } = options
  const name = options.name ?? "google"
  return defineProvider({
    name,
    label: "Google",
    clientId,
    authentication: postAuth(name, clientSecret),
    isOpenId: true,
    server: {
      issuer: "https://accounts.google.com",
      authorize: "https://accounts.google.com/o/oauth2/v2/auth",
      token: "https://oauth2.googleapis.com/token",
      userinfo: "https://openidconnect.googleapis.com/v1/userinfo",
      keys: "https://www.googleapis.com/oauth2/v3/certs",
      revoke: "https://oauth2.googleapis.com/revoke",
    },
    scopes,
    parameters: {
      ...(hostedDomain !== undefined && { hd: hostedDomain }),
      ...(offline && { access_type: "offline" }),
    },
    // `hd` of the request is a hint to Google's page, which the person may change.
    refuses: (claims) =>
      hostedDomain === undefined || claims.hd === hostedDomain ? undefined : "of another Workspace domain",
    profile: openIdProfile,
  })
}
