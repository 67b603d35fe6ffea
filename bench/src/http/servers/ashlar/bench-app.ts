import { type App, createApp } from "@ashlar/http"
import type { ServerSettings } from "../../profile.ts"
import { addEvents } from "./events.ts"
import { addFiles } from "./files.ts"
import { addHeaders } from "./headers.ts"
import { createLayeredApp } from "./layers.ts"
import { addOrders } from "./orders.ts"
import { addRoutes, addWideRoutes } from "./routes.ts"
import { addSession } from "./session.ts"
import { addUser, addUserPost } from "./users.ts"

/** The routes of a profile, in an app with the full package's defaults: the same on every runtime. */
export function createBenchApp({ profile, files }: Omit<ServerSettings, "port">): App {
  const app = profile === "layers" ? createLayeredApp() : createApp()
  app.get("/", () => "hi")
  if (profile === "plain" || profile === "layers") addUser(app)
  if (profile === "plain") addUserPost(app)
  if (profile === "routes") addRoutes(app)
  if (profile === "wide") addWideRoutes(app)
  if (profile === "more") {
    addSession(app)
    addHeaders(app)
    addOrders(app)
    addFiles(app, files)
    addEvents(app)
  }
  return app
}
