import { afterAll, beforeAll, expect, test } from "bun:test"
import { createApp, errors, type Server } from "@ashlar/http"
import { batch } from "@ashlar/http/batch"
import { publishRoutes } from "@ashlar/http/contract"
import { listQuery } from "@ashlar/http/query"
import { procedure, rpc } from "@ashlar/http/rpc"
import { v } from "@ashlar/validation"
import { batching } from "../src/batch.ts"
import { createClient } from "../src/index.ts"

const Rows = listQuery({
  filter: { id: { type: v.coerce.integer(), operators: ["gte", "in"] } },
  sort: ["id"],
  paginate: { by: "offset" },
})
const seen: string[] = []
const api = rpc({
  users: {
    rename: procedure(
      { input: v.object({ id: v.integer(), name: v.string().min(2) }), errors: [errors.NotFound] },
      ({ id, name }) => {
        if (id !== 1) throw new errors.NotFound("No such user")
        return { id, name }
      },
    ),
    list: procedure({ query: true, input: Rows }, ({ filter, sort, page }) => ({ filter, sort, page })),
  },
})

let server: Server
beforeAll(async () => {
  const app = createApp()
  app.add(api)
  app.add(batch(app, { path: "/rpc" }))
  app.add(publishRoutes(app))
  server = await app.listen({ port: 0 })
})
afterAll(() => server.stop(0))

test("procedures are called as routes are, their errors typed", async () => {
  const client = createClient<typeof api>(server.url)
  const renamed: { id: number; name: string } = await client.users.rename({ body: { id: 1, name: "Emma" } })
  expect(renamed).toEqual({ id: 1, name: "Emma" })
  const missing = await client.users.rename({ body: { id: 2, name: "Emma" } }).result()
  expect(!missing.ok && missing.error.code === "HTTP_NOT_FOUND" && missing.error.status).toBe(404)
  const wrong = await client.users.rename({ body: { id: 1, name: "E" } }).result()
  expect(!wrong.ok && wrong.error.code === "HTTP_INVALID" && wrong.error.errors[0]?.pointer).toBe("/name")
})

test("what a list is asked goes over the wire and arrives", async () => {
  const client = createClient<typeof api>(server.url)
  expect(
    await client.users.list({ query: { "filter[id][gte]": 3, "filter[id][in]": [1, 2], sort: ["-id"], limit: 5 } }),
  ).toEqual({
    filter: [
      { field: "id", operator: "gte", value: 3 },
      { field: "id", operator: "in", value: [1, 2] },
    ],
    sort: [{ field: "id", direction: "desc" }],
    page: { limit: 5, offset: 0 },
  })
})

test("calls of one turn go together", async () => {
  const client = createClient<typeof api>(server.url, {
    transport: batching({
      path: "/rpc",
      send: (request) => {
        seen.push(new URL(request.url).pathname)
        return fetch(request.url, {
          method: request.method,
          headers: request.headers,
          ...(request.body !== undefined && { body: request.body as string }),
        })
      },
    }),
  })
  const both = await Promise.all([
    client.users.rename({ body: { id: 1, name: "Emma" } }),
    client.users.list({ query: { limit: 1 } }),
  ])
  expect(both.map((one) => Object.keys(one))).toEqual([
    ["id", "name"],
    ["filter", "sort", "page"],
  ])
  expect(seen.filter((path) => path.startsWith("/rpc"))).toEqual(["/rpc"])
})
