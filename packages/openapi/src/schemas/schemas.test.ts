import { describe, expect, test } from "bun:test"
import { type AnySchema, type App, createApp, errors, layer } from "@ashlar/http"
import { defineVersions } from "@ashlar/http/versioning"
import { type Schema, v } from "@ashlar/validation"
import { toStandardJsonSchema } from "@valibot/to-json-schema"
import { type } from "arktype"
import { Type } from "typebox"
import { Value } from "typebox/value"
import * as valibot from "valibot"
import { z } from "zod"
import type { Json } from "../json.ts"
import { createOpenApi, type OpenApiOptions } from "../openapi.ts"
import { describeRoute } from "../operations/route-notes.ts"
import { openApiProblems } from "../testing/document-problems.ts"

interface Comment {
  text: string
  replies: Comment[]
}
const Comment: Schema<Comment> = v
  .object({ text: v.string(), replies: v.array(v.lazy(() => Comment)) })
  .meta({ id: "Comment" })
const Author = v.object({ name: v.string() }).meta({ id: "Author" })
const handler = (): never => undefined as never

function documentOf(declare: (app: App) => void, options: Partial<OpenApiOptions> = {}): Json {
  const app = createApp() as App
  declare(app)
  return createOpenApi(app.table(), { title: "Test", version: "1", ...options })
}
/** What a document says of a schema as a body and as an answer, with the names of its components. */
function told(schema: AnySchema): { body: unknown; answer: unknown; components: Record<string, Json> } {
  const { paths, components } = documentOf((app) => app.put("/", { body: schema, response: { 201: schema } }, handler))
  const { put } = (paths as Record<string, Record<string, Json>>)["/"]!
  const content = (at: unknown): Json => (at as { content: { "application/json": Json } }).content["application/json"]
  const { schemas } = components as { schemas: Record<string, Json> }
  const own = Object.entries(schemas).filter(([name]) => !/^(HTTP_|Problem)/.test(name))
  return {
    body: content(put!.requestBody).schema,
    answer: content((put!.responses as Record<string, unknown>)["201"]).schema,
    components: Object.fromEntries(own),
  }
}
const refer = (name: string): Json => ({ $ref: `#/components/schemas/${name}` })

describe("named schemas", () => {
  test("are components, wherever they are and however often", () => {
    const Post = v.object({ by: Author, editor: Author.nullable(), also: v.array(Author) }).meta({ id: "Post" })
    const { body, answer, components } = told(Post)
    expect([body, answer]).toEqual([refer("Post"), refer("Post")])
    expect(Object.keys(components)).toEqual(["Author", "Post"])
    expect(components.Post!.properties).toEqual({
      by: refer("Author"),
      editor: { anyOf: [refer("Author"), { type: "null" }] },
      also: { type: "array", items: refer("Author") },
    })
  })

  test("may contain themselves", () => {
    const { body, components } = told(v.object({ first: Comment }))
    expect(body).toMatchObject({ properties: { first: refer("Comment") } })
    expect(components.Comment!.properties).toMatchObject({ replies: { items: refer("Comment") } })
  })

  test("have a component each for what comes in and what goes out, where those differ", () => {
    const Page = v.object({ limit: v.number().default(10) }).meta({ id: "Page" })
    const { body, answer, components } = told(Page)
    expect([body, answer]).toEqual([refer("Page"), refer("PageOutput")])
    expect([components.Page!.required, components.PageOutput!.required]).toEqual([undefined, ["limit"]])
  })

  test("of one name and two meanings stay apart", () => {
    const other = v.object({ id: v.integer() }).meta({ id: "Author" })
    const { components } = told(v.object({ a: Author, b: other, c: v.string().meta({ id: "not a/name" }) }))
    expect(Object.keys(components)).toEqual(["Author", "Author2", "not_a_name"])
  })
})

