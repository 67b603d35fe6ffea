// `ashlar routes` over real apps, each loaded by a process with the framework of the app.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { createTestingApp, type TestingApp } from "../src/testing-app.ts"
import { type RunOptions, type RunResult, runCli } from "../src/testing-io.ts"

setDefaultTimeout(30_000)

const APP = `
  import { defineService, token } from "@ashlar/core"
  import { createApp, errors, layer } from "@ashlar/http"
  import { v } from "@ashlar/validation"

  export const Database = defineService({ name: "database", open: () => { throw new Error("nobody opens it") } })
  export const Mailer = token<{ send(): void }>("mailer")
  const signedIn = layer({ name: "signedIn", errors: [errors.Unauthorized], before: () => ({ user: "ada" }) })
  const audit = layer({ name: "audit" })
  const app = createApp()
  app.get("/", () => "hi")
  app.scope("/admin", [signedIn], (admin) => {
    admin.get("/me", { name: "me" }, (ctx) => ctx.user)
    admin.post("/users", { body: v.object({ name: v.string() }), layers: [audit], errors: [errors.Conflict] }, () => null)
  })
  app.host("api.example.com", (api) => void api.get("/", () => "api"))
  console.log("the app says something")
  export default app
`

let app: TestingApp
const run = (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  runCli(["routes", ...argv], { cwd: app.folder, ...options })

beforeAll(() => {
  app = createTestingApp({ "src/app.ts": APP })
})
afterAll(() => app[Symbol.dispose]())

describe("a table", () => {
  test("has the columns that something is in, and what the app prints is no part of it", async () => {
    const { exitCode, stdout, stderr } = await run([])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "the app says something\n" })
    expect(stdout).toBe(
      [
        "method  path              name  layers                errors",
        "GET     /",
        "GET     api.example.com/        host api.example.com",
        "GET     /admin/me         me    signedIn              401",
        "POST    /admin/users            signedIn › audit      401 409",
        "",
        "4 routes",
        "",
      ].join("\n"),
    )
  })

  test("shows what parameters must look like", async () => {
    const source = `
      import { createApp } from "@ashlar/http"
      const app = createApp()
      app.get("/users/:id", () => "").whereNumber("id")
      app.get("/posts/:kind", () => "").whereIn("kind", ["news", "notes"])
      export default app`
    using constrained = createTestingApp({ "src/app.ts": source })
    const { stdout } = await runCli(["routes"], { cwd: constrained.folder })
    expect(stdout).toContain("GET     /users/:id    id: number")
    expect(stdout).toMatch(/GET {5}\/posts\/:kind {2}kind: .*news.*notes/)
  })

  test("as JSON is the whole description, with services, and places from the app's folder", async () => {
    const value = (await run(["--json"])).json() as { format: number; routes: unknown[]; services: unknown[] }
    expect(value.format).toBe(1)
    expect(value.routes).toHaveLength(4)
    expect(value.routes[3]).toMatchObject({
      method: "POST",
      path: "/admin/users",
      input: { body: { type: "object", required: ["name"] } },
      errors: [
        { code: "HTTP_UNAUTHORIZED", status: 401 },
        { code: "HTTP_CONFLICT", status: 409 },
      ],
      declaredAt: "src/app.ts:14",
    })
    expect(value.services).toEqual([
      { name: "database", definedAt: "src/app.ts:6" },
      { name: "mailer", definedAt: "src/app.ts:7" },
    ])
  })

  const filters: [string[], string[]][] = [
    [["--method", "post"], ["/admin/users"]],
    [
      ["--method", "GET,POST", "--path", "/admin"],
      ["/admin/me", "/admin/users"],
    ],
    [["--path", "*users"], ["/admin/users"]],
    [["--path", "/a.min"], []],
    [["--method", "PUT"], []],
  ]
  test.each(filters)("filtered with %j has %j", async (argv, paths) => {
    const { routes } = (await run([...argv, "--json"])).json() as { routes: { path: string }[] }
    expect(routes.map(({ path }) => path)).toEqual(paths)
  })

  test("of layers names what each covers", async () => {
    const { stdout } = await run(["--layers"])
    expect(stdout).toContain("signedIn  2 routes\n  GET  /admin/me\n  POST /admin/users\n")
    expect(stdout).toContain("audit  1 route\n  POST /admin/users\n")
    expect(stdout).toContain("without a layer  1 route\n  GET /\n")
  })
})

describe("a graph", () => {
  test("for Mermaid leads from hosts through layers to routes", async () => {
    const { stdout } = await run(["--graph", "mermaid"])
    expect(stdout).toStartWith("flowchart LR\n")
    expect(stdout).toContain('l0{{"signedIn"}}:::layer')
    expect(stdout).toContain("h0 --> l0")
    expect(stdout).toContain("l0 --> l1")
    expect(stdout).toContain('r3["POST /admin/users"]:::route')
    expect(stdout).toContain('s0[("database<br>src/app.ts:6")]:::service')
    expect(stdout).not.toContain("host api")
  })
  test("for DOT says the same", async () => {
    const value = (await run(["--graph", "dot", "--json"])).json() as { graph: string }
    expect(value.graph).toStartWith("digraph routes {\n")
    expect(value.graph).toContain('l1 [label="audit" shape=hexagon]')
    expect(value.graph).toContain("l1 -> r3")
  })
})

