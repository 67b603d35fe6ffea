import type { DeclaredBy } from "@ashlar/core"
import { type BaseContext, Failure, fail, type Layer, layer, type Security } from "@ashlar/http"
import { AuthSetupInvalid, CredentialsInvalid, CredentialsMissing } from "../errors.ts"
import type { AnyPrincipal, Principal } from "../principal.ts"
import { type Challenge, challengeText } from "./challenge.ts"

type MaybePromise<T> = T | Promise<T>

/**
 * What looking at a request gives: whoever it is; `undefined` where the request has nothing of this sort, so that another guard may
 * look, or nobody is there; {@link refused} where it has, and it is not good.
 */
export type Identified<P extends AnyPrincipal> = P | Failure | undefined

/** One way to tell who calls. */
export interface CredentialSource<P extends AnyPrincipal = Principal> {
  /** For messages, the table of routes and `principal.method`. */
  readonly name: string
  /** How OpenAPI says it. Its name there is what other layers say scopes of. */
  readonly security: Security
  /** What a caller without credentials is told. */
  readonly challenge: Challenge
  /** Looks at the request. What it throws is a failure of the server, not of the caller. */
  readonly identify: (ctx: BaseContext) => MaybePromise<Identified<P>>
}

export type GuardErrors = DeclaredBy<typeof CredentialsMissing | typeof CredentialsInvalid>

/** A layer that tells who calls: `ctx.principal` is there in all that it covers. */
export interface Guard<P extends AnyPrincipal = Principal> extends Layer<{ readonly principal: P }, GuardErrors> {
  /** What it looks for, in this order. */
  readonly sources: readonly CredentialSource<P>[]
}

/** The principals that a guard tells. */
export type PrincipalOf<G> = G extends Guard<infer P> ? P : never

/**
 * A guard of one's own: a layer that lets pass whom `identify` knows, as `ctx.principal`, and answers 401 with `WWW-Authenticate` to
 * all others. It does the same on WebSocket routes, before the connection is opened.
 *
 * @throws {AUTH_SETUP_INVALID}
 * @example
 * const device = guard({
 *   name: "device",
 *   security: { device: { type: "mutualTLS" } },
 *   challenge: { scheme: "Certificate" },
 *   identify: (ctx) => devices.find(ctx.headers.get("x-client-cert")) ?? refused(),
 * })
 */
export function guard<P extends AnyPrincipal>(source: CredentialSource<P>): Guard<P> {
  return guardOf([source])
}

/**
 * One guard of several: the first that finds something of its sort decides. Credentials that somebody presents and that are not good
 * are refused, and no other guard is asked.
 *
 * @throws {AUTH_SETUP_INVALID}
 * @example app.scope("/api", [anyOf(signedIn, apiKey)], (api) => api.get("/me", (ctx) => ctx.principal.id))
 */
export function anyOf<const G extends readonly Guard<AnyPrincipal>[]>(...guards: G): Guard<PrincipalOf<G[number]>> {
  const sources: readonly unknown[] = guards.flatMap((one) => one.sources)
  return guardOf(sources as readonly CredentialSource<PrincipalOf<G[number]>>[])
}

/**
 * Lets those pass too who have no credentials: `ctx.principal` may be undefined. Credentials that are presented and not good are
 * refused all the same, so that nobody takes a mistake for an anonymous answer.
 *
 * @example app.get("/", { layers: [optional(signedIn)] }, (ctx) => ctx.principal?.id ?? "nobody")
 */
export function optional<P extends AnyPrincipal>(
  inner: Guard<P>,
): Layer<{ readonly principal: P | undefined }, GuardErrors> & Pick<Guard<P>, "sources"> {
  const { sources, name } = inner
  const before = (ctx: BaseContext) => identifyBy(sources, ctx, true)
  return Object.freeze({
    ...layer({
      name: `optional(${name})`,
      errors: [CredentialsMissing, CredentialsInvalid],
      security: { ...securityOf(sources), anonymous: { type: "none" } },
      before,
    }),
    sources,
  })
}

/** Says that credentials are there and not good: 401, and the challenge says `invalid_token` where it has such words. */
export function refused(message: string = CredentialsInvalid.summary): Failure<typeof CredentialsInvalid> {
  return fail(CredentialsInvalid, message)
}

/** One guard of several sources. @throws {AUTH_SETUP_INVALID} */
export function guardOf<P extends AnyPrincipal>(sources: readonly CredentialSource<P>[]): Guard<P> {
  if (sources.length === 0) throw new AuthSetupInvalid("Expected at least one guard, got none.")
  const names = sources.map(({ name }) => name)
  if (new Set(names).size < names.length)
    throw new AuthSetupInvalid(`Expected guards of different names, got ${names.join(", ")}.`)
  for (const { challenge } of sources) challengeText(challenge)
  return Object.freeze({
    ...layer({
      name: names.length === 1 ? names[0]! : `anyOf(${names.join(", ")})`,
      errors: [CredentialsMissing, CredentialsInvalid],
      security: securityOf(sources),
      meta: { auth: names },
      before: (ctx) => identifyBy(sources, ctx, false) as MaybePromise<{ readonly principal: P } | Failure>,
    }),
    sources,
  })
}

function securityOf(sources: readonly CredentialSource<AnyPrincipal>[]): Security {
  return Object.assign({}, ...sources.map(({ security }) => security)) as Security
}

type Outcome<P extends AnyPrincipal> = { readonly principal: P | undefined } | Failure

function identifyBy<P extends AnyPrincipal>(
  sources: readonly CredentialSource<P>[],
  ctx: BaseContext,
  isOptional: boolean,
  from = 0,
): MaybePromise<Outcome<P>> {
  for (let at = from; at < sources.length; at++) {
    const found = sources[at]!.identify(ctx)
    if (found instanceof Promise)
      return found.then((later) => settle(sources, ctx, later, at) ?? identifyBy(sources, ctx, isOptional, at + 1))
    const outcome = settle(sources, ctx, found, at)
    if (outcome !== undefined) return outcome
  }
  // What is presented and known to nobody is no absence.
  if (ctx.headers.has("authorization")) return deny(sources, ctx, refused())
  return isOptional ? { principal: undefined } : deny(sources, ctx, fail(CredentialsMissing))
}

function settle<P extends AnyPrincipal>(
  sources: readonly CredentialSource<P>[],
  ctx: BaseContext,
  found: Identified<P>,
  at: number,
): Outcome<P> | undefined {
  if (found === undefined) return undefined
  return found instanceof Failure ? deny(sources, ctx, found, at) : { principal: found }
}

/** Tells all the ways in, and of the one that was tried what was wrong with it. */
function deny(
  sources: readonly CredentialSource<AnyPrincipal>[],
  ctx: BaseContext,
  failure: Failure,
  tried?: number,
): Failure {
  if (failure.status !== 401) return failure
  const texts = sources.map(({ challenge }, at) => {
    const isWrong = failure.kind === CredentialsInvalid && (tried === undefined || tried === at)
    const { scheme, params } = challenge
    return challengeText(
      isWrong && isOAuth(scheme) ? { scheme, params: { ...params, error: "invalid_token" } } : challenge,
    )
  })
  ctx.set("www-authenticate", [...new Set(texts)].join(", "))
  ctx.set("cache-control", "no-store")
  return failure
}

/** Whether a scheme has the words of RFC 6750, section 3. */
export function isOAuth(scheme: string): boolean {
  return scheme === "Bearer" || scheme === "DPoP"
}
