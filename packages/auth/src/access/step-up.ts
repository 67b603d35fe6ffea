import { type Clock, type DeclaredBy, systemClock } from "@ashlar/core"
import { type BaseContext, type Failure, fail, type Layer, layer, type NeedsCarrier } from "@ashlar/http"
import type { AuthAudit } from "../audit/auth-audit.ts"
import { AuthSetupInvalid, CredentialsMissing, StepUpRequired } from "../errors.ts"
import { challengeText } from "../guards/challenge.ts"
import type { AnyPrincipal } from "../principal.ts"

export interface StepUp {
  /** How the caller must have proven who it is: all of these (RFC 8176), such as `mfa`, `otp`, `hwk`. */
  readonly amr?: readonly string[]
  /** Classes of proof, one of which it must have. */
  readonly acr?: readonly string[]
  /** How long ago at most, in seconds. Who does not say when is refused. */
  readonly maxAgeSeconds?: number
  /** Writes down who was refused, in bounds: what `createAuthAudit` gives. */
  readonly audit?: Pick<AuthAudit, "stepUpRefused">
  /** For tests. Default: the machine's. */
  readonly clock?: Clock
}

type Errors = typeof StepUpRequired | typeof CredentialsMissing

/**
 * A layer that asks for a stronger or newer proof of who calls than the guard did: 401 with the challenge of RFC 9470, which says what is
 * needed. An impersonator never passes, whatever the other proved.
 *
 * @throws {AUTH_SETUP_INVALID}
 * @see https://www.rfc-editor.org/rfc/rfc9470
 * @example app.delete("/account", { layers: [signedIn, requireStepUp({ amr: ["mfa"], maxAgeSeconds: 300 })] }, remove)
 */
export function requireStepUp(
  needed: StepUp,
): Layer<unknown, DeclaredBy<Errors>> & NeedsCarrier<{ readonly principal: AnyPrincipal }> {
  const { amr = [], acr = [], maxAgeSeconds, clock = systemClock, audit } = needed
  if (amr.length === 0 && acr.length === 0 && maxAgeSeconds === undefined)
    throw new AuthSetupInvalid("Expected amr, acr or maxAgeSeconds, got none of them.")
  if (maxAgeSeconds !== undefined && !(Number.isSafeInteger(maxAgeSeconds) && maxAgeSeconds >= 0))
    throw new AuthSetupInvalid(`Expected maxAgeSeconds to be whole seconds from 0, got ${maxAgeSeconds}.`)
  const text = challengeText({
    scheme: "Bearer",
    params: {
      error: "insufficient_user_authentication",
      ...(acr.length > 0 && { acr_values: acr.join(" ") }),
      ...(amr.length > 0 && { amr_values: amr.join(" ") }),
      ...(maxAgeSeconds !== undefined && { max_age: String(maxAgeSeconds) }),
    },
  })
  const details = { amr, acr, ...(maxAgeSeconds !== undefined && { maxAgeSeconds }) }
  const before = (ctx: BaseContext & { readonly principal?: AnyPrincipal }): Failure | undefined => {
    const { principal } = ctx
    if (principal === undefined) return fail(CredentialsMissing)
    if (isEnough(principal, { amr, acr, maxAgeSeconds }, clock.now())) return undefined
    audit?.stepUpRefused(principal, details)
    ctx.set("www-authenticate", text)
    return fail(StepUpRequired, StepUpRequired.summary, details)
  }
  return layer({ name: "requireStepUp", errors: [StepUpRequired, CredentialsMissing], before }) as Layer<
    unknown,
    DeclaredBy<Errors>
  > &
    NeedsCarrier<{ readonly principal: AnyPrincipal }>
}

/** A layer that asks for all of these ways of proof. @example requireAmr("mfa") */
export function requireAmr(...amr: readonly [string, ...string[]]): ReturnType<typeof requireStepUp> {
  return requireStepUp({ amr })
}
/** A layer that asks for one of these classes of proof. @example requireAcr("phr", "phrh") */
export function requireAcr(...acr: readonly [string, ...string[]]): ReturnType<typeof requireStepUp> {
  return requireStepUp({ acr })
}

/** How far a clock of another machine may be ahead of ours. */
const SKEW_MS = 60_000

function isEnough(
  { amr, acr, authTimeMs, actor }: AnyPrincipal,
  needed: {
    readonly amr: readonly string[]
    readonly acr: readonly string[]
    readonly maxAgeSeconds: number | undefined
  },
  nowMs: number,
): boolean {
  if (actor !== undefined) return false
  if (!needed.amr.every((one) => amr.includes(one))) return false
  if (needed.acr.length > 0 && (acr === undefined || !needed.acr.includes(acr))) return false
  if (needed.maxAgeSeconds === undefined) return true
  const ageMs = authTimeMs === undefined ? Number.NaN : nowMs - authTimeMs
  return ageMs >= -SKEW_MS && ageMs <= needed.maxAgeSeconds * 1_000
}
