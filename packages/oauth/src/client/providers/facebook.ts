import { createHmac } from "node:crypto"
import { OAuthOptionInvalid } from "../../errors.ts"
import { defineProvider, type Json, type Provider, type ProviderOptions, postAuth } from "./provider.ts"

export interface FacebookOptions<Name extends string> extends ProviderOptions<Name> {
  /** Of the Graph API. Default: `v24.0`. */
  readonly version?: `v${number}.${number}`
}

/**
 * Sign-in with Facebook. Each call of its API carries `appsecret_proof`, so that a token which leaks is good for nothing elsewhere: let
 * the app's settings require it. Facebook does not say that it has verified an address, so it counts as not.
 *
 * @throws {OAUTH_OPTION_INVALID}
 * @see https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
 * @see https://developers.facebook.com/docs/graph-api/guides/secure-requests
 */
export function facebook<const Name extends string = "facebook">(
  options: FacebookOptions<Name>,
): Provider<Name | "facebook"> {
  const { clientId, clientSecret, scopes = ["email", "public_profile"], version = "v24.0" } = options
  const name = options.name ?? "facebook"
  if (!/^v\d{1,3}\.\d{1,2}$/.test(version))
    throw new OAuthOptionInvalid(`Expected version of ${name} like v24.0, got ${JSON.stringify(version)}.`)
  const graph = `https://graph.facebook.com/${version}`
  const proof = (accessToken: string): Record<string, string> => ({
    appsecret_proof: createHmac("sha256", clientSecret).update(accessToken).digest("hex"),
  })
  return defineProvider({
    name,
    label: "Facebook",
    clientId,
    authentication: postAuth(name, clientSecret),
    isOpenId: false,
    server: {
      issuer: "https://www.facebook.com",
      authorize: `https://www.facebook.com/${version}/dialog/oauth`,
      token: `${graph}/oauth/access_token`,
    },
    scopes,
    requests: { user: { url: `${graph}/me?fields=id,name,email,picture.type(large)`, query: proof } },
    profile: ({ answers }) => {
      const user = (answers.user ?? {}) as Json
      const picture = user.picture as { readonly data?: { readonly url?: unknown } } | undefined
      return { subject: user.id, email: user.email, name: user.name, picture: picture?.data?.url, raw: user }
    },
    revocation: (accessToken) => ({
      method: "DELETE",
      url: `${graph}/me/permissions?${new URLSearchParams(proof(accessToken))}`,
      headers: { authorization: `Bearer ${accessToken}` },
    }),
  })
}
