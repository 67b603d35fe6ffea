/** The promises of the types, held by `tsc`: every `@ts-expect-error` must be an error, every `Same` must be the same. */
import { createApp, errors, type Layer, layer, type Middleware, onError, type Route } from "../index.ts"
import { parallel, when } from "./index.ts"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_yes: Same<A, B>): void => undefined

interface User {
  readonly name: string
}
const signedIn = layer({
  name: "signedIn",
  errors: [errors.Unauthorized],
  before: async (): Promise<{ user: User }> => ({ user: { name: "ana" } }),
})
const tenant = layer({ name: "tenant", errors: [errors.NotFound], before: () => ({ tenant: 1 }) })
const impostor = layer({ name: "impostor", before: () => ({ user: 42 }) })
const owner = layer({ name: "owner", needs: [signedIn], before: (ctx) => ({ owns: ctx.user.name === "ana" }) })
const timing: Middleware = async (_ctx, next) => next()

const app = createApp()
type CodesOf<R> =
  R extends Route<string, string, unknown, unknown, infer E extends { code: string }> ? E["code"] : never

/* parallel: fields and errors of all */
app.scope("/a", [parallel(signedIn, tenant, timing)], (scope) => {
  const route = scope.get("/", (ctx) => {
    same<typeof ctx.user, User>(true)
    same<typeof ctx.tenant, number>(true)
    return 1
  })
  same<CodesOf<typeof route>, "HTTP_UNAUTHORIZED" | "HTTP_NOT_FOUND">(true)
})
// @ts-expect-error: both provide user
parallel(signedIn, impostor)
// @ts-expect-error: owner needs signedIn, and stands beside it
app.scope("/b", [parallel(signedIn, owner)], () => undefined)
// @ts-expect-error: nothing provides what owner needs
app.scope("/c", [parallel(owner, tenant)], () => undefined)
app.scope("/d", [signedIn, parallel(owner, tenant)], (scope) => {
  scope.get("/", (ctx) => {
    same<typeof ctx.owns, boolean>(true)
    return 1
  })
})
app.scope("/e", [parallel(signedIn, tenant), owner], () => undefined)

/* when: fields are optional, errors stay, needs stay */
app.scope("/f", [when((ctx) => ctx.headers.has("authorization"), signedIn)], (scope) => {
  const route = scope.get("/", (ctx) => {
    same<typeof ctx.user, User | undefined>(true)
    // @ts-expect-error: there may be no user
    return ctx.user.name
  })
  same<CodesOf<typeof route>, "HTTP_UNAUTHORIZED">(true)
})
// @ts-expect-error: signedIn may not have run
app.scope("/g", [when(() => true, signedIn), owner], () => undefined)
// @ts-expect-error: owner needs signedIn
app.scope("/h", [when(() => true, owner)], () => undefined)
app.scope("/i", [signedIn, when((ctx) => ctx.user.name === "ana", owner)], (scope) => {
  scope.get("/", (ctx) => {
    same<typeof ctx.user, User>(true)
    same<typeof ctx.owns, boolean | undefined>(true)
    return 1
  })
})
// @ts-expect-error: the condition of owner knows what owner needs, and no more
when((ctx) => ctx.tenant === 1, owner)
app.scope("/j", [when(() => true, parallel(signedIn, tenant))], (scope) => {
  scope.get("/", (ctx) => {
    same<typeof ctx.user, User | undefined>(true)
    same<typeof ctx.tenant, number | undefined>(true)
    return 1
  })
})
app.scope("/k", [when(() => Promise.resolve(true), timing)], () => undefined)

/* onError: the handler gets an instance of what it asked for */
onError(errors.NotFound, (_ctx, error) => {
  same<typeof error.code, "HTTP_NOT_FOUND">(true)
})
onError([errors.NotFound, errors.Gone], (_ctx, error) => {
  same<typeof error.status, 404 | 410>(true)
})
onError(TypeError, (ctx, error) => {
  same<typeof error, TypeError>(true)
  return ctx.text(error.message, 400)
})
same<typeof plain, Layer>(true)
const plain = onError(Error, () => undefined)
