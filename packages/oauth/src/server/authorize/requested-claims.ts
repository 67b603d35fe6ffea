import { Refusal } from "../wire/refusal.ts"

/** What the `claims` parameter asks for, one by one. @see https://openid.net/specs/openid-connect-core-1_0.html#ClaimsParameter */
export interface RequestedClaims {
  readonly userinfo: readonly string[]
  readonly idToken: readonly string[]
  /** Only these values of `acr` will do. */
  readonly acr: readonly string[]
  /** Only this person will do. */
  readonly sub: string | null
}

export const NO_CLAIMS: RequestedClaims = { userinfo: [], idToken: [], acr: [], sub: null }

const MAX_LENGTH = 4_096
const MAX_NAMES = 50
/** What the server says itself, whatever a person's claims are. */
const OWN: ReadonlySet<string> = new Set([
  "iss",
  "sub",
  "aud",
  "exp",
  "iat",
  "nbf",
  "jti",
  "nonce",
  "acr",
  "amr",
  "azp",
  "auth_time",
  "at_hash",
  "c_hash",
  "sid",
  "cnf",
  "act",
  "events",
])

const BY_SCOPE: Readonly<Record<string, readonly string[]>> = {
  profile: [
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
  ],
  email: ["email", "email_verified"],
  address: ["address"],
  phone: ["phone_number", "phone_number_verified"],
}
export const STANDARD_CLAIMS: readonly string[] = Object.values(BY_SCOPE).flat()

/** @throws {OAUTH_REFUSED} `invalid_request` */
export function parseClaims(text: string | undefined): RequestedClaims {
  if (text === undefined) return NO_CLAIMS
  const refuse = (): never => {
    throw new Refusal("invalid_request", "Expected claims to be a JSON object of userinfo and id_token.")
  }
  if (text.length > MAX_LENGTH) return refuse()
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return refuse()
  }
  if (!isObject(parsed)) return refuse()
  const idToken = parsed.id_token ?? {}
  const userinfo = parsed.userinfo ?? {}
  if (!isObject(idToken) || !isObject(userinfo)) return refuse()
  const names = (part: object): string[] => Object.keys(part).filter((name) => !OWN.has(name))
  if (Object.keys(idToken).length + Object.keys(userinfo).length > MAX_NAMES) return refuse()
  const { acr, sub } = idToken
  const isEssential = isObject(acr) && acr.essential === true
  return {
    userinfo: names(userinfo),
    idToken: names(idToken),
    acr: isEssential ? texts(acr.values ?? acr.value) : [],
    sub: isObject(sub) && typeof sub.value === "string" ? sub.value : null,
  }
}

/** What of a person's claims scopes and requests give. */
export function pickClaims(
  claims: Readonly<Record<string, unknown>>,
  scopes: readonly string[],
  names: readonly string[],
): Record<string, unknown> {
  const given = new Set([
    ...scopes.flatMap((scope) => (Object.hasOwn(BY_SCOPE, scope) ? BY_SCOPE[scope]! : [])),
    ...names,
  ])
  const picked: Record<string, unknown> = {}
  for (const name of given)
    if (!OWN.has(name) && Object.hasOwn(claims, name) && claims[name] !== undefined && claims[name] !== null)
      picked[name] = claims[name]
  return picked
}

function texts(value: unknown): readonly string[] {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value]
  return all.filter((one) => typeof one === "string")
}
function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
