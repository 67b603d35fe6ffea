import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runCli } from "../testing-io.ts"
import { FRAMEWORK } from "./answer-handler.ts"
import { migrateExpressFile } from "./express-file.ts"
import { loadParser, type Node } from "./syntax.ts"
import { unifiedDiff } from "./text-diff.ts"

let parse: (name: string, text: string) => Node
beforeAll(async () => {
  parse = await loadParser(import.meta.dir)
})

const HEAD = 'import express from "express"\nconst app = express()\n'
const NEW_HEAD = 'import { createApp } from "@ashlar/http"\nconst app = createApp()\n'
const migrated = (source: string) => migrateExpressFile(parse("a.ts", HEAD + source), HEAD + source)

describe("what is sure is changed", () => {
  test.each([
    ["json", "app.get('/', (req, res) => res.json([1]))", "app.get('/', (ctx) => ctx.json([1]))"],
    [
      "a status",
      "app.get('/', (req, res) => { res.status(201).json(a) })",
      "app.get('/', (ctx) => { return ctx.json(a, 201) })",
    ],
    ["types", "app.get('/', (req: Request, res: Response) => res.json(1))", "app.get('/', (ctx) => ctx.json(1))"],
    [
      "a header",
      "app.get('/', (req, res) => res.json(req.get('X-A')))",
      "app.get('/', (ctx) => ctx.json(ctx.headers.get('X-A')))",
    ],
    [
      "headers",
      "app.get('/', (req, res) => { res.set('A', 'b'); res.json(req.headers['x-A']) })",
      "app.get('/', (ctx) => { ctx.set('A', 'b'); return ctx.json(ctx.headers.get(\"x-a\")) })",
    ],
    [
      "a header on the way",
      "app.get('/', (req, res) => res.set('X-A', 'b').json(1))",
      "app.get('/', (ctx) => ctx.json(1).withHeaders({ \"X-A\": 'b' }))",
    ],
    [
      "a body",
      "app.post('/', (req, res) => { res.json({ ...req.body, a: req.body.b }) })",
      "app.post('/', async (ctx) => { const body = await ctx.read(\"json\"); return ctx.json({ ...body, a: body.b }) })",
    ],
    [
      "a body in an expression",
      "app.post('/', (req, res) => res.json(req.body))",
      "app.post('/', async (ctx) => ctx.json((await ctx.read(\"json\"))))",
    ],
    [
      "a body where `body` is taken",
      "app.post('/', (req, res) => { const body = 1; res.json(req.body) })",
      "app.post('/', async (ctx) => { const sent = await ctx.read(\"json\"); const body = 1; return ctx.json(sent) })",
    ],
    [
      "branches",
      "app.get('/', (req, res) => { if (a) { res.sendStatus(404) } else res.end() })",
      "app.get('/', (ctx) => { if (a) { return ctx.text(\"Not Found\", 404) } else return ctx.empty(200) })",
    ],
    [
      "a bare return",
      "app.get('/', (req, res) => { if (a) { res.json(1); return } res.json(2) })",
      "app.get('/', (ctx) => { if (a) { return ctx.json(1) } return ctx.json(2) })",
    ],
    [
      "errors that are passed on",
      "app.get('/', (req, res, next) => { next(new TypeError('x')) })",
      "app.get('/', (ctx) => { throw new TypeError('x') })",
    ],
    [
      "redirects",
      "app.get('/', (req, res) => res.redirect(301, '/a'))",
      "app.get('/', (ctx) => ctx.redirect('/a', 301))",
    ],
    [
      "all the rest of a path",
      "app.get('*', (req, res) => res.json(req.path))",
      'app.get("/*path", (ctx) => ctx.json(ctx.path))',
    ],
    ["reading of bodies", "app.use(express.json())\nok()", "ok()"],
    ["listening", "app.listen(port)", 'app.listen({ port: Number(port), host: "0.0.0.0" })'],
    ["routers", "app.use('/users', users)", "app.scope('/users', users)"],
  ])("%s", (_what, before, after) => {
    const { text, problems } = migrated(before)
    expect([text, problems]).toEqual([NEW_HEAD + after, []])
  })
})

describe("what is not sure stays, and is told", () => {
  test.each([
    ["middleware", "app.use(cors())", "app.use(cors): make it a layer"],
    ["middleware of a route", "app.get('/', auth, (req, res) => res.json(1))", "middleware of one route"],
    ["middleware that goes on", "app.get('/', (req, res, next) => { next() })", "next(): make it a layer"],
    ["error handlers", "app.use((err, req, res, next) => { res.json(1) })", "an error handler: use onError"],
    [
      "answers inside of callbacks",
      "app.get('/', (req, res) => { db.find((rows) => { res.json(rows) }) })",
      "an answer inside of a callback",
    ],
    [
      "handlers that go on after an answer",
      "app.get('/', (req, res) => { res.json(1); more() })",
      "an answer after which the handler goes on",
    ],
    ["answers of an unknown kind", "app.get('/', (req, res) => { res.send(x) })", "res.send()"],
    ["files", "app.get('/', (req, res) => { res.sendFile('a') })", "res.sendFile()"],
    ["what others put on the request", "app.get('/', (req, res) => { res.json(req.user) })", "req.user"],
    ["the request as a whole", "app.get('/', (req, res) => { res.json(f(req)) })", "the request as a whole"],
    ["the response as a whole", "app.get('/', (req, res) => { stream.pipe(res) })", "the response as a whole"],
    ["shadowed names", "app.get('/', (req, res) => { f((res) => res.json(1)) })", 'another "res"'],
    ["paths that are patterns", "app.get(/^a/, (req, res) => res.json(1))", "a path that is no text"],
    ["paths with expressions", "app.get('/:id(\\\\d+)', (req, res) => res.json(1))", "the path "],
    ["settings", "app.set('view engine', 'pug')", "a setting of Express"],
    ["other uses of Express", "app.use(express.static('public'))", "express.static()"],
    ["forms", "app.use(express.urlencoded({ extended: true }))", "express.urlencoded()"],
  ])("%s", (_what, source, message) => {
    const { problems } = migrated(source)
    expect(problems.map((one) => one.message).join("\n")).toContain(message)
  })

  test("a handler is changed as a whole or not at all", () => {
    const { text } = migrated("app.get('/', (req, res) => { log(req.params.id, req.user); res.json(1) })")
    expect(text).toContain("(req, res) => { log(req.params.id, req.user); res.json(1) }")
  })
})

