// Files to begin with: written from an app, and run.
import { afterAll, describe, expect, test } from "bun:test"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createTestingApp } from "../src/testing-app.ts"
import { runCli } from "../src/testing-io.ts"

const APP = `
  import { createApp, errors, layer } from "@ashlar/http"
  import { v } from "@ashlar/validation"
  const User = v.object({ id: v.string().uuid(), name: v.string() })
  const users = new Map()
  const signedIn = layer({ name: "signedIn", errors: [errors.Unauthorized], before: (ctx) => {
    if (ctx.headers.get("authorization") !== "Bearer t") throw new errors.Unauthorized()
  } })
  const app = createApp()
  app.get("/users", { query: v.object({ page: v.coerce.integer().min(1) }), response: v.array(User) }, () => [...users.values()])
  app.post("/users", { body: v.object({ name: v.string().min(8).max(9), email: v.string().email(), age: v.integer().min(18) }), response: { 201: User } }, (ctx) => {
    const user = { id: crypto.randomUUID(), name: ctx.body.name }
    users.set(user.id, user)
    return ctx.json(user, 201)
  })
  app.get("/users/:id", { params: v.object({ id: v.string().uuid() }), response: User, errors: [errors.NotFound] }, (ctx) => {
    const user = users.get(ctx.params.id)
    if (user === undefined) throw new errors.NotFound()
    return user
  })
  app.get("/numbers/:n/*rest", { where: { n: { name: "number", accepts: (text) => /^\\d+$/.test(text) } } }, (ctx) => ctx.params)
  app.get("/any", (ctx) => ctx.redirect("/users?page=1"))
  app.scope("/admin", [signedIn], (admin) => {
    admin.post("/things", { body: v.object({ name: v.string() }), headers: v.object({ "x-tenant": v.string() }) }, (ctx) => ctx.body)
  })
  export default app
`

describe("ashlar generate test", () => {
  const app = createTestingApp({ "src/app.ts": APP })
  afterAll(() => app[Symbol.dispose]())
  const cli = (...argv: string[]) => runCli(["generate", "test", ...argv], { cwd: app.folder })
  const bunTest = async (file: string) => {
    const child = Bun.spawn([process.execPath, "test", file], { cwd: app.folder, stdout: "pipe", stderr: "pipe" })
    return { output: await new Response(child.stderr).text(), code: await child.exited }
  }

  test("writes tests that pass as they are", async () => {
    expect((await cli("src/app.ts")).stdout).toBe("src/app.test.ts tests 6 routes.\n")
    const text = readFileSync(join(app.folder, "src/app.test.ts"), "utf8")
    for (const part of [
      'import app from "./app.ts"',
      'api.get("/users").query({"page":1}).expectStatus([200,422])',
      '.json({"name":"textxxxx","email":"ada@example.org","age":18}).expectStatus([201,422])',
      '.json({}).expectProblem("HTTP_INVALID")',
      '{ params: {"id":"01890a5d-ac96-774b-bcce-b302099a8057"} }).expectStatus([200,404,422])',
      '{ params: {"n":"1","rest":"1"} }',
      ".bearer(token)",
      '.header("x-tenant", "text").json({"name":"text"}).expectStatus(["2xx","3xx",401,422])',
    ])
      expect(text).toContain(part)
    const { output, code } = await bunTest("./src/app.test.ts")
    expect([output, code]).toEqual([expect.stringContaining(" 8 pass\n 0 fail"), 0])
  }, 60_000)

  test("that fail when the app breaks what it declares", async () => {
    const path = join(app.folder, "src/app.ts")
    writeFileSync(path, APP.replace("return ctx.json(user, 201)", 'throw new TypeError("broken")'))
    const { output, code } = await bunTest("./src/app.test.ts")
    expect(output).toContain("(fail) POST /users answers as it declares")
    expect(output).toContain("(fail) every route keeps its promises, whatever is sent")
    expect(code).not.toBe(0)
    writeFileSync(path, APP)
  }, 60_000)

  test("for other runners", async () => {
    await cli("src/app.ts", "--runner", "node", "--out", "test/app.test.ts").catch(() => undefined)
    const { stdout } = await cli("src/app.ts", "--runner", "vitest", "--out", "app.vitest.test.ts")
    expect(stdout).toContain("tests 6 routes")
    expect(readFileSync(join(app.folder, "app.vitest.test.ts"), "utf8")).toStartWith(
      'import { afterAll, test } from "vitest"\nimport { fuzzRoutes, testApp } from "@ashlar/testing"\nimport app from "./src/app.ts"\n',
    )
  }, 60_000)

  test("never over a file that is there", async () => {
    const { stdout } = await cli("src/app.ts", "--json")
    expect(JSON.parse(stdout).error).toMatchObject({
      code: "CLI_INPUT_INVALID",
      message: expect.stringContaining("--force"),
    })
    expect((await cli("src/app.ts", "--force")).exitCode).toBe(0)
  }, 60_000)
})

describe("ashlar generate schema", () => {
  const app = createTestingApp({
    "order.json": '{ "id": 1, "lines": [{ "sku": "a" }] }',
    "api.yaml":
      "openapi: 3.1.0\npaths: {}\ncomponents:\n  schemas:\n    Order:\n      type: object\n      minProperties: 1\n",
  })
  afterAll(() => app[Symbol.dispose]())
  const cli = (...argv: string[]) => runCli(["generate", "schema", ...argv], { cwd: app.folder })

  test("prints the schema of an example", async () => {
    expect((await cli("order.json")).stdout).toContain(
      "export const Order = v.object({\n  id: v.integer(),\n  lines: v.array(v.object({",
    )
  })
  test("writes those of a document, and says what is left", async () => {
    const { json } = await cli("api.yaml", "--out", "schemas.ts", "--json")
    expect(json()).toEqual({
      file: "schemas.ts",
      names: ["Order"],
      unsaid: [{ at: "#/components/schemas/Order", keyword: "minProperties" }],
    })
    expect(existsSync(join(app.folder, "schemas.ts"))).toBe(true)
  })
  test.each([
    ["what is not there", ["none.json"]],
    ["a file that is there", ["order.json", "--out", "api.yaml"]],
  ])("refuses %s", async (_what, argv) => {
    expect(JSON.parse((await cli(...argv, "--json")).stdout).error.code).toBe("CLI_INPUT_INVALID")
  })
})
