import { requireMfa } from "@ashlar/auth/mfa"
import { type BaseContext, errors, fail, layer, type Scope } from "@ashlar/http"
import { v } from "@ashlar/validation"
import * as pages from "./pages.ts"
import type { Parts } from "./parts.ts"
import { saidOf, statusOf } from "./sign-in-routes.ts"
import type { Signing } from "./signing.ts"

const text = (max = 512) => v.string().max(max)
const Password = v.object({ current: text(4_096).secret().optional(), password: text(4_096).secret() })
const Confirm = v.object({ factorId: text(22), code: text(20) })
const Ceremony = v.object({ response: v.unknown() })
const RoleChange = v.object({ role: v.enum(["member", "admin"]) })

/** Pages of who is signed in, and of admins. */
export function accountRoutes<E>(scope: Scope<unknown, E>, parts: Parts, signing: Signing): void {
  const { people, passwords, policy, flows, mfa, signedIn, sessions } = parts
  // Nobody is let further who has not shown the second factor that they have.
  const complete = requireMfa({ mfa, unenrolled: "pass", devices: true })

  scope.scope("/account", [signedIn, complete], (account) => {
    const show = async (ctx: BaseContext, id: string, problem?: string, status: 200 | 400 | 401 | 422 | 429 = 200) => {
      const [person, factors] = [await people.find(id), await mfa.list(id)]
      const [recoveryLeft, devices] = [await mfa.recovery.left(id), (await mfa.devices.list(id)).length]
      return ctx.html(pages.accountPage({ person: person!, factors, recoveryLeft, devices, problem }), status)
    }
    account.get("/", (ctx) => show(ctx, ctx.principal.id))
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
          await people.setPasswordHash(id, await passwords.hash(password))
        }
      } catch (error) {
        return await show(ctx, id, saidOf(error), statusOf(error))
      }
      return ctx.redirect("/account", 303)
    })

    account.post("/app", async (ctx) => {
      const { email } = (await people.find(ctx.principal.id))!
      try {
        return ctx.html(pages.appPage(await mfa.totp.enrol(ctx.principal, email)))
      } catch (error) {
        return await show(ctx, ctx.principal.id, saidOf(error), statusOf(error))
      }
    })
    account.post("/app/confirm", { body: Confirm }, async (ctx) => {
      const { factorId, code } = ctx.body
      try {
        const passed = await mfa.totp.confirm(ctx.principal.id, factorId, { code })
        await signing.add(ctx, passed, ctx.principal, false)
      } catch (error) {
        return await show(ctx, ctx.principal.id, saidOf(error), statusOf(error))
      }
      return ctx.redirect("/account", 303)
    })
    account.post("/recovery", async (ctx) => {
      try {
        return ctx.html(pages.recoveryPage(await mfa.recovery.generate(ctx.principal)))
      } catch (error) {
        return await show(ctx, ctx.principal.id, saidOf(error), statusOf(error))
      }
    })
    account.post("/factors/:id/remove", async (ctx) => {
      try {
        await mfa.remove(ctx.principal, ctx.params.id)
      } catch (error) {
        return await show(ctx, ctx.principal.id, saidOf(error), statusOf(error))
      }
      return ctx.redirect("/account", 303)
    })

    account.post("/passkeys/options", async (ctx) => {
      const { email, name } = (await people.find(ctx.principal.id))!
      return await mfa.passkeys.registrationOptions(ctx.principal, { name: email, displayName: name })
    })
    account.post("/passkeys", { body: Ceremony }, async (ctx) => {
      return await mfa.passkeys.register(ctx.principal.id, ctx.body.response as never, labelOf(ctx))
    })
  })

  const admin = layer({
    name: "admin",
    needs: [signedIn],
    errors: [errors.Forbidden],
    before: async (ctx) =>
      (await people.find(ctx.principal.id))?.role === "admin" ? undefined : fail(errors.Forbidden),
  })
  // Who may change rights has a second factor.
  scope.scope("/people", [signedIn, admin, requireMfa({ mfa })], (rights) => {
    rights.get("/", async (ctx) => ctx.html(pages.peoplePage(await people.list())))
    rights.post("/:id/role", { body: RoleChange }, async (ctx) => {
      if (ctx.params.id === ctx.principal.id) return fail(errors.Conflict, "Nobody takes rights from themselves.")
      await people.setRole(ctx.params.id, ctx.body.role)
      await sessions.revokeAll(ctx.params.id)
      return ctx.redirect("/people", 303)
    })
  })
}

/** What the device is called until its owner says otherwise. */
function labelOf(ctx: BaseContext): string {
  const agent = ctx.headers.get("user-agent") ?? ""
  const browser = /Firefox|Edg|Chrome|Safari/.exec(agent)?.[0] ?? "a browser"
  const system = /Windows|Mac OS|Android|iPhone|Linux/.exec(agent)?.[0] ?? "a device"
  return `${browser} on ${system}`
}
