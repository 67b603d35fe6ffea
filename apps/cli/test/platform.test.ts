// The command against a real platform: what src/*.test.ts holds against a fake one must hold here too.
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createAdmin } from "@ashlar/admin"
import { AshlarError } from "@ashlar/core"
import { createAshlar, isRequestError } from "@ashlar/sdk"
import { type PlatformServer, startServer } from "@ashlar/server"
import { type RunOptions, runCli } from "../src/testing-io.ts"

const PASSWORD = "dressed stone, no mortar"
const folder = mkdtempSync(join(tmpdir(), "ashlar-platform-"))
const env: Record<string, string> = { XDG_CONFIG_HOME: join(folder, "config") }
const failures: unknown[] = []
let server: PlatformServer

beforeAll(async () => {
  const log = { info: () => {}, error: (_: string, failure: unknown) => void failures.push(failure) }
  server = await startServer({ port: 0, data: join(folder, "data"), log, checkResponses: true })
}, 30_000)

afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
  // What has a code of its own, as a stopped function, is no defect of the server.
  expect(failures.filter((error) => !(error instanceof AshlarError) || error.code === "INTERNAL")).toEqual([])
}, 30_000)

const cli = (argv: string[], options: RunOptions = {}) =>
  runCli(argv, { env, cwd: folder, stdin: PASSWORD, ...options })

async function done<T = Record<string, unknown>>(...argv: string[]): Promise<T> {
  const { exitCode, json, stderr } = await cli([...argv, "--json"])
  expect({ argv, exitCode, stderr: exitCode === 0 ? "" : stderr }).toEqual({ argv, exitCode: 0, stderr: "" })
  return json() as T
}

async function refused(...argv: string[]): Promise<string> {
  const { exitCode, json } = await cli([...argv, "--json"])
  expect({ argv, exitCode }).toEqual({ argv, exitCode: 1 })
  return (json() as { error: { code: string } }).error.code
}

describe("a person", () => {
  test("signs up with the link, which then is spent", async () => {
    const who = ["--name", "Ada", "--email", "ada@example.org", "--password-stdin"]
    expect(await done("signup", server.setupLink ?? "", ...who)).toMatchObject({ user: { administrator: true } })
    expect(await refused("signup", server.setupLink ?? "", ...who)).toBe("IDENTITY_SETUP_LINK_SPENT")
    expect(await refused("signup", server.url, ...who)).toBe("IDENTITY_SIGNUPS_CLOSED")
    expect(await done("whoami")).toMatchObject({ url: server.url, user: { email: "ada@example.org" } })
  })

  test("is let in by a code that they confirm in their browser, and by no other", async () => {
    const admin = createAdmin({ url: server.url })
    await admin.auth.signIn({ email: "ada@example.org", password: PASSWORD })
    const confirm = async (said: string): Promise<void> => {
      const [, page = "", userCode = ""] = /Open (\S+)\nand confirm the code (\S+)\./.exec(said) ?? []
      expect(page).toBe(`${server.url}/device?code=${userCode}`)
      expect((await admin.auth.device.check(userCode)).userAgent.length).toBeGreaterThan(0)
      await admin.auth.device.decide({ userCode, approve: true })
    }
    const said: Promise<void>[] = []
    const { exitCode, json, stdout } = await cli(["login", server.url, "--profile", "browser", "--json"], {
      onStderr: (text) => void (text.startsWith("Open ") && said.push(confirm(text))),
    })
    await Promise.all(said)
    expect([exitCode, json()]).toMatchObject([0, { profile: "browser", user: { email: "ada@example.org" } }])
    expect(stdout).not.toMatch(/dv_|rt_/)
    expect(await done<unknown[]>("projects", "list", "--profile", "browser")).toEqual([])
    await done("login", server.url, "--email", "ada@example.org", "--password-stdin", "--profile", "default")
  }, 30_000)

  test("logs out and in again", async () => {
    await done("logout")
    expect(await refused("projects", "list")).toBe("CONTROL_CREDENTIALS_NEEDED")
    const login = ["login", server.url, "--email", "ada@example.org", "--password-stdin"]
    expect((await cli(login, { stdin: "wrong" })).stderr).toContain("IDENTITY_WRONG_CREDENTIALS")
    expect(await done(...login)).toMatchObject({ profile: "default" })
  })

  test("finds that all is well", async () => {
    const { exitCode, json } = await cli(["doctor", "--json"])
    const { ok, findings } = json() as { ok: boolean; findings: { check: string; status: string }[] }
    const failed = findings.filter(({ status }) => status === "fail")
    expect({ exitCode, ok, failed }).toEqual({ exitCode: 0, ok: true, failed: [] })
  })
})

