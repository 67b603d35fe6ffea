/** The promises of the types, held by `tsc`: every `@ts-expect-error` must be an error, every `Same` must be the same. */
import type { DeclaredBy } from "@ashlar/core"
import { v } from "@ashlar/validation"
import { errors, fail, type InvalidInput, layer } from "../index.ts"
import { type Procedure, procedure, rpc } from "./index.ts"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare function same<A, B>(isSame: Same<A, B>): void

const User = v.object({ id: v.integer(), name: v.string() })
const signedIn = layer({ name: "signedIn", errors: [errors.Unauthorized], before: () => ({ user: { id: 1 } }) })
const create = procedure(
  { input: v.object({ age: v.coerce.integer() }), output: User, errors: [errors.Conflict], layers: [signedIn] },
  (input, ctx) => {
    same<typeof input, { age: number }>(true)
    same<typeof ctx.user, { id: number }>(true)
    return { id: input.age, name: "A" }
  },
)
type ErrorsOf<P> = P extends Procedure<infer _I, infer _O, infer E> ? E : never
type InputOf<P> = P extends Procedure<infer I, infer _O, infer _E> ? I : never
type OutputOf<P> = P extends Procedure<infer _I, infer O, infer _E> ? O : never
same<
  ErrorsOf<typeof create>,
  DeclaredBy<typeof errors.Conflict> | DeclaredBy<typeof errors.Unauthorized> | InvalidInput
>(true)
same<OutputOf<typeof create>, { id: number; name: string }>(true)
const found = procedure({ query: true, input: v.object({ q: v.string() }) }, async (input) => [input.q])
same<InputOf<typeof found>, { query: { q: string } }>(true)
same<OutputOf<typeof found>, string[]>(true)
const ping = procedure({}, (input) => {
  same<typeof input, undefined>(true)
  return fail(errors.Conflict)
})
same<ErrorsOf<typeof ping>, never>(true)
const api = rpc({ users: { create } })
same<typeof api.users.create, typeof create>(true)

// @ts-expect-error the output has no `password`
procedure({ output: User }, () => ({ id: 1, name: "A", password: "x" }))
// @ts-expect-error the output needs a name
procedure({ output: User }, () => ({ id: 1 }))
