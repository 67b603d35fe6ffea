import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createLog, startServer } from "@ashlar/server"
import { type FakePlatform, startFakePlatform } from "../fake-platform.ts"
import { type RunOptions, runCli } from "../testing-io.ts"
import { parseLink } from "./people.ts"

const JSON_BODY = { "content-type": "application/json" }
let fake: FakePlatform
let folder: string
let env: Record<string, string>

beforeEach(() => {
  fake = startFakePlatform()
  folder = mkdtempSync(join(tmpdir(), "ashlar-people-"))
  env = { XDG_CONFIG_HOME: folder }
})

afterEach(() => {
  fake[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

const cli = (argv: string[], options: RunOptions = {}) => runCli(argv, { env, ...options })
const settingsPath = () => join(folder, "ashlar", "config.json")
const settings = () => JSON.parse(readFileSync(settingsPath(), "utf8"))
const who = ["--name", "Ada", "--email", "ada@example.org", "--password-stdin"]
const answers = { "Your name": "Ada", "Your email": "ada@example.org", "A password": "right", "Your password": "right" }

describe("login with a second factor", () => {
  const two = ["--email", "two@example.org", "--password-stdin"]
  test.each([
    ["--code", ["--code", "123 456"], {}],
    ["a question", [], { "The code of your authenticator app": "123456" }],
    ["a recovery code", ["--code", "abcde-fghjk"], {}],
  ])("takes the code by %s", async (_way, argv, asked) => {
    const { exitCode, stdout } = await cli(["login", fake.url, ...two, ...argv], { stdin: "right", answers: asked })
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^Logged in to/) })
    expect(fake.calls).toEqual(["POST /v1/auth/signin", "POST /v1/auth/signin/factor"])
  })

  test("says what is missing where nobody can be asked, and keeps nothing of a wrong code", async () => {
    const alone = await cli(["login", fake.url, ...two], { stdin: "right" })
    expect(alone).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("--code") })
    const { exitCode, stderr } = await cli(["login", fake.url, ...two, "--code", "000000"], { stdin: "right" })
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("AUTH_FACTOR_WRONG")])
    expect(stderr).not.toMatch(/si_once|000000/)
  })
})

describe("signup", () => {
  test("with the link that `up` prints makes the administrator, and remembers server and session", async () => {
    const { exitCode, stdout } = await cli(["signup", `${fake.url}/setup?token=once`, ...who], { stdin: "right\n" })
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: `Signed up as the first administrator to ${fake.url} as Ada <ada@example.org>.\n`,
    })
    expect(fake.calls).toEqual(["POST /v1/setup/check", "POST /v1/setup"])
    expect(settings()).toMatchObject({
      current: "default",
      profiles: { default: { url: fake.url, session: { refreshToken: "refresh-1" } } },
    })
  })

  test("keeps tokens in a file that nobody else may read", async () => {
    await cli(["signup", "--token", "once", "--url", fake.url, ...who], { stdin: "right" })
    expect(statSync(settingsPath()).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, "ashlar")).mode & 0o777).toBe(0o700)
    expect(readFileSync(settingsPath(), "utf8")).not.toContain("right")
  })

  test("with a spent link is refused before anything is asked", async () => {
    const { exitCode, stderr } = await cli(["signup", `${fake.url}/setup?token=spent`], { answers: {} })
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining("✗ IDENTITY_SETUP_LINK_SPENT: "),
    })
  })

  test.each([
    ["an invitation's link", (url: string) => [`${url}/signup?invite=invited`]],
    ["an invitation's token", (url: string) => ["--invite", "invited", "--url", url]],
  ])("with %s asks for what is missing", async (_, argv) => {
    const { exitCode } = await cli(["signup", ...argv(fake.url)], { answers })
    expect(exitCode).toBe(0)
    expect(fake.calls).toEqual(["POST /v1/auth/signup"])
  })

  test("without an invitation passes the server's refusal on", async () => {
    const { exitCode, json } = await cli(["signup", fake.url, ...who, "--json"], { stdin: "right" })
    expect({ exitCode, json: json() }).toMatchObject({
      exitCode: 1,
      json: { error: { code: "IDENTITY_SIGNUPS_CLOSED" } },
    })
  })

  test.each([
    ["both tokens", ["--token", "a", "--invite", "b"], "CLI_USAGE"],
    ["a link that is none", ["setup?token=once"], "CLI_USAGE"],
    ["no terminal and no name", ["--token", "once"], "CLI_INPUT_NEEDED"],
    ["no terminal and no password", ["--token", "once", "--name", "A", "--email", "a@b.c"], "CLI_INPUT_NEEDED"],
    ["an empty password", ["--token", "once", ...who], "CLI_INPUT_NEEDED"],
  ])("with %s is refused", async (_, argv, code) => {
    const { exitCode, json } = await cli(["signup", ...argv, "--url", fake.url, "--json"])
    expect({ exitCode, json: json() }).toMatchObject({ exitCode: 2, json: { error: { code } } })
  })
})

