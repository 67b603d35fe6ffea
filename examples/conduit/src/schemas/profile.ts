import { v } from "@ashlar/validation"
import { verbatim } from "./text.ts"

/** The place of a person in a path. */
export const ProfileParams = v.object({ username: verbatim(60) })

/** A person, as others see them: `following` is about who asks. */
export const Profile = v
  .object({
    username: v.string(),
    bio: v.string().nullable(),
    image: v.string().nullable(),
    following: v.boolean(),
  })
  .meta({ id: "Profile" })

export const ProfileReply = v.object({ profile: Profile }).meta({ id: "ProfileResponse" })
