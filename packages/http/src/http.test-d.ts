/** The promises of the types, held by `tsc`: every `@ts-expect-error` must be an error, every `Same` must be the same. */
import type { DeclaredError, StandardSchemaV1 } from "@ashlar/core"
import {
  createApp,
  errors,
  type Failure,
  fail,
  get,
  type InvalidInput,
  layer,
  type Params,
  post,
  type Route,
  routes,
  type Scope,
} from "./index.ts"
import { ndjson } from "./ndjson/index.ts"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_yes: Same<A, B>): void => undefined

interface User {
  id: string
  name: string
}
declare const User: StandardSchemaV1<User>
declare const Users: StandardSchemaV1<User[]>
declare const Either: StandardSchemaV1<{ kind: "a"; x: string } | { kind: "b"; y: number }>
declare const Pair: StandardSchemaV1<[string, number]>
declare const Status: StandardSchemaV1<{ status: "active" | "gone" }>
declare const Page: StandardSchemaV1<{ limit: string }, { limit: number }>

same<Params<"/">, Record<never, string>>(true)
same<Params<"/users/:id">, { id: string }>(true)
same<Params<"/:a/b/:c">, { a: string; c: string }>(true)
same<Params<"/docs/:lang?">, { lang?: string }>(true)
same<Params<"/files/*path">, { path: string }>(true)
same<Params<"/x/:id/*">, { id: string; "*": string }>(true)
same<Params<string>, Record<string, string>>(true)

{
  const urls = createApp()
  const user = get("/users/:id", () => "")
  urls.url(user, { id: 7 })
  urls.url(get("/docs/:lang?", () => ""))
  urls.url(get("/", () => ""))
  // @ts-expect-error: the parameter is missing
  urls.url(user)
  // @ts-expect-error: it has another name
  urls.url(user, { user: 7 })
}

{
  const scopes = createApp()
  scopes.scope("/orgs/:org", (org) => {
    org.get("/", (ctx) => same<typeof ctx.params, { org: string }>(true))
    org.get("/users/:id?", (ctx) => [ctx.params.org satisfies string, ctx.params.id satisfies string | undefined])
    org.scope("/jobs/:job", [], (job) => {
      job.get("/logs/*path", (ctx) => same<typeof ctx.params, { org: string; job: string; path: string }>(true))
      // @ts-expect-error: nothing on the way has this name
      job.get("/", (ctx) => ctx.params.user)
    })
  })
  const block = (scope: Scope): void => {
    scope.get("/", { params: User }, (ctx) => ctx.params.name)
  }
  scopes.scope("/anywhere", block)
  scopes.scope("/anywhere/:else", [], block)
  scopes.scope("/plain", (plain) => {
    // @ts-expect-error: a path without parameters gives none
    plain.get("/", (ctx) => ctx.params.org)
  })
}

const app = createApp()
app.get("/users/:id", (ctx) => {
  same<typeof ctx.params, { id: string }>(true)
  same<typeof ctx.body, undefined>(true)
  // @ts-expect-error: no layer provides a user
  ctx.user
  return { id: ctx.params.id }
})
app.get("/users", { query: Page, response: User }, (ctx) => {
  same<typeof ctx.query, { limit: number }>(true)
  return { id: "1", name: "a" }
})
// @ts-expect-error: the response schema has no password
app.get("/leak", { response: User }, () => ({ id: "1", name: "a", password: "x" }))
// @ts-expect-error: nor has an item of a list
app.get("/leaks", { response: Users }, () => [{ id: "1", name: "a", password: "x" }])
// @ts-expect-error: nor what comes later
app.get("/later", { response: User }, async () => ({ id: "1", name: "a", password: "x" }))
app.get("/either", { response: Either }, () => ({ kind: "b" as const, y: 1 }))
app.get("/pairs", { response: Pair }, () => ["a", 1] as [string, number])
// @ts-expect-error the schema of the reply's status has no `password`
app.post("/leak-201", { response: { 201: User } }, (ctx) => ctx.json({ id: "1", name: "a", password: "x" }, 201))
// @ts-expect-error nor has that of 200, which a plain value is for
app.post("/leak-200", { response: { 200: User, 204: null } }, () => ({ id: "1", name: "a", password: "x" }))
app.post("/leak-async", { response: { 200: User, 201: User } }, async (ctx) =>
  // @ts-expect-error nor in a promise of one reply or another
  ctx.path === "/" ? ctx.json({ id: "1", name: "a" }) : ctx.json({ id: "1", name: "a", password: "x" }, 201),
)
app.post("/kept", { response: { 200: User, 201: User, 204: null } }, async (ctx) => {
  if (ctx.path === "/") return { id: "1", name: "a" }
  return ctx.path === "/x" ? ctx.empty() : ctx.json({ id: "1", name: "a" }, 201)
})
const leaky = { id: "1", name: "a", password: "x" }
// @ts-expect-error: nor what is one of several answers
app.get("/or", { response: User }, (ctx) => (ctx.path === "/" ? fail(errors.Gone) : leaky))
app.get("/mixed", { response: User }, (ctx) =>
  ctx.path === "/" ? fail(errors.Gone) : ctx.path === "/x" ? Promise.resolve({ id: "1", name: "a" }) : new Response(),
)
app.get("/status", { response: Status }, async () => ({ status: "active" as const }))
// @ts-expect-error: not one of the values
app.get("/status", { response: Status }, async () => ({ status: "lost" as const }))
// @ts-expect-error: name is missing
app.get("/short", { response: User }, () => ({ id: "1" }))
app.post("/users", { body: User, response: { 201: User } }, (ctx) => ctx.json(ctx.body, 201))
// @ts-expect-error: 202 is not declared
app.post("/users", { body: User, response: { 201: User } }, (ctx) => ctx.json(ctx.body, 202))
app.delete("/users/:id", { response: { 204: null } }, (ctx) => ctx.empty())

