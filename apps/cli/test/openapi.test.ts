// `ashlar openapi` over real apps, each loaded by a process with the packages of the app.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { existsSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { createTestingApp, type TestingApp } from "../src/testing-app.ts"
import { type RunOptions, type RunResult, runCli } from "../src/testing-io.ts"

setDefaultTimeout(30_000)

const APP = `
  import { createApp } from "@ashlar/http"
  import { openapi } from "@ashlar/openapi"
  import { v } from "@ashlar/validation"
  import { websocketIn } from "@ashlar/websocket"

  const app = createApp()
  app.get("/users/:id", { response: v.object({ id: v.string(), name: v.string() }) }, () => ({ id: "1", name: "a" }))
  app.post("/users", { body: v.object({ name: v.string() }) }, () => null)
  websocketIn(app)("/chat", { messages: { in: v.object({ text: v.string() }) } }, {})
  openapi(app, { title: "Shop", version: "2.0.0" })
  export default app
`
const OPAQUE = `
  import { createApp } from "@ashlar/http"
  const body = { "~standard": { version: 1, vendor: "mine", validate: (value) => ({ value }) } }
  const app = createApp()
  app.post("/", { body }, () => null)
  export default app
`

let app: TestingApp
const run = (argv: readonly string[], options: RunOptions = {}): Promise<RunResult> =>
  runCli(["openapi", ...argv], { cwd: app.folder, ...options })
const read = (name: string): string => readFileSync(join(app.folder, name), "utf8")

beforeAll(() => {
  const changed = APP.replace(
    "name: v.string() }) }, () => null)",
    "name: v.string(), age: v.integer() }) }, () => null)",
  )
    .replace("name: v.string() }) }, () => ({", "name: v.string(), at: v.string() }) }, () => ({")
    .replace('name: "a" }', 'name: "a", at: "" }')
  app = createTestingApp({ "src/app.ts": APP, "changed.ts": changed, "opaque.ts": OPAQUE })
})
afterAll(() => app[Symbol.dispose]())

describe("the document of an app", () => {
  test("is printed with the options that it is served with", async () => {
    const { exitCode, stdout, stderr } = await run([])
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" })
    expect(JSON.parse(stdout)).toMatchObject({
      openapi: "3.1.1",
      info: { title: "Shop", version: "2.0.0" },
      paths: { "/users/{id}": {}, "/users": {}, "/chat": {} },
    })
    expect((await run(["--json"])).json()).toEqual(JSON.parse(stdout))
    expect(Bun.YAML.parse((await run(["--format", "yaml"])).stdout)).toEqual(JSON.parse(stdout))
  })

  test("says of itself what package.json says, where the app serves none", async () => {
    expect((await run(["opaque.ts", "--json"])).json()).toMatchObject({ info: { title: "app", version: "0.0.0" } })
  })

  test("is that of messages when it is asked for", async () => {
    const messages = (await run(["--async", "--json"])).json()
    expect(messages).toMatchObject({ asyncapi: "3.0.0", channels: { getChat: { address: "/chat" } } })
  })

  test("is the same on Node", async () => {
    if (!process.env.NODE_BIN) {
      console.log("skipped: Node: NODE_BIN is not set")
      expect(process.env.CI).not.toBe("true")
      return
    }
    const env = { NODE_BIN: process.env.NODE_BIN }
    const [onBun, onNode] = await Promise.all([run(["--json"]), run(["--json", "--runtime", "node"], { env })])
    expect(onNode.json()).toEqual(onBun.json())
  })

  test("is written to a file, and a file that is out of date is told", async () => {
    expect((await run(["--out", "docs/openapi.yaml"])).stdout).toBe("docs/openapi.yaml is written.\n")
    expect(read("docs/openapi.yaml")).toStartWith("openapi: ")
    expect(await run(["--out", "docs/openapi.yaml", "--check"])).toMatchObject({
      exitCode: 0,
      stdout: "docs/openapi.yaml is up to date.\n",
    })
    const late = await run(["changed.ts", "--out", "docs/openapi.yaml", "--check", "--json"])
    expect([late.exitCode, late.json()]).toEqual([1, { file: "docs/openapi.yaml", upToDate: false, written: false }])
    await run(["--out", "openapi.json"])
    expect(JSON.parse(read("openapi.json"))).toEqual(Bun.YAML.parse(read("docs/openapi.yaml")))
    rmSync(join(app.folder, "openapi.json"))
    expect((await run(["--out", "openapi.json", "--check"])).exitCode).toBe(1)
    expect(existsSync(join(app.folder, "openapi.json"))).toBe(false)
    expect(await run(["--out", "src/app.ts/no/openapi.json"])).toMatchObject({ exitCode: 2 })
  })

  test("is refused when a schema cannot be described and all must be", async () => {
    expect((await run(["opaque.ts"])).stdout).toContain("gives no JSON Schema")
    const { exitCode, stderr } = await run(["opaque.ts", "--strict"])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('OPENAPI_SCHEMA_UNDESCRIBED: POST / body: The library "mine"')
  })

  test("is not there for a version that there is not", async () => {
    const { exitCode, stderr } = await run(["--api-version", "3"])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining("OPENAPI_OPTION_INVALID")])
  })
})

describe("two documents", () => {
  beforeAll(async () => {
    await run(["--out", "before.json"])
    await run(["changed.ts", "--out", "after.yaml"])
  })

  test("that are alike have no changes, whatever they are read from", async () => {
    for (const other of ["before.json", "src/app.ts"])
      expect(await run(["diff", "before.json", other, "--fail-on", "any"])).toMatchObject({
        exitCode: 0,
        stdout: "The documents describe the same API.\n",
      })
  })

  test("have a table of what changed, with what breaks first, and an exit code for CI", async () => {
    const { exitCode, stdout } = await run(["diff", "before.json", "after.yaml"])
    expect(exitCode).toBe(0)
    expect(stdout).toBe(
      [
        "          operation        where         change",
        "breaking  POST /users      body/age      now demands a value (application/json)",
        "breaking  POST /users      body          is not taken as application/x-www-form-urlencoded any more",
        "fine      GET /users/{id}  response 200  promises more",
        "",
        "3 changes. 2 of them may break callers.",
        "",
      ].join("\n"),
    )
    expect((await run(["diff", "before.json", "after.yaml", "--fail-on", "breaking"])).exitCode).toBe(1)
    const back = await run(["diff", "after.yaml", "before.json", "--fail-on", "breaking", "--json"])
    expect(back.json()).toMatchObject({ breaking: true, changes: [{ at: "response 200/at" }, { at: "body/age" }, {}] })
  })

  test.each([
    [["nowhere.json", "before.json"], "There is no nowhere.json"],
    [["src/app.ts", "package.json"], "Expected the second document to be one of OpenAPI 3"],
    [["nowhere.ts", "before.json"], "There is no nowhere.ts"],
    [["before.json"], "Missing required argument"],
  ])("are refused: %j", async (names, message) => {
    const { exitCode, stderr } = await run(["diff", ...names])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)])
  })

  test("are refused when they are not what their name says", async () => {
    app.write("broken.json", "{")
    app.write("broken.yaml", "a: [")
    expect((await run(["diff", "broken.json", "before.json"])).stderr).toContain("broken.json is not JSON")
    expect((await run(["diff", "before.json", "broken.yaml"])).stderr).toContain("broken.yaml is not YAML")
  })
})

test("--check goes with --out", async () => {
  expect(await run(["--check"])).toMatchObject({ exitCode: 2 })
})