describe("a comparison", () => {
  const CHANGED = APP.replace("v.object({ name: v.string() })", "v.object({ name: v.string(), email: v.string() })")
    .replace('app.get("/", () => "hi")', 'app.get("/new", () => "hi")')
    .replace("errors: [errors.Conflict] }", "errors: [errors.Conflict, errors.Gone] }")
  beforeAll(async () => {
    app.write("before.json", (await run(["--json"])).stdout)
    app.write("src/changed.ts", CHANGED)
    app.write("src/more.ts", APP.replace('app.get("/", () => "hi")', 'app.get("/", () => 1); app.get("/new", () => 2)'))
  })

  test("with the same build finds nothing", async () => {
    const { exitCode, stdout } = await run(["--diff", "before.json", "--fail-on", "any"])
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "The routes are the same.\n" })
  })
  test("shows what was added, removed and changed, what breaks is marked, and exits with 1 when told to", async () => {
    const { exitCode, stdout } = await run(["src/changed.ts", "--diff", "before.json"])
    expect(exitCode).toBe(0)
    expect(stdout).toContain("- GET /  breaking\n+ GET /new\n~ POST /admin/users\n")
    expect(stdout).toMatch(/^ {4}body\/email now demands a value {2}breaking$/m)
    expect(stdout).toMatch(/^ {4}errors may answer HTTP_GONE \(410\)$/m)
    expect(stdout).toEndWith("1 added, 1 removed, 1 changed. Callers may break.\n")
    expect((await run(["src/changed.ts", "--diff", "before.json", "--fail-on", "breaking"])).exitCode).toBe(1)
  })
  test("with another entry; an addition fails on any change only", async () => {
    const argv = ["src/more.ts", "--diff", "src/app.ts", "--json", "--fail-on"]
    const quiet = await run([...argv, "breaking"])
    expect(quiet.exitCode).toBe(0)
    expect(quiet.json()).toMatchObject({ added: [{ path: "/new" }], removed: [], breaking: false })
    expect((await run([...argv, "any"])).exitCode).toBe(1)
  })
  test.each([
    ["nothing.json", "There is no nothing.json"],
    ["package.json", "holds no table of routes"],
    ["broken.json", "is not JSON"],
  ])("refuses %s: CLI_INPUT_INVALID", async (name, message) => {
    app.write("broken.json", "{")
    const { exitCode, stderr } = await run(["--diff", name])
    expect(exitCode).toBe(2)
    expect(stderr).toContain("CLI_INPUT_INVALID")
    expect(stderr).toContain(message)
  })
})

describe("an entry", () => {
  test("is found by package.json, then in the usual places", async () => {
    using other = createTestingApp({
      "app.ts":
        'import { createApp } from "@ashlar/http"; const app = createApp(); app.get("/app", () => 1); export default app',
    })
    const paths = async (): Promise<string[]> => {
      const { routes } = (await run(["--json"], { cwd: other.folder })).json() as { routes: { path: string }[] }
      return routes.map(({ path }) => path)
    }
    expect(await paths()).toEqual(["/app"])
    // One that listens is not let.
    other.write(
      "src/main.ts",
      'import { createApp } from "@ashlar/http"; const app = createApp(); app.get("/main", () => 1); await app.listen({ port: 1 })',
    )
    expect(await paths()).toEqual(["/main"])
    other.write(
      "lib/start.ts",
      'import { createApp } from "@ashlar/http"; const app = createApp(); app.get("/start", () => 1); setTimeout(() => app.listen(), 20)',
    )
    other.write("package.json", JSON.stringify({ main: "lib/start.ts" }))
    expect(await paths()).toEqual(["/start"])
  })

  const bad: [string, string, ...string[]][] = [
    ["a syntax error", "const x = ;\n", "src/bad.ts:1:11 SyntaxError: ", "❯ 1 │ const x = ;"],
    ["an error while it loads", "\n\nnull.x\n", "src/bad.ts:3:", "❯ 3 │ null.x"],
    [
      "an import that leads nowhere",
      'export const a = 1\nimport "./gone.ts"\n',
      "Cannot find module './gone.ts'",
      "❯ 2 │ import",
    ],
    [
      "two routes at one place",
      'import { createApp } from "@ashlar/http"\nconst app = createApp()\napp.get("/a", () => 1)\napp.get("/a", () => 2)\nexport default app',
      "HTTP_ROUTE_DUPLICATE",
      "❯ 3 │ app.get",
    ],
    ["no app in it", "export default 1\n", "HTTP_DEV_ENTRY_INVALID"],
    ["another framework's app in it", "export default { fetch() {} }\n", "that is no Ashlar app"],
    ["the end of its process in it", "process.exit(7)\n", "exit code 7"],
    ["a promise that nobody waits for", "Promise.reject(new RangeError('later'))\n", "RangeError: later"],
  ]
  test.each(bad)("with %s is refused with the place: CLI_APP_FAILED", async (_, text, ...parts) => {
    app.write("src/bad.ts", text)
    const { exitCode, stdout, stderr } = await run(["src/bad.ts", "--timeout", "2"])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" })
    expect(stderr).toContain("CLI_APP_FAILED")
    for (const part of parts) expect(stderr).toContain(part)
  })
  test("that fails is described in JSON", async () => {
    app.write("src/bad.ts", "\nthrow new TypeError('no')\n")
    const { exitCode, json } = await run(["src/bad.ts", "--json"])
    expect(exitCode).toBe(2)
    expect(json()).toMatchObject({
      error: { code: "CLI_APP_FAILED", details: { error: { name: "TypeError", message: "no", frame: { line: 2 } } } },
    })
  })
  test("that is nowhere is refused, and so is an app without the framework: CLI_APP_MISSING, CLI_PACKAGE_MISSING", async () => {
    expect((await run(["src/nowhere.ts"])).stderr).toContain("CLI_APP_MISSING: There is no src/nowhere.ts")
    expect((await run([], { cwd: join(app.folder, "node_modules") })).stderr).toContain(
      "CLI_APP_MISSING: There is no app here",
    )
    const bare = await run(["/etc/hostname"])
    expect(bare.stderr).toContain("CLI_PACKAGE_MISSING")
    expect(bare.stderr).toContain("bun add @ashlar/http")
  })
})

