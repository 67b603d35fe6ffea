import { type Clock, systemClock } from "@ashlar/core"
import type { Layer } from "@ashlar/http"
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from "jose"
import { OAuthIssuerAway, OAuthOptionInvalid } from "../../errors.ts"
import { type DpopOptions, DpopProofs } from "../dpop/dpop-proofs.ts"
import { MemoryStore } from "../store/memory.ts"
import { Records } from "../store/records.ts"
import type { AccessClaims } from "../tokens/grants.ts"
import { type BearerErrors, type BearerProvides, bearerLayer } from "./bearer-layer.ts"
import { type IntrospectionOptions, introspection } from "./introspection.ts"

export interface BearerOptions {
  /** Whose tokens are taken. */
  readonly issuer: string
  /** Who this resource is: tokens for others are refused. */
  readonly audience: string
  /** Where its keys are. Default: what its metadata says (RFC 8414), asked for at the first token. */
  readonly jwksUri?: string
  /** The keys themselves, in place of asking for them. */
  readonly keys?: JWTVerifyGetKey
  /** Default: `RS256`, `PS256`, `ES256` and `EdDSA`. Never one with a shared secret. */
  readonly algorithms?: readonly ("RS256" | "PS256" | "ES256" | "EdDSA")[]
  /** How far clocks may be apart: 0 to 300. Default: 5. */
  readonly clockToleranceSeconds?: number
  /** The address that clients use, without path. Default: the one of the request, as trusted proxies tell it. DPoP proofs name it. */
  readonly origin?: string
  /** Remembers the DPoP proofs that were used. Default: this process does. */
  readonly replays?: DpopOptions["replays"]
  /**
   * Asks the issuer about each token, in place of checking it here: for opaque tokens, and where what was revoked must be refused at once.
   * Costs a request for each.
   */
  readonly introspect?: IntrospectionOptions
  /** Asks the issuer, but for its keys. Default: the runtime's `fetch`. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
  /** For tests. */
  readonly clock?: Clock
}

const ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"] as const
const TIMEOUT_MS = 5_000
const MAX_METADATA = 128 * 1024
const PROOF_AGE_SECONDS = 300

/**
 * Lets requests pass that bring an access token of an issuer for this resource: a JWT (RFC 9068), checked here. Its handlers have
 * `ctx.oauth`. A token that is bound to a key takes a proof of it (DPoP).
 *
 * @throws {OAUTH_OPTION_INVALID}
 * @see https://www.rfc-editor.org/rfc/rfc9068#section-4
 * @example
 * const api = bearer({ issuer: "https://id.example.com", audience: "https://api.example.com" })
 * app.scope("/books", [api], (books) => books.get("/mine", (ctx) => shelves.of(ctx.oauth.subject)))
 */
export function bearer(options: BearerOptions): Layer<BearerProvides, BearerErrors> {
  const { issuer, audience, algorithms = ALGORITHMS, clockToleranceSeconds = 5, clock = systemClock, origin } = options
  if (!URL.canParse(issuer) || audience === "")
    throw new OAuthOptionInvalid("Expected issuer to be a URL, and an audience.")
  if (algorithms.length === 0 || algorithms.some((one) => !ALGORITHMS.includes(one)))
    throw new OAuthOptionInvalid(`Expected algorithms to be some of ${ALGORITHMS.join(", ")}.`)
  if (!(clockToleranceSeconds >= 0 && clockToleranceSeconds <= 300))
    throw new OAuthOptionInvalid("Expected clockToleranceSeconds to be 0 to 300.")
  const find = once(() => discover(issuer, options.fetch ?? fetch))
  const keys = options.keys ?? remoteKeys(options.jwksUri, find)
  const ask = options.introspect && introspection({ ...options, clock }, options.introspect, find)
  const replays = options.replays ?? new Records<true>(new MemoryStore(clock), "replay")
  const proofs = new DpopProofs({ clock, maxAgeSeconds: PROOF_AGE_SECONDS, replays })
  return bearerLayer({
    issuer,
    audience,
    origin,
    scheme: { type: "openIdConnect", openIdConnectUrl: `${issuer}/.well-known/openid-configuration` },
    proofs: async () => proofs,
    read: async (token) => {
      try {
        if (ask !== undefined) return await ask(token)
        const { payload } = await jwtVerify<AccessClaims>(token, keys, {
          issuer,
          audience,
          algorithms: [...algorithms],
          typ: "at+jwt",
          requiredClaims: ["exp", "sub", "client_id", "jti"],
          clockTolerance: clockToleranceSeconds,
          currentDate: new Date(clock.now()),
        })
        return { ...payload, scope: typeof payload.scope === "string" ? payload.scope : "" }
      } catch (error) {
        if (isFaultOfToken(error)) return undefined
        throw error instanceof OAuthIssuerAway ? error : new OAuthIssuerAway(undefined, { cause: error })
      }
    },
  })
}

/** Keys that cannot be had are none. */
function isFaultOfToken(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError) || error instanceof errors.JWKSTimeout) return false
  // What `jose` says of an answer that is no key set, or of no answer.
  return !(error instanceof errors.JWKSInvalid) && error.code !== "ERR_JOSE_GENERIC"
}

/** Does it once; what failed is tried again. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let doing: Promise<T> | undefined
  return () => {
    doing ??= work().catch((error: unknown) => {
      doing = undefined
      throw error
    })
    return doing
  }
}

/** Finds where the keys are once, and then the keys as they are needed. */
function remoteKeys(
  jwksUri: string | undefined,
  find: () => Promise<Readonly<Record<string, unknown>>>,
): JWTVerifyGetKey {
  const open = once(async () => {
    const uri = jwksUri ?? (await find()).jwks_uri
    if (typeof uri !== "string") throw new OAuthIssuerAway("The issuer does not say where its keys are.")
    return createRemoteJWKSet(new URL(uri), { timeoutDuration: TIMEOUT_MS })
  })
  return async (header, token) => await (await open())(header, token)
}

async function discover(
  issuer: string,
  get: NonNullable<BearerOptions["fetch"]>,
): Promise<Readonly<Record<string, unknown>>> {
  const response = await get(`${issuer}/.well-known/openid-configuration`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  const text = await response.text()
  const metadata =
    response.ok && text.length <= MAX_METADATA ? (JSON.parse(text) as Readonly<Record<string, unknown>>) : {}
  // Metadata of another issuer would let it sign for this one (RFC 8414, section 3.3).
  if (metadata.issuer === issuer) return metadata
  throw new OAuthIssuerAway("The issuer does not say who it is, or says that it is another.")
}
