import { type BaseContext, errors, get, post, put, routes } from "@ashlar/http"
import { defined } from "../defined.ts"
import { signedIn } from "../layers/viewer.ts"
import { User, type UserRow } from "../models/user.ts"
import { hashPassword, isPassword } from "../passwords.ts"
import { asOnlyOne } from "../people.ts"
import { unauthorized } from "../refusals.ts"
import { Login, NewUser, UserChanges, UserReply } from "../schemas/user.ts"
import { Tokens } from "../services.ts"

const tags = ["accounts"]

/** Registering, signing in, and one's own account. */
export const accountRoutes = routes({
  register: post(
    "/users",
    { summary: "Register", tags, body: NewUser, response: { 201: UserReply }, errors: [errors.Conflict] },
    async (ctx) => {
      const { user } = ctx.body
      const created = await asOnlyOne(User.create({ ...user, password: await hashPassword(user.password) }))
      return ctx.json(await accountOf(ctx, created), 201)
    },
  ),
  signIn: post(
    "/users/login",
    { summary: "Sign in", tags, body: Login, response: UserReply, errors: [errors.Unauthorized] },
    async (ctx) => {
      const { email, password } = ctx.body.user
      const user = await User.where("email", email).first()
      const known = await User.where("email", email).select("password").first()
      const isRight = await isPassword(password, known?.password)
      if (user === undefined || !isRight) throw unauthorized("credentials", "invalid")
      return await accountOf(ctx, user)
    },
  ),
  show: get("/user", { summary: "Your account", tags, layers: [signedIn], response: UserReply }, (ctx) =>
    accountOf(ctx, ctx.viewer),
  ),
  update: put(
    "/user",
    {
      summary: "Change your account",
      tags,
      layers: [signedIn],
      body: UserChanges,
      response: UserReply,
      errors: [errors.Conflict],
    },
    async (ctx) => {
      const { viewer } = ctx
      const { password, ...changes } = defined(ctx.body.user)
      if (changes.bio !== undefined) changes.bio = textOrNull(changes.bio)
      if (changes.image !== undefined) changes.image = textOrNull(changes.image)
      const secret = password === undefined ? {} : { password: await hashPassword(password) }
      await asOnlyOne(viewer.update({ ...changes, ...secret }))
      return await accountOf(ctx, viewer)
    },
  ),
})

async function accountOf(ctx: Pick<BaseContext, "use">, { id, email, username, bio, image }: UserRow) {
  const tokens = await ctx.use(Tokens)
  return { user: { email, username, bio, image, token: await tokens.issue(id) } }
}

/** No text is none. */
function textOrNull(text: string | null): string | null {
  return text === null || text.trim() === "" ? null : text
}