test("a router becomes what adds its routes to a scope", () => {
  const source =
    'import { Router } from "express"\nconst router = Router()\n\nrouter.get("/", (req, res) => {\n  res.json(1)\n})\n\nexport default router\n'
  expect(migrateExpressFile(parse("a.ts", source), source).text).toBe(
    'const router = (scope) => {\n  scope.get("/", (ctx) => {\n    return ctx.json(1)\n  })\n}\n\nexport default router\n',
  )
})

test("in TypeScript, what is alone gets its type", () => {
  const source =
    'import { Router } from "express"\nconst router = Router()\nrouter.get("/", show)\nexport const show = (req: Request, res: Response) => res.json(1)\n'
  const { text } = migrateExpressFile(parse("a.ts", source), source, true)
  expect(text).toContain(`(scope: import("${FRAMEWORK}").Scope<unknown, unknown>) => {`)
  expect(text).toContain(`show = (ctx: import("${FRAMEWORK}").BaseContext) => ctx.json(1)`)
})

describe("ashlar migrate-from", () => {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-migrate-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, "src", "node_modules"), { recursive: true })
  const source = `${HEAD}app.get("/", (req, res) => res.json(1))\napp.use(cors())\n`
  writeFileSync(join(folder, "src", "app.ts"), source)
  writeFileSync(join(folder, "src", "node_modules", "b.js"), source)
  writeFileSync(join(folder, "src", "other.ts"), "export const other = 1\n")
  writeFileSync(join(folder, "broken.ts"), "const express = (\n")
  const cli = (...argv: string[]) => runCli(["migrate-from", ...argv], { cwd: folder })

  test("shows what it would change, and what is left, with file and line", async () => {
    const { exitCode, stdout } = await cli("express", "src")
    expect(exitCode).toBe(1)
    for (const part of [
      "--- src/app.ts",
      "-const app = express()",
      "+const app = createApp()",
      "src/app.ts:4: cannot change app.use(cors)",
      "1 file would change",
    ])
      expect(stdout).toContain(part)
    expect(stdout).not.toContain("node_modules")
    expect(readFileSync(join(folder, "src", "app.ts"), "utf8")).toBe(source)
  })
  test("gives all of it as JSON", async () => {
    const { json } = await cli("express", "src/app.ts", "--json")
    expect(json()).toMatchObject({
      written: false,
      changed: [{ file: "src/app.ts" }],
      left: [{ file: "src/app.ts", line: 4 }],
    })
  })
  test("writes what it would change", async () => {
    expect((await cli("express", "src", "--write")).stdout).toContain("1 file written.")
    expect(readFileSync(join(folder, "src", "app.ts"), "utf8")).toContain('app.get("/", (ctx) => ctx.json(1))')
  })
  test.each([
    ["what is not there", ["express", "nowhere"], "CLI_SOURCE_UNREADABLE"],
    ["what is no source", ["express", "broken.ts"], "CLI_SOURCE_UNREADABLE"],
    ["another framework", ["rails", "src"], "CLI_USAGE"],
  ])("refuses %s", async (_what, argv, code) => {
    const { stdout } = await cli(...argv, "--json")
    expect(JSON.parse(stdout).error.code).toBe(code)
  })
  test("names the package that is missing", async () => {
    const error = await loadParser(folder, folder).catch((cause) => cause)
    expect([error.code, error.message]).toEqual([
      "CLI_PARSER_MISSING",
      expect.stringContaining("npm install --save-dev oxc-parser"),
    ])
  })
})

test("a diff shows the lines that differ, with three around them", () => {
  const before = Array.from({ length: 20 }, (_, at) => `line ${at}`)
  const after = [...before.slice(0, 9), "other", ...before.slice(10), "more"]
  expect(unifiedDiff("a", before.join("\n"), after.join("\n"))).toBe(
    [
      ...[
        "--- a",
        "+++ a",
        "@@ -7,7 +7,7 @@",
        " line 6",
        " line 7",
        " line 8",
        "-line 9",
        "+other",
        " line 10",
        " line 11",
        " line 12",
      ],
      ...["@@ -18,3 +18,4 @@", " line 17", " line 18", " line 19", "+more"],
    ].join("\n"),
  )
  expect(unifiedDiff("a", "same", "same")).toBe("")
})
