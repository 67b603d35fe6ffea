import { type App, createApp, errors } from "@ashlar/http"
import { v } from "@ashlar/validation"

/** What the fixture of every runner tests. */
export const app: App = createApp()
app.get("/users/:id", (ctx) => ({ id: ctx.params.id, name: "Ada", at: new Date().toISOString() }))
app.post("/users", { body: v.object({ name: v.string().min(1) }) }, (ctx) => ctx.json({ name: ctx.body.name }, 201))
app.delete("/users/:id", { errors: [errors.Conflict] }, () => {
  throw new errors.Conflict("They still have posts")
})