describe("a project", () => {
  test("is created, shown, listed and in use", async () => {
    expect(await done("projects", "create", "Stone Yard")).toMatchObject({ slug: "stone-yard", role: "owner" })
    expect(await refused("projects", "create", "Again", "--slug", "stone-yard")).toBe("CONTROL_SLUG_TAKEN")
    expect(await done("projects", "show")).toMatchObject({ slug: "stone-yard" })
    expect(await done<unknown[]>("projects", "list")).toHaveLength(1)
    expect(await refused("projects", "use", "nope")).toBe("CONTROL_PROJECT_NOT_FOUND")
  })

  test("has keys that work until they are rotated or revoked", async () => {
    const whoami = (secret: string) => cli(["whoami", "--json"], { env: { ...env, ASHLAR_KEY: secret } })
    const first = await done<{ key: { id: string }; secret: string }>("keys", "create", "ci", "--kind", "secret")
    expect((await whoami(first.secret)).json()).toMatchObject({ key: { project: { slug: "stone-yard" } } })
    const second = await done<typeof first>("keys", "rotate", first.key.id)
    expect((await whoami(first.secret)).exitCode).toBe(1)
    expect((await whoami(second.secret)).exitCode).toBe(0)
    await done("keys", "revoke", second.key.id)
    expect((await whoami(second.secret)).exitCode).toBe(1)
    expect(await done<unknown[]>("keys", "list")).toHaveLength(2)
  })

  test("has keys that may do what their scopes say, and nothing else", async () => {
    const made = await done<{ key: { kind: string; scopes: string[] }; secret: string }>(
      ...["keys", "create", "ci", "--scope", "functions:read", "audit:read", "--expires", "1d"],
    )
    expect(made.key).toMatchObject({ kind: "secret", scopes: ["audit:read", "functions:read"] })
    const asKey = async (...args: string[]): Promise<string> => {
      const { exitCode, json } = await cli([...args, "--json"], { env: { ...env, ASHLAR_KEY: made.secret } })
      return exitCode === 0 ? "done" : (json() as { error: { code: string } }).error.code
    }
    expect(await asKey("functions", "list")).toBe("done")
    expect(await asKey("collections", "list")).toBe("CONTROL_FORBIDDEN")
    expect(await asKey("keys", "list")).toBe("CONTROL_FORBIDDEN")
  })
})

