import { errors, jwtVerify } from "jose"
import type { Parts } from "../parts.ts"
import { hashOf, type Kept } from "../store/records.ts"
import type { AccessClaims, Grant } from "./grants.ts"

/** An access token that is good now. */
export interface GoodToken {
  readonly claims: AccessClaims
  /** Of one that a person granted. */
  readonly grant: Kept<Grant> | undefined
}

const MAX_TOKEN = 8_192

/** What a token of this server says; undefined where it is over, revoked, changed or none of this server's. */
export async function inspectAccessToken(parts: Parts, token: string): Promise<GoodToken | undefined> {
  if (token.length > MAX_TOKEN) return undefined
  const claims = token.includes(".")
    ? await readJwt(parts, token)
    : (await parts.grants.accesses.get(hashOf(token)))?.value
  if (claims === undefined) return undefined
  const grant = claims.gid === undefined ? undefined : await parts.grants.grants.get(claims.gid)
  return claims.gid !== undefined && grant === undefined ? undefined : { claims, grant }
}

async function readJwt(parts: Parts, token: string): Promise<AccessClaims | undefined> {
  try {
    const { payload } = await jwtVerify<AccessClaims>(token, parts.keys.verify, {
      issuer: parts.settings.issuer,
      typ: "at+jwt",
      algorithms: [...parts.settings.keys.algorithms],
      requiredClaims: ["exp", "sub", "client_id", "jti"],
      currentDate: new Date(parts.now()),
    })
    return (await parts.grants.revoked.get(hashOf(payload.jti))) === undefined ? payload : undefined
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined
    throw error
  }
}
