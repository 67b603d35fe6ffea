import { expect, test } from "bun:test"
import { createApp, errors, get, layer, post, routes } from "../index.ts"
import { publishRoutes } from "./index.ts"

const schema = { "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) } } as const
const guarded = layer({ name: "guarded", errors: [errors.Unauthorized] })

async function mapOf(declare: (app: ReturnType<typeof createApp>) => void): Promise<unknown> {
  const app = createApp()
  declare(app)
  const response = await app.fetch(new Request("http://localhost/.well-known/ashlar-routes"))
  expect(response.headers.get("cache-control")).toBe("max-age=60")
  return response.json()
}

test("publishes names, methods, whole paths and the codes of declared errors", async () => {
  const users = routes({
    show: get("/users/:id", { errors: [errors.NotFound] }, () => null),
    create: post("/users", { body: schema, layers: [guarded] }, () => null),
    named: get("/elsewhere", () => null).name("other.name"),
  })
  const map = await mapOf((app) => {
    app.scope("/v1", (v1) => v1.add({ users }))
    app.get("/nameless", () => null)
    app.add(publishRoutes(app))
  })
  expect(map).toEqual({
    "users.show": "GET /v1/users/:id HTTP_NOT_FOUND",
    "users.create": "POST /v1/users HTTP_UNAUTHORIZED HTTP_INVALID",
    "users.named": "GET /v1/elsewhere",
    "other.name": "GET /v1/elsewhere",
  })
})

test("leaves out what it is told to", async () => {
  const map = await mapOf((app) => {
    app.get("/secret", () => null).name("secret")
    app.get("/open", () => null).name("open")
    app.add(publishRoutes(app, { include: ({ path }) => path !== "/secret" }))
  })
  expect(map).toEqual({ open: "GET /open" })
})
