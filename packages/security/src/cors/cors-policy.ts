import { type BaseContext, Reply, type Result } from "@ashlar/http"
import { OriginRefused } from "../errors.ts"
import { type CorsOptions, checkCors } from "./cors-options.ts"
import { compileOrigins, type Origins } from "./origins.ts"

const DEFAULT_METHODS = ["PUT", "PATCH", "DELETE"]
const DEFAULT_HEADERS = ["Authorization", "Content-Type"]
const DEFAULT_MAX_AGE_SECONDS = 7_200
/** More than this is no list of headers that a script sets. */
const MAX_REQUESTED = 4_096

/** Whether a request is a preflight. @see https://fetch.spec.whatwg.org/#cors-preflight-request */
export function isPreflight({ method, headers }: BaseContext): boolean {
  return method === "OPTIONS" && headers.has("access-control-request-method") && headers.has("origin")
}

/** What one `cors` layer says of answers; all that can be is put together when it is made. */
export class CorsPolicy {
  readonly #origins: Origins | undefined
  readonly #credentials: boolean
  readonly #exposed: string | undefined
  readonly #preflight: Readonly<Record<string, string>>
  readonly #reflectsHeaders: boolean
  readonly #privateNetwork: boolean
  /** Of a preflight's answer: all that it depends on. */
  readonly #vary: string

  /** @throws {SECURITY_CORS_INVALID} */
  constructor(options: CorsOptions) {
    checkCors(options)
    const { origins, methods = DEFAULT_METHODS, headers = DEFAULT_HEADERS, exposedHeaders = [] } = options
    this.#origins = origins === "*" ? undefined : compileOrigins(origins)
    this.#credentials = options.credentials === true
    this.#exposed = exposedHeaders.length === 0 ? undefined : exposedHeaders.join(", ")
    this.#reflectsHeaders = headers === "requested"
    this.#privateNetwork = options.privateNetwork === true
    this.#preflight = {
      "access-control-allow-methods": methods.join(", "),
      ...(headers !== "requested" && headers.length > 0 && { "access-control-allow-headers": headers.join(", ") }),
      "access-control-max-age": String(options.maxAgeSeconds ?? DEFAULT_MAX_AGE_SECONDS),
    }
    this.#vary = [
      ...(this.#origins === undefined ? [] : ["Origin"]),
      "Access-Control-Request-Method",
      ...(this.#reflectsHeaders ? ["Access-Control-Request-Headers"] : []),
      ...(this.#privateNetwork ? ["Access-Control-Request-Private-Network"] : []),
    ].join(", ")
  }

  /** Puts on the answer what lets the page read it, whatever it will be. */
  apply(ctx: BaseContext): void | Promise<void> {
    if (this.#origins === undefined) return this.#allow(ctx, "*")
    ctx.set("vary", "Origin")
    const origin = ctx.headers.get("origin")
    if (origin === null) return undefined
    const allowed = this.#origins(origin, ctx)
    if (typeof allowed === "boolean") return allowed ? this.#allow(ctx, origin) : undefined
    return allowed.then((yes) => (yes === true ? this.#allow(ctx, origin) : undefined))
  }

  /** The answer to a preflight. */
  answer(ctx: BaseContext): Result | Promise<Result> {
    ctx.set("vary", this.#vary)
    const origin = ctx.headers.get("origin") as string
    const allowed = this.#origins === undefined || this.#origins(origin, ctx)
    if (typeof allowed === "boolean") return this.#preflightFor(ctx, allowed ? origin : undefined)
    return allowed.then((yes) => this.#preflightFor(ctx, yes === true ? origin : undefined))
  }

  #allow(ctx: BaseContext, origin: string): void {
    ctx.set("access-control-allow-origin", origin)
    if (this.#credentials) ctx.set("access-control-allow-credentials", "true")
    if (this.#exposed !== undefined) ctx.set("access-control-expose-headers", this.#exposed)
  }
  #preflightFor({ headers }: BaseContext, origin: string | undefined): Result {
    if (origin === undefined) throw new OriginRefused()
    const requested = this.#reflectsHeaders ? headers.get("access-control-request-headers") : null
    const isAsked = this.#privateNetwork && headers.get("access-control-request-private-network") === "true"
    return new Reply(204, null, undefined, {
      "access-control-allow-origin": this.#origins === undefined ? "*" : origin,
      ...(this.#credentials && { "access-control-allow-credentials": "true" }),
      ...this.#preflight,
      ...(requested !== null && isNames(requested) && { "access-control-allow-headers": requested }),
      ...(isAsked && { "access-control-allow-private-network": "true" }),
    })
  }
}

/** A list of header names and nothing else: only such is given back. */
function isNames(text: string): boolean {
  return text.length <= MAX_REQUESTED && /^[!#$%&'*+.^_`|~0-9A-Za-z, -]+$/.test(text)
}
