import { timingSafeEqual } from "node:crypto"
import { TokenInvalid, TokenKeysAway } from "@ashlar/auth"
import type { BaseContext } from "@ashlar/http"
import { decodeJwt, errors, jwtVerify } from "jose"
import type { Parts } from "../parts.ts"
import { hashOf, Records } from "../store/records.ts"
import type { Parameters } from "../wire/parameters.ts"
import { Refusal } from "../wire/refusal.ts"
import type { ClientAuthMethod, KnownClient } from "./client.ts"
import { ASSERTION_ALGORITHMS } from "./client-keys.ts"

export const AUTH_METHODS: readonly ClientAuthMethod[] = [
  "client_secret_basic",
  "client_secret_post",
  "private_key_jwt",
  "none",
]

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
/** No assertion is good for longer, whatever it says. */
const MAX_ASSERTION_SECONDS = 3_600
const TOLERANCE_SECONDS = 30
const MAX_ASSERTION = 8_192

interface Shown {
  readonly method: ClientAuthMethod
  readonly clientId: string
  /** The ways to read what it shows. */
  readonly proofs: readonly string[]
}

/**
 * Who asks: the client that a request of its own shows itself to be, in the one way that it is registered with.
 * @throws {OAUTH_REFUSED} `invalid_client`, the same for a client that is not there and for a wrong secret; `invalid_request` for two ways at once.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3
 */
export async function authenticateClient(parts: Parts, ctx: BaseContext, form: Parameters): Promise<KnownClient> {
  const shown = readShown(ctx, form)
  const refuse = (): Refusal =>
    new Refusal(
      "invalid_client",
      "The client is not known, or did not show who it is in the way it is registered with.",
      {
        status: 401,
        headers:
          shown.method === "client_secret_basic" ? { "www-authenticate": 'Basic realm="oauth", charset="UTF-8"' } : {},
      },
    )
  const client = await parts.clients.get(shown.clientId)
  if (shown.method === "client_secret_basic" || shown.method === "client_secret_post") {
    // Compared whatever there is, so that the time tells nothing of who is there.
    const matches = shown.proofs.map((proof) => isSecretOf(proof, client?.secretHashes ?? []))
    const isRight = matches.includes(true)
    if (client === undefined || client.authMethod !== shown.method || !isRight) throw refuse()
    return client
  }
  if (client === undefined || client.authMethod !== shown.method) throw refuse()
  if (shown.method === "private_key_jwt" && !(await isAssertionOf(parts, client, shown.proofs[0]!))) throw refuse()
  return client
}

/** What public clients begin is kept before anybody showed who they are, so an address may begin so much. */
const BEGINNINGS = { limit: 300, window: "1m" } as const

/** @throws {OAUTH_REFUSED} `temporarily_unavailable`, with status 429. */
export async function limitPublic({ limits }: Parts, ctx: BaseContext, client: KnownClient): Promise<void> {
  if (client.authMethod !== "none") return
  const { allowed, retryAfterMs } = await limits
    .slidingWindow("oauth-public", BEGINNINGS)
    .take(ctx.address ?? "unknown")
  if (allowed) return
  const headers = { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }
  throw new Refusal("temporarily_unavailable", "Too many requests from this address.", { status: 429, headers })
}

