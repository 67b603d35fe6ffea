import { beforeAll, describe, expect, test } from "bun:test"
import { FRAMEWORK } from "./answer-handler.ts"
import { migrateFastifyFile } from "./fastify-file.ts"
import { loadParser, type Node } from "./syntax.ts"

let parse: (name: string, text: string) => Node
beforeAll(async () => {
  parse = await loadParser(import.meta.dir)
})

const HEAD = 'import Fastify from "fastify"\nconst app = Fastify()\n'
const NEW_HEAD = 'import { createApp } from "@ashlar/http"\nconst app = createApp()\n'
const migrated = (source: string) => migrateFastifyFile(parse("a.ts", HEAD + source), HEAD + source)

describe("what is sure is changed", () => {
  test.each([
    ["a value", "app.get('/', async () => ({ a: 1 }))", "app.get('/', async () => ({ a: 1 }))"],
    ["a request", "app.get('/:a', async (req) => req.params.a)", "app.get('/:a', async (ctx) => ctx.params.a)"],
    ["send", "app.get('/', (req, reply) => { reply.send(x) })", "app.get('/', (ctx) => { return x })"],
    [
      "a status",
      "app.get('/', async (req, reply) => reply.code(201).send({ a }))",
      "app.get('/', async (ctx) => ctx.json({ a }, 201))",
    ],
    [
      "the status of a constant that is an object",
      "app.get('/', async (req, reply) => { const a = {}; return reply.code(201).send(a) })",
      "app.get('/', async (ctx) => { const a = {}; return ctx.json(a, 201) })",
    ],
    [
      "a status, and then a value",
      "app.get('/', async (req, reply) => { if (a) { reply.code(404); return { b } } return c })",
      "app.get('/', async (ctx) => { if (a) { return ctx.json({ b }, 404) } return c })",
    ],
    ["no body", "app.delete('/', (req, reply) => reply.code(204).send())", "app.delete('/', (ctx) => ctx.empty(204))"],
    ["text", "app.get('/', (req, reply) => reply.code(200).send('a'))", "app.get('/', (ctx) => ctx.text('a', 200))"],
    [
      "HTML",
      "app.get('/', (req, reply) => reply.type('text/html').send('<p>'))",
      "app.get('/', (ctx) => ctx.html('<p>'))",
    ],
    [
      "a redirect of Fastify 4",
      "app.get('/', (req, reply) => reply.redirect(301, '/a'))",
      "app.get('/', (ctx) => ctx.redirect('/a', 301))",
    ],
    [
      "a body",
      "app.post('/', async (req) => { return { a: req.body.a, b: req.body } })",
      "app.post('/', async (ctx) => { const body = await ctx.read(\"json\"); return { a: body.a, b: body } })",
    ],
    ["plugins of one's own", "app.register(users, { prefix: '/users' })", "app.scope('/users', users)"],
    ["plugins without a prefix", "await app.register(users)", 'await app.scope("/", users)'],
    ["listening", "app.listen({ port })", 'app.listen({ port: Number(port), host: "127.0.0.1" })'],
  ])("%s", (_what, before, after) => {
    const { text, problems } = migrated(before)
    expect([text, problems]).toEqual([NEW_HEAD + after, []])
  })
  test("a plugin", () => {
    const source =
      'import type { FastifyInstance } from "fastify"\nexport default async function users(fastify: FastifyInstance, _: object) {\n  fastify.get("/", async () => [])\n}\n'
    expect(migrateFastifyFile(parse("a.ts", source), source, true)).toEqual({
      text: `export default function users(fastify: import("${FRAMEWORK}").Scope<unknown, unknown>) {\n  fastify.get("/", async () => [])\n}\n`,
      problems: [],
    })
  })
})

describe("what is not sure stays, and is told", () => {
  test.each([
    ["options of the app", "const other = Fastify({ logger: true })", "the options of Fastify"],
    ["options of a route", "app.get('/', { schema }, async () => 1)", "the options of a route"],
    ["routes as objects", "app.route({ method: 'GET', url: '/', handler })", "app.route()"],
    ["plugins of others", "import cors from '@fastify/cors'\napp.register(cors)", "cors, a plugin of Fastify"],
    ["options of plugins", "app.register(users, { prefix: '/a', db })", "the options of a plugin"],
    ["hooks", "app.addHook('onRequest', async () => {})", "make it a layer"],
    ["services", "app.decorate('db', db)", "make it a service"],
    ["error handlers", "app.setErrorHandler(f)", "onError"],
    ["logs", "app.log.info('a')", "app.log"],
    ["logs of requests", "app.get('/', async (req) => { req.log.info('a') })", "req.log"],
    ["values of an unknown kind", "app.get('/', async (req, reply) => reply.code(201).send(x))", "reply.code().send()"],
    ["null", "app.get('/', async (req, reply) => { return null })", "null as an answer"],
    ["streams", "app.get('/', (req, reply) => { reply.raw.end() })", "the response as a whole"],
    ["the request as a whole", "app.get('/', async (req) => f(req))", "the request as a whole"],
    ["paths with expressions", "app.get('/:id(^\\\\d+)', async () => 1)", "the path "],
    ["plugins that wait", "async function users(fastify) { await db(); fastify.get('/', f) }", "a plugin that awaits"],
    ["listening by a port alone", "app.listen(3000)", "listen()"],
    ["callbacks of listen", "app.listen({ port: 1 }, (error, at) => log(at))", "listen() gives a promise"],
  ])("%s", (_what, source, message) => {
    const { problems } = migrated(source)
    expect(problems.map((one) => one.message).join("\n")).toContain(message)
  })
})
