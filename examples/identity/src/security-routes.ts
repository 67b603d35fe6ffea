import { requireMfa } from "@ashlar/auth/mfa"
import type { BaseContext, Scope } from "@ashlar/http"
import { v } from "@ashlar/validation"
import { type ApiScope, SCOPES } from "./access.ts"
import { Done } from "./account-routes.ts"
import * as pages from "./pages/account-pages.ts"
import type { Parts } from "./parts.ts"
import { saidOf, statusOf } from "./sign-in-routes.ts"

const ticked = v.literal("yes").optional()
const NewKey = v.object({
  name: v.string().trim().min(1).max(100),
  days: v.enum(["30", "90", "365"]),
  "profile:read": ticked,
  "profile:write": ticked,
  "people:read": ticked,
})
const NAMES = Object.keys(SCOPES) as ApiScope[]

type Mine = BaseContext & { readonly principal: { readonly id: string; readonly sessionId?: string } }

/** Sessions, devices, keys and what happened, of who is signed in. */
export function securityRoutes<E>(scope: Scope<unknown, E>, parts: Parts): void {
  const { people, mfa, signedIn, sessions, keys, journal } = parts
  const strong = requireMfa({ mfa, unenrolled: "pass" })
  const personOf = async (ctx: Mine) => (await people.find(ctx.principal.id))!

  scope.scope("/account", [signedIn], (account) => {
    account.get("/sessions", { query: Done }, async (ctx) => {
      const { id, sessionId } = ctx.principal
      const view = { sessions: await sessions.list(id), current: sessionId, devices: await mfa.devices.list(id) }
      return ctx.html(pages.sessionsPage({ ...view, person: await personOf(ctx), done: ctx.query.done }))
    })
    account.post("/sessions/end", async (ctx) => {
      const { id, sessionId } = ctx.principal
      const count = await sessions.revokeAll(id, ...(sessionId === undefined ? [] : [{ sessionId }]))
      await journal.note(ctx, "session.ended", { about: id, details: { others: count } })
      return ctx.redirect("/account/sessions?done=ended", 303)
    })
    account.post("/sessions/:id/end", async (ctx) => {
      const { id } = ctx.principal
      if (!(await sessions.revoke(id, ctx.params.id))) return ctx.redirect("/account/sessions", 303)
      await journal.note(ctx, "session.ended", { about: id, details: { others: 1 } })
      return ctx.redirect("/account/sessions?done=ended", 303)
    })
    account.post("/devices/:id/forget", async (ctx) => {
      const { id } = ctx.principal
      if (await mfa.devices.revoke(id, ctx.params.id)) await journal.note(ctx, "device.forgotten", { about: id })
      return ctx.redirect("/account/sessions?done=removed", 303)
    })

    const showKeys = async (ctx: Mine, said: { text?: string; problem?: string; done?: string | undefined }) =>
      pages.keysPage({ ...said, person: await personOf(ctx), keys: await keys.list(ctx.principal.id) })
    account.get("/keys", { query: Done }, async (ctx) => ctx.html(await showKeys(ctx, { done: ctx.query.done })))
    // A key outlives the session that made it.
    account.post("/keys", { layers: [strong], body: NewKey }, async (ctx) => {
      const { name, days, ...ticks } = ctx.body
      const [owner, scopes] = [ctx.principal.id, NAMES.filter((one) => ticks[one] === "yes")]
      if (scopes.length === 0)
        return ctx.html(await showKeys(ctx, { problem: "Tick at least one thing that the key may do." }), 422)
      if (scopes.includes("people:read") && !ctx.principal.amr.includes("mfa"))
        return ctx.html(
          await showKeys(ctx, { problem: "A key that lists people needs a second factor on your account." }),
          422,
        )
      try {
        const { text, key } = await keys.create({ owner, name, scopes, ttl: `${Number(days)}d` })
        await journal.note(ctx, "key.created", { about: owner, details: { id: key.id, scopes } })
        return ctx.html(await showKeys(ctx, { text }))
      } catch (error) {
        return ctx.html(await showKeys(ctx, { problem: saidOf(error) }), statusOf(error))
      }
    })
    account.post("/keys/:id/revoke", async (ctx) => {
      const { id } = ctx.principal
      if (!(await keys.revoke(id, ctx.params.id))) return ctx.redirect("/account/keys", 303)
      await journal.note(ctx, "key.revoked", { about: id, details: { id: ctx.params.id } })
      return ctx.redirect("/account/keys?done=revoked", 303)
    })

    account.get("/activity", async (ctx) =>
      ctx.html(pages.activityPage(await personOf(ctx), await journal.of(ctx.principal.id))),
    )
  })
}