describe("a link", () => {
  test.each([
    ["http://localhost:4000/setup?token=abc", { url: "http://localhost:4000", token: "abc" }],
    ["https://x.org/base/setup?token=abc", { url: "https://x.org/base", token: "abc" }],
    ["https://x.org/signup?invite=abc", { url: "https://x.org", invite: "abc" }],
    ["https://x.org/invite?token=abc", { url: "https://x.org", invite: "abc" }],
    ["https://x.org/", { url: "https://x.org" }],
    ["https://x.org/base/", { url: "https://x.org/base" }],
  ])("%s is understood", (text, expected) => {
    expect(parseLink(text)).toEqual(expected)
  })
})

describe("login and logout", () => {
  const login = ["login", "--email", "ada@example.org", "--password-stdin"]

  test("keep one session per profile, and mean the last one logged in to", async () => {
    using second = startFakePlatform()
    await cli([...login, fake.url], { stdin: "right" })
    await cli([...login, second.url, "--profile", "second"], { stdin: "right" })
    expect((await cli(["whoami", "--json"])).json()).toMatchObject({ url: second.url, profile: "second" })
    expect((await cli(["whoami", "--json", "--profile", "default"])).json()).toMatchObject({ url: fake.url })
    const byVariable = await cli(["whoami", "--json"], { env: { ...env, ASHLAR_PROFILE: "default" } })
    expect(byVariable.json()).toMatchObject({ url: fake.url })
    await cli(["logout", "--profile", "second"])
    expect(second.calls.at(-1)).toBe("POST /v1/auth/signout")
    expect(settings().profiles.second).toEqual({ url: second.url })
    expect(settings().profiles.default.session).toBeDefined()
  })

  test("with the wrong password keep nothing", async () => {
    const { exitCode, stderr } = await cli([...login, fake.url], { stdin: "wrong" })
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining("IDENTITY_WRONG_CREDENTIALS") })
    expect(settings).toThrow()
  })

  test("never send a session to another server than the one that gave it", async () => {
    await cli([...login, fake.url], { stdin: "right" })
    const seen: (string | null)[] = []
    using other = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch(request) {
        seen.push(request.headers.get("authorization"))
        return Response.json({ items: [], next: null })
      },
    })
    await cli(["projects", "list", "--url", other.url.href])
    await cli(["projects", "list"], { env: { ...env, ASHLAR_URL: other.url.href } })
    expect(seen).toEqual([null, null])
    await cli(["projects", "list", "--url", `${fake.url}/`])
    expect(fake.calls.at(-1)).toBe("GET /v1/projects")
  })
})

describe("whoami", () => {
  test("with a project key names the project, and the environment goes before the session", async () => {
    await cli(["login", fake.url, "--email", "a@b.c", "--password-stdin"], { stdin: "right" })
    await cli(["projects", "create", "Todo"])
    const keyed = await cli(["whoami", "--json"], { env: { ...env, ASHLAR_KEY: "ak_secret_k_x" } })
    expect(keyed.json()).toMatchObject({ key: { kind: "secret", project: { slug: "todo" } } })
    const token = await cli(["whoami", "--json"], {
      env: { ...env, ASHLAR_TOKEN: "token", ASHLAR_KEY: "ak_secret_k_x" },
    })
    expect(token.json()).toMatchObject({ user: { email: "ada@example.org" } })
  })

  test("with nobody signed in exits with 1", async () => {
    const { exitCode, stderr } = await cli(["whoami", "--url", fake.url])
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining("SDK_SIGNED_OUT") })
  })
})

