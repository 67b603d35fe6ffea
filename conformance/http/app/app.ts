import { type App, createApp, createRequestIds, layer } from "@ashlar/http"
import { addAnswers } from "./answers.ts"
import { addBodies } from "./bodies.ts"
import { addEvents } from "./events.ts"
import { addRouting } from "./routing.ts"
import { addSockets } from "./sockets.ts"
import { addWitness, reported } from "./witness.ts"

/** Every answer says that it went through the app's own layers, whatever became of the request. */
const outer = layer({
  name: "outer",
  before: (ctx) => {
    ctx.set("x-outer", "1")
  },
})

/** The one application that the suite runs on every runtime. It uses what `@ashlar/http` exports and nothing else. */
const app: App = createApp({
  layers: [createRequestIds({ accept: true }), outer],
  maxBodyBytes: 1024 * 1024,
  onError: (error, ctx) => reported(ctx.id, error),
})
app.get("/", () => "hello")
app.get("/ok", () => "ok")
addRouting(app)
addBodies(app)
addAnswers(app)
addEvents(app)
// Without WebSocket routes Deno serves in another way.
if (typeof process === "undefined" || process.env.SOCKETS !== "0") addSockets(app)
addWitness(app)

export default app
