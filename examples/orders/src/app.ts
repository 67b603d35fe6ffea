import { fileURLToPath } from "node:url"
import { type Container, createContainer } from "@ashlar/core"
import { type App, createApp, layer } from "@ashlar/http"
import { compress } from "@ashlar/http/compression"
import { serveFolder } from "@ashlar/http/files"
import { mailPreview } from "@ashlar/mail/http"
import { describeRoute, openapi } from "@ashlar/openapi"
import { v } from "@ashlar/validation"
import { Db } from "./database.ts"
import { NEWS } from "./notices.ts"
import { endpointRoutes } from "./routes/endpoints.ts"
import { operationRoutes } from "./routes/operations.ts"
import { orderRoutes } from "./routes/orders.ts"
import { paymentRoutes } from "./routes/payment-news.ts"
import { Flows, Hooks, Jobs, Keys, Letters, ReportFiles, ShopDesk, ShopMail } from "./services.ts"
import { Settings, type ShopSettings } from "./settings.ts"

const PAGE_FOLDER = fileURLToPath(new URL("../page", import.meta.url))

/** The page needs nothing from elsewhere, so nothing from elsewhere may run in it. */
const pageOnly = layer({
  name: "pageOnly",
  headers: {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
  },
})

/** The services of a shop, all of them open: what is wrong with its settings is said now, and not to the first customer. */
export async function openShop(settings: ShopSettings): Promise<Container> {
  const services = createContainer()
  services.override(Settings, { open: () => settings })
  await services.get(Db)
  for (const service of [Jobs, Flows, Keys, Hooks, ShopMail, ReportFiles, Letters, ShopDesk] as const)
    await services.get<unknown>(service)
  return services
}

/** What the shop answers: orders at `/orders`, a page of all that goes on at `/`, the document at `/docs`, and the mail at `/mail`. */
export async function createShopApp(services: Container): Promise<App> {
  const app = createApp({ services })
  app.add({ orders: orderRoutes, payments: paymentRoutes, endpoints: endpointRoutes, operations: operationRoutes })
  const mail = await services.get(ShopMail)
  if (mail.outbox !== undefined) app.scope("/mail", mailPreview({ mail }))
  const page = { summary: "The page", meta: describeRoute({ hidden: true }) }
  app.scope("/", [compress(), pageOnly], (all) => all.get("/*path", page, serveFolder(PAGE_FOLDER)))
  openapi(app, {
    title: "Orders",
    version: "1.0.0",
    license: { name: "MIT", identifier: "MIT" },
    tags: {
      orders: "What customers do",
      payments: "What the payment provider does",
      endpoints: "Who hears of orders",
      operations: "What the page does",
    },
    webhooks: Object.fromEntries(
      NEWS.map((news) => [`order.${news}`, { summary: `An order was ${news}`, body: Told }]),
    ),
  })
  return app
}

const Told = v.object({
  type: v.string(),
  timestamp: v.string().datetime(),
  data: v.object({ id: v.string(), state: v.string(), totalCents: v.integer(), reason: v.string().optional() }),
})
