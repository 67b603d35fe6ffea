import type { DeclaredError } from "@ashlar/core"
import { type BaseContext, errors, type Layer, layer } from "@ashlar/http"
import { User, type UserRow } from "../models/user.ts"
import { unauthorized } from "../refusals.ts"
import { Tokens } from "../services.ts"

type Unauthorized = DeclaredError<"HTTP_UNAUTHORIZED", 401>

const scheme = {
  type: "apiKey",
  in: "header",
  name: "Authorization",
  description: "`Token jwt.token.here`, with what registering or signing in gave",
} as const

/** Lets those pass who show their token, as `ctx.viewer`. */
export const signedIn: Layer<{ readonly viewer: UserRow }, Unauthorized> = layer({
  name: "signedIn",
  errors: [errors.Unauthorized],
  security: { Token: scheme },
  before: async (ctx) => {
    const viewer = await findViewer(ctx)
    if (viewer === undefined) throw unauthorized("token", "is missing")
    return { viewer }
  },
})

/** Lets everybody pass, and tells who asks where somebody does. A token that is none is refused all the same. */
export const anybody: Layer<{ readonly viewer: UserRow | undefined }, Unauthorized> = layer({
  name: "anybody",
  errors: [errors.Unauthorized],
  security: { Token: scheme, nobody: { type: "none" } },
  before: async (ctx) => ({ viewer: await findViewer(ctx) }),
})

async function findViewer(ctx: BaseContext): Promise<UserRow | undefined> {
  const header = ctx.headers.get("authorization")
  if (header === null) return undefined
  const [, token] = /^Token +(\S+)$/i.exec(header) ?? []
  const id = token === undefined ? undefined : await (await ctx.use(Tokens)).read(token)
  const viewer = id === undefined ? undefined : await User.find(id)
  if (viewer === undefined) throw unauthorized("token", "is invalid")
  return viewer
}
