import { describe, expect, test } from "bun:test"
import { uuidv7 } from "@ashlar/core"
import { type App, createApp, errors, layer } from "@ashlar/http"
import { cookies } from "@ashlar/http/cookies"
import { serveFolder } from "@ashlar/http/files"
import { listQuery } from "@ashlar/http/query"
import { events } from "@ashlar/http/sse"
import { upgrade } from "@ashlar/http/upgrade"
import { toMemory, uploads } from "@ashlar/http/uploads"
import { v } from "@ashlar/validation"
import { z } from "zod"
import { describeReport, fuzzRoutes } from "../src/index.ts"

/** Apps without a defect, which must be found to have none, whatever the seed. */

const User = v.object({
  id: v.string(),
  name: v.string(),
  email: v.string().email().optional(),
  tags: v.array(v.string()),
})
type User = { id: string; name: string; email?: string | undefined; tags: string[] }

function usersApp(): App {
  const app = createApp({ layers: [cookies()], development: false })
  const users = new Map<string, User>()
  const signedIn = layer({
    name: "signedIn",
    errors: [errors.Unauthorized],
    before: (ctx) => {
      if (ctx.headers.get("authorization") !== "Bearer good") throw new errors.Unauthorized()
      return { by: "ada" }
    },
  })
  const find = (id: string): User => {
    const user = users.get(id)
    if (user === undefined) throw new errors.NotFound()
    return user
  }
  const NewUser = v.object({
    name: v.string().trim().min(1).max(20),
    email: v.string().email().optional(),
    tags: v.array(v.string().max(10)).max(3).default([]),
  })
  app.scope("/users", [signedIn], (scope) => {
    scope.get(
      "/",
      {
        name: "users.list",
        query: v.object({ limit: v.coerce.integer().min(1).max(100).default(20), q: v.string().optional() }),
        response: v.object({ items: v.array(User) }),
      },
      (ctx) => ({
        items: [...users.values()].slice(0, ctx.query.limit),
      }),
    )
    scope.post("/", { name: "users.make", body: NewUser, response: { 201: User } }, (ctx) => {
      const user: User = { id: uuidv7(), ...ctx.body }
      users.set(user.id, user)
      return ctx.json(user, 201)
    })
    scope.get("/me", () => ({ by: "ada" }))
    scope.get("/:id", { name: "users.show", response: User, errors: [errors.NotFound] }, (ctx) => find(ctx.params.id))
    scope.patch(
      "/:id",
      {
        name: "users.change",
        body: v.object({ name: v.string().min(1).optional() }),
        response: User,
        errors: [errors.NotFound],
      },
      (ctx) => {
        const user = find(ctx.params.id)
        user.name = ctx.body.name ?? user.name
        return user
      },
    )
    scope.delete("/:id", { name: "users.remove", response: { 204: null }, errors: [errors.NotFound] }, (ctx) => {
      find(ctx.params.id)
      users.delete(ctx.params.id)
      return ctx.empty()
    })
  })
  return app as unknown as App
}

function kindsApp(): App {
  const app = createApp({ development: false })
  const Tree: z.ZodType = z.lazy(() => z.object({ name: z.string(), children: z.array(Tree).optional() }))
  app.get("/numbers/:n", (ctx) => ({ n: Number(ctx.params.n) })).whereNumber("n")
  app.get("/ids/:id", { params: v.object({ id: v.string().uuid() }) }, (ctx) => ({ id: ctx.params.id }))
  app.get("/pages/:lang?", (ctx) => ({ lang: ctx.params.lang ?? "en" }))
  app.get("/files/*path", (ctx) => ({ path: ctx.params.path }))
  app.post("/tree", { body: Tree }, (ctx) => ({ name: (ctx.body as { name: string }).name }))
  app.post(
    "/kinds",
    {
      body: z.discriminatedUnion("kind", [
        z.object({ kind: z.literal("a"), n: z.number().int().min(3).max(9) }),
        z.strictObject({ kind: z.literal("b"), at: z.iso.datetime(), mail: z.email() }),
      ]),
    },
    (ctx) => ({ kind: ctx.body.kind }),
  )
  app.post("/record", { body: v.record(v.string(), v.number()) }, (ctx) => ({
    count: Object.keys(ctx.body as object).length,
  }))
  app.post(
    "/tuple",
    { body: z.tuple([z.string(), z.number()]), response: z.tuple([z.string(), z.number()]) },
    (ctx) => ctx.body,
  )
  app.post("/headers", { headers: z.object({ "x-count": z.coerce.number().int() }) }, () => null)
  app.post(
    "/refined",
    { body: z.object({ a: z.number(), b: z.number() }).refine(({ a, b }) => a <= b, { path: ["b"] }) },
    () => null,
  )
  app.post("/unsayable", { body: z.object({ at: z.date().transform((date) => date.getTime()) }) }, () => null)
  app.get("/events", (ctx) =>
    events(ctx, async function* () {
      for (;;) {
        yield { data: "x" }
        await Bun.sleep(1)
      }
    }),
  )
  app.get("/socket", { websocket: {} }, (ctx) => upgrade(ctx, { message: () => undefined }))
  app.all("/any", async (ctx) => ({ size: (await ctx.read("bytes")).length }))
  const Books = listQuery({
    filter: {
      year: { type: v.coerce.integer(), operators: ["eq", "gte", "in"] },
      title: { operators: ["eq", "contains"] },
    },
    sort: ["year", "title"],
    fields: ["id", "title"],
    paginate: { by: "offset", limit: 10, maxLimit: 50, maxOffset: 1000 },
  })
  app.get("/books", { query: Books }, (ctx) => Books.reply(ctx, [1, 2, 3]))
  app.get("/static/*path", serveFolder(import.meta.dir))
  app.get("/text", { response: v.string() }, () => "text")
  const form = uploads({
    target: toMemory(),
    files: { photo: { required: true, maxFileBytes: 10_000 } },
    fields: { title: { required: true, maxBytes: 100 } },
  })
  app.post("/photos", { layers: [form] }, (ctx) => ({ size: ctx.form.files.photo[0].sizeBytes }))
  return app as unknown as App
}

const seeds = Array.from({ length: 12 }, (_, at) => at * 7919 + 1)

describe.each([
  ["users, signed in", usersApp, { headers: { authorization: "Bearer good" } }],
  ["users, as anybody", usersApp, {}],
  ["all kinds of schemas and routes", kindsApp, {}],
] as const)("an app of %s", (_name, build, options) => {
  test.each(seeds)(
    "keeps its promises with seed %d",
    async (seed) => {
      const report = await fuzzRoutes(build(), { seed, runs: 40, returnsReport: true, progress: false, ...options })
      expect(report.findings.length === 0 ? "" : describeReport(report)).toBe("")
      expect(report.requests).toBe(report.routes.length * 40)
    },
    60_000,
  )
})
