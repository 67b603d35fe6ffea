import { type App, createApp } from "@ashlar/http"
import type { ServerSettings } from "../../profile.ts"
import { createLayeredApp } from "./layers.ts"
import { addRoutes, addWideRoutes } from "./routes.ts"
import { addUser, addUserPost } from "./users.ts"

/** The routes of a profile, in an app with the full package's defaults: the same on every runtime. */
export async function createBenchApp({ profile, files }: Omit<ServerSettings, "port">): Promise<App> {
  const app = profile === "layers" ? createLayeredApp() : createApp()
  app.get("/", () => "hi")
  if (profile === "plain" || profile === "layers") addUser(app)
  if (profile === "plain") addUserPost(app)
  if (profile === "routes") addRoutes(app)
  if (profile === "wide") addWideRoutes(app)
  if (profile === "more") (await import("./more.ts")).addMore(app, files)
  return app
}
