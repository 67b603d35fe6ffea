import type { Profile } from "../identity.ts"
import {
  defineProvider,
  type Json,
  originOf,
  type ProfileFacts,
  type Provider,
  type ProviderOptions,
  postAuth,
} from "./provider.ts"

export interface GitHubOptions<Name extends string> extends ProviderOptions<Name> {
  /** The host of a GitHub Enterprise Server. Default: github.com. */
  readonly host?: string
}

const HEADERS = {
  accept: "application/vnd.github+json",
  "user-agent": "ashlar-oauth",
  "x-github-api-version": "2022-11-28",
}

/**
 * Sign-in with GitHub. The address is the primary one, and counts as verified where GitHub says so.
 * @throws {OAUTH_OPTION_INVALID}
 * @see https://docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
 */
export function github<const Name extends string = "github">(options: GitHubOptions<Name>): Provider<Name | "github"> {
  const { clientId, clientSecret, scopes = ["read:user", "user:email"], host } = options
  const name = options.name ?? "github"
  const site = host === undefined ? "https://github.com" : originOf(host, `host of ${name}`)
  const api = host === undefined ? "https://api.github.com" : `${site}/api/v3`
  const authentication = postAuth(name, clientSecret)
  return defineProvider({
    name,
    label: "GitHub",
    clientId,
    authentication,
    isOpenId: false,
    server: {
      // As GitHub's metadata has it: /.well-known/oauth-authorization-server/login/oauth
      issuer: `${site}/login/oauth`,
      authorize: `${site}/login/oauth/authorize`,
      token: `${site}/login/oauth/access_token`,
    },
    scopes,
    requests: {
      user: { url: `${api}/user`, headers: HEADERS },
      emails: { url: `${api}/user/emails`, headers: HEADERS },
    },
    profile: readProfile,
    revocation: (accessToken) => ({
      method: "DELETE",
      url: `${api}/applications/${encodeURIComponent(clientId)}/token`,
      headers: {
        ...HEADERS,
        authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ access_token: accessToken }),
    }),
  })
}

/** `email` of a profile is what the person likes to show, and proves nothing. */
function readProfile({ answers }: ProfileFacts): Profile {
  const user = (answers.user ?? {}) as Json
  const emails = Array.isArray(answers.emails) ? (answers.emails as readonly (Json | null)[]) : []
  const primary = emails.find((one) => one?.primary === true)
  return {
    // Numbers stay when a login is given to somebody else.
    subject: user.id,
    email: primary?.email,
    emailVerified: primary?.verified === true,
    name: user.name ?? user.login,
    picture: user.avatar_url,
    raw: { ...user, emails },
  }
}
