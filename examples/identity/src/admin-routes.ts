import { requireMfa } from "@ashlar/auth/mfa"
import { type BaseContext, errors, fail, type Scope } from "@ashlar/http"
import type { AuditReport } from "@ashlar/security/audit"
import { type Infer, v } from "@ashlar/validation"
import { access, ROLES } from "./access.ts"
import { Done } from "./account-routes.ts"
import * as pages from "./pages/admin-pages.ts"
import type { Parts } from "./parts.ts"

const RoleChange = v.object({ role: v.enum(ROLES) })
const LogQuery = v.object({
  after: v
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
  outcome: v.enum(["", "success", "failure", "denied"]).optional(),
})

/** Pages of admins. Who may change rights, or read of everybody, has shown a second factor. */
export function adminRoutes<E>(scope: Scope<unknown, E>, { people, sessions, signedIn, journal, mfa }: Parts): void {
  scope.scope("/people", [signedIn, access.authorize("people:read"), requireMfa({ mfa })], (rights) => {
    rights.get("/", { query: Done }, async (ctx) => {
      const me = (await people.find(ctx.principal.id))!
      return ctx.html(pages.peoplePage(me, await people.list(), ctx.query.done))
    })
    rights.post("/:id/role", { layers: [access.authorize("people:write")], body: RoleChange }, async (ctx) => {
      const { id } = ctx.params
      if (id === ctx.principal.id) return fail(errors.Conflict, "Nobody takes rights from themselves.")
      const before = (await people.find(id))?.role
      if (before === undefined) return fail(errors.NotFound, "There is nobody of this name.")
      const details = { from: before, to: ctx.body.role }
      await journal.note(ctx, "role.changed", { about: id, by: ctx.principal.id, details })
      await people.setRole(id, ctx.body.role)
      await sessions.revokeAll(id)
      return ctx.redirect("/people?done=role", 303)
    })
  })

  scope.scope("/audit", [signedIn, access.authorize("audit:read"), requireMfa({ mfa })], (log) => {
    const show = async (
      ctx: BaseContext & { readonly principal: { readonly id: string } },
      query: Infer<typeof LogQuery>,
      report?: AuditReport,
    ) => {
      const names = new Map((await people.list()).map(({ id, email }) => [id, email]))
      const outcome = query.outcome === "" ? undefined : query.outcome
      return pages.auditPage((await people.find(ctx.principal.id))!, {
        log: await journal.page({ after: query.after, outcome }),
        outcome,
        report,
        nameOf: (id) => names.get(id) ?? (id === "-" ? "nobody" : id),
      })
    }
    log.get("/", { query: LogQuery }, async (ctx) => ctx.html(await show(ctx, ctx.query)))
    log.post("/verify", async (ctx) => ctx.html(await show(ctx, {}, await journal.verify())))
  })
}
