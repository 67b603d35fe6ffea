/** The promises of the types, held by `tsc`: every `@ts-expect-error` must be an error, every `Same` must be the same. */
import type { StandardSchemaV1 } from "@ashlar/core"
import { createApp, errors, get, layer, type Params, type Route, routes } from "./index.ts"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_yes: Same<A, B>): void => undefined

interface User {
  id: string
  name: string
}
declare const User: StandardSchemaV1<User>
declare const Page: StandardSchemaV1<{ limit: string }, { limit: number }>

same<Params<"/">, Record<never, string>>(true)
same<Params<"/users/:id">, { id: string }>(true)
same<Params<"/:a/b/:c">, { a: string; c: string }>(true)
same<Params<"/docs/:lang?">, { lang?: string }>(true)
same<Params<"/files/*path">, { path: string }>(true)
same<Params<"/x/:id/*">, { id: string; "*": string }>(true)
same<Params<string>, Record<string, string>>(true)

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
