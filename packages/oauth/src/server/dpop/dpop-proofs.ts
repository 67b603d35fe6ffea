import type { Clock } from "@ashlar/core"
import { calculateJwkThumbprint, decodeProtectedHeader, EmbeddedJWK, errors, type JWK, jwtVerify } from "jose"
import { hashOf, type Records } from "../store/records.ts"
import { Refusal } from "../wire/refusal.ts"

export const PROOF_ALGORITHMS: readonly string[] = ["ES256", "ES384", "ES512", "EdDSA", "Ed25519", "RS256", "PS256"]

export interface ProofRequest {
  readonly proof: string
  readonly method: string
  /** Without query and fragment. */
  readonly url: string
  /** The access token that comes with it. */
  readonly accessToken?: string
}

export interface DpopOptions {
  readonly maxAgeSeconds: number
  readonly clock: Clock
  /** Remembers proofs that were used. */
  readonly replays: Pick<Records<true>, "add">
  /** Gives a nonce that proofs must hold, and says whether one is good. Without it none is asked for. */
  readonly nonces?: { fresh(): Promise<string>; isGood(nonce: string): Promise<boolean> } | undefined
}

const MAX_PROOF = 8_192
/** How far a clock may be ahead. */
const AHEAD_SECONDS = 60
const PRIVATE: readonly string[] = ["d", "p", "q", "dp", "dq", "qi", "k", "oth"]

/** Checks that a request was sent by who holds a key. @see https://www.rfc-editor.org/rfc/rfc9449#section-4.3 */
export class DpopProofs {
  readonly #options: DpopOptions

  constructor(options: DpopOptions) {
    this.#options = options
  }

  /** @returns the thumbprint of the key. @throws {OAUTH_REFUSED} `invalid_dpop_proof`, or `use_dpop_nonce` with one. */
  async verify({ proof, method, url, accessToken }: ProofRequest): Promise<string> {
    const { clock, maxAgeSeconds, nonces, replays } = this.#options
    if (proof.length > MAX_PROOF || proof.split(".").length !== 3) throw refuse("Expected one DPoP proof.")
    let payload: Readonly<Record<string, unknown>>
    let jwk: JWK
    try {
      jwk = decodeProtectedHeader(proof).jwk ?? {}
      if (PRIVATE.some((name) => Object.hasOwn(jwk, name))) throw refuse("The proof shows a private key.")
      const verified = await jwtVerify(proof, EmbeddedJWK, {
        typ: "dpop+jwt",
        algorithms: [...PROOF_ALGORITHMS],
        currentDate: new Date(clock.now()),
      })
      payload = verified.payload
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError) throw refuse("The proof is not valid.")
      throw error
    }
    const { jti, htm, htu, iat, ath, nonce } = payload
    if (typeof jti !== "string" || jti.length < 8 || jti.length > 256)
      throw refuse("The proof needs a jti of 8 to 256 characters.")
    if (htm !== method) throw refuse("The proof is for another method.")
    if (typeof htu !== "string" || normal(htu) !== normal(url)) throw refuse("The proof is for another URL.")
    if (accessToken !== undefined && ath !== (await sha256(accessToken)))
      throw refuse("The proof is for another token.")
    if (typeof iat !== "number") throw refuse("The proof needs its time.")
    if (nonces !== undefined && (typeof nonce !== "string" || !(await nonces.isGood(nonce))))
      throw new Refusal("use_dpop_nonce", "The proof needs the nonce of the header DPoP-Nonce.", {
        headers: { "dpop-nonce": await nonces.fresh() },
      })
    const nowSeconds = clock.now() / 1000
    // A proof with a nonce of ours was made after it was given, whatever its maker's clock says.
    if (nonces === undefined && (iat < nowSeconds - maxAgeSeconds || iat > nowSeconds + AHEAD_SECONDS))
      throw refuse("The proof is too old, or from the future.")
    const jkt = await calculateJwkThumbprint(jwk)
    const keepMs = (maxAgeSeconds + AHEAD_SECONDS) * 1000
    if (!(await replays.add(hashOf("dpop", jkt, jti), true, clock.now() + keepMs)))
      throw refuse("The proof was used before.")
    return jkt
  }
  async freshNonce(): Promise<string | undefined> {
    return await this.#options.nonces?.fresh()
  }
}

function refuse(why: string): Refusal {
  return new Refusal("invalid_dpop_proof", why)
}

/** As syntax-based and scheme-based normalization says (RFC 3986, section 6.2); without query and fragment. */
function normal(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  return `${url.protocol}//${url.host}${url.pathname}`
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))
  return Buffer.from(digest).toString("base64url")
}
