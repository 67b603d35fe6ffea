import type { Duration } from "@ashlar/cache"
import { type Clock, systemClock } from "@ashlar/core"
import type { JWTPayload, JWTVerifyOptions } from "jose"
import { toMs } from "../duration.ts"
import { AuthSetupInvalid, TokenInvalid, TokenKeysAway } from "../errors.ts"
import { isAlgorithm, type JwtAlgorithm } from "./algorithms.ts"
import { inspectToken, invalidToken, type TokenHeader } from "./inspect-token.ts"
import type { TokenKeys } from "./jwt-keys.ts"
import { parseStrictObject } from "./strict-json.ts"

export interface JwtVerifierOptions {
  /** Keys of one's own (`createJwtKeys`), or an issuer's (`createRemoteKeys`). */
  readonly keys: TokenKeys
  /** Who may vouch: one of these. */
  readonly issuer: string | readonly string[]
  /** Who we are: a token must be for one of these. */
  readonly audience: string | readonly string[]
  /** The only algorithms that count, of those that the keys are for. Default: all of those. */
  readonly algorithms?: readonly JwtAlgorithm[]
  /** The kind of token: `at+jwt`. Default: any that names no other kind, so that no logout token passes for an access token. */
  readonly type?: string
  /** How far clocks may differ. Default: `5s`, at most `5m`. */
  readonly clockTolerance?: Duration
  /** How old a token may be, whatever it says of itself. Default: as long as it says. */
  readonly maxAge?: Duration
  /** Claims that must be there besides `iss`, `aud`, `exp` and `sub`. */
  readonly require?: readonly string[]
  /** Take tokens that are bound to a key of the caller (`cnf`). Who says so must check it: DPoP, mutual TLS. Default: no. */
  readonly bound?: boolean
  /** The longest token that is looked at, in bytes: 256 to 65,536. Default: 8,192. */
  readonly maxTokenBytes?: number
  /** For tests. Default: the machine's. */
  readonly clock?: Clock
}

/** What a good token says. */
export interface JwtClaims extends JWTPayload {
  readonly iss: string
  readonly sub: string
  readonly exp: number
}

export interface JwtVerifier {
  /**
   * What a token says, if it is good by all that was set.
   * @throws {AUTH_TOKEN_INVALID} the same for every reason, with the reason as cause for the log. {AUTH_TOKEN_KEYS_AWAY}
   */
  verify(token: string): Promise<JwtClaims>
}

/** Claims that are compared as texts somewhere: a NUL in one is two texts to two readers. */
const TEXTS: readonly string[] = ["iss", "sub", "jti", "sid", "client_id", "azp"]
const TIMES: readonly string[] = ["exp", "nbf", "iat", "auth_time"]
/** 9999-12-31, in seconds. What is later is a mistake, or an attempt. */
const MAX_TIME = 253_402_300_799

/**
 * Verifies signed tokens (JWT, RFC 7519) as RFC 8725 says: pinned algorithms, each key for one of them, keys that we know only, issuer,
 * audience and kind compared, times checked, nothing read twice or in two ways. `alg: none`, `jku`, `jwk`, `x5u`, `crit` and their like
 * are refused before a key is looked up.
 *
 * @throws {AUTH_SETUP_INVALID}
 * @see https://www.rfc-editor.org/rfc/rfc8725
 * @example
 * const verifier = createJwtVerifier({ keys, issuer: "https://id.example.com", audience: "https://api.example.com" })
 * const { sub } = await verifier.verify(token)
 */
export function createJwtVerifier(options: JwtVerifierOptions): JwtVerifier {
  const { keys, type, clock = systemClock, maxTokenBytes = 8_192, bound = false } = options
  const algorithms = pinned(options)
  const settings = settingsOf(options)
  if (!Number.isInteger(maxTokenBytes) || maxTokenBytes < 256 || maxTokenBytes > 65_536)
    throw new AuthSetupInvalid(`Expected maxTokenBytes to be an integer from 256 to 65,536, got ${maxTokenBytes}.`)
  return {
    async verify(token) {
      const { header, payload } = inspectToken(token, maxTokenBytes)
      if (!algorithms().includes(header.alg))
        throw invalidToken(`${header.alg} is not one of the algorithms that count`)
      checkKind(header, type)
      checkPayload(payload, bound)
      jose ??= await import("jose")
      const key = await keyOf(keys, header)
      try {
        const verified = await jose.jwtVerify<JwtClaims>(token, key, {
          ...settings,
          algorithms: [header.alg],
          currentDate: new Date(clock.now()),
        })
        return verified.payload
      } catch (cause) {
        throw invalidToken(cause as Error)
      }
    },
  }
}

