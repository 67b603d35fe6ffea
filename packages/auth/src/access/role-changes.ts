import type { AuthAudit } from "../audit/auth-audit.ts"
import { AuthForbidden } from "../errors.ts"
import { type AnyPrincipal, createPrincipal } from "../principal.ts"
import type { Sessions } from "../sessions/sessions.ts"

/** A change of somebody's roles, as the audit log is told it. */
export interface RoleChange {
  readonly what: "changed" | "refused"
  readonly principal: AnyPrincipal
  readonly targetId: string
  readonly from: readonly string[]
  readonly to: readonly string[]
  readonly reason?: string
}

/** Whose roles are changed, with what they may do now. */
export interface RoleTarget {
  readonly id: string
  readonly roles: readonly string[]
  readonly permissions?: readonly string[]
}

export interface RoleChangesOptions {
  /** Whether one may change roles at all. @example mayChange: (principal) => access.can(principal, "users:manage") */
  readonly mayChange: (principal: AnyPrincipal) => boolean
  /** Whether one may do all that another may. @example outranks: access.outranks */
  readonly outranks: (principal: AnyPrincipal, target: AnyPrincipal) => boolean
  /** Keeps the roles. */
  readonly save: (userId: string, roles: readonly string[]) => unknown
  /** Their sessions end, so that none goes on with roles of before. Leave it out where a guard's `load` asks for roles in each request. */
  readonly sessions?: Pick<Sessions, "revokeAll">
  /** Told first: what it throws keeps it from happening. */
  readonly audit: Pick<AuthAudit, "rolesChanged">
}

export interface RoleChanges {
  /**
   * Gives somebody these roles in the place of those that they have.
   * @throws {AUTH_FORBIDDEN} for one's own, while acting as somebody else, and where the target may do more, or would, than who changes it.
   */
  change(
    principal: AnyPrincipal,
    target: RoleTarget,
    change: { readonly roles: readonly string[]; readonly reason?: string },
  ): Promise<void>
}

/**
 * Changes roles so that nobody rises by it: who gives a role has all that it allows, and nobody takes rights from who has more.
 *
 * @example
 * const changes = createRoleChanges({ mayChange: (principal) => access.can(principal, "users:manage"), outranks: access.outranks,
 *   save: (id, roles) => users.setRoles(id, roles), sessions, audit })
 * await changes.change(ctx.principal, user, { roles: ["editor"], reason: "joins the desk" })
 */
export function createRoleChanges({ mayChange, outranks, save, sessions, audit }: RoleChangesOptions): RoleChanges {
  return {
    async change(principal, target, { roles, reason }) {
      const { id, permissions = [] } = target
      const as = (had: readonly string[]) => createPrincipal({ id, kind: "user", roles: had, permissions })
      const may =
        principal.actor === undefined &&
        principal.id !== id &&
        mayChange(principal) &&
        outranks(principal, as(target.roles)) &&
        outranks(principal, as(roles))
      const change = { principal, targetId: id, from: target.roles, to: roles, ...(reason !== undefined && { reason }) }
      await audit.rolesChanged({ what: may ? "changed" : "refused", ...change })
      if (!may) throw new AuthForbidden()
      await save(id, roles)
      await sessions?.revokeAll(id)
    },
  }
}
