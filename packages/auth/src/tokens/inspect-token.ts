import { TokenInvalid } from "../errors.ts"
import { isAlgorithm, type JwtAlgorithm } from "./algorithms.ts"
import { parseStrictObject } from "./strict-json.ts"

/** What the head of a token says, before anything of it is believed. */
export interface TokenHeader {
  readonly alg: JwtAlgorithm
  readonly kid?: string
  readonly typ?: string
}

/** A token that has the form of one. */
export interface InspectedToken {
  readonly header: TokenHeader
  readonly payload: Uint8Array
}

const FORM = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/
const KID = /^[\x20-\x7e]{1,256}$/
/**
 * What would have us take a key from the token itself or from where it says, understand what we do not, or read another payload than
 * was signed. The keys that count are those we know.
 */
const REFUSED: readonly string[] = ["jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "zip", "enc"]

/** Whether a text has the form of a compact token: three parts. */
export function isTokenLike(text: string): boolean {
  return FORM.test(text)
}

/**
 * Takes a token apart, strictly.
 * @throws {AUTH_TOKEN_INVALID} with the reason as its cause.
 * @see https://www.rfc-editor.org/rfc/rfc8725
 */
export function inspectToken(token: string, maxBytes: number): InspectedToken {
  if (typeof token !== "string" || token.length > maxBytes) throw invalidToken("it is too long")
  const match = FORM.exec(token)
  if (match === null) throw invalidToken("it is no compact JWS")
  const [, head, payload, signature] = match as unknown as readonly [string, string, string, string]
  decodeExactly(signature)
  return { header: headerOf(head), payload: decodeExactly(payload) }
}

/** Heads that were found good. Those of one issuer are all the same; bounded, for others make them up. */
const goodHeads = new Map<string, TokenHeader>()
const MAX_HEADS = 1_000
const MAX_KEPT_HEAD = 512

function headerOf(head: string): TokenHeader {
  const known = goodHeads.get(head)
  if (known !== undefined) return known
  const header = readHeader(head)
  if (goodHeads.size >= MAX_HEADS) goodHeads.clear()
  if (head.length <= MAX_KEPT_HEAD) goodHeads.set(head, header)
  return header
}

function readHeader(head: string): TokenHeader {
  const header = parseStrictObject(decodeExactly(head))
  if (header === undefined) throw invalidToken("its header is no JSON object, or has a name twice")
  const odd = REFUSED.find((name) => Object.hasOwn(header, name))
  if (odd !== undefined) throw invalidToken(`its header has ${odd}`)
  const { alg, kid, typ } = header
  if (!isAlgorithm(alg)) throw invalidToken("its algorithm is none that may sign")
  if (kid !== undefined && !(typeof kid === "string" && KID.test(kid))) throw invalidToken("its kid names no key")
  if (typ !== undefined && typeof typ !== "string") throw invalidToken("its typ is no text")
  return { alg, ...(kid !== undefined && { kid }), ...(typ !== undefined && { typ }) }
}

/** One text for one sequence of bytes: padding and spare bits would be other texts for the same token. */
function decodeExactly(text: string): Uint8Array {
  const bytes = Buffer.from(text, "base64url")
  if (bytes.toString("base64url") !== text) throw invalidToken("a part of it is not written as base64url says")
  return bytes
}

/** The same answer for every token that is not good; what is wrong with it goes to the log. */
export function invalidToken(reason: string | Error): InstanceType<typeof TokenInvalid> {
  return new TokenInvalid(TokenInvalid.summary, {
    cause: typeof reason === "string" ? `The token is refused: ${reason}` : reason,
  })
}
