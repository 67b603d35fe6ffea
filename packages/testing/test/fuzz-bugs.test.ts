import { describe, expect, test } from "bun:test"
import { type AnySchema, type App, createApp, errors, Reply } from "@ashlar/http"
import { toMemory, uploads } from "@ashlar/http/uploads"
import { v } from "@ashlar/validation"
import { z } from "zod"
import { type FindingKind, type FuzzOptions, type FuzzReport, fuzzRoutes } from "../src/index.ts"

/** Every kind of defect is planted, and must be found, whatever the seed. */

const Named = v.object({
  name: v.string().min(1).max(50),
  tags: v.array(v.string()).optional(),
  age: v.integer().min(0).max(150).optional(),
})

/** A schema that does not do what it says of itself. */
function liar(
  says: AnySchema,
  does: (value: unknown) => { value: unknown } | { issues: { message: string; path?: string[] }[] },
): AnySchema {
  return { "~standard": { ...says["~standard"], validate: does as never } } as AnySchema
}

interface Bug {
  readonly what: string
  readonly kind: FindingKind
  readonly build: (app: App) => void
  /** What the smallest request must, and must not, contain. */
  readonly curl?: RegExp
  readonly options?: FuzzOptions
}

const bugs: readonly Bug[] = [
  {
    what: "a member that may be missing is used as if it were there",
    kind: "server-error",
    build: (app) => void app.post("/users", { body: Named }, (ctx) => ({ first: (ctx.body.tags as string[]).join() })),
    curl: /^curl -isg -X POST 'http:\/\/localhost:3000\/users' -H 'content-type: application\/json' --data-binary '\{"name":"[^"]{1,6}"\}'$/,
  },
  {
    what: "an empty list is not thought of",
    kind: "server-error",
    build: (app) =>
      void app.post("/users", { body: v.object({ tags: v.array(v.string()) }) }, (ctx) => ({
        first: ctx.body.tags[0]!.length,
      })),
    curl: /'\{"tags":\[\]\}'$/,
  },
  {
    what: "text with half a character is put into a URL",
    kind: "server-error",
    build: (app) => void app.post("/users", { body: Named }, (ctx) => ({ url: encodeURIComponent(ctx.body.name) })),
    curl: /\\ud[89a-f]/,
  },
  {
    what: "an integer is taken for a small one",
    kind: "server-error",
    build: (app) =>
      void app.get("/page", { query: v.object({ size: v.coerce.integer().min(0) }) }, (ctx) => ({
        items: new Array(ctx.query.size).length,
      })),
    curl: /size=\d{10,}/,
  },
  {
    what: "a refinement throws",
    kind: "server-error",
    build: (app) =>
      void app.post(
        "/users",
        {
          body: z.object({ name: z.string().refine((text) => BigInt(text.length) / BigInt(text.trim().length) > 0n) }),
        },
        () => null,
      ),
  },
  {
    what: "a body is parsed by hand",
    kind: "server-error",
    build: (app) => void app.post("/raw", async (ctx) => JSON.parse(await ctx.read("text"))),
  },
  {
    what: "a parameter is looked up in an object with a prototype",
    kind: "server-error",
    build: (app) => {
      const users: Record<string, { name: string }> = { ada: { name: "Ada" } }
      app.get("/users/:id", { errors: [errors.NotFound] }, (ctx) => {
        const user = users[ctx.params.id]
        if (user === undefined) throw new errors.NotFound()
        return { name: user.name.toUpperCase() }
      })
    },
    curl: /__proto__|constructor|hasOwnProperty/,
  },
  {
    what: "a header is read carelessly",
    kind: "server-error",
    build: (app) =>
      void app.get("/file", (ctx) => ({
        end: (ctx.headers.get("range") ?? "bytes=0-1").split("=")[1]!.split("-")[1]!.length,
      })),
    curl: /-H 'range/,
  },
  {
    what: "a file is called after no type",
    kind: "server-error",
    build: (app) => {
      const form = uploads({ target: toMemory(), files: { photo: { required: true } } })
      app.post("/photos", { layers: [form] }, (ctx) => ({
        type: ctx.form.files.photo[0].originalName.split(".")[1]!.toLowerCase(),
      }))
    },
    curl: /name="photo"; filename="/,
  },
  {
    what: "a file that is missing is used",
    kind: "server-error",
    build: (app) => {
      const form = uploads({ target: toMemory(), files: { photo: {} }, fields: { title: { required: true } } })
      app.post("/photos", { layers: [form] }, (ctx) => ({ size: ctx.form.files.photo![0]!.sizeBytes }))
    },
    curl: /multipart\/form-data.*name="title"/,
  },
  {
    what: "a cookie is taken for what it is not",
    kind: "server-error",
    build: (app) =>
      void app.get("/cart", { cookies: v.object({ cart: v.string() }) }, (ctx) => ({
        cart: JSON.parse(ctx.valid.cookies.cart),
      })),
    curl: /-H 'cookie: cart=/,
  },
  {
    what: "a field that repeats is taken for text",
    kind: "server-error",
    build: (app) =>
      void app.post(
        "/form",
        { body: v.object({ tags: v.union([v.string(), v.array(v.string())]).optional() }) },
        (ctx) => ({
          tags: ((ctx.body.tags ?? "") as string).split(","),
        }),
      ),
  },
  {
    what: "what is nested is walked without a bound",
    kind: "server-error",
    build: (app) => {
      const depth = (value: unknown): number =>
        typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0
      app.post("/tree", { body: v.unknown() as never }, (ctx) => {
        const found = depth((ctx as { body: unknown }).body)
        if (found > 1000) throw new RangeError("too deep")
        return { found }
      })
    },
  },
  {
    what: "a check accepts what its JSON Schema does not",
    kind: "invalid-accepted",
    build: (app) => void app.post("/users", { body: liar(Named, (value) => ({ value })) }, () => ({ made: true })),
  },
  {
    what: "the checks are gone round",
    kind: "invalid-accepted",
    build: (app) => {
      app.post("/users", { body: Named }, () => ({ made: true }))
      const { variant } = app
      ;(app as { variant: unknown }).variant = (options: object) => {
        const real = variant(options)
        return {
          ...real,
          fetch: async (request: Request) =>
            (await real.fetch(request)).status === 422
              ? Response.json({ made: true })
              : real.fetch(new Request("http://x/users", { method: "POST" })),
        }
      }
    },
  },
  {
    what: "a handler refuses more than its schema says",
    kind: "valid-refused",
    build: (app) =>
      void app.post("/users", { body: Named }, (ctx) => {
        if ((ctx.body.age ?? 0) > 120) throw new errors.Invalid("too old", { details: { errors: [] } })
        return { made: true }
      }),
    curl: /"age":12[1-9]|"age":1[345]\d/,
  },
  {
    what: "an issue points elsewhere",
    kind: "pointer-wrong",
    build: (app) =>
      void app.post(
        "/users",
        {
          body: liar(Named, (value) => {
            const result = Named["~standard"].validate(value)
            if (result instanceof Promise || result.issues === undefined) return result as { value: unknown }
            return { issues: [{ message: "no", path: ["elsewhere"] }] }
          }),
        },
        () => ({ made: true }),
      ),
  },
  {
    what: "an error is plain text",
    kind: "problem-malformed",
    build: (app) =>
      void app.get("/users/:id", (ctx) =>
        ctx.params.id.length > 3 ? new Response("no such user", { status: 404 }) : { id: ctx.params.id },
      ),
  },
  {
    what: "an error is JSON of its own",
    kind: "problem-malformed",
    build: (app) =>
      void app.get("/users", () =>
        new Reply(400, { error: "bad" }).withHeaders({ "content-type": "application/problem+json" }),
      ),
  },
  {
    what: "an error is not declared",
    kind: "error-undeclared",
    build: (app) =>
      void app.post("/users", { body: Named, errors: [errors.NotFound] }, (ctx) => {
        if (ctx.body.name.length > 5) throw new errors.Conflict("taken")
        return { made: true }
      }),
  },
  {
    what: "a status is not declared",
    kind: "status-undeclared",
    build: (app) =>
      void app.post("/users", { body: Named, response: { 201: v.object({ made: v.boolean() }) } }, (ctx) =>
        ctx.body.age === undefined ? ctx.json({ made: true }, 201) : ctx.json({ made: true }, 202 as 201),
      ),
    curl: /"age":/,
  },
  {
    what: "a body does not fit",
    kind: "response-invalid",
    build: (app) =>
      void app.get(
        "/user",
        { query: v.object({ full: v.coerce.boolean().optional() }), response: v.object({ id: v.string() }) },
        (ctx) => (ctx.query.full === true ? Response.json({ id: 7 }) : { id: "7" }),
      ),
  },
  {
    what: "a body comes where none is declared",
    kind: "response-invalid",
    build: (app) => void app.delete("/user", { response: { 200: null } }, () => new Response("deleted")),
  },
  {
    what: "objects are merged carelessly",
    kind: "prototype-polluted",
    build: (app) => {
      // biome-ignore lint/suspicious/noExplicitAny: the planted defect
      const merge = (to: any, from: any): void => {
        for (const key of Object.keys(from)) {
          if (typeof from[key] === "object" && from[key] !== null) merge(to[key] ?? {}, from[key])
          else to[key] = from[key]
        }
      }
      app.post("/settings", async (ctx) => {
        const sent = await ctx.read("json").catch(() => ({}))
        if (typeof sent === "object" && sent !== null) merge({}, sent)
        return { saved: true }
      })
    },
  },
  {
    what: "an answer never comes",
    kind: "no-answer",
    build: (app) =>
      void app.post("/users", { body: Named }, (ctx) =>
        ctx.body.tags?.length === 2 ? new Promise<never>(() => undefined) : { made: true },
      ),
    options: { timeoutMs: 50, maxFindings: 1 },
  },
]

async function fuzz(bug: Bug, seed: number): Promise<FuzzReport> {
  const app = createApp({ development: false }) as App
  bug.build(app)
  return fuzzRoutes(app, { seed, runs: 400, returnsReport: true, progress: false, ...bug.options })
}

describe.each(bugs.map((bug) => [`${bug.kind}: ${bug.what}`, bug] as const))("%s", (_what, bug) => {
  test.each([1, 2, 3])(
    "is found with seed %d",
    async (seed) => {
      const { findings } = await fuzz(bug, seed)
      expect(findings.map(({ kind }) => kind)).toContain(bug.kind)
      if (bug.curl !== undefined)
        expect(findings.some(({ curl }) => bug.curl!.test(curl)) || findings.map(({ curl }) => curl)).toBe(true)
    },
    30_000,
  )
})
