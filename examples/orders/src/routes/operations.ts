import { errors, get, post, routes } from "@ashlar/http"
import { events } from "@ashlar/http/sse"
import { describeRoute } from "@ashlar/openapi"
import { serveObject } from "@ashlar/storage/http"
import { v } from "@ashlar/validation"
import { Picture, Redrive } from "../schemas.ts"
import { ReportFiles, ShopOps } from "../services.ts"

const MAX_REPORTS = 100
const tags = ["operations"]
const Day = v.object({ day: v.string().regex(/^\d{4}-\d\d-\d\d$/) })
const csv = describeRoute({
  responses: { 200: { content: { "text/csv": {} } }, 206: { content: { "text/csv": {} } }, 304: {} },
})

/** What the page does. */
export const operationRoutes = routes({
  watch: get(
    "/ops/events",
    { summary: "What goes on, as it goes on", tags, meta: describeRoute({ events: { picture: Picture } }) },
    async (ctx) => {
      const ops = await ctx.use(ShopOps)
      return events(ctx, async function* ({ signal }) {
        for await (const data of ops.watch(signal)) yield { event: "picture", data }
      })
    },
  ),
  redrive: post(
    "/ops/redrive",
    { summary: "Let dead letters begin anew", tags, body: Redrive, response: v.object({ count: v.integer() }) },
    async (ctx) => ({ count: await (await ctx.use(ShopOps)).redrive("all" in ctx.body ? "all" : ctx.body) }),
  ),
  reports: get("/reports", { summary: "Daily reports", tags, response: v.array(v.string()) }, async (ctx) => {
    const { objects } = await (await ctx.use(ReportFiles)).list({ limit: MAX_REPORTS })
    return objects.map(({ key }) => key.replace(/\.csv$/, ""))
  }),
  report: get(
    "/reports/:day",
    { summary: "What was sold on a day", tags, params: Day, errors: [errors.NotFound], meta: csv },
    async (ctx) => serveObject(ctx, await ctx.use(ReportFiles), `${ctx.params.day}.csv`, { download: true }),
  ),
})