describe("the manifest of route files", () => {
  const file = 'import { get } from "@ashlar/http"\nexport const GET = get("/users/:id", () => 1)\n'
  test("is written, checked, and found stale", async () => {
    app.write("src/routes/users/[id].ts", file)
    const missing = await run(["--manifest", "src/routes", "--check"])
    expect([missing.exitCode, missing.stdout]).toEqual([
      1,
      expect.stringContaining("src/routes.generated.ts is missing."),
    ])
    expect(existsSync(join(app.folder, "src/routes.generated.ts"))).toBe(false)
    expect((await run(["--manifest", "src/routes"])).stdout).toBe("src/routes.generated.ts is written.\n")
    expect(readFileSync(join(app.folder, "src/routes.generated.ts"), "utf8")).toContain('"/users/:id"')
    expect((await run(["--manifest", "src/routes"])).stdout).toBe("src/routes.generated.ts is up to date.\n")
    expect((await run(["--manifest", "src/routes", "--check"])).exitCode).toBe(0)
    app.write("src/routes/posts.ts", file.replace("/users/:id", "/posts"))
    const stale = await run(["--manifest", "src/routes", "--check", "--json"])
    expect([stale.exitCode, stale.json()]).toEqual([
      1,
      { manifest: "src/routes.generated.ts", upToDate: false, reason: "different" },
    ])
  })
  test("names what cannot be a route", async () => {
    app.write("src/bad-routes/[a.ts", file)
    const { exitCode, stderr } = await run(["--manifest", "src/bad-routes"])
    expect(exitCode).toBe(2)
    expect(stderr).toContain("CLI_APP_FAILED: FILE_ROUTER_NAME_INVALID")
  })
})

test.each([
  [["--check"], "--check goes with --manifest"],
  [["--fail-on", "any"], "--fail-on goes with --diff"],
  [["--layers", "--graph", "dot"], "--graph and --layers do not go together"],
  [["--runtime", "perl"], "Allowed choices are bun, node"],
])("%j is refused: CLI_USAGE", async (argv, message) => {
  const { exitCode, stderr } = await run(argv)
  expect(exitCode).toBe(2)
  expect(stderr).toContain(message)
})

test("a runtime that is not installed is refused: CLI_RUNTIME_MISSING", async () => {
  const { exitCode, stderr } = await run(["--runtime", "node"], { env: { PATH: app.folder } })
  expect(exitCode).toBe(2)
  expect(stderr).toContain("CLI_RUNTIME_MISSING")
})

test("Node tells the same table", async () => {
  if (!process.env.NODE_BIN) {
    if (process.env.CI === "true") throw new TypeError("NODE_BIN says where Node is")
    console.warn("skipped: ashlar routes on Node: NODE_BIN is not set")
    return
  }
  const env = { NODE_BIN: process.env.NODE_BIN }
  const [onBun, onNode] = await Promise.all([run(["--json"]), run(["--json", "--runtime", "node"], { env })])
  expect(onNode.json()).toEqual(onBun.json())
  app.write("src/bad.ts", "export const a = 1\nconst x = ;\n")
  expect((await run(["src/bad.ts", "--runtime", "node"], { env })).stderr).toContain("❯ 2 │ const x = ;")
})
