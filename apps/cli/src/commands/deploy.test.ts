import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { type FakePlatform, refuse, startFakePlatform } from "../fake-platform.ts"
import { type RunOptions, runCli } from "../testing-io.ts"
import { toSlug } from "./init.ts"

let fake: FakePlatform
let folder: string
let env: Record<string, string>

beforeEach(() => {
  fake = startFakePlatform()
  folder = mkdtempSync(join(tmpdir(), "ashlar-deploy-"))
  env = { XDG_CONFIG_HOME: join(folder, ".config"), ASHLAR_URL: fake.url, ASHLAR_TOKEN: "token" }
})

afterEach(() => {
  fake[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

const cli = (argv: string[], options: RunOptions = {}) => runCli(argv, { env, cwd: folder, ...options })
const deploy = async (...argv: string[]) => {
  const run = await cli(["deploy", ...argv, "--json"])
  return {
    ...run,
    value: run.json() as { functions: { name: string; change: string; version: number }[]; error: object },
  }
}
const changes = async (...argv: string[]) =>
  (await deploy(...argv)).value.functions.map(({ name, change, version }) => `${name} ${change} ${version}`)

const handler = (text: string) => `export default { fetch: () => new Response(${JSON.stringify(text)}) }`
const project = '[project]\nslug = "todo"\n'
const hello = `${project}[functions.hello]\nruntime = "bun"\nentry = "hello.ts"\n`

describe("init", () => {
  test("starts a project that deploys as it is", async () => {
    const { exitCode, json } = await cli(["init", "my-todo", "--json"])
    expect(exitCode).toBe(0)
    expect(json()).toEqual({
      folder: join(folder, "my-todo"),
      slug: "my-todo",
      files: ["ashlar.toml", "functions/hello.ts", "ashlar-env.d.ts", ".gitignore", "README.md"],
    })
    const run = await cli(["deploy", "--json"], { cwd: join(folder, "my-todo") })
    expect(run.json()).toMatchObject({
      project: { slug: "my-todo" },
      collections: [{ name: "todos", change: "created" }],
      functions: [{ name: "hello", change: "deployed", version: 1, url: `${fake.url}/f/my-todo/hello` }],
      anonymous: { read: ["todos"], write: [], call: [`${fake.url}/f/my-todo/hello`] },
    })
    expect(fake.collections.get("todos")?.rules).toEqual({
      read: "public",
      create: "publishable",
      update: "secret",
      delete: null,
    })
    expect(fake.functions.get("hello")?.info).toMatchObject({
      access: "public",
      env: ["GREETING"],
      limits: { wallMs: 5000 },
    })
  })

  test("type checks its function against its own types", async () => {
    await cli(["init", "typed"])
    const options = ["--noEmit", "--strict", "--lib", "ESNext,DOM", "--types", "", "--ignoreConfig"]
    const root = join(import.meta.dir, "../../../../node_modules/.bin/tsc")
    const files = ["functions/hello.ts", "ashlar-env.d.ts"]
    const { stdout } = Bun.spawnSync([root, ...options, ...files], { cwd: join(folder, "typed") })
    expect(stdout.toString()).toBe("")
  })

  test("never writes over a file", async () => {
    write({ "taken/README.md": "mine" })
    const { exitCode, stderr } = await cli(["init", "taken"])
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining("✗ CLI_FOLDER_NOT_EMPTY: ") })
    expect(readFileSync(join(folder, "taken/README.md"), "utf8")).toBe("mine")
    expect(existsSync(join(folder, "taken/ashlar.toml"))).toBe(false)
  })

  test.each([
    ["todo", "todo"],
    ["My Tōdo App!", "my-todo-app"],
    ["42-things", "things"],
    ["字", "my-project"],
    ["x", "my-x"],
    ["self", "my-self"],
    ["a".repeat(60), "a".repeat(40)],
  ])("names a project in %p %s", (name, slug) => {
    expect(toSlug(name)).toBe(slug)
  })
})

describe("deploy", () => {
  test("uploads one module with everything in it, and skips what has not changed", async () => {
    write({
      "ashlar.toml": hello,
      "hello.ts": 'import { text } from "./text.ts"\nexport default { fetch: (): Response => new Response(text) }',
      "text.ts": 'export const text: string = "from another file"',
    })
    expect(await changes()).toEqual(["hello deployed 1"])
    const { code } = fake.functions.get("hello")!
    expect(code).toContain("from another file")
    expect(code).not.toContain("import")
    expect(await changes()).toEqual(["hello unchanged 1"])
    expect(await changes("--force")).toEqual(["hello deployed 2"])
    write({ "text.ts": 'export const text: string = "new"' })
    expect(await changes()).toEqual(["hello deployed 3"])
    const sent = fake.calls.filter((call) => call === "POST /v1/projects/todo/functions")
    expect(sent).toHaveLength(3)
  })

  const settings: [string, string, string][] = [
    ["access", "", 'access = "public"'],
    ["runtime", "", 'runtime = "quickjs"'],
    ["egress", 'egress = ["a.org"]', 'egress = ["a.org", "b.org"]'],
    ["a variable's value", 'env = { A = "1" }', 'env = { A = "2" }'],
    ["a variable's absence", 'env = { A = "1" }', ""],
    ["a limit", "limits = { wallMs = 1000 }", "limits = { wallMs = 2000 }"],
    ["a limit's absence", "limits = { wallMs = 1000 }", ""],
  ]
  for (const [name, before, after] of settings) {
    test(`uploads when only ${name} has changed`, async () => {
      const manifest = (more: string) =>
        `${project}[functions.hello]\nentry = "hello.ts"\n${more.includes("runtime") ? "" : 'runtime = "bun"\n'}${more}`
      write({ "ashlar.toml": manifest(before), "hello.ts": handler("hi") })
      expect(await changes()).toEqual(["hello deployed 1"])
      expect(await changes()).toEqual(["hello unchanged 1"])
      write({ "ashlar.toml": manifest(after) })
      expect(await changes()).toEqual(["hello deployed 2"])
    })
  }

  test("in a fresh clone uploads a function with variables again, because their values cannot be compared", async () => {
    write({ "ashlar.toml": `${hello}env = { A = "1" }`, "hello.ts": handler("hi") })
    expect(await changes()).toEqual(["hello deployed 1"])
    rmSync(join(folder, ".ashlar"), { recursive: true })
    expect(await changes()).toEqual(["hello deployed 2"])
    write({ ".ashlar/deployed.json": "{broken" })
    expect(await changes()).toEqual(["hello deployed 3"])
    expect(readFileSync(join(folder, ".ashlar/deployed.json"), "utf8")).not.toContain('"1"')
  })

  test("in a fresh clone finds by itself that a limit is gone", async () => {
    write({ "ashlar.toml": `${hello}limits = { wallMs = 1000 }`, "hello.ts": handler("hi") })
    expect(await changes()).toEqual(["hello deployed 1"])
    expect(existsSync(join(folder, ".ashlar"))).toBe(false)
    expect(await changes()).toEqual(["hello unchanged 1"])
    write({ "ashlar.toml": hello })
    expect(await changes()).toEqual(["hello deployed 2"])
    expect(await changes()).toEqual(["hello unchanged 2"])
  })

  test("takes variables from the environment, and refuses to guess", async () => {
    write({ "ashlar.toml": `${hello}env = { TOKEN = { from = "API_TOKEN" } }`, "hello.ts": handler("hi") })
    const { exitCode, value } = await deploy()
    expect(exitCode).toBe(2)
    expect(value.error).toEqual({
      code: "CLI_VARIABLE_MISSING",
      message: "functions.hello.env.TOKEN takes its value from API_TOKEN, which is not set.",
    })
    expect(fake.calls).toEqual([])
    const given = await cli(["deploy"], { env: { ...env, API_TOKEN: "t" } })
    expect(given.exitCode).toBe(0)
    expect(given.stdout).not.toContain('"t"')
  })

  test("changes only rules and indexes that differ, and leaves alone what it does not name", async () => {
    const collections = (rules: string, indexes: string) =>
      write({ "ashlar.toml": `${project}[collections.notes]\nrules = { ${rules} }\nindexes = [${indexes}]` })
    collections('read = "public"', '"a", ["b", "-c.d"]')
    await deploy()
    await cli(["collections", "create", "other", "--read", "public", "--update", "public", "--project", "todo"])
    const run = async () => ((await deploy()).value as unknown as { collections: { change: string }[] }).collections
    expect(await run()).toEqual([{ name: "notes", change: "unchanged" }] as never)
    collections('read = "public"', '{ fields = ["a"] }, { fields = ["b", "-c.d"], kind = "scalar", unique = false }')
    expect(await run()).toEqual([{ name: "notes", change: "unchanged" }] as never)
    collections('read = "publishable"', '"a", ["b", "-c.d"]')
    expect(await run()).toEqual([{ name: "notes", change: "updated" }] as never)
    collections('read = "publishable"', '"a", ["b", "c.d"]')
    expect(await run()).toEqual([{ name: "notes", change: "updated" }] as never)
    collections("", '"a", ["b", "c.d"]')
    expect(await run()).toEqual([{ name: "notes", change: "updated" }] as never)
    expect(fake.collections.get("notes")?.rules.read).toBeNull()
    expect((await deploy()).value).toMatchObject({ anonymous: { read: ["other"], write: ["other (update)"] } })
    expect((await cli(["deploy"])).stdout).toContain("  change other (update)\n")
  })

  test("can be asked for single functions", async () => {
    write({ "ashlar.toml": `${hello}[functions.bye]\nruntime = "bun"\nentry = "hello.ts"`, "hello.ts": handler("hi") })
    expect(await changes("bye")).toEqual(["bye deployed 1"])
    expect([...fake.functions.keys()]).toEqual(["bye"])
  })

  test("passes a refusal of the bundle on with the server's code", async () => {
    write({ "ashlar.toml": hello, "hello.ts": "export default 1" })
    fake.intercept = (request) =>
      request.method === "POST" && request.url.endsWith("/functions")
        ? refuse(422, "FUNCTIONS_BUNDLE_INVALID", "No default export with fetch.")
        : undefined
    const { exitCode, value } = await deploy()
    expect({ exitCode, value }).toMatchObject({ exitCode: 1, value: { error: { code: "FUNCTIONS_BUNDLE_INVALID" } } })
  })

  test("to a slug that somebody else has is refused, and nothing is written", async () => {
    write({ "ashlar.toml": hello, "hello.ts": handler("hi") })
    fake.intercept = (request) => {
      if (request.method === "GET") return refuse(404, "CONTROL_PROJECT_NOT_FOUND")
      return refuse(409, "CONTROL_SLUG_TAKEN")
    }
    expect((await deploy()).value.error).toMatchObject({ code: "CONTROL_SLUG_TAKEN" })
  })

  test("draws its progress on standard error", async () => {
    write({ "ashlar.toml": hello, "hello.ts": handler("hi") })
    const { stderr, stdout } = await cli(["deploy", "--json"], { live: true })
    expect(stderr).toContain("Deploying todo ████████████████████████ 3/3")
    expect(stderr).toEndWith("\r\u001b[K")
    expect(stdout.trim()).not.toContain("\n")
  })
})

describe("deploy refuses before it changes anything", () => {
  const rows: [string, Record<string, string>, string, string][] = [
    ["no ashlar.toml", {}, "CLI_MANIFEST_MISSING", "ashlar init"],
    ["broken TOML", { "ashlar.toml": "[project]\nslug = todo" }, "CLI_MANIFEST_INVALID", "ashlar.toml:2:8: "],
    ["no project", { "ashlar.toml": "" }, "CLI_MANIFEST_INVALID", "expected `project` to be a table, got nothing"],
    ["a bad slug", { "ashlar.toml": '[project]\nslug = "To do"' }, "CLI_MANIFEST_INVALID", "`project.slug`"],
    [
      "an unknown table",
      { "ashlar.toml": `${project}[function.x]` },
      "CLI_MANIFEST_INVALID",
      'unknown key `function`. Did you mean "functions"?',
    ],
    [
      "an unknown key",
      { "ashlar.toml": `${hello}acces = "public"` },
      "CLI_MANIFEST_INVALID",
      'unknown key `functions.hello.acces`. Did you mean "access"?',
    ],
    [
      "an unknown runtime",
      { "ashlar.toml": `${project}[functions.hello]\nruntime = "node"` },
      "CLI_MANIFEST_INVALID",
      'expected `functions.hello.runtime` to be "bun" or "quickjs", got "node"',
    ],
    [
      "an unknown limit",
      { "ashlar.toml": `${hello}limits = { wallms = 3 }` },
      "CLI_MANIFEST_INVALID",
      'Did you mean "wallMs"?',
    ],
    [
      "a limit that is none",
      { "ashlar.toml": `${hello}limits = { wallMs = 0 }` },
      "CLI_MANIFEST_INVALID",
      "expected `functions.hello.limits.wallMs` to be a whole number from 1, got 0",
    ],
    [
      "a variable that is no text",
      { "ashlar.toml": `${hello}env = { A = 1 }` },
      "CLI_MANIFEST_INVALID",
      "expected `functions.hello.env.A` to be a table, got 1",
    ],
    [
      "an egress that is no list",
      { "ashlar.toml": `${hello}egress = "a.org"` },
      "CLI_MANIFEST_INVALID",
      "expected `functions.hello.egress` to be a list",
    ],
    [
      "an unknown rule",
      { "ashlar.toml": `${project}[collections.a]\nrules = { write = "public" }` },
      "CLI_MANIFEST_INVALID",
      "unknown key `collections.a.rules.write`",
    ],
    [
      "a rule for nobody in particular",
      { "ashlar.toml": `${project}[collections.a]\nrules = { read = "everybody" }` },
      "CLI_MANIFEST_INVALID",
      '`collections.a.rules.read` to be "public" or "publishable" or "user" or "secret", got "everybody"',
    ],
    [
      "an index of nothing",
      { "ashlar.toml": `${project}[collections.a]\nindexes = [{ name = "x" }]` },
      "CLI_MANIFEST_INVALID",
      "expected `collections.a.indexes[0].fields` to be a list",
    ],
    ["a missing entry", { "ashlar.toml": hello }, "CLI_ENTRY_MISSING", "There is no hello.ts in"],
    [
      "a syntax error",
      { "ashlar.toml": hello, "hello.ts": "export default {\n  fetch: () => (\n}" },
      "CLI_BUNDLE_FAILED",
      "hello.ts:3:1: ",
    ],
    [
      "an import that is not there",
      { "ashlar.toml": hello, "hello.ts": 'import { x } from "./gone.ts"\nexport default { fetch: x }' },
      "CLI_BUNDLE_FAILED",
      'hello.ts:1:19: Could not resolve: "./gone.ts"',
    ],
    [
      "a module of the host in quickjs",
      {
        "ashlar.toml": `${project}[functions.hello]\nruntime = "quickjs"\nentry = "hello.ts"`,
        "hello.ts":
          'const x = 1\nimport { readFileSync } from "node:fs"\nexport default { fetch: () => readFileSync(x) }',
      },
      "CLI_BUNDLE_FAILED",
      'hello.ts:2: "node:fs" does not exist in quickjs',
    ],
    [
      "a file that cannot be part of a module",
      {
        "ashlar.toml": hello,
        "hello.ts": 'import a from "./a.svg"\nexport default { fetch: () => a }',
        "a.svg": "<svg/>",
      },
      "CLI_BUNDLE_FAILED",
      "cannot become one module",
    ],
  ]
  for (const [name, files, code, message] of rows) {
    test(`${name}: ${code}`, async () => {
      write(files)
      const { exitCode, value } = await deploy()
      expect(exitCode).toBe(2)
      expect(value.error).toMatchObject({ code, message: expect.stringContaining(message) })
      expect(fake.calls).toEqual([])
    })
  }
})
