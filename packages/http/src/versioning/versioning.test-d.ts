/** The promises of the types, held by `tsc`: every `@ts-expect-error` must be an error, every `Same` must be the same. */
import type { DeclaredBy } from "@ashlar/core"
import { createApp, errors, layer, type Route } from "../index.ts"
import { defineVersions, type Versioning } from "./index.ts"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_yes: Same<A, B>): void => undefined

const tenant = layer({ name: "tenant", errors: [errors.NotFound], before: () => ({ tenant: 7 }) })
const app = createApp({ layers: [tenant] })
const api = defineVersions({ by: { header: "api-version" }, versions: { 1: {}, "2026-03-01": {} }, default: "1" })
same<typeof api, Versioning<"1" | "2026-03-01">>(true)

api.scope(app, "1", (v1) => {
  const route = v1.get("/users/:id", (ctx) => {
    same<typeof ctx.tenant, number>(true)
    same<typeof ctx.params, { id: string }>(true)
    return 1
  })
  same<
    typeof route extends Route<string, string, unknown, unknown, infer E> ? E : never,
    DeclaredBy<typeof errors.NotFound>
  >(true)
})
const given = api.scope(app, "2026-03-01", (scope) => scope.get("/x", () => "text"))
same<typeof given extends Route<"GET", "/x", unknown, infer O> ? O : never, string>(true)
// @ts-expect-error: there is no version 3
api.scope(app, "3", () => undefined)
// @ts-expect-error: there is no version 3
api.version("3")
// @ts-expect-error: the default is not one of the versions
defineVersions({ by: { vendor: "acme" }, versions: { 1: {} }, default: "2" })
app.scope("/x", [api.version("1")], (scope) => scope.get("/", (ctx) => ctx.tenant))
