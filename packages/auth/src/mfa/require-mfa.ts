import type { DeclaredBy } from "@ashlar/core"
import { type BaseContext, type Failure, fail, type Layer, layer, type NeedsCarrier } from "@ashlar/http"
import { CredentialsMissing, MfaRequired, StepUpRequired } from "../errors.ts"
import type { AnyPrincipal } from "../principal.ts"
import type { Passed } from "./factor.ts"
import type { Mfa } from "./mfa.ts"

export interface RequireMfaOptions {
  readonly mfa: Pick<Mfa, "isEnrolled">
  /** What of users who have no factor yet: `refuse` with AUTH_MFA_REQUIRED, or let `pass`. Default: `refuse`. */
  readonly unenrolled?: "refuse" | "pass"
  /** Let those pass whose device is remembered: their session says `device` in `amr`. Default: not. */
  readonly devices?: boolean
}

type Errors = typeof StepUpRequired | typeof MfaRequired | typeof CredentialsMissing

/**
 * A layer that asks for a second factor: the principal of the guard before it must have proven one, as `amr` of its session says. An
 * impersonator does not pass. Where it must have been a moment ago, take `requireStepUp`.
 *
 * @example
 * app.scope("/admin", [signedIn, requireMfa({ mfa })], (admin) => …)
 */
export function requireMfa({
  mfa,
  unenrolled = "refuse",
  devices = false,
}: RequireMfaOptions): Layer<unknown, DeclaredBy<Errors>> & NeedsCarrier<{ readonly principal: AnyPrincipal }> {
  const before = async (
    ctx: BaseContext & { readonly principal?: AnyPrincipal },
  ): Promise<Failure<Errors> | undefined> => {
    const { principal } = ctx
    if (principal === undefined) return fail(CredentialsMissing)
    const { id, amr, actor } = principal
    if (actor === undefined && (amr.includes("mfa") || (devices && amr.includes("device")))) return undefined
    if (await mfa.isEnrolled(id)) {
      ctx.set("www-authenticate", 'Bearer error="insufficient_user_authentication", amr_values="mfa"')
      return fail(StepUpRequired, StepUpRequired.summary, { amr: ["mfa"] })
    }
    return unenrolled === "pass" ? undefined : fail(MfaRequired)
  }
  return layer({ name: "requireMfa", errors: [StepUpRequired, MfaRequired, CredentialsMissing], before }) as Layer<
    unknown,
    DeclaredBy<Errors>
  > &
    NeedsCarrier<{ readonly principal: AnyPrincipal }>
}

/** How somebody proved who they are so far: a session. */
interface Known {
  readonly amr: readonly string[]
}

/** What says of a factor that it was proven: the last one counts, for it is as old as the session says. */
const FACTOR_WORDS: ReadonlySet<string> = new Set(["mfa", "otp", "hwk", "swk", "user", "sms", "push", "recovery"])

/**
 * What a session says once a factor is proven, for `guard.rotate`: another token, so that one that was known before is of no use after;
 * the words of a factor that was proven earlier go, so that a weak one that is new does not make a strong one look new.
 * @throws {AUTH_CREDENTIALS_MISSING} when the factor is not the session's user's.
 * @example await signedIn.rotate(ctx, changesBy(await mfa.totp.verify(id, code), ctx.principal))
 */
export function changesBy(
  { userId, amr, acr }: Passed,
  principal: Known & { readonly id: string },
  nowMs: number = Date.now(),
): { readonly amr: readonly string[]; readonly authTimeMs: number; readonly acr: string } {
  if (userId !== principal.id) throw new CredentialsMissing()
  const before = principal.amr.filter((word) => !FACTOR_WORDS.has(word))
  return { amr: [...new Set([...before, ...amr])], authTimeMs: nowMs, acr }
}
