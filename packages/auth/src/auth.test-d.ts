/** What the types promise: every `@ts-expect-error` must be an error, every `Same` must be the same. */
import { createApp } from "@ashlar/http"
import { anyOf, createPrincipal, guard, optional, type Principal, requireAmr, requireScopes } from "./index.ts"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_yes: Same<A, B>): void => undefined

interface Staff {
  readonly tenant: string
}
const base = { security: {}, challenge: { scheme: "Bearer" } }
const staff = guard({
  ...base,
  name: "staff",
  identify: () => createPrincipal<Staff>({ id: "1", kind: "user", claims: { tenant: "acme" } }),
})
const key = guard({ ...base, name: "key", identify: (): Principal | undefined => undefined })
const app = createApp()

// What a guard found is typed, its claims too.
app.get("/staff", { layers: [staff] }, (ctx) => {
  same<typeof ctx.principal, Principal<Staff>>(true)
  return ctx.principal.claims.tenant
})
// Of several it is any; with `optional` it may be nobody.
app.get("/any", { layers: [anyOf(staff, key)] }, (ctx) => {
  same<typeof ctx.principal, Principal<Staff> | Principal>(true)
  return ctx.principal.id
})
app.get("/maybe", { layers: [optional(staff)] }, (ctx) => {
  same<typeof ctx.principal, Principal<Staff> | undefined>(true)
  // @ts-expect-error there may be nobody
  return ctx.principal.id
})
// What stands inside needs a guard before it: one that lets nobody pass unknown.
app.get("/mfa", { layers: [staff, requireAmr("mfa")] }, () => "in")
// @ts-expect-error
app.get("/mfa", { layers: [requireAmr("mfa")] }, () => "in")
// @ts-expect-error
app.get("/mfa", { layers: [requireAmr("mfa"), staff] }, () => "in")
// @ts-expect-error
app.get("/mfa", { layers: [optional(staff), requireAmr("mfa")] }, () => "in")
app.get("/scopes", { layers: [key, requireScopes(key, "a")] }, () => "in")
// @ts-expect-error
app.get("/scopes", { layers: [requireScopes(key, "a")] }, () => "in")
// @ts-expect-error two guards beside each other: one of several is `anyOf`
app.get("/both", { layers: [staff, key] }, () => "in")
