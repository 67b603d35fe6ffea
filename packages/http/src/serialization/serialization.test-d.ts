/** The promises of the types, held by `tsc`: every `@ts-expect-error` must be an error, every `Same` must be the same. */
import { v } from "@ashlar/validation"
import { get, type Out, type ResultOf } from "../index.ts"
import { hidden, only, serialize } from "./index.ts"

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare function same<A, B>(isSame: Same<A, B>): void

const User = v.object({
  id: v.integer(),
  password: v.string(),
  team: v.object({ name: v.string(), token: v.string() }),
  posts: v.array(v.object({ title: v.string(), draft: v.string() })),
})
declare const user: {
  id: number
  password: string
  team: { name: string; token: string }
  posts: { title: string; draft: string }[]
}

const Hidden = hidden(User, "password", "team.token", "posts.draft")
same<Out<typeof Hidden>, { id: number; team: { name: string }; posts: { title: string }[] }>(true)
const Named = only(User, "id", "team.name")
same<Out<typeof Named>, { id: number; team: { name: string } }>(true)
const Grouped = serialize(User, { hidden: ["team", "posts"], groups: { admin: ["password"] } })
declare const seen: Out<typeof Grouped>
same<typeof seen.password, string | undefined>(true)
same<typeof seen.id, number>(true)

// A handler may return all of it, or leave out what is hidden; the client sees what is left.
get("/all", { response: Hidden }, () => user)
get("/less", { response: hidden(User, "password") }, () => ({ id: 1, team: user.team, posts: [] }))
same<ResultOf<{ response: typeof Hidden }, unknown>, Out<typeof Hidden>>(true)

// @ts-expect-error there is no such member
hidden(User, "pasword")
// @ts-expect-error nor inside
only(User, "team.nam")
// @ts-expect-error what is not hidden must be there
get("/none", { response: hidden(User, "password") }, () => ({ id: 1 }))