const signedIn = layer({
  name: "signedIn",
  errors: [errors.Unauthorized],
  before: async (): Promise<{ user: User }> => ({ user: { id: "1", name: "a" } }),
})
const owner = layer({ name: "owner", needs: [signedIn], before: (ctx) => ({ owns: ctx.user.id === "1" }) })
const impostor = layer({ name: "impostor", before: () => ({ user: 42 }) })
const timing = layer({ name: "timing", finish: () => undefined })

app.scope("/admin", [timing, signedIn, owner], (admin) => {
  admin.get("/me", (ctx) => {
    same<typeof ctx.user, User>(true)
    same<typeof ctx.owns, boolean>(true)
    return ctx.user
  })
})
// @ts-expect-error: owner needs signedIn before it
app.scope("/wrong", [owner, signedIn], () => undefined)
// @ts-expect-error: both provide user, with different types
app.scope("/conflict", [signedIn, impostor], () => undefined)
app.scope("/twice", [signedIn, signedIn], (twice) => twice.get("/", (ctx) => ctx.user.name))

const contract = routes({
  show: get("/users/:id", { response: User, errors: [errors.NotFound] }, () => ({ id: "1", name: "a" })),
  list: get("/users", { query: Page }, () => [1, 2]),
})
type Io<R> = R extends Route<string, string, infer I, infer O, infer E> ? { I: I; O: O; E: E } : never
same<Io<typeof contract.show>["O"], User>(true)
same<Io<typeof contract.show>["I"]["params"], { id: string }>(true)
same<Io<typeof contract.list>["O"], number[]>(true)
same<Io<typeof contract.show>["E"]["code"], "HTTP_NOT_FOUND">(true)
same<Io<typeof contract.list>["E"]["code"], "HTTP_INVALID">(true)

// What a contract says is resolved: no schema, no layer and no class of an error crosses to who reads it.
const resolved = routes({
  change: post(
    "/users/:id",
    { body: User, query: Page, layers: [signedIn], errors: [errors.Conflict] },
    async (ctx) => {
      return fail(errors.Conflict, ctx.user.name) as Failure<typeof errors.Conflict> | { done: boolean }
    },
  ),
  rows: get("/rows", () => ndjson([{ id: 1 }])),
})
same<Io<typeof resolved.change>["I"], { params: { id: string }; query: { limit: string }; body: User }>(true)
same<Io<typeof resolved.change>["O"], { done: boolean }>(true)
same<
  Io<typeof resolved.change>["E"],
  DeclaredError<"HTTP_CONFLICT", 409> | DeclaredError<"HTTP_UNAUTHORIZED", 401> | InvalidInput
>(true)
same<Io<typeof resolved.rows>["O"], AsyncIterable<{ id: number }>>(true)
// @ts-expect-error: owner needs signedIn, which is not before it
get("/unmet", { layers: [owner] }, () => null)
// @ts-expect-error: and not after it
get("/unmet", { layers: [owner, signedIn] }, () => null)
get("/met", { layers: [signedIn, owner] }, (ctx) => same<typeof ctx.owns, boolean>(true))
// @ts-expect-error: both provide user
get("/conflict", { layers: [signedIn, impostor] }, () => null)
