import { createContainer } from "@ashlar/core"
import { type App, createApp } from "@ashlar/http"
import { openapi } from "@ashlar/openapi"
import { cors } from "./layers/cors.ts"
import { database } from "./layers/database.ts"
import { errorForm, statusOf } from "./layers/error-form.ts"
import { conduitRoutes } from "./routes.ts"
import { Errors } from "./schemas/errors.ts"
import { type ConduitSettings, Settings } from "./services.ts"

/** The RealWorld API at `/api`, its document at `/openapi.json`, and at `/docs` a page that shows and tries it. */
export function createConduitApp(settings: ConduitSettings): App {
  const services = createContainer()
  services.override(Settings, { open: () => settings })
  const app = createApp({ services, layers: [cors, errorForm] })
  app.onStop(() => services.close())
  app.scope("/api", [database], (api) => api.add(conduitRoutes))
  openapi(app, {
    title: "Conduit",
    version: "1.0.0",
    license: { name: "MIT", identifier: "MIT" },
    tags: {
      accounts: "Registering, signing in, and one's own account",
      profiles: "People, as others see them",
      articles: "What they write, and what they like",
      comments: "What they say of it",
    },
    answerErrors: (error) => (error.status >= 500 ? undefined : { schema: Errors, status: statusOf(error) }),
  })
  return app
}
