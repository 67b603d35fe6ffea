import { defineProvider, type Json, type Provider, type ProviderOptions, postAuth } from "./provider.ts"

/**
 * Sign-in with Discord.
 * @throws {OAUTH_OPTION_INVALID}
 * @see https://docs.discord.com/developers/topics/oauth2
 */
export function discord<const Name extends string = "discord">(
  options: ProviderOptions<Name>,
): Provider<Name | "discord"> {
  const { clientId, clientSecret, scopes = ["identify", "email"] } = options
  const name = options.name ?? "discord"
  return defineProvider({
    name,
    label: "Discord",
    clientId,
    authentication: postAuth(name, clientSecret),
    isOpenId: false,
    server: {
      issuer: "https://discord.com",
      authorize: "https://discord.com/oauth2/authorize",
      token: "https://discord.com/api/oauth2/token",
      revoke: "https://discord.com/api/oauth2/token/revoke",
    },
    scopes,
    requests: { user: { url: "https://discord.com/api/users/@me" } },
    profile: ({ answers }) => {
      const user = (answers.user ?? {}) as Json
      return {
        subject: user.id,
        email: user.email,
        emailVerified: user.verified === true,
        name: user.global_name ?? user.username,
        picture: pictureOf(user),
        raw: user,
      }
    },
  })
}

/** Discord says a hash, of which its host makes the picture. */
function pictureOf({ id, avatar }: Json): string | undefined {
  if (typeof id !== "string" || typeof avatar !== "string") return undefined
  return /^\d+$/.test(id) && /^\w+$/.test(avatar) ? `https://cdn.discordapp.com/avatars/${id}/${avatar}.png` : undefined
}
