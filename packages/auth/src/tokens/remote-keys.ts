import type { Duration } from "@ashlar/cache"
import { createSafeFetch, type SafeFetch } from "@ashlar/security"
import type { RemoteJWKSet } from "jose"
import { toMs } from "../duration.ts"
import { AuthSetupInvalid, TokenKeysAway } from "../errors.ts"
import { isAlgorithm, type JwtAlgorithm } from "./algorithms.ts"
import { invalidToken } from "./inspect-token.ts"
import type { TokenKeys } from "./jwt-keys.ts"

export interface RemoteKeysOptions {
  /** The only algorithms that count; none with secrets, for the set is public. */
  readonly algorithms: readonly JwtAlgorithm[]
  /** How long a set is believed. Default: `10m`. */
  readonly maxAge?: Duration
  /** How long nobody asks again, after a key that was not there or an answer that did not come. Default: `30s`. */
  readonly cooldown?: Duration
  /** How long an answer may take. Default: `5s`. */
  readonly timeout?: Duration
  /** For issuers of one's own network. Default: public addresses only, https, no redirects, 256 KiB. */
  readonly fetch?: SafeFetch
}

const MAX_SET_BYTES = 256 * 1024
const MAX_KEYS = 100
/** What says that there is no such key, and not that nobody answers. */
const NOT_THERE: readonly string[] = [
  "ERR_JWKS_NO_MATCHING_KEY",
  "ERR_JWKS_MULTIPLE_MATCHING_KEYS",
  "ERR_JOSE_NOT_SUPPORTED",
]

/**
 * The keys of an issuer, from where it publishes them (JWKS). The URL is the app's, never a token's. A token with an unknown key makes
 * us ask again, once in a `cooldown`, however many of them come.
 *
 * @throws {AUTH_SETUP_INVALID}
 * @example
 * const keys = createRemoteKeys("https://id.example.com/.well-known/jwks.json", { algorithms: ["ES256"] })
 */
export function createRemoteKeys(url: string, options: RemoteKeysOptions): TokenKeys {
  const { algorithms, maxAge = "10m", cooldown = "30s", timeout = "5s" } = options
  const odd = algorithms.find((one) => !isAlgorithm(one) || one.startsWith("HS"))
  if (algorithms.length === 0 || odd !== undefined)
    throw new AuthSetupInvalid(`Expected algorithms with key pairs, got ${JSON.stringify(odd ?? [])}.`)
  if (!URL.canParse(url)) throw new AuthSetupInvalid("Expected the URL of a key set.")
  const timeoutMs = toMs(timeout, "timeout")
  const fetchSafely = options.fetch ?? createSafeFetch({ maxRedirects: 0, maxBodyBytes: MAX_SET_BYTES, timeoutMs })
  const fetched = fetchSet(fetchSafely, toMs(cooldown, "cooldown"))
  const settings = { maxAgeMs: toMs(maxAge, "maxAge"), cooldownMs: toMs(cooldown, "cooldown"), timeoutMs }
  let opening: Promise<RemoteJWKSet> | undefined
  return {
    algorithms,
    async keyFor(header) {
      opening ??= openSet(new URL(url), settings, fetched)
      const set = await opening
      try {
        return await set({ alg: header.alg, ...(header.kid !== undefined && { kid: header.kid }) })
      } catch (cause) {
        if (NOT_THERE.includes((cause as { code?: string }).code ?? "")) throw invalidToken(cause as Error)
        throw new TokenKeysAway(undefined, { cause })
      }
    },
  }
}

interface SetTimes {
  readonly maxAgeMs: number
  readonly cooldownMs: number
  readonly timeoutMs: number
}
type FetchSet = (url: string, request: { readonly signal: AbortSignal }) => Promise<Response>

async function openSet(
  url: URL,
  { maxAgeMs, cooldownMs, timeoutMs }: SetTimes,
  fetched: FetchSet,
): Promise<RemoteJWKSet> {
  const { createRemoteJWKSet, customFetch } = await import("jose")
  return createRemoteJWKSet(url, {
    cacheMaxAge: maxAgeMs,
    cooldownDuration: cooldownMs,
    timeoutDuration: timeoutMs,
    [customFetch]: fetched,
  })
}

/** Asks for the set, and after a failure not again for a while: who is away is not helped by being asked for each token. */
function fetchSet(fetchSafely: SafeFetch, cooldownMs: number): FetchSet {
  let awayUntilMs = 0
  return async (url, { signal }) => {
    if (performance.now() < awayUntilMs) throw new TokenKeysAway()
    try {
      const response = await fetchSafely(url, { signal, headers: { accept: "application/json" } })
      const text = await response.text()
      const set = JSON.parse(text) as { readonly keys?: unknown }
      if (
        response.status !== 200 ||
        !Array.isArray(set.keys) ||
        set.keys.length > MAX_KEYS ||
        text.length > MAX_SET_BYTES
      )
        throw new TokenKeysAway("The issuer's key set is none, or too large.")
      return new Response(text, { headers: { "content-type": "application/json" } })
    } catch (error) {
      awayUntilMs = performance.now() + cooldownMs
      throw error
    }
  }
}
