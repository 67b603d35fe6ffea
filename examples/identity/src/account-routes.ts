import { requireMfa } from "@ashlar/auth/mfa"
import type { Scope } from "@ashlar/http"
import { v } from "@ashlar/validation"
import { createAccountView } from "./account-view.ts"
import { factorRoutes } from "./factor-routes.ts"
import type { Parts } from "./parts.ts"

const text = (max = 512) => v.string().max(max)
const Password = v.object({ current: text(4_096).secret().optional(), password: text(4_096).secret() })
const Identity = v.object({ issuer: text(2_048), subject: text(255) })
export const Done = v.object({ done: text(20).optional() })

/** The page of who is signed in: password, factors, accounts elsewhere. */
export function accountPages<E>(scope: Scope<unknown, E>, parts: Parts): void {
  const { people, flows, mfa, signedIn, identities } = parts
  const { passwords, policy } = parts.accounts
  const view = createAccountView(parts)
  const { show, failed, did } = view
  // What opens the account or takes its protection away: a device that is remembered is not enough.
  const strong = requireMfa({ mfa, unenrolled: "pass" })

  scope.scope("/account", [signedIn], (account) => {
    account.get("/", { query: Done }, (ctx) => show(ctx, ctx.principal.id, { done: ctx.query.done }))
    account.post("/password", { body: Password }, async (ctx) => {
      const { id, sessionId } = ctx.principal
      const { current, password } = ctx.body
      const person = (await people.find(id))!
      try {
        if (person.password_hash !== null) {
          await flows.changePassword(id, {
            current: current ?? "",
            next: password,
            ...(sessionId !== undefined && { sessionId }),
          })
        } else {
          await policy.check(password, [person.email, person.name])
          const hash = await passwords.hash(password)
          await did(ctx, "password.changed")
          await people.setPasswordHash(id, hash)
          await parts.sessions.revokeAll(id, ...(sessionId === undefined ? [] : [{ sessionId }]))
        }
      } catch (error) {
        return await failed(ctx, error)
      }
      return ctx.redirect("/account?done=password", 303)
    })

    // There is always another way in: every account has an address that was verified.
    account.post("/identities/disconnect", { layers: [strong], body: Identity }, async (ctx) => {
      const { issuer } = ctx.body
      if (!(await identities.disconnect(ctx.principal.id, ctx.body))) return ctx.redirect("/account", 303)
      await did(ctx, "identity.disconnected", { issuer })
      return ctx.redirect("/account?done=disconnected", 303)
    })
    factorRoutes(account, parts, view)
  })
}
