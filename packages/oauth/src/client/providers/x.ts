import { basicAuth, defineProvider, type Json, type Provider, type ProviderOptions } from "./provider.ts"

export interface XOptions<Name extends string> extends Omit<ProviderOptions<Name>, "clientSecret"> {
  /** Of a confidential app; a public one, such as a native app, has none. */
  readonly clientSecret?: string
}

/**
 * Sign-in with X, by OAuth 2. The address comes where the app may ask for `users.email`, and is one that the person confirmed.
 * @throws {OAUTH_OPTION_INVALID}
 * @see https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code
 */
export function x<const Name extends string = "x">(options: XOptions<Name>): Provider<Name | "x"> {
  const { clientId, clientSecret, scopes = ["users.read", "tweet.read"] } = options
  const name = options.name ?? "x"
  const fields = ["id", "name", "username", "profile_image_url"]
  if (scopes.includes("users.email")) fields.push("confirmed_email")
  return defineProvider({
    name,
    label: "X",
    clientId,
    authentication: clientSecret === undefined ? { method: "none" } : basicAuth(name, clientSecret),
    isOpenId: false,
    server: {
      issuer: "https://x.com",
      authorize: "https://x.com/i/oauth2/authorize",
      token: "https://api.x.com/2/oauth2/token",
      revoke: "https://api.x.com/2/oauth2/revoke",
    },
    scopes,
    requests: { user: { url: `https://api.x.com/2/users/me?user.fields=${fields.join(",")}` } },
    profile: ({ answers }) => {
      const user = ((answers.user as Json | undefined)?.data ?? {}) as Json
      return {
        subject: user.id,
        email: user.confirmed_email,
        emailVerified: typeof user.confirmed_email === "string",
        name: user.name ?? user.username,
        picture: user.profile_image_url,
        raw: user,
      }
    },
  })
}
