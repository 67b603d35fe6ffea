import { del, errors, get, post, routes } from "@ashlar/http"
import { anybody, signedIn } from "../layers/viewer.ts"
import type { UserRow } from "../models/user.ts"
import { findPerson } from "../people.ts"
import { ProfileParams, ProfileReply } from "../schemas/profile.ts"
import { peopleFor, type Viewer, viewProfile } from "../views.ts"

const one = { tags: ["profiles"], params: ProfileParams, response: ProfileReply, errors: [errors.NotFound] } as const

/** People, as others see them. */
export const profileRoutes = routes({
  show: get("/profiles/:username", { ...one, summary: "A person", layers: [anybody] }, async (ctx) => {
    const person = await findPerson(ctx.params.username)
    return await show(person, ctx.viewer)
  }),
  follow: post(
    "/profiles/:username/follow",
    { ...one, summary: "Follow a person", layers: [signedIn] },
    async (ctx) => {
      const person = await findPerson(ctx.params.username)
      await person.related("followers").attach(ctx.viewer)
      return await show(person, ctx.viewer)
    },
  ),
  unfollow: del(
    "/profiles/:username/follow",
    { ...one, summary: "Follow no longer", layers: [signedIn] },
    async (ctx) => {
      const person = await findPerson(ctx.params.username)
      await person.related("followers").detach(ctx.viewer)
      return await show(person, ctx.viewer)
    },
  ),
})

async function show({ id }: UserRow, viewer: Viewer) {
  return { profile: viewProfile(await peopleFor(viewer).where("id", id).firstOrFail()) }
}
