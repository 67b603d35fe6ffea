// `ashlar types` and `ashlar client generate` over a real app, loaded by a process with the framework of the app.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createTestingApp, type TestingApp } from "../src/testing-app.ts"
import { runCli } from "../src/testing-io.ts"

setDefaultTimeout(30_000)

const APP = `
  import { createApp, errors, get, post, routes } from "@ashlar/http"
  import { v } from "@ashlar/validation"

  const User = v.object({ id: v.string(), tags: v.array(v.string()), age: v.integer().optional() })
  const users = routes({
    show: get("/users/:id", { response: User, errors: [errors.NotFound] }, (ctx) => ({ id: ctx.params.id, tags: [] })),
    create: post("/users", { body: v.object({ name: v.string() }), response: { 201: User, 204: null } }, (ctx) => ctx.empty()),
    any: get("/any/*path", () => 1),
  })
  const app = createApp()
  app.scope("/v1", (v1) => v1.add({ users }))
  app.get("/nameless", () => 1)
  export default app
`

let app: TestingApp
beforeAll(() => {
  app = createTestingApp({ "src/app.ts": APP })
})
afterAll(() => app[Symbol.dispose]())

test("writes the types and the manifest of the named routes, and says when they are not up to date", async () => {
  const run = (...argv: string[]) => runCli(["types", "--out", "routes.gen.ts", ...argv], { cwd: app.folder })
  expect((await run("--check")).exitCode).toBe(1)
  expect(await run()).toMatchObject({ exitCode: 0, stdout: "routes.gen.ts has 3 routes.\n" })
  const text = readFileSync(join(app.folder, "routes.gen.ts"), "utf8")
  const user = "{ readonly id: string; readonly tags: readonly string[]; readonly age?: number }"
  const invalid = '{ readonly code: "HTTP_INVALID"; readonly status: 422 }'
  const missing = '{ readonly code: "HTTP_NOT_FOUND"; readonly status: 404 }'
  expect(text).toContain(`readonly show: RouteTypes<{ readonly params: { readonly id: string } }, ${user}, ${missing}>`)
  expect(text).toContain(
    `readonly create: RouteTypes<{ readonly body: { readonly name: string } }, ${user} | null, ${invalid}>`,
  )
  expect(text).toContain("readonly any: RouteTypes<{ readonly params: { readonly path: string } }, unknown, never>")
  expect(text).toContain('"users.show": "GET /v1/users/:id HTTP_NOT_FOUND"')
  expect(text).not.toContain("nameless")
  expect(await run("--check")).toMatchObject({ exitCode: 0, stdout: "routes.gen.ts is up to date.\n" })
})

test("writes a client from a document, and says what is wrong with one that is none", async () => {
  const run = (...argv: string[]) => runCli(["client", "generate", ...argv], { cwd: app.folder })
  const paths = { "/users/{id}": { get: { operationId: "show", responses: { 204: {} } } } }
  writeFileSync(join(app.folder, "openapi.json"), JSON.stringify({ openapi: "3.1.0", paths }))
  writeFileSync(join(app.folder, "none.json"), "{}")
  expect(await run("openapi.json")).toMatchObject({ exitCode: 0, stdout: "routes.gen.ts is written.\n" })
  expect(readFileSync(join(app.folder, "routes.gen.ts"), "utf8")).toContain('"show": "GET /users/:id"')
  expect((await run("openapi.json", "--lang", "python", "--out", "it.py")).exitCode).toBe(0)
  expect(readFileSync(join(app.folder, "it.py"), "utf8")).toContain("def show(self)")
  expect((await run("openapi.json", "--lang", "go")).stdout).toBe("api.go is written.\n")
  expect((await run("none.json")).stderr).toContain("Expected an OpenAPI document of version 3")
  expect((await run("lost.json")).stderr).toContain("There is no lost.json")
})
