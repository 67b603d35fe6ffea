import { importPKCS8, SignJWT } from "jose"
import { OAuthOptionInvalid } from "../../errors.ts"
import { defineProvider, openIdProfile, type ProfileFacts, type Provider, type ProviderOptions } from "./provider.ts"

export interface AppleOptions<Name extends string> extends Omit<ProviderOptions<Name>, "clientSecret"> {
  /** The Services ID. */
  readonly clientId: string
  readonly teamId: string
  readonly keyId: string
  /** The `.p8` file's text. */
  readonly privateKey: string
}

const ISSUER = "https://appleid.apple.com"
/** Apple takes up to six months; one that leaks should be good for nothing. */
const SECRET_SECONDS = 300
const MAX_USER = 2_048

/**
 * Sign-in with Apple. The client secret is signed anew for each request. The name comes at the first sign-in only, and through the
 * browser: take it for what the person says. Apple takes `https:` callbacks only.
 *
 * @throws {OAUTH_OPTION_INVALID}
 * @see https://developer.apple.com/documentation/signinwithapplerestapi
 */
export function apple<const Name extends string = "apple">(options: AppleOptions<Name>): Provider<Name | "apple"> {
  const { clientId, teamId, keyId, privateKey, scopes = ["openid", "email", "name"] } = options
  const name = options.name ?? "apple"
  if (!/^[A-Za-z0-9]{1,32}$/.test(teamId ?? "") || !/^[A-Za-z0-9]{1,32}$/.test(keyId ?? ""))
    throw new OAuthOptionInvalid(`Expected teamId and keyId of ${name} as Apple's console shows them.`)
  if (!/^-----BEGIN PRIVATE KEY-----\s/.test(privateKey ?? ""))
    throw new OAuthOptionInvalid(`Expected privateKey of ${name} to be the text of a .p8 file.`)
  const sign = async (nowMs: number): Promise<string> => {
    const nowSeconds = Math.floor(nowMs / 1000)
    return await new SignJWT()
      .setProtectedHeader({ alg: "ES256", kid: keyId })
      .setIssuer(teamId)
      .setSubject(clientId)
      .setAudience(ISSUER)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + SECRET_SECONDS)
      .sign(await importPKCS8(privateKey, "ES256"))
  }
  return defineProvider({
    name,
    label: "Apple",
    clientId,
    authentication: { method: "client_secret_post", secret: sign },
    isOpenId: true,
    server: {
      issuer: ISSUER,
      authorize: `${ISSUER}/auth/authorize`,
      token: `${ISSUER}/auth/token`,
      keys: `${ISSUER}/auth/keys`,
      revoke: `${ISSUER}/auth/revoke`,
    },
    scopes,
    // Apple demands a form where a name or an address is asked for.
    formPost: true,
    profile: (facts) => ({
      ...openIdProfile(facts),
      // Apple writes it as a text, too.
      emailVerified: facts.claims?.email_verified === true || facts.claims?.email_verified === "true",
      name: nameOf(facts),
    }),
  })
}

/** `user` is JSON that came through the browser. Its address is not looked at: the one in the ID token is signed. */
function nameOf({ callback }: ProfileFacts): string | undefined {
  const text = callback.get("user")
  if (text === null || text.length > MAX_USER) return undefined
  try {
    const { name } = JSON.parse(text) as { readonly name?: Readonly<Record<string, unknown>> }
    const parts = [name?.firstName, name?.lastName].filter((part) => typeof part === "string" && part !== "")
    return parts.length === 0 ? undefined : parts.join(" ")
  } catch {
    return undefined
  }
}
