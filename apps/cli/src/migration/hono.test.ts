import { beforeAll, describe, expect, test } from "bun:test"
import { FRAMEWORK } from "./answer-handler.ts"
import { migrateFiles } from "./frameworks.ts"
import { migrateHonoFile } from "./hono-file.ts"
import { loadParser, type Node } from "./syntax.ts"

let parse: (name: string, text: string) => Node
beforeAll(async () => {
  parse = await loadParser(import.meta.dir)
})

const HEAD = 'import { Hono } from "hono"\nconst app = new Hono()\n'
const NEW_HEAD = 'import { createApp } from "@ashlar/http"\nconst app = createApp()\n'
const migrated = (source: string, isTyped = false) =>
  migrateHonoFile(parse("a.ts", HEAD + source), { text: HEAD + source, isTyped })

describe("what is sure is changed", () => {
  test.each([
    ["answers", "app.get('/', (c) => c.json({ a }, 201))", "app.get('/', (c) => c.json({ a }, 201))"],
    ["params", "app.get('/:a', (c) => c.text(c.req.param('a')))", "app.get('/:a', (c) => c.text(c.params.a))"],
    [
      "a query",
      "app.get('/', (c) => c.json(c.req.query('a')))",
      "app.get('/', (c) => c.json((c.url.searchParams.get('a') ?? undefined)))",
    ],
    [
      "a header",
      "app.get('/', (c) => c.json(c.req.header('A')))",
      "app.get('/', (c) => c.json((c.headers.get('A') ?? undefined)))",
    ],
    [
      "headers",
      "app.get('/', (c) => { c.header('A', 'b'); return c.text('') })",
      "app.get('/', (c) => { c.set('A', 'b'); return c.text('') })",
    ],
    [
      "a body",
      "app.post('/', async (c) => c.json(await c.req.json()))",
      "app.post('/', async (c) => c.json(await c.read(\"json\")))",
    ],
    ["no body", "app.delete('/', (c) => c.body(null, 204))", "app.delete('/', (c) => c.empty(204))"],
    ["not found", "app.get('/', (c) => c.notFound())", "app.get('/', (c) => c.text(\"404 Not Found\", 404))"],
    ["all the rest", "app.get('*', (c) => c.text('a'))", "app.get(\"/*path\", (c) => c.text('a'))"],
    ["functions", "const show = (c) => c.json(c.req.param())", "const show = (c) => c.json(c.params)"],
    ["mounted apps", "app.route('/users', users)", "app.scope('/users', users)"],
    ["what serves it", "export default app", "export default app"],
  ])("%s", (_what, before, after) => {
    const { text, problems } = migrated(before)
    expect([text, problems]).toEqual([NEW_HEAD + after, []])
  })
  test("in TypeScript, what is alone gets its type", () => {
    const source =
      "import type { Context } from 'hono'\nconst show = (c: Context) => c.text('a')\napp.get('/', (c: Context) => c.text('b'))"
    expect(migrated(source, true).text).toBe(
      `${NEW_HEAD}const show = (c: import("${FRAMEWORK}").BaseContext) => c.text('a')\napp.get('/', (c) => c.text('b'))`,
    )
  })
  test("an app that another file mounts becomes what adds its routes to a scope", () => {
    const files = [
      { file: "src/app.ts", text: `${HEAD}import users from "./users/index.js"\napp.route("/users", users)\n` },
      {
        file: "src/users/index.js",
        text: 'import { Hono } from "hono"\nconst users = new Hono()\nusers.get("/", (c) => c.json([]))\nexport default users\n',
      },
    ]
    const [app, users] = migrateFiles("hono", files, parse)
    expect([app!.text, app!.problems]).toEqual([expect.stringContaining('app.scope("/users", users)'), []])
    expect([users!.text, users!.problems]).toEqual([
      'const users = (scope) => {\n  scope.get("/", (c) => c.json([]))\n}\nexport default users\n',
      [],
    ])
  })
})

describe("what is not sure stays, and is told", () => {
  test.each([
    ["middleware", "app.use(logger())", "app.use(): make it a layer"],
    ["middleware of a route", "app.get('/', auth, (c) => c.text('a'))", "middleware of one route"],
    [
      "middleware that is written here",
      "const auth = async (c, next) => { c.req.header('a'); await next() }",
      "middleware: make it a layer",
    ],
    ["what middleware left", "app.get('/', (c) => c.json(c.get('user')))", "c.get: a layer provides it"],
    ["settings", "app.get('/', (c) => c.text(c.env.KEY))", "c.env: read the settings"],
    ["statuses on the way", "app.get('/', (c) => { c.status(201); return c.text('a') })", "c.status: give the status"],
    ["headers of an answer", "app.get('/', (c) => c.json(1, 200, { A: 'b' }))", "c.json"],
    ["validators", "import { zValidator } from '@hono/zod-validator'", "@hono/zod-validator: a schema"],
    ["checked input", "app.get('/', (c) => c.json(c.req.valid('json')))", "c.req.valid: a schema"],
    ["all of a query", "app.get('/', (c) => c.json(c.req.query()))", "c.req.query"],
    ["decoded paths", "app.get('/', (c) => c.text(c.req.path))", "c.req.path"],
    ["forms", "app.post('/', async (c) => c.json(await c.req.parseBody()))", "c.req.parseBody"],
    ["the context as a whole", "app.get('/', (c) => f(c))", "the context as a whole"],
    ["contexts taken apart", "app.get('/', ({ req }) => f(req))", "taken apart"],
    ["shadowed names", "app.get('/', (c) => f((c) => c.text('a')))", 'another "c"'],
    ["exceptions", "import { HTTPException } from 'hono/http-exception'", "throw an error"],
    ["error handlers", "app.onError(f)", "use onError"],
    ["chains", "const other = new Hono().get('/', (c) => c.text('a'))", "routes in a chain"],
    ["options", "const other = new Hono({ strict: false })", "the options of Hono"],
    ["paths with expressions", "app.get('/:id{[0-9]+}', (c) => c.text('a'))", "the path "],
    ["tests", "await app.request('/')", "app.request"],
  ])("%s", (_what, source, message) => {
    const { problems } = migrated(source)
    expect(problems.map((one) => one.message).join("\n")).toContain(message)
  })
  test("a handler is changed as a whole or not at all", () => {
    expect(migrated("app.get('/:a', (c) => c.json([c.req.param('a'), c.env.B]))").text).toContain(
      "[c.req.param('a'), c.env.B]",
    )
  })
})
