import { v } from "@ashlar/validation"
import { missingOr, text, verbatim } from "./text.ts"

const Username = text(60)
/** One mailbox, one account: however it is written. */
const Email = text(254).lowercase().email("is invalid")
/** Long rather than complicated, as NIST SP 800-63B advises. */
const NewPassword = verbatim(128).min(1, "can't be blank").min(8, "is too short (at least 8 characters)").secret()
/** What may be taken back: null and no text are none. */
const Blankable = verbatim(2_000).nullable()

/* Bodies have one member, and what is not known in it is left out: frontends send whole things back. */

export const Login = v
  .object({
    user: v
      .object({ email: text(254).lowercase(), password: verbatim(128).min(1, "can't be blank").secret() })
      .strip()
      .message(missingOr("is not an object")),
  })
  .strip()

export const NewUser = v
  .object({
    user: v
      .object({ username: Username, email: Email, password: NewPassword })
      .strip()
      .message(missingOr("is not an object")),
  })
  .strip()

export const UserChanges = v
  .object({
    user: v
      .object({
        username: Username.optional(),
        email: Email.optional(),
        password: NewPassword.optional(),
        bio: Blankable.optional(),
        image: Blankable.optional(),
      })
      .strip()
      .refine((changes) => Object.keys(changes).length > 0, "has nothing to change")
      .message(missingOr("is not an object")),
  })
  .strip()

/** The account of the caller, with the token to be sent from now on. */
export const UserReply = v
  .object({
    user: v.object({
      email: v.string(),
      token: v.string(),
      username: v.string(),
      bio: v.string().nullable(),
      image: v.string().nullable(),
    }),
  })
  .meta({ id: "UserResponse" })
