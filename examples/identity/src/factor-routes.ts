import type { Principal } from "@ashlar/auth"
import type { Scope } from "@ashlar/http"
import { v } from "@ashlar/validation"
import type { AccountView } from "./account-view.ts"
import * as pages from "./pages/account-pages.ts"
import type { Parts } from "./parts.ts"

const Confirm = v.object({ factorId: v.string().max(22), code: v.string().max(20) })

/** Second factors of who is signed in. */
export function factorRoutes<E>(
  account: Scope<{ readonly principal: Principal }, E>,
  { people, mfa, accounts }: Parts,
  { failed, did }: AccountView,
): void {
  account.post("/app", async (ctx) => {
    const person = (await people.find(ctx.principal.id))!
    try {
      return ctx.html(pages.appPage({ person, ...(await mfa.totp.enrol(ctx.principal, person.email)) }))
    } catch (error) {
      return await failed(ctx, error)
    }
  })
  account.post("/app/confirm", { body: Confirm }, async (ctx) => {
    const { factorId, code } = ctx.body
    try {
      const passed = await mfa.totp.confirm(ctx.principal.id, factorId, { code })
      await accounts.entry.added(ctx, ctx.principal, { kind: "totp", passed })
    } catch (error) {
      return await failed(ctx, error)
    }
    return ctx.redirect("/account?done=factor", 303)
  })
  account.post("/recovery", async (ctx) => {
    try {
      const codes = await mfa.recovery.generate(ctx.principal)
      await did(ctx, "recovery.made")
      return ctx.html(pages.recoveryPage((await people.find(ctx.principal.id))!, codes))
    } catch (error) {
      return await failed(ctx, error)
    }
  })
  account.post("/factors/:id/remove", async (ctx) => {
    try {
      await mfa.remove(ctx.principal, ctx.params.id)
      await did(ctx, "factor.removed")
    } catch (error) {
      return await failed(ctx, error)
    }
    return ctx.redirect("/account?done=removed", 303)
  })
}
