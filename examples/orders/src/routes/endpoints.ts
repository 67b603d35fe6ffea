import { del, errors, get, post, routes } from "@ashlar/http"
import { v } from "@ashlar/validation"
import { OWNER } from "../notices.ts"
import { Endpoint, EndpointWithKey, NewEndpoint } from "../schemas.ts"
import { Hooks } from "../services.ts"

const tags = ["endpoints"]

/** Who hears of orders. */
export const endpointRoutes = routes({
  list: get("/endpoints", { summary: "Who hears of orders", tags, response: v.array(Endpoint) }, async (ctx) =>
    (await (await ctx.use(Hooks)).endpoints.list(OWNER)).map(told),
  ),
  create: post(
    "/endpoints",
    { summary: "Let somebody hear of orders", tags, body: NewEndpoint, response: { 201: EndpointWithKey } },
    async (ctx) => {
      const { url, types } = ctx.body
      const { endpoints } = await ctx.use(Hooks)
      const made = await endpoints.create({ owner: OWNER, url, ...(types !== undefined && { types }) })
      return ctx.json({ ...told(made), key: made.key }, 201)
    },
  ),
  remove: del(
    "/endpoints/:id",
    {
      summary: "Let them hear no more",
      tags,
      params: v.object({ id: v.string().max(64) }),
      response: { 204: null },
      errors: [errors.NotFound],
    },
    async (ctx) => {
      if (!(await (await ctx.use(Hooks)).endpoints.remove(ctx.params.id)))
        throw new errors.NotFound("There is no such endpoint.")
      return ctx.empty()
    },
  ),
})

interface Shown {
  readonly id: string
  readonly url: string
  readonly types: readonly string[] | undefined
  readonly disabledWhy: string | undefined
}
function told({ id, url, types, disabledWhy }: Shown) {
  return {
    id,
    url,
    ...(types !== undefined && { types: [...types] }),
    ...(disabledWhy !== undefined && { disabledWhy }),
  }
}
