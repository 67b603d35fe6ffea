import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import type { Sealer } from "./sealer.ts"

const SECRET_BYTES = 32
const TAG_BYTES = 16
const SINGLE_USE = /^(su|in|rs)_[A-Za-z0-9_-]{43}$/
const REFRESH = /^rt_([0-9a-f-]{36})_([A-Za-z0-9_-]{64})$/

/** What the database keeps of a token. The token has 256 random bits, so a plain hash is enough. */
export function hashToken(token: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(token).digest())
}

/** A token that works once: `su_…` sets up an install, `in_…` accepts an invite, `dv_…` lets a device in, `rs_…` lets a person back in. */
export function createSingleUseToken(kind: "su" | "in" | "dv" | "rs"): string {
  return `${kind}_${randomBytes(SECRET_BYTES).toString("base64url")}`
}

export function isSingleUseToken(token: string): boolean {
  return SINGLE_USE.test(token)
}

/**
 * Refresh tokens of a session, as a chain: each next token is derived from the one before it by a key that never
 * leaves the process. So two tabs that present the same token get the same successor and the chain never forks, and
 * the database holds only hashes of the current and the previous link.
 *
 * A token carries a tag over its session and secret. It tells an old token, whose reuse ends the session, from a
 * forged one, which must end nothing.
 */
export interface RefreshTokens {
  first(sessionId: string): string
  next(token: RefreshToken): string
  /** Undefined for whatever was not issued here. */
  parse(text: string): RefreshToken | undefined
}

export interface RefreshToken {
  readonly text: string
  readonly sessionId: string
  readonly secret: Uint8Array
}

export function createRefreshTokens(sealer: Sealer): RefreshTokens {
  const chainKey = sealer.deriveKey("refresh-token/chain")
  const tagKey = sealer.deriveKey("refresh-token/tag")
  const tagOf = (sessionId: string, secret: Uint8Array): Uint8Array =>
    createHmac("sha256", tagKey).update(sessionId).update(secret).digest().subarray(0, TAG_BYTES)
  const format = (sessionId: string, secret: Uint8Array): string =>
    `rt_${sessionId}_${Buffer.concat([secret, tagOf(sessionId, secret)]).toString("base64url")}`
  return {
    first: (sessionId) => format(sessionId, randomBytes(SECRET_BYTES)),
    next: ({ sessionId, secret }) =>
      format(sessionId, createHmac("sha256", chainKey).update(sessionId).update(secret).digest()),
    parse(text) {
      const match = REFRESH.exec(text)
      if (!match) return undefined
      const sessionId = match[1]!
      const bytes = Buffer.from(match[2]!, "base64url")
      const secret = bytes.subarray(0, SECRET_BYTES)
      const isOurs = timingSafeEqual(bytes.subarray(SECRET_BYTES), tagOf(sessionId, secret))
      return isOurs ? { text, sessionId, secret } : undefined
    },
  }
}