describe("documents", () => {
  const stones = Array.from({ length: 1_234 }, (_, n) => ({
    code: `S${n}`,
    mass: n % 100,
    site: { name: n % 2 ? "hill" : "river" },
  }))

  test("are imported in batches, and by id", async () => {
    writeFileSync(join(folder, "stones.json"), JSON.stringify(stones))
    const rules = ["--read", "publishable", "--create", "secret", "--index", "site.name,-mass"]
    expect(await done("collections", "create", "stones", ...rules)).toMatchObject({ rules: { delete: null } })
    expect(await done("documents", "import", "stones", "stones.json")).toMatchObject({ imported: 1_234, count: 1_234 })
    await done("collections", "create", "coded")
    const coded = ["documents", "import", "coded", "stones.json", "--id-field", "code"]
    expect(await done(...coded, "--skip", "34")).toMatchObject({ imported: 1_200, skipped: 34, count: 1_200 })
    expect(await done(...coded)).toMatchObject({ count: 1_234 })
    expect(await done("documents", "get", "coded", "S7")).toMatchObject({ id: "S7", data: { mass: 7 } })
  }, 30_000)

  test("are queried, page by page, with the index in use", async () => {
    const query = [
      "documents",
      "query",
      "stones",
      "--where",
      '{"site.name":"hill","mass":{"$gte":90}}',
      "--sort",
      "-mass",
    ]
    const first = await done<{ items: { data: object }[]; next: string; count: object }>(
      ...query,
      "--limit",
      "5",
      "--count",
    )
    expect(first).toMatchObject({ count: { value: 60, exact: true } })
    expect(first.items.map(({ data }) => data)).toEqual(
      Array(5).fill({ code: expect.any(String), mass: 99, site: { name: "hill" } }),
    )
    const second = await done<typeof first>(...query, "--limit", "1000", "--cursor", first.next)
    expect(second).toMatchObject({ next: null, items: { length: 55 } })
    expect(await done(...query, "--explain")).toMatchObject({ scan: false, sorted: "index" })
    expect(await done("documents", "list", "stones", "--limit", "1", "--select", "site.name")).toMatchObject({
      items: [{ data: { site: { name: "river" } } }],
    })
    expect(await refused("documents", "query", "stones", "--where", '{"mass":{"$gx":1}}')).toBe(
      "DOCUMENTS_OPERATOR_UNKNOWN",
    )
    expect(await refused("documents", "list", "stones", "--cursor", "forged")).toBe("DOCUMENTS_CURSOR_INVALID")
    expect(await refused("documents", "list", "nope")).toBe("DOCUMENTS_COLLECTION_NOT_FOUND")
  })

  test("are changed only at the revision that was seen", async () => {
    const { id } = await done<{ id: string }>("documents", "insert", "stones", '{"code":"new","mass":1}')
    expect(await done("documents", "update", "stones", id, '{"$inc":{"mass":2}}', "--rev", "1")).toMatchObject({
      rev: 2,
      data: { mass: 3 },
    })
    const stale = ["documents", "update", "stones", id, '{"mass":9}', "--rev", "1"]
    expect(await refused(...stale)).toBe("DOCUMENTS_REVISION_CONFLICT")
    expect(await refused("documents", "delete", "stones", id, "--rev", "1")).toBe("DOCUMENTS_REVISION_CONFLICT")
    await done("documents", "update", "stones", id, '{"code":"whole"}', "--replace")
    expect(await done("documents", "get", "stones", id)).toMatchObject({ rev: 3, data: { code: "whole" } })
    await done("documents", "delete", "stones", id)
    expect(await refused("documents", "get", "stones", id)).toBe("DOCUMENTS_NOT_FOUND")
  })

  test("follow changed rules and indexes", async () => {
    expect(await done("collections", "rules", "stones", "--read", "public", "--create", "none")).toEqual({
      read: "public",
      create: null,
      update: null,
      delete: null,
    })
    const added = await done<{ name: string }[]>("collections", "indexes", "coded", "--add", "code", "--unique")
    expect(await refused("documents", "insert", "coded", '{"code":"S1"}')).toBe("DOCUMENTS_UNIQUE_CONFLICT")
    expect(await done<unknown[]>("collections", "indexes", "coded", "--drop", added[0]!.name)).toEqual([])
    const anybody = createAshlar({ url: server.url, project: "stone-yard" })
    expect((await anybody.collection("stones").where().count()).value).toBe(1_234)
    const error = await anybody
      .collection("stones")
      .insert({ mass: 1 })
      .catch((cause: unknown) => cause)
    expect(isRequestError(error) && [401, 403].includes(error.status)).toBe(true)
  })
})

