import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { LogLine } from "@ashlar/sdk"
import { type FakePlatform, refuse, startFakePlatform } from "../fake-platform.ts"
import { type RunOptions, runCli } from "../testing-io.ts"

let fake: FakePlatform
let folder: string

beforeAll(async () => {
  fake = startFakePlatform()
  folder = mkdtempSync(join(tmpdir(), "ashlar-functions-"))
  await cli(["projects", "create", "atlas"])
  await cli(["collections", "create", "things"])
  writeFileSync(
    join(folder, "ashlar.toml"),
    '[project]\nslug = "atlas"\n[functions.hello]\nruntime = "bun"\nentry = "hello.ts"',
  )
  writeFileSync(join(folder, "hello.ts"), "export default { fetch: () => new Response() }")
  expect(await cli(["deploy"])).toMatchObject({ exitCode: 0 })
})

beforeEach(() => {
  fake.intercept = undefined
})

afterAll(() => {
  fake[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

const cli = (argv: string[], options: RunOptions = {}) =>
  runCli(argv, {
    env: { ASHLAR_TOKEN: "token", ASHLAR_URL: fake.url, XDG_CONFIG_HOME: folder, ASHLAR_PROJECT: "atlas" },
    cwd: folder,
    ...options,
  })

describe("functions invoke", () => {
  const invoke = async (...argv: string[]) =>
    (await cli(["functions", "invoke", "hello", ...argv, "--json"], { stdin: "from stdin" })).json()

  test("sends path, method, body and headers, and shows the whole answer", async () => {
    writeFileSync(join(folder, "body.txt"), "from a file")
    expect(await invoke("/a?b=1")).toMatchObject({
      status: 200,
      invocation: "inv-1",
      headers: { "ashlar-invocation": "inv-1" },
      body: { path: "/f/atlas/hello/a", method: "GET" },
    })
    expect(await invoke("--data", "text")).toMatchObject({ body: { method: "POST", body: "text" } })
    expect(await invoke("--data", "-", "--method", "put")).toMatchObject({
      body: { method: "PUT", body: "from stdin" },
    })
    expect(await invoke("--data", "@body.txt")).toMatchObject({ body: { body: "from a file" } })
    let seen: Headers | undefined
    fake.intercept = (request) => {
      seen = request.headers
      return new Response("not JSON", { headers: { "content-type": "application/json" } })
    }
    expect(await invoke("--header", "x-a: 1", "--header", "x-b:2")).toMatchObject({ body: "not JSON" })
    expect([seen?.get("x-a"), seen?.get("x-b"), seen?.get("authorization")]).toEqual(["1", "2", "Bearer token"])
  })

  test("exits with 1 when the function fails, and when the platform stopped it", async () => {
    const own = await cli(["functions", "invoke", "hello", "/broken"])
    expect(own).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("500") })
    fake.intercept = () => refuse(504, "FUNCTIONS_WALL_LIMIT", "Stopped after 10000 ms.")
    const stopped = await cli(["functions", "invoke", "hello"])
    expect(stopped).toMatchObject({ exitCode: 1, stdout: "", stderr: expect.stringContaining("FUNCTIONS_WALL_LIMIT") })
  })

  test("cannot leave the function", async () => {
    const { exitCode, json } = await cli(["functions", "invoke", "hello", "/../../../v1/projects", "--json"])
    expect({ exitCode, json: json() }).toMatchObject({ exitCode: 2, json: { error: { code: "SDK_BAD_OPTIONS" } } })
  })
})

const line = (seq: number, more: Partial<LogLine>): LogLine => ({
  seq,
  at: "2026-11-20T10:00:00.123Z",
  invocation: "0192-abcdef",
  version: 1,
  kind: "log",
  level: "info",
  message: "said hello",
  fields: {},
  ...more,
})

describe("logs", () => {
  beforeAll(() => {
    fake.logs.push(
      line(1, { fields: { name: "Ada" } }),
      line(2, { level: "error", message: "no\u001b[31m", invocation: null }),
      line(3, {
        kind: "request",
        message: "",
        fields: { method: "GET", path: "/", status: 200, durationMs: 3, cold: true },
      }),
    )
  })

  test("print each line once, without letting it forge others", async () => {
    expect((await cli(["logs", "hello"])).stdout).toBe('10:00:00.123 info  abcdef said hello  {"name":"Ada"}\n')
  })

  test("--follow goes on with new lines until it is stopped, as JSON lines when asked", async () => {
    for (const json of [false, true]) {
      const stop = new AbortController()
      let lines = 0
      const onStdout = () => {
        if (++lines === 3) stop.abort()
      }
      const run = await cli(["logs", "hello", "--follow", ...(json ? ["--json"] : [])], {
        signal: stop.signal,
        onStdout,
      })
      expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: 0, stderr: "" })
      const printed = run.stdout.trim().split("\n")
      expect(printed).toHaveLength(3)
      if (json) expect(printed.map((text) => JSON.parse(text).seq)).toEqual([1, 2, 3])
      else
        expect(printed.slice(1)).toEqual([
          "10:00:00.123 error        no\\u001b[31m",
          "10:00:00.123 info  abcdef GET / → 200 in 3 ms, cold",
        ])
    }
  })

  test("of a function that does not exist are refused", async () => {
    expect(await cli(["logs", "nope", "--follow"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("FUNCTIONS_NOT_FOUND"),
    })
  })
})

