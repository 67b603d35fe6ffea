import type { Duration } from "@ashlar/cache"
import type { BaseContext } from "@ashlar/http"
import type { AuthAudit } from "../audit/auth-audit.ts"
import { toMs } from "../duration.ts"
import { AuthSetupInvalid, ImpersonationRefused } from "../errors.ts"
import { type AnyPrincipal, createPrincipal } from "../principal.ts"
import type { Session, SignIn } from "../sessions/session.ts"
import type { SessionGuard } from "../sessions/session-guard.ts"

/** What the audit log is told, before it happens. */
export interface ImpersonationEvent {
  readonly what: "began" | "refused" | "ended"
  readonly actorId: string
  readonly targetId: string
  readonly reason: string
}

export interface ImpersonationOptions<Claims extends object> {
  readonly guard: SessionGuard<Claims>
  /** Whether one may act as others at all. @example mayImpersonate: (principal) => access.can(principal, "users:impersonate") */
  readonly mayImpersonate: (principal: AnyPrincipal) => boolean
  /** Whether one may do all that another may. @example outranks: access.outranks */
  readonly outranks: (principal: AnyPrincipal, target: AnyPrincipal) => boolean
  /** How long at most. Default: `30m`; at most `8h`. */
  readonly lifetime?: Duration
  /** Told first: what it throws keeps it from happening. A function of your own, or what `createAuthAudit` gives. */
  readonly audit: ((event: ImpersonationEvent) => void | Promise<void>) | Pick<AuthAudit, "impersonated">
}

export interface Impersonation {
  /**
   * Goes on as somebody else: the session of the caller ends, and a short one begins, whose principal is the target with the caller as
   * `actor`. It passes no `requireStepUp`.
   * @param target with the rights it has, which decide whether the caller may.
   * @throws {AUTH_IMPERSONATION_REFUSED} also without a reason.
   */
  begin(ctx: BaseContext & { readonly principal: AnyPrincipal }, target: SignIn, reason: string): Promise<Session>
  /** Ends it. The caller is signed out, and signs in again. @throws {AUTH_IMPERSONATION_REFUSED} when nobody acts as another. */
  end(ctx: BaseContext & { readonly principal: AnyPrincipal }): Promise<void>
}

const MAX_MS = 8 * 3_600_000

/**
 * Lets those who may act as somebody else, to see what they see: never with more rights than their own, never from within, for a short
 * time, and never without the audit log.
 * @throws {AUTH_SETUP_INVALID}
 */
export function createImpersonation<Claims extends object>(options: ImpersonationOptions<Claims>): Impersonation {
  const { guard, mayImpersonate, outranks, lifetime = "30m" } = options
  const { audit: log } = options
  const audit = typeof log === "function" ? log : log.impersonated.bind(log)
  const lifetimeMs = toMs(lifetime, "lifetime", 1_000)
  if (lifetimeMs > MAX_MS) throw new AuthSetupInvalid("Expected lifetime to be at most 8h.")
  return {
    async begin(ctx, target, reason) {
      const { principal } = ctx
      if (reason.trim() === "" || reason.length > 500)
        throw new ImpersonationRefused("Expected a reason of 1 to 500 characters, for the audit log.")
      const event = { actorId: principal.id, targetId: target.userId, reason }
      const other = createPrincipal({
        id: target.userId,
        kind: "user",
        ...(target.roles && { roles: target.roles }),
        ...(target.permissions && { permissions: target.permissions }),
      })
      const may =
        principal.kind === "user" &&
        principal.actor === undefined &&
        guard.sessionOf(ctx) !== undefined &&
        principal.id !== other.id &&
        mayImpersonate(principal) &&
        outranks(principal, other)
      await audit({ what: may ? "began" : "refused", ...event })
      if (!may) throw new ImpersonationRefused()
      // Nothing was proven of the target, and the actor's proof is not the target's.
      const { acr: _acr, authTimeMs: _time, ...known } = target
      const actor = { id: principal.id, kind: principal.kind, reason }
      return await guard.signIn(ctx, { ...known, amr: [], actor }, { remember: false, lifetimeMs })
    },
    async end(ctx) {
      const { id, actor } = ctx.principal
      if (actor === undefined) throw new ImpersonationRefused()
      await audit({ what: "ended", actorId: actor.id, targetId: id, reason: actor.reason ?? "" })
      await guard.signOut(ctx)
    },
  }
}
