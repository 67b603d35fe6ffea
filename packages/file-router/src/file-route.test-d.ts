import { createApp, get, layer, type Middleware, post } from "@ashlar/http"
import { fileRoute, mountRoutes } from "./file-route.ts"

const GET = get("/users/:id", (ctx) => ({ id: ctx.params.id }))
const POST = post("/users/:id", () => "made")
const place = { file: "users/[id].ts", path: "/users/:id", keys: ["users", "$id"] } as const

// The record of routes keeps their types, and drops whatever is no route.
const file = fileRoute(place, { GET, POST, limit: 3 })
export function kept(): { readonly id: string } | undefined {
  const same: typeof GET = file.routes.GET
  // @ts-expect-error no route of this name
  void file.routes.limit
  return same["~out"]
}

// @ts-expect-error the route says another path than its file
fileRoute(place, { GET: get("/user/:id", () => 1) })
// @ts-expect-error the route is of another method than its name
fileRoute(place, { POST: get("/users/:id", () => 1) })
// @ts-expect-error a handler is no route
fileRoute(place, { GET: () => 1 })
// @ts-expect-error a module without routes
fileRoute(place, { limit: 3 })

const named = layer({ name: "named" })
const plain: Middleware = (_ctx, next) => next()
fileRoute({ ...place, layers: [named, plain, [named, plain]] }, { GET })
// @ts-expect-error no layer
fileRoute({ ...place, layers: ["named"] }, { GET })

// An app and every scope of one take them, whatever their layers provide.
const user = layer({ name: "user", before: () => ({ user: "ada" }) })
const app = createApp({ layers: [user] })
mountRoutes(app, [file])
app.scope("/v1", [named], (scope) => mountRoutes(scope, [file]))
