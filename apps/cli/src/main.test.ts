import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type FakePlatform, refuse, startFakePlatform } from "./fake-platform.ts"
import { runCli } from "./testing-io.ts"

let fake: FakePlatform
let folder: string
let env: Record<string, string>

beforeAll(async () => {
  fake = startFakePlatform()
  folder = mkdtempSync(join(tmpdir(), "ashlar-cli-"))
  env = { XDG_CONFIG_HOME: join(folder, "config") }
  await runCli(["login", fake.url, "--email", "ada@example.org", "--password-stdin"], { env, stdin: "right" })
  await runCli(["init", "todo"], { env, cwd: folder })
  writeFileSync(join(folder, "todo", "many.json"), JSON.stringify([{ id: "a" }, { id: "b" }]))
  await runCli(["deploy"], { env, cwd: join(folder, "todo") })
})

afterAll(() => {
  fake[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

const cli = (...argv: string[]) => runCli(argv, { env, cwd: join(folder, "todo") })

describe("usage", () => {
  test.each([[[]], [["--help"]], [["help"]], [["deploy", "--help"]], [["help", "documents"]]])(
    "%j prints help on standard output and exits with 0",
    async (argv) => {
      const { exitCode, stdout, stderr } = await cli(...argv)
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" })
      expect(stdout).toContain("Usage: ashlar")
    },
  )

  test("every command's help has a description for each option, and nouns list their verbs", async () => {
    const { stdout } = await cli("help")
    for (const noun of [
      "up",
      "signup",
      "login",
      "dev",
      "routes",
      "init",
      "deploy",
      "projects",
      "keys",
      "documents",
      "functions",
      "logs",
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${noun} .*\\w{3}`, "m"))
      const help = await cli(noun, "--help")
      expect(help.stdout).toContain(`Usage: ashlar ${noun}`)
    }
    expect(stdout).toContain("Examples:")
  })

  const slips: [string[], string][] = [
    [["projcts"], "Did you mean projects?"],
    [["projects", "lst"], "Did you mean list?"],
    [["deploy", "--forse"], "Did you mean --force?"],
    [["projects", "list", "--jsn"], "Did you mean --json?"],
    [["frobnicate"], "Unknown command 'frobnicate'"],
    [["projects"], "A command is missing after this one."],
    [["projects", "list", "extra"], "Too many arguments"],
    [["projects", "create"], "Missing required argument 'name'"],
    [["keys", "create", "web"], "Say --kind publishable, --kind secret"],
    [["keys", "create", "ci", "--scope", "functions:deply"], "Allowed choices are documents:read"],
    [["keys", "create", "--kind", "secrt"], "Allowed choices are publishable, secret"],
    [["keys", "create", "--kind", "secret", "--expires", "soon"], "Expected a time to come"],
    [["keys", "create", "--kind", "secret", "--expires", "2001-01-01T00:00:00Z"], "Expected a time to come"],
    [["dev", "--port", "x"], "Expected a whole number from 0 to 65535"],
    [["routes", "--grph", "dot"], "Did you mean --graph?"],
    [["up", "--port", "70000"], "Expected a whole number from 0 to 65535"],
    [["logs", "hello", "--limit", "1e3"], "Expected a whole number from 1 to 1000"],
    [["documents", "list", "todos", "--sort", "a,,b"], "Expected names with commas"],
    [["functions", "invoke", "hello", "--header", "nonsense"], "Expected a header like"],
    [["collections", "indexes", "todos", "--drop", "nope"], "There is no index nope"],
    [["deploy", "helo"], 'Did you mean "hello"?'],
  ]
  for (const [argv, message] of slips) {
    test(`ashlar ${argv.join(" ")}: exits with 2 and says "${message}"`, async () => {
      const human = await cli(...argv)
      expect({ exitCode: human.exitCode, stdout: human.stdout }).toEqual({ exitCode: 2, stdout: "" })
      expect(human.stderr).toContain("✗ CLI_USAGE: ")
      expect(human.stderr).toContain(message)
      const json = await cli(...argv, "--json")
      expect(json.exitCode).toBe(2)
      expect(json.json()).toEqual({ error: { code: "CLI_USAGE", message: expect.stringContaining(message) } })
    })
  }
})

describe("--json prints exactly one JSON value", () => {
  const commands: string[][] = [
    ["help"],
    ["--version"],
    ["whoami"],
    ["doctor"],
    ["deploy"],
    ["projects", "list"],
    ["projects", "create", "Other"],
    ["projects", "use", "todo"],
    ["projects", "show"],
    ["projects", "delete", "other", "--yes"],
    ["keys", "create", "web", "--kind", "publishable", "--expires", "30d"],
    ["keys", "create", "ci", "--scope", "functions:deploy", "audit:read"],
    ["keys", "list"],
    ["keys", "rotate", "k1"],
    ["keys", "revoke", "k1"],
    ["collections", "create", "notes", "--read", "public", "--index", "a,-b"],
    ["collections", "list"],
    ["collections", "show", "notes"],
    ["collections", "rules", "notes", "--read", "none", "--create", "secret"],
    ["collections", "indexes", "notes", "--add", "c", "--unique"],
    ["collections", "delete", "notes", "--yes"],
    ["documents", "insert", "todos", '{"title":"x"}'],
    ["documents", "insert", "todos", '[{"title":"y"},{"title":"z"}]'],
    ["documents", "list", "todos", "--limit", "1"],
    ["documents", "query", "todos", "--where", '{"title":"x"}', "--sort", "-title", "--count"],
    ["documents", "query", "todos", "--explain"],
    ["documents", "get", "todos", "d1"],
    ["documents", "update", "todos", "d1", '{"$set":{"title":"w"}}', "--rev", "1"],
    ["documents", "update", "todos", "d9", '{"title":"w"}', "--replace"],
    ["documents", "import", "todos", "many.json", "--id-field", "id"],
    ["documents", "delete", "todos", "d1"],
    ["functions", "list"],
    ["functions", "show", "hello"],
    ["functions", "invoke", "hello", "/?name=Ada"],
    ["functions", "versions", "hello"],
    ["functions", "rollback", "hello", "--to", "1"],
    ["logs", "hello"],
    ["functions", "delete", "hello", "--yes"],
    ["logout"],
    ["logout"],
  ]
  for (const argv of commands) {
    test(`ashlar ${argv.join(" ")}`, async () => {
      const { exitCode, stdout, stderr } = await cli(...argv, "--json")
      expect({ exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ exitCode: 0, stderr: "" })
      expect(stdout.endsWith("\n")).toBe(true)
      expect(JSON.parse(stdout)).toBeDefined()
      expect(stdout.trim()).not.toContain("\n")
    })
  }
})

describe("a refusal", () => {
  test("of the server exits with 1, and prints its code, its fields and the request's id", async () => {
    fake.intercept = () =>
      refuse(422, "HTTP_INVALID", "One field is wrong.", {
        errors: [{ in: "body", pointer: "/name", code: "too_short", message: "Expected a name" }],
        details: { limit: 3 },
      })
    const human = await cli("projects", "create", "x")
    const json = await cli("projects", "create", "x", "--json")
    fake.intercept = undefined
    expect(human).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: "✗ HTTP_INVALID: One field is wrong.\n  body /name: Expected a name\n  request req-1\n",
    })
    expect(json.exitCode).toBe(1)
    expect(json.json()).toEqual({
      error: {
        code: "HTTP_INVALID",
        message: "One field is wrong.",
        status: 422,
        requestId: "req-1",
        details: { limit: 3 },
        errors: [{ in: "body", pointer: "/name", code: "too_short", message: "Expected a name" }],
      },
    })
  })

  test("for want of a login says how to log in, to which server", async () => {
    const { exitCode, stderr } = await runCli(["projects", "list", "--url", fake.url])
    expect(exitCode).toBe(1)
    expect(stderr).toContain(`Sign in with: ashlar login ${fake.url}`)
  })

  test("cannot forge lines or move the cursor", async () => {
    fake.intercept = () => refuse(400, "HTTP_BAD", "a\u001b[2Jb\u009bc\rd\u202e")
    const { stderr } = await cli("projects", "list")
    fake.intercept = undefined
    expect(stderr).toStartWith("✗ HTTP_BAD: a\\u001b[2Jb\\u009bc\\u000dd\\u202e\n")
  })
})

describe("no connection exits with 3", () => {
  test.each([
    ["a closed port", "http://127.0.0.1:1", "SDK_UNREACHABLE"],
    ["a host that does not exist", "http://ashlar.invalid", "SDK_UNREACHABLE"],
  ])("%s", async (_, url, code) => {
    const { exitCode, json } = await cli("projects", "list", "--url", url, "--json")
    expect(exitCode).toBe(3)
    expect(json()).toMatchObject({ error: { code } })
  })

  test("a server that is not Ashlar's", async () => {
    using other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("<html>hello") })
    const { exitCode, stderr } = await cli("doctor", "--url", other.url.href)
    expect(exitCode).toBe(3)
    expect(stderr).toContain("SDK_BAD_RESPONSE")
  })

  test("an address that is none is wrong usage", async () => {
    expect((await cli("projects", "list", "--url", "localhost:4000")).exitCode).toBe(2)
  })
})

test("as a process of its own: output, exit code and a closed pipe", async () => {
  const entry = join(import.meta.dir, "main.ts")
  const spawn = (...argv: string[]) =>
    Bun.spawn(["bun", entry, ...argv], { stdout: "pipe", stderr: "pipe", env: { ...process.env, ...env } })
  const refused = spawn("projects", "list", "--url", "http://127.0.0.1:1", "--json")
  expect(JSON.parse(await new Response(refused.stdout).text())).toMatchObject({ error: { code: "SDK_UNREACHABLE" } })
  expect(await refused.exited).toBe(3)
  const fine = spawn("--version")
  expect(await new Response(fine.stdout).text()).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect(await fine.exited).toBe(0)
})

test("Ctrl-C breaks off a request that does not end, and exits with 130", async () => {
  const asked = Promise.withResolvers<void>()
  using stuck = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => {
      asked.resolve()
      return new Promise<Response>(() => {})
    },
  })
  const argv = ["projects", "list", "--url", stuck.url.href, "--json"]
  const child = Bun.spawn(["bun", join(import.meta.dir, "main.ts"), ...argv], { stdout: "pipe", stderr: "pipe" })
  await asked.promise
  child.kill("SIGINT")
  expect(await child.exited).toBe(130)
  expect(await new Response(child.stdout).json()).toMatchObject({ error: { code: "CLI_INTERRUPTED" } })
})

test("settings in a folder that cannot be made are named, not a stack", async () => {
  const file = join(folder, "file")
  writeFileSync(file, "")
  mkdirSync(join(folder, "bad", "ashlar"), { recursive: true })
  writeFileSync(join(folder, "bad", "ashlar", "config.json"), "{nonsense")
  const damaged = await runCli(["whoami"], { env: { XDG_CONFIG_HOME: join(folder, "bad") } })
  expect(damaged).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("✗ CLI_SETTINGS_DAMAGED: ") })
  const blocked = await runCli(["whoami"], { env: { XDG_CONFIG_HOME: file } })
  expect(blocked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("✗ CLI_SETTINGS_DAMAGED: ") })
})