describe("documents", () => {
  test("take JSON from the argument, a file and standard input", async () => {
    writeFileSync(join(folder, "doc.json"), '{"from":"file"}')
    await cli(["documents", "insert", "things", '{"from":"argument"}'])
    await cli(["documents", "insert", "things", "@doc.json"])
    await cli(["documents", "insert", "things", "-"], { stdin: '{"from":"stdin"}' })
    const { stdout } = await cli(["documents", "list", "things"])
    expect(stdout).toBe('d1  1  {"from":"argument"}\nd2  1  {"from":"file"}\nd3  1  {"from":"stdin"}\n')
  })

  test.each([
    ["no JSON", ["insert", "things", "{a:1}"], "Expected the document to be JSON"],
    ["no object", ["insert", "things", "3"], "to be a JSON object, got a number"],
    ["an array with another thing", ["insert", "things", "[{}, 3]"], "document 2 to be a JSON object, got a number"],
    [
      "a filter that is none",
      ["query", "things", "--where", "[]"],
      "Expected --where to be a JSON object, got an array",
    ],
    ["a file that is none", ["insert", "things", "@gone.json"], "Cannot read gone.json"],
  ])("refuse %s", async (_, argv, message) => {
    const { exitCode, stderr } = await cli(["documents", ...argv])
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(message) })
    expect(stderr).toContain("CLI_INPUT_INVALID")
  })

  test("that do not exist are said to be missing", async () => {
    const { exitCode, json } = await cli(["documents", "get", "things", "gone", "--json"])
    expect(exitCode).toBe(1)
    expect(json()).toMatchObject({ error: { code: "DOCUMENTS_NOT_FOUND", status: 404 } })
  })

  test("say how to read the next page", async () => {
    const { stderr } = await cli(["documents", "list", "things", "--limit", "1"])
    expect(stderr).toBe("More: --cursor c1\n")
  })
})

describe("doctor", () => {
  test("finds what is wrong, and exits with 1", async () => {
    fake.intercept = (request) =>
      request.url.endsWith("/health/ready")
        ? Response.json(
            { status: "failing", checks: { storage: { status: "failing", detail: "disk full" } } },
            { status: 503 },
          )
        : undefined
    const { exitCode, stdout } = await cli(["doctor"])
    expect(exitCode).toBe(1)
    expect(stdout).toContain("✗ storage")
    expect(stdout).toContain("disk full")
  })

  test("takes a missing login for a remark", async () => {
    const { exitCode, stdout } = await cli(["doctor"], { env: { ASHLAR_URL: fake.url, XDG_CONFIG_HOME: folder } })
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`! login              nobody; sign in with: ashlar login ${fake.url}`)
  })
})
