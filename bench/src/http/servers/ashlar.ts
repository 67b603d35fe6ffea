/** Ashlar with the full package's defaults, the same app on every runtime. */
import { createApp } from "@ashlar/http"
import { readSettings } from "../profile.ts"
import { addEvents } from "./ashlar/events.ts"
import { addFiles } from "./ashlar/files.ts"
import { addHeaders } from "./ashlar/headers.ts"
import { createLayeredApp } from "./ashlar/layers.ts"
import { addOrders } from "./ashlar/orders.ts"
import { addRoutes, addWideRoutes } from "./ashlar/routes.ts"
import { addSession } from "./ashlar/session.ts"
import { addUser, addUserPost } from "./ashlar/users.ts"

const { port, profile, files } = readSettings()
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
await app.listen({ port })