/** Loaded with the first token: who verifies none needs it not. */
let jose: typeof import("jose") | undefined

function settingsOf(options: JwtVerifierOptions): JWTVerifyOptions {
  const { issuer, audience, maxAge, clockTolerance = "5s", require = [] } = options
  const toleranceMs = toMs(clockTolerance, "clockTolerance", 0)
  if (toleranceMs > 300_000) throw new AuthSetupInvalid("Expected clockTolerance to be at most 5m.")
  const list = (names: string | readonly string[], what: string): string[] => {
    const all = typeof names === "string" ? [names] : [...names]
    if (all.length > 0 && all.every((name) => typeof name === "string" && name !== "")) return all
    throw new AuthSetupInvalid(`Expected ${what} to be a text, or some.`)
  }
  return {
    issuer: list(issuer, "issuer"),
    audience: list(audience, "audience"),
    clockTolerance: toleranceMs / 1_000,
    requiredClaims: ["exp", "sub", ...require],
    ...(maxAge !== undefined && { maxTokenAge: toMs(maxAge, "maxAge", 1_000) / 1_000 }),
  }
}

/** The algorithms that count: asked anew where the keys may change. @throws {AUTH_SETUP_INVALID} */
function pinned({ keys, algorithms }: JwtVerifierOptions): () => readonly JwtAlgorithm[] {
  if (algorithms === undefined) return () => keys.algorithms
  const odd = algorithms.find((one) => !isAlgorithm(one))
  if (algorithms.length === 0 || odd !== undefined)
    throw new AuthSetupInvalid(`Expected algorithms that sign, got ${JSON.stringify(odd ?? [])}.`)
  // A secret among public keys would let whoever knows a public key sign.
  if (new Set(algorithms.map((one) => one.startsWith("HS"))).size > 1)
    throw new AuthSetupInvalid("Expected algorithms with secrets or with key pairs, got both.")
  return () => algorithms.filter((one) => keys.algorithms.includes(one))
}

async function keyOf(keys: TokenKeys, header: TokenHeader): ReturnType<TokenKeys["keyFor"]> {
  try {
    return await keys.keyFor(header)
  } catch (cause) {
    if (cause instanceof TokenInvalid || cause instanceof AuthSetupInvalid) throw cause
    throw cause instanceof TokenKeysAway ? cause : new TokenKeysAway(undefined, { cause })
  }
}

/** @see https://www.rfc-editor.org/rfc/rfc8725#section-3.11 */
function checkKind({ typ }: TokenHeader, wanted: string | undefined): void {
  const kind = typ?.toLowerCase().replace(/^application\//, "")
  if (wanted !== undefined) {
    if (kind !== wanted.toLowerCase()) throw invalidToken("it is of another kind")
  } else if (kind !== undefined && kind !== "jwt" && kind !== "at+jwt") throw invalidToken("it is of another kind")
}

function checkPayload(payload: Uint8Array, bound: boolean): void {
  const claims = parseStrictObject(payload)
  if (claims === undefined) throw invalidToken("what it says is no JSON object, or has a name twice")
  for (const name of TIMES) {
    const time = claims[name]
    if (time !== undefined && !(typeof time === "number" && time >= 0 && time <= MAX_TIME))
      throw invalidToken(`its ${name} is no time`)
  }
  for (const name of TEXTS) {
    const text = claims[name]
    if (text !== undefined && !(typeof text === "string" && isPlain(text))) throw invalidToken(`its ${name} is no text`)
  }
  const audiences = Array.isArray(claims.aud) ? (claims.aud as readonly unknown[]) : [claims.aud]
  if (!audiences.every((one) => typeof one === "string" && isPlain(one))) throw invalidToken("its aud is no text")
  if (claims.sub === "") throw invalidToken("its sub is empty")
  // Whoever holds it is not whom it is for, unless the other key is shown too.
  if (claims.cnf !== undefined && !bound) throw invalidToken("it is bound to a key")
}

function isPlain(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.isWellFormed() && !/[\x00-\x1f\x7f]/.test(text)
}
