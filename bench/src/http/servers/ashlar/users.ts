import type { App } from "@ashlar/http"
import { v } from "@ashlar/validation"
import { MAX_TAGS } from "../../order.ts"

const User = v.object({
  name: v.string().min(1).max(100),
  email: v.string().email(),
  age: v.integer().min(0).max(150),
  tags: v.array(v.string()).max(MAX_TAGS),
})

/** Workload b, and e where layers stand around it. */
export function addUser(app: App): void {
  app.get("/users/:id", (ctx) => ({ id: ctx.params.id, name: ctx.query.name }))
}

/** Workload c. */
export function addUserPost(app: App): void {
  app.post("/users", { body: User }, (ctx) => ctx.body)
}