describe("schemas of other libraries", () => {
  test("Zod: with names, recursion, and what it cannot say", () => {
    const Category = z
      .object({
        name: z.string(),
        get children() {
          return z.array(Category)
        },
      })
      .meta({ id: "Category" })
    const { body, answer, components } = told(Category)
    expect([body, answer]).toEqual([refer("Category"), refer("CategoryOutput")])
    expect(components.Category!.properties).toMatchObject({ children: { items: refer("Category") } })
    const { body: dated } = told(z.object({ at: z.date(), name: z.string() }))
    expect(dated).toMatchObject({
      $comment: expect.stringContaining("Date cannot be represented"),
      properties: { at: {}, name: { type: "string" } },
    })
  })

  test("Valibot, by its adapter, and without it", () => {
    const Sign = valibot.object({ email: valibot.pipe(valibot.string(), valibot.email()) })
    expect(told(toStandardJsonSchema(Sign)).body).toMatchObject({ properties: { email: { format: "email" } } })
    expect(told(Sign).body).toMatchObject({ description: expect.stringContaining('"valibot" gives no JSON Schema') })
  })

  test("ArkType", () => {
    expect(told(type({ id: "string", "age?": "number > 0" })).body).toMatchObject({
      required: ["id"],
      properties: { age: { exclusiveMinimum: 0 } },
    })
  })

  test("TypeBox, by an adapter of a few lines", () => {
    const Tree = Type.Cyclic({ Tree: Type.Object({ left: Type.Optional(Type.Ref("Tree")) }) }, "Tree")
    const adapted: AnySchema = {
      "~standard": {
        version: 1,
        vendor: "typebox",
        validate: (value) =>
          Value.Check(Tree, value)
            ? { value }
            : { issues: [...Value.Errors(Tree, value)].map(({ message }) => ({ message })) },
        jsonSchema: { input: () => ({ ...Tree }), output: () => ({ ...Tree }) },
      } as AnySchema["~standard"],
    }
    const { body, components } = told(adapted)
    expect(body).toEqual(refer("Tree"))
    expect(components.Tree).toEqual({ type: "object", properties: { left: refer("Tree") } })
  })

  test("that refer to their outermost level get a name", () => {
    const list = { type: "object", title: "List", properties: { next: { $ref: "#" }, $ref: { const: { $ref: "#" } } } }
    const schema: AnySchema = {
      "~standard": {
        version: 1,
        vendor: "mine",
        validate: (value) => ({ value }),
        jsonSchema: { input: () => list, output: () => list },
      } as AnySchema["~standard"],
    }
    const { body, components } = told(schema)
    expect(body).toEqual(refer("List"))
    // What only looks like a reference, a member's name or a value, is left alone.
    expect(components.List!.properties).toEqual({ next: refer("List"), $ref: { const: { $ref: "#" } } })
  })
})

test("a schema that cannot be described is refused where that is asked for, with its place", () => {
  const declare = (app: App): void => void app.post("/signs", { body: z.object({ at: z.date() }) }, handler)
  expect(() => documentOf(declare, { undescribed: "refuse" })).toThrow(
    expect.objectContaining({
      code: "OPENAPI_SCHEMA_UNDESCRIBED",
      message: expect.stringContaining('POST /signs body: The library "zod"'),
    }),
  )
})

test("three judges take a document with all of it", async () => {
  const session = layer({
    name: "session",
    errors: [errors.Unauthorized, errors.Forbidden],
    security: { session: { type: "http", scheme: "bearer" }, cookie: { type: "apiKey", in: "cookie", name: "sid" } },
  })
  const api = defineVersions({
    by: { header: "v", vendor: "acme" },
    versions: { 1: { sunsetAt: "2030-01-01" }, 2: {} },
  })
  const document = documentOf(
    (app) => {
      app.scope("/blog", [session], (blog) => {
        blog.get("/:id", { response: Comment, errors: [errors.NotFound], tags: ["blog"] }, handler).whereNumber("id")
        blog.get("/:slug", { response: { 200: Author, 404: Author }, errors: [errors.NotFound] }, handler)
        blog.post("/:id/comments", { body: Comment, response: { 201: Comment }, name: "comment" }, handler)
        blog.put(
          "/:blog",
          { body: z.object({ at: z.date() }), query: z.object({ dry: z.boolean().optional() }) },
          handler,
        )
      })
      for (const name of api.names) api.scope(app, name, (one) => one.get("/users/:a?/:b?", { name: "users" }, handler))
      app.all("/echo", handler)
      app.query("/echo", { body: v.unknown() }, handler)
      app.get("/files/*", handler)
      app.get("/socket", { websocket: {} }, handler)
      app.get("/feed", { meta: describeRoute({ events: { said: Comment } }), timeoutMs: 5 }, handler)
      app.host(":tenant.shop.dev", (tenant) => tenant.get("/tenant", handler))
    },
    { webhooks: { commented: { body: Comment } }, tags: { blog: "The blog" }, description: "All of it" },
  )
  expect(await openApiProblems(document)).toEqual([])
}, 30_000)

test("the judges see what is wrong", async () => {
  const problems = await openApiProblems({
    openapi: "3.1.1",
    info: { title: "x", version: "1" },
    paths: { "/a/{x}": { get: { responses: { 200: { content: {} } } } } },
  })
  for (const judge of ["openapi-schema-validator", "openapi-parser", "redocly"])
    expect(problems.filter((one) => one.startsWith(judge))).not.toEqual([])
})
