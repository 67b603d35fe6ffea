import { CorsInvalid } from "../errors.ts"
import type { OriginCheck, OriginPattern } from "./origins.ts"

export interface CorsOptions {
  /**
   * Whose pages may read the answers: `"*"` for everybody's (never with `credentials`), a list, or a function that decides.
   * @example origins: ["https://app.example.com", "https://*.preview.example.com"]
   */
  readonly origins: "*" | readonly OriginPattern[] | OriginCheck
  /** Answers to requests with cookies, or with what the browser keeps for HTTP authentication, may be read. Default: not. */
  readonly credentials?: boolean
  /** What may be asked beyond GET, HEAD and POST. Default: `PUT`, `PATCH`, `DELETE`. In capitals, as browsers compare them. */
  readonly methods?: readonly string[]
  /** Request headers that scripts may set. `"requested"`: whatever a preflight asks for. Default: `Authorization`, `Content-Type`. */
  readonly headers?: readonly string[] | "requested"
  /** Answer headers that scripts may read, beyond the few that they always may. Default: none. */
  readonly exposedHeaders?: readonly string[]
  /** How long browsers keep what a preflight said, in seconds: 0 to 86,400. Chromium keeps at most 7,200. Default: 7,200. */
  readonly maxAgeSeconds?: number
  /** Pages of a public network may call this server of a private one. Only with listed origins. Default: not. */
  readonly privateNetwork?: boolean
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** Browsers send them never, whatever a preflight says. @see https://fetch.spec.whatwg.org/#forbidden-method */
const FORBIDDEN_METHODS: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"])
const KNOWN_METHODS: ReadonlySet<string> = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])

/** @throws {SECURITY_CORS_INVALID} */
export function checkCors({
  origins,
  credentials = false,
  methods = [],
  headers = [],
  exposedHeaders = [],
  maxAgeSeconds = 0,
  privateNetwork = false,
}: CorsOptions): void {
  const stars = [...methods, ...exposedHeaders, ...(headers === "requested" ? [] : headers)].includes("*")
  if (credentials && origins === "*")
    throw new CorsInvalid(
      'Expected a list of origins with `credentials`, got "*": browsers refuse it. Name who may read.',
    )
  if (credentials && stars)
    throw new CorsInvalid(
      'Expected names in place of "*" with `credentials`: browsers take it for the name itself then.',
    )
  if (credentials && Array.isArray(origins) && origins.includes("null"))
    throw new CorsInvalid(
      'Expected origins without "null" with `credentials`: every sandboxed frame in the world has it.',
    )
  if (credentials && Array.isArray(origins)) refuseAnybody(origins)
  if (privateNetwork && origins === "*")
    throw new CorsInvalid(
      'Expected a list of origins with `privateNetwork`, got "*": any page could reach into the network.',
    )
  for (const method of methods) checkMethod(method)
  for (const header of headers === "requested" ? [] : headers) checkToken(header, "headers")
  for (const header of exposedHeaders) checkToken(header, "exposedHeaders")
  if (!Number.isInteger(maxAgeSeconds) || maxAgeSeconds < 0 || maxAgeSeconds > 86_400)
    throw new CorsInvalid(`Expected maxAgeSeconds to be an integer from 0 to 86,400, got ${maxAgeSeconds}.`)
}

/** An expression that takes an origin which nobody can have meant takes all of them. */
function refuseAnybody(patterns: readonly OriginPattern[]): void {
  const nobody = ["https://7f3c9a.invalid", "http://7f3c9a.invalid:81", "https://xn--7f3c9a.test"]
  for (const pattern of patterns)
    if (pattern instanceof RegExp && nobody.some((origin) => new RegExp(`^(?:${pattern.source})$`, "i").test(origin)))
      throw new CorsInvalid(
        `Expected an expression that names who may read with \`credentials\`, got /${pattern.source}/, which any site matches.`,
      )
}

function checkMethod(method: string): void {
  checkToken(method, "methods")
  const upper = method.toUpperCase()
  if (FORBIDDEN_METHODS.has(upper)) throw new CorsInvalid(`Expected methods that browsers send, got ${method}.`)
  if (upper !== method && KNOWN_METHODS.has(upper))
    throw new CorsInvalid(`Expected the method ${upper} in capitals, got ${method}: browsers compare letter by letter.`)
}

function checkToken(name: string, what: string): void {
  if (typeof name !== "string" || !TOKEN.test(name))
    throw new CorsInvalid(`Expected names in \`${what}\`, got ${JSON.stringify(name)}.`)
}
