import { randomBytes } from "node:crypto"
import { jwtVerify, SignJWT } from "jose"

/** Makes and reads the tokens that callers show. */
export interface Tokens {
  issue(userId: string): Promise<string>
  /** Whose token it is; undefined for one that was not issued here, or is over. */
  read(token: string): Promise<string | undefined>
}

const ISSUER = "conduit"
const LIFETIME = "30d"
const MIN_SECRET_BYTES = 32

/** JSON Web Tokens, signed by HMAC with SHA-256. Tokens of any other algorithm, `none` among them, are nobody's. */
export function createTokens(secret: string): Tokens {
  const key = new TextEncoder().encode(secret)
  if (key.byteLength < MIN_SECRET_BYTES)
    throw new RangeError(`Expected a secret of at least ${MIN_SECRET_BYTES} bytes, got ${key.byteLength}`)
  return {
    issue: (userId) =>
      new SignJWT()
        .setProtectedHeader({ alg: "HS256" })
        .setIssuer(ISSUER)
        .setSubject(userId)
        .setIssuedAt()
        .setExpirationTime(LIFETIME)
        .sign(key),
    async read(token) {
      try {
        const { payload } = await jwtVerify(token, key, { algorithms: ["HS256"], issuer: ISSUER })
        return payload.sub
      } catch {
        return undefined
      }
    },
  }
}

/** A secret that nobody can guess. */
export function createSecret(): string {
  return randomBytes(32).toString("base64url")
}