describe("the project in use", () => {
  test("is what was created or chosen last, until it is deleted; options and environment go before it", async () => {
    await cli(["login", fake.url, "--email", "a@b.c", "--password-stdin"], { stdin: "right" })
    const nothing = await cli(["keys", "list", "--json"])
    expect(nothing).toMatchObject({ exitCode: 2 })
    expect(nothing.json()).toMatchObject({ error: { code: "CLI_PROJECT_NEEDED" } })
    await cli(["projects", "create", "one"])
    await cli(["projects", "create", "two"])
    const listed = async (argv: string[] = [], more = {}) => {
      await cli(["keys", "list", ...argv], { env: { ...env, ...more } })
      return fake.calls.at(-1)
    }
    expect(await listed()).toBe("GET /v1/projects/two/keys")
    await cli(["projects", "use", "one"])
    expect(await listed()).toBe("GET /v1/projects/one/keys")
    expect(await listed(["--project", "two"])).toBe("GET /v1/projects/two/keys")
    expect(await listed([], { ASHLAR_PROJECT: "two" })).toBe("GET /v1/projects/two/keys")
    expect(await listed([], { ASHLAR_KEY: "ak_secret_k_x" })).toBe("GET /v1/projects/self/keys")
    expect((await cli(["projects", "delete", "one"], { answers: { "Delete project one": false } })).exitCode).toBe(2)
    expect((await cli(["projects", "delete", "one"], { answers: { "Delete project one": true } })).exitCode).toBe(0)
    expect(await cli(["keys", "list"])).toMatchObject({ exitCode: 2 })
  })

  test("cannot be one that does not exist", async () => {
    await cli(["login", fake.url, "--email", "a@b.c", "--password-stdin"], { stdin: "right" })
    const { exitCode, stderr } = await cli(["projects", "use", "nope"])
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringContaining('No project "nope".') })
    expect(settings().profiles.default.project).toBeUndefined()
  })
})

test("deleting without a terminal needs --yes", async () => {
  await cli(["login", fake.url, "--email", "a@b.c", "--password-stdin"], { stdin: "right" })
  await cli(["projects", "create", "one"])
  const { exitCode, json } = await cli(["projects", "delete", "one", "--json"])
  expect({ exitCode, json: json() }).toMatchObject({
    exitCode: 2,
    json: { error: { code: "CLI_CONFIRMATION_NEEDED" } },
  })
  expect(fake.projects.size).toBe(1)
})

describe("people reset", () => {
  test("prints a link for who is there, in an install that is stopped", async () => {
    const data = join(folder, "data")
    const server = await startServer({ port: 0, data, log: createLog(() => {}) })
    const token = new URL(server.setupLink ?? "").searchParams.get("token") ?? ""
    const person = { token, name: "Ada", email: "ada@example.org", password: "a phrase for the tests" }
    await fetch(`${server.url}/v1/setup`, { method: "POST", body: JSON.stringify(person), headers: JSON_BODY })
    await server.stop()
    const argv = ["people", "reset", "ada@example.org", "--data", data, "--public-url", "https://a.example/"]
    const { exitCode, stdout } = await cli([...argv, "--factors"])
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(
        /https:\/\/a\.example\/reset\?token=rs_[\w-]{43}\n.*Ada <ada@example\.org>[\s\S]*factors/,
      ),
    })
    const { json } = await cli([...argv, "--json"])
    expect(json()).toMatchObject({ email: "ada@example.org", factors: false })
    const unknown = await cli(["people", "reset", "bob@example.org", "--data", data])
    expect([unknown.exitCode, unknown.stderr]).toEqual([1, expect.stringContaining("IDENTITY_PERSON_NOT_FOUND")])
  }, 30_000)

  test("says where it looked in vain", async () => {
    const { exitCode, stderr } = await cli(["people", "reset", "ada@example.org", "--data", join(folder, "none")])
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("SERVER_DATA_MISSING")])
  })
})