describe("a new project", () => {
  const todo = join(folder, "todo")
  const here = { cwd: todo }

  test("deploys as init made it, and answers", async () => {
    await done("init", "todo")
    const deployed = await cli(["deploy", "--json"], here)
    expect(deployed.json()).toMatchObject({
      functions: [{ name: "hello", change: "deployed", version: 1 }],
      anonymous: { read: ["todos"], write: [], call: [`${server.url}/f/todo/hello`] },
    })
    expect((await cli(["deploy", "--json"], here)).json()).toMatchObject({
      collections: [{ change: "unchanged" }],
      functions: [{ change: "unchanged", version: 1 }],
    })
    await cli(["documents", "insert", "todos", '{"title":"cut stone","done":false}'], here)
    const answer = await cli(["functions", "invoke", "hello", "/?name=Ada", "--json"], here)
    expect(answer.json()).toMatchObject({ status: 200, body: { greeting: "Hello, Ada!", todo: ["cut stone"] } })
    expect(await (await fetch(`${server.url}/f/todo/hello`)).json()).toMatchObject({ greeting: "Hello, world!" })
  })

  test("gets a new version for a changed variable, and rolls back", async () => {
    const manifest = await Bun.file(join(todo, "ashlar.toml")).text()
    writeFileSync(join(todo, "ashlar.toml"), manifest.replace('"Hello"', '"Good day"'))
    expect((await cli(["deploy", "--json"], here)).json()).toMatchObject({
      functions: [{ change: "deployed", version: 2 }],
    })
    const greet = async () => (await cli(["functions", "invoke", "hello", "--json"], here)).json()
    expect(await greet()).toMatchObject({ body: { greeting: "Good day, world!" } })
    expect((await cli(["functions", "rollback", "hello", "--json"], here)).json()).toMatchObject({ version: 1 })
    expect(await greet()).toMatchObject({ body: { greeting: "Hello, world!" } })
    const versions = await cli(["functions", "versions", "hello", "--json"], here)
    expect(versions.json()).toMatchObject([
      { version: 2, active: false },
      { version: 1, active: true },
    ])
    // After a rollback the folder's state is not what is active: deploy says so by uploading.
    expect((await cli(["deploy", "--json"], here)).json()).toMatchObject({
      functions: [{ change: "deployed", version: 3 }],
    })
  })

  test("shows what was logged, and follows it without a gap", async () => {
    const stop = new AbortController()
    const seen: { kind: string; seq: number }[] = []
    const following = cli(["logs", "hello", "--follow", "--limit", "1", "--json"], {
      ...here,
      signal: stop.signal,
      onStdout: (text) => {
        seen.push(JSON.parse(text))
        if (seen.length === 1 + 3 * 2) stop.abort()
      },
    })
    await Bun.sleep(300)
    for (let n = 0; n < 3; n++) await fetch(`${server.url}/f/todo/hello?name=${n}`)
    expect((await following).exitCode).toBe(0)
    expect(seen.slice(1).map(({ kind }) => kind)).toEqual(["log", "request", "log", "request", "log", "request"])
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, at) => seen[0]!.seq + at))
    const kept = (await cli(["logs", "hello", "--limit", "7", "--json"], here)).json() as { seq: number }[]
    expect(kept.map(({ seq }) => seq)).toEqual(seen.map(({ seq }) => seq))
    expect((await cli(["logs", "hello", "--level", "error", "--json"], here)).json()).toEqual([])
  }, 20_000)

  test("is told why a function was refused or stopped", async () => {
    const manifest = `[project]\nslug = "todo"\n[functions.bad]\nruntime = "quickjs"\nentry = "bad.ts"\nlimits = { wallMs = 300 }`
    writeFileSync(join(todo, "ashlar.toml"), manifest)
    writeFileSync(join(todo, "bad.ts"), "export default 42")
    const invalid = await cli(["deploy", "--json"], here)
    expect(invalid.json()).toMatchObject({ error: { code: "FUNCTIONS_BUNDLE_INVALID", status: 422 } })
    writeFileSync(join(todo, "bad.ts"), "export default { fetch: () => new Promise(() => {}) }")
    expect((await cli(["deploy"], here)).exitCode).toBe(0)
    const stopped = await cli(["functions", "invoke", "bad", "--json"], here)
    expect(stopped).toMatchObject({ exitCode: 1 })
    expect(stopped.json()).toMatchObject({ error: { code: "FUNCTIONS_WALL_LIMIT", status: 504 } })
    const shown = await cli(["functions", "show", "bad", "--json"], here)
    expect(shown.json()).toMatchObject({ metrics: { calls: 1, errors: 1 } })
    await cli(["functions", "delete", "bad", "--yes"], here)
    expect((await cli(["functions", "show", "bad", "--json"], here)).json()).toMatchObject({
      error: { code: "FUNCTIONS_NOT_FOUND" },
    })
  })

  test("is deleted with all it holds", async () => {
    await done("projects", "delete", "todo", "--yes")
    expect((await fetch(`${server.url}/f/todo/hello`)).status).toBe(401)
    expect(await done<unknown[]>("projects", "list")).toHaveLength(1)
  })
})
