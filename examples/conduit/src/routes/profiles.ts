import { del, errors, get, post, routes } from "@ashlar/http"
import { anybody, signedIn } from "../layers/viewer.ts"
import { findPerson, follow, unfollow } from "../people.ts"
import { ProfileParams, ProfileReply } from "../schemas/profile.ts"
import { viewProfile } from "../views.ts"

const one = { tags: ["profiles"], params: ProfileParams, response: ProfileReply, errors: [errors.NotFound] } as const

/** People, as others see them. */
export const profileRoutes = routes({
  show: get("/profiles/:username", { ...one, summary: "A person", layers: [anybody] }, async (ctx) => {
    const person = await findPerson(ctx.params.username)
    return { profile: await viewProfile(person, ctx.viewer) }
  }),
  follow: post(
    "/profiles/:username/follow",
    { ...one, summary: "Follow a person", layers: [signedIn] },
    async (ctx) => {
      const person = await findPerson(ctx.params.username)
      await follow(ctx.viewer, person)
      return { profile: await viewProfile(person, ctx.viewer) }
    },
  ),
  unfollow: del(
    "/profiles/:username/follow",
    { ...one, summary: "Follow no longer", layers: [signedIn] },
    async (ctx) => {
      const person = await findPerson(ctx.params.username)
      await unfollow(ctx.viewer, person)
      return { profile: await viewProfile(person, ctx.viewer) }
    },
  ),
})