function readShown(ctx: BaseContext, form: Parameters): Shown {
  const header = ctx.headers.get("authorization")
  const basic = header === null ? undefined : readBasic(header)
  const secret = form.get("client_secret")
  const assertion = form.get("client_assertion")
  if ([header, secret, assertion].filter((one) => one !== null && one !== undefined).length > 1)
    throw new Refusal("invalid_request", "The client shows who it is in more than one way.")
  const clientId = form.get("client_id")
  if (header !== null) {
    if (basic === undefined)
      throw new Refusal("invalid_client", "Expected the header Authorization to be Basic, of an id and a secret.", {
        status: 401,
        headers: { "www-authenticate": 'Basic realm="oauth", charset="UTF-8"' },
      })
    if (clientId !== undefined && clientId !== basic.id)
      throw new Refusal("invalid_request", "The request names two clients.")
    return { method: "client_secret_basic", clientId: basic.id, proofs: basic.secrets }
  }
  if (assertion !== undefined) {
    const id = form.get("client_assertion_type") === ASSERTION_TYPE ? subjectOf(assertion) : undefined
    if (id === undefined || (clientId !== undefined && clientId !== id))
      throw new Refusal("invalid_client", "Expected client_assertion to be a JWT of the client.", { status: 401 })
    return { method: "private_key_jwt", clientId: id, proofs: [assertion] }
  }
  if (clientId === undefined)
    throw new Refusal("invalid_client", "The request does not say which client it is of.", { status: 401 })
  return secret === undefined
    ? { method: "none", clientId, proofs: [] }
    : { method: "client_secret_post", clientId, proofs: [secret] }
}

/**
 * Id and secret are each URL-encoded before they are joined (RFC 6749, section 2.3.1). Many clients forget it: a secret is looked at both
 * ways.
 */
function readBasic(header: string): { id: string; secrets: readonly string[] } | undefined {
  const match = /^basic +([A-Za-z0-9+/]{1,2048}={0,2})$/i.exec(header)
  if (match === null) return undefined
  const text = Buffer.from(match[1]!, "base64").toString("utf8")
  const colon = text.indexOf(":")
  if (colon < 1) return undefined
  const [id, secret] = [text.slice(0, colon), text.slice(colon + 1)]
  return secret === "" ? undefined : { id: decodeFormPart(id), secrets: [decodeFormPart(secret), secret] }
}
/** What has no such encoding stands for itself. */
function decodeFormPart(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    return text
  }
}

const NOBODY = hashOf("nobody")

export function isSecretOf(secret: string, hashes: readonly string[]): boolean {
  const given = Buffer.from(hashOf(secret))
  let isRight = false
  for (const hash of hashes.length === 0 ? [NOBODY] : hashes)
    if (timingSafeEqual(given, Buffer.from(hash))) isRight = hash !== NOBODY
  return isRight
}

function subjectOf(assertion: string): string | undefined {
  if (assertion.length > MAX_ASSERTION) return undefined
  try {
    return decodeJwt(assertion).sub
  } catch {
    return undefined
  }
}

/** @see https://openid.net/specs/openid-connect-core-1_0.html#ClientAuthentication */
async function isAssertionOf(parts: Parts, client: KnownClient, assertion: string): Promise<boolean> {
  const { issuer, endpoints } = parts.settings
  try {
    const { payload } = await jwtVerify(assertion, parts.clientKeys.of(client), {
      issuer: client.id,
      subject: client.id,
      audience: [
        issuer,
        endpoints.token,
        endpoints.introspect,
        endpoints.revoke,
        endpoints.pushed,
        endpoints.deviceAuthorization,
      ],
      algorithms: [...ASSERTION_ALGORITHMS],
      requiredClaims: ["exp", "jti"],
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: new Date(parts.now()),
    })
    const { exp, jti, aud } = payload
    // One that is for others too could be used by them here.
    if (typeof jti !== "string" || jti.length > 256 || (Array.isArray(aud) && aud.length !== 1)) return false
    const untilMs = (exp ?? 0) * 1000 + TOLERANCE_SECONDS * 1000
    if (untilMs > parts.now() + (MAX_ASSERTION_SECONDS + TOLERANCE_SECONDS) * 1000) return false
    return await new Records<true>(parts.store, "replay").add(hashOf("assertion", client.id, jti), true, untilMs + 1)
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof TokenInvalid) return false
    if (error instanceof TokenKeysAway)
      throw new Refusal("temporarily_unavailable", "The keys of the client cannot be had from its jwks_uri.", {
        status: 503,
        headers: { "retry-after": "30" },
      })
    throw error
  }
}
