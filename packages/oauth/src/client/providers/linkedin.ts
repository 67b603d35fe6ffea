import { defineProvider, openIdProfile, type Provider, type ProviderOptions, postAuth } from "./provider.ts"

/**
 * Sign-in with LinkedIn. It knows PKCE for native apps only, refuses it of others, and gives no `nonce` back: `state` and the provider's
 * own callback are what binds an answer to the browser here.
 *
 * @throws {OAUTH_OPTION_INVALID}
 * @see https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2
 */
export function linkedin<const Name extends string = "linkedin">(
  options: ProviderOptions<Name>,
): Provider<Name | "linkedin"> {
  const { clientId, clientSecret, scopes = ["openid", "profile", "email"] } = options
  const name = options.name ?? "linkedin"
  return defineProvider({
    name,
    label: "LinkedIn",
    clientId,
    authentication: postAuth(name, clientSecret),
    isOpenId: true,
    server: {
      issuer: "https://www.linkedin.com/oauth",
      authorize: "https://www.linkedin.com/oauth/v2/authorization",
      token: "https://www.linkedin.com/oauth/v2/accessToken",
      userinfo: "https://api.linkedin.com/v2/userinfo",
      keys: "https://www.linkedin.com/oauth/openid/jwks",
    },
    scopes,
    lacks: ["pkce", "nonce", "token_type"],
    asksUserinfo: true,
    profile: openIdProfile,
  })
}
