/** What the types promise: every `@ts-expect-error` must be an error, every `Same` must be the same. */
import { createApp } from "@ashlar/http"
import {
  anyOf,
  createPrincipal,
  defineAccess,
  definePolicy,
  guard,
  optional,
  type Principal,
  requireAmr,
  requireScopes,
} from "./index.ts"

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

/* Actions are names that the compiler knows, and what an action is about has a type. */
interface Post {
  readonly authorId: string
}
const access = defineAccess({
  actions: ["posts:read", "posts:write"],
  roles: { reader: { allow: ["posts:read"] }, editor: { extends: ["reader"], allow: ["posts:*"] } },
  policies: {
    "posts:write": definePolicy<Post>()({
      allow: (principal, post) => post.authorId === principal.id,
      where: (principal) => ({ authorId: principal.id }),
    }),
  },
})
const ana = createPrincipal({ id: "ana", kind: "user" })
access.can(ana, "posts:read")
access.can(ana, "posts:write", { authorId: "ana" })
// @ts-expect-error there is no such action
access.can(ana, "posts:raed")
// @ts-expect-error what it is about is missing
access.can(ana, "posts:write")
// @ts-expect-error it is about something else
access.can(ana, "posts:write", { owner: "ana" })
same<ReturnType<typeof access.filter<"posts:write">>, "all" | "none" | { authorId: string }>(true)
app.get("/read", { layers: [staff, access.authorize("posts:read")] }, () => "in")
// @ts-expect-error nobody says who it is
app.get("/read", { layers: [access.authorize("posts:read")] }, () => "in")
// @ts-expect-error it must be found what it is about
access.authorize("posts:write")
// @ts-expect-error a role that there is not
defineAccess({ actions: ["a"], roles: { x: { extends: ["y"] } } })
// @ts-expect-error an action that there is not
defineAccess({ actions: ["a"], roles: { x: { allow: ["b"] } } })
// @ts-expect-error a policy of an action that there is not
defineAccess({ actions: ["a"], roles: {}, policies: { b: definePolicy<Post>()({ allow: () => true }) } })
