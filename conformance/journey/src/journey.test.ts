import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Answer, caller, cli, freePort, freshFolder, type Install, removeFolder, startInstall } from "./install.ts"

/** One story, told in order: each part needs what the parts before it made. */

/** What the package says, read as data: the tests compare with it. */
const countries: readonly { cca3: string; borders: string[] }[] = await Bun.file(
  join(dirname(Bun.resolveSync("world-countries/package.json", import.meta.dir)), "countries.json"),
).json()
const functions = join(import.meta.dir, "..", "functions")
const source = (name: string): string => readFileSync(join(functions, name), "utf8")
const folders: string[] = []
const folder = (): string => {
  const path = freshFolder()
  folders.push(path)
  return path
}

let install: Install
let owner: ReturnType<typeof caller>
let stranger: ReturnType<typeof caller>
let anonymous: ReturnType<typeof caller>
let ownerSession: Answer["body"]
const keys: Record<string, string> = {}
const config = { XDG_CONFIG_HOME: folder() }
const person = { name: "Maya", email: "maya@example.com", password: "cut the stone exactly" }

beforeAll(async () => {
  process.env.JOURNEY_SECRET = "the-secret-of-the-host"
  install = await startInstall(folder())
  anonymous = caller(install.url)
}, 60_000)

afterAll(async () => {
  await install?.stop()
  for (const path of folders) removeFolder(path)
})

describe("setting up", () => {
  test("the terminal shows a link that tells about the install", async () => {
    expect(install.setupToken).toBeDefined()
    const facts = await anonymous("POST", "/v1/setup/check", { token: install.setupToken })
    expect(facts).toMatchObject({ status: 200, body: { database: "sqlite", signups: "closed" } })
    expect(JSON.stringify(facts.body)).not.toContain(install.data)
  })

  test("a wrong link tells nothing", async () => {
    const facts = await anonymous("POST", "/v1/setup/check", { token: "wrong" })
    expect([facts.status, facts.body.code]).toEqual([410, "IDENTITY_SETUP_LINK_SPENT"])
  })

  test("the link makes one administrator, also when two press at once", async () => {
    const token = install.setupToken
    const both = await Promise.all([
      anonymous("POST", "/v1/setup", { token, ...person }),
      anonymous("POST", "/v1/setup", { token, ...person, email: "other@example.com" }),
    ])
    expect(both.map((answer) => answer.status).sort()).toEqual([201, 410])
    ownerSession = both.find((answer) => answer.status === 201)!.body
    person.email = ownerSession.user.email
    owner = caller(install.url, ownerSession.accessToken)
    expect(ownerSession.user.administrator).toBe(true)
    const third = await anonymous("POST", "/v1/setup", { token, ...person })
    expect([third.status, third.body.code]).toEqual([410, "IDENTITY_SETUP_LINK_SPENT"])
  })

  test("nobody else signs up without an invite", async () => {
    const answer = await anonymous("POST", "/v1/auth/signup", { ...person, email: "eve@example.com" })
    expect([answer.status, answer.body.code]).toEqual([403, "IDENTITY_SIGNUPS_CLOSED"])
  })

  test("signing in tells a wrong password and an unknown address apart to nobody", async () => {
    const wrong = await anonymous("POST", "/v1/auth/signin", { email: person.email, password: "wrong password" })
    const unknown = await anonymous("POST", "/v1/auth/signin", {
      email: "nobody@example.com",
      password: "wrong password",
    })
    expect([wrong.status, wrong.body.code]).toEqual([401, "IDENTITY_WRONG_CREDENTIALS"])
    expect([unknown.status, unknown.body.code, unknown.body.detail]).toEqual([401, wrong.body.code, wrong.body.detail])
  })
})

describe("a project", () => {
  test("is usable within a second", async () => {
    const times: number[] = []
    for (const [name, slug] of [
      ["Atlas", "atlas"],
      ["Other", "other"],
    ]) {
      const started = performance.now()
      const made = await owner("POST", "/v1/projects", { name })
      expect(made).toMatchObject({ status: 201, body: { slug, role: "owner" } })
      expect((await owner("POST", `/v1/projects/${slug}/collections`, { name: "first" })).status).toBe(201)
      times.push(performance.now() - started)
    }
    // The faster of two: a machine that does other work as well may hold up one.
    expect(Math.min(...times)).toBeLessThan(1000)
  })

  test("shows a key once and keeps only what cannot be used", async () => {
    for (const [project, kind] of [
      ["atlas", "publishable"],
      ["atlas", "secret"],
      ["other", "secret"],
    ] as const) {
      const made = await owner("POST", `/v1/projects/${project}/keys`, { kind, name: `${kind} key` })
      expect(made.status).toBe(201)
      expect(made.body.secret).toMatch(new RegExp(`^ak_${kind}_[A-Za-z0-9]+_[A-Za-z0-9]+$`))
      keys[`${project} ${kind}`] = made.body.secret
    }
    const listed = await owner("GET", "/v1/projects/atlas/keys")
    expect(listed.body.items).toHaveLength(2)
    for (const secret of Object.values(keys))
      expect(JSON.stringify(listed.body)).not.toContain(secret.split("_")[3] as string)
    for (const bytes of filesUnder(install.data)) {
      for (const secret of Object.values(keys)) expect(bytes.includes(secret.split("_")[3] as string)).toBe(false)
    }
  })

  test("takes the 250 countries through the CLI", async () => {
    const file = join(config.XDG_CONFIG_HOME, "countries.json")
    writeFileSync(file, JSON.stringify(countries))
    const env = { ...config, ASHLAR_URL: install.url, ASHLAR_TOKEN: ownerSession.accessToken }
    const made = await owner("POST", "/v1/projects/atlas/collections", {
      name: "countries",
      rules: { read: "publishable", create: "secret" },
      indexes: ["region", "-area"],
    })
    expect(made.status).toBe(201)
    const imported = await cli(["documents", "import", "countries", file, "--project", "atlas", "--json"], { env })
    expect([imported.stderr.includes("error"), imported.code]).toEqual([false, 0])
    expect(JSON.parse(imported.stdout)).toBeObject()
    const query = await owner("POST", "/v1/projects/atlas/collections/countries/query", { count: true, limit: 1 })
    expect(query.body.count).toEqual({ value: countries.length, exact: true })
  })

  test("explains which index answers", async () => {
    const plan = await owner("POST", "/v1/projects/atlas/collections/countries/explain", {
      where: { region: "Europe" },
    })
    expect(plan.status).toBe(200)
    expect(plan.body).toMatchObject({ scan: false, index: expect.stringContaining("region") })
  })
})

describe("who may what", () => {
  const documents = "/v1/projects/atlas/collections/countries/documents"
  const rows: [who: string, method: string, path: string, status: number][] = [
    ["anonymous", "GET", `${documents}?limit=1`, 401],
    ["atlas publishable", "GET", `${documents}?limit=1`, 200],
    ["atlas publishable", "POST", documents, 403],
    ["atlas secret", "POST", documents, 201],
    ["atlas secret", "GET", "/v1/projects/self/collections/countries/documents?limit=1", 200],
    ["atlas secret", "GET", "/v1/projects/atlas/collections/first/documents", 403],
    ["other secret", "GET", `${documents}?limit=1`, 404],
    ["stranger", "GET", `${documents}?limit=1`, 404],
    ["stranger", "GET", "/v1/projects/atlas", 404],
    ["stranger", "GET", "/v1/projects/no-such-project", 404],
    ["anonymous", "GET", "/v1/projects", 401],
    ["atlas secret", "GET", "/v1/projects/atlas/keys", 403],
    ["atlas secret", "GET", "/v1/projects", 403],
    ["other secret", "GET", "/v1/projects/atlas/functions", 404],
    ["forged", "GET", `${documents}?limit=1`, 401],
    ["owner", "GET", `${documents}?limit=1`, 200],
  ]

  test("a stranger joins by invite, into their own project", async () => {
    const added = await owner("POST", "/v1/projects/other/members", { email: "sam@example.com", role: "developer" })
    expect(added.status).toBe(201)
    const signup = {
      invite: added.body.invite.token,
      name: "Sam",
      email: "sam@example.com",
      password: "another good phrase",
    }
    const session = await anonymous("POST", "/v1/auth/signup", signup)
    expect(session.status).toBe(201)
    stranger = caller(install.url, session.body.accessToken)
    const projects = await stranger("GET", "/v1/projects")
    expect(projects.body.items.map((project: { slug: string }) => project.slug)).toEqual(["other"])
  })

  test.each(rows)("%s: %s %s -> %i", async (who, method, path, status) => {
    const forged = keys["atlas secret"]!.slice(0, -4).concat("AAAA")
    const as =
      { owner, stranger, anonymous, forged: caller(install.url, forged) }[who] ?? caller(install.url, keys[who])
    const answer = await as(method, path, method === "POST" ? { name: "x" } : undefined)
    expect(answer.status).toBe(status)
    if (status < 400) return
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
    expect(JSON.stringify(answer.body)).not.toContain(".ts:")
  })

  test("what is not there and what may not be seen look the same", async () => {
    const hidden = await stranger("GET", "/v1/projects/atlas")
    const absent = await stranger("GET", "/v1/projects/atlaz")
    expect(hidden.body.detail.replaceAll("atlas", "X")).toBe(absent.body.detail.replaceAll("atlaz", "X"))
    expect(hidden.body.code).toBe(absent.body.code)
  })
})

describe("functions", () => {
  const deploy = (name: string, runtime: string, code: string, more: object = {}): Promise<Answer> =>
    owner("POST", "/v1/projects/atlas/functions", { name, runtime, code, access: "public", ...more })

  test.each(["bun", "quickjs"])("deploy and answer on %s", async (runtime) => {
    const made = await deploy(`hello-${runtime}`, runtime, source("hello.js").replace("VERSION", "one"))
    expect(made).toMatchObject({ status: 201, body: { version: { version: 1, active: true } } })
    const answer = await anonymous("GET", `/f/atlas/hello-${runtime}/some/path?x=1`)
    expect(answer).toMatchObject({ status: 200, body: { hello: "one", from: `hello-${runtime}` } })
    expect(answer.headers.get("ashlar-invocation")).toBeTruthy()
    expect(answer.headers.get("content-security-policy")).toContain("sandbox")
  })

  test("answer from documents, as the rules allow", async () => {
    const code = `export default { async fetch(request, ctx) {
      const { items } = await ctx.db.collection("countries").query({ where: { cca3: "CHE" } })
      return Response.json(items.map((item) => item.data.borders))
    } }`
    const expected = countries.find((country) => country.cca3 === "CHE")!.borders
    for (const runtime of ["bun", "quickjs"]) {
      await owner("PATCH", "/v1/projects/atlas/collections/countries", {
        rules: { read: "publishable", create: "secret" },
      })
      expect((await deploy(`borders-${runtime}`, runtime, code)).status).toBe(201)
      expect((await anonymous("GET", `/f/atlas/borders-${runtime}`)).body).toEqual([expected])
    }
  })

  test("are closed to others unless they are public", async () => {
    expect((await deploy("private", "bun", source("hello.js"), { access: "secret" })).status).toBe(201)
    expect((await anonymous("GET", "/f/atlas/private")).status).toBe(401)
    expect((await caller(install.url, keys["atlas publishable"])("GET", "/f/atlas/private")).status).toBe(403)
    expect((await caller(install.url, keys["other secret"])("GET", "/f/atlas/private")).status).toBe(404)
    expect((await caller(install.url, keys["atlas secret"])("GET", "/f/atlas/private")).status).toBe(200)
    expect((await owner("GET", "/f/atlas/private")).status).toBe(200)
    expect((await anonymous("GET", "/f/atlas/no-such-function")).status).toBeOneOf([401, 404])
  })

  test.each([
    ["bun", "does not parse", "export default {", "FUNCTIONS_BUNDLE_INVALID"],
    ["bun", "has no handler", "export const x = 1", "FUNCTIONS_BUNDLE_INVALID"],
    ["quickjs", "does not parse", "export default {", "FUNCTIONS_BUNDLE_INVALID"],
    ["quickjs", "has no handler", "export const x = 1", "FUNCTIONS_BUNDLE_INVALID"],
  ])("refuse on %s a bundle that %s", async (runtime, _what, code, expected) => {
    const answer = await deploy("broken", runtime, code)
    expect([answer.status, answer.body.code]).toEqual([422, expected])
    expect((await owner("GET", "/v1/projects/atlas/functions/broken")).status).toBe(404)
  })

  for (const runtime of ["bun", "quickjs"]) {
    describe(`escapes from ${runtime}`, () => {
      const attempts = [...source(`escapes-${runtime}.js`).matchAll(/^ {2}(\w+): /gm)].map(([, name]) => name as string)
      beforeAll(async () => {
        await owner("POST", "/v1/projects/atlas/collections", { name: "closed" })
        expect((await deploy(`escapes-${runtime}`, runtime, source(`escapes-${runtime}.js`))).status).toBe(201)
      })

      test("what is allowed gets through, so a refusal means something", async () => {
        const answer = await anonymous("GET", `/f/atlas/escapes-${runtime}?attempt=allowed`)
        expect(answer.body).toEqual({ escaped: true, got: `escapes-${runtime} 1` })
      })

      test.each(attempts.filter((name) => name !== "allowed"))("%s gets nothing", async (attempt) => {
        const port = new URL(install.url).port
        const query = new URLSearchParams({ attempt, data: install.data, port, other: "other" })
        const answer = await anonymous("GET", `/f/atlas/escapes-${runtime}?${query}`)
        expect(answer).toMatchObject({ status: 200, body: { escaped: false } })
      })
    })
  }

  const floods: [flood: string, runtime: string, statuses: number[], codes: RegExp][] = ["bun", "quickjs"].flatMap(
    (runtime): [string, string, number[], RegExp][] => [
      ["loop", runtime, [504], /FUNCTIONS_(WALL|CPU)_LIMIT/],
      ["waitForever", runtime, [504], /FUNCTIONS_WALL_LIMIT/],
      ["memory", runtime, [500, 502, 507], /FUNCTIONS_(MEMORY_LIMIT|CRASHED|THREW)/],
      ["strings", runtime, [500, 502, 507], /FUNCTIONS_(MEMORY_LIMIT|CRASHED|THREW)/],
      ["nativeLoop", runtime, [504], /FUNCTIONS_(WALL|CPU)_LIMIT/],
      ["badStatus", runtime, [502], /FUNCTIONS_BAD_RESPONSE/],
      ["throws", runtime, [500, 502], /FUNCTIONS_/],
    ],
  )
  test.each(floods)(
    "%s on %s is stopped by its reason, and the server keeps answering",
    async (flood, runtime, statuses, codes) => {
      // What is about time ends by it; everything else has all the time that a slow machine needs for it.
      const times = statuses.includes(504) ? { wallMs: 3000, cpuMs: 2400 } : { wallMs: 30_000, cpuMs: 20_000 }
      const limits = { ...times, memoryMb: runtime === "bun" ? 256 : 64 }
      expect((await deploy(`floods-${runtime}`, runtime, source("floods.js"), { limits })).status).toBe(201)
      const slowest = watch(install.url)
      const answer = await anonymous("GET", `/f/atlas/floods-${runtime}?flood=${flood}`)
      expect(answer.status).toBeOneOf(statuses)
      expect(answer.body.code).toMatch(codes)
      expect(JSON.stringify(answer.body)).not.toContain("/")
      expect(await slowest()).toBeLessThan(2000)
    },
    60_000,
  )

  test("an answer without an end is cut off at the body limit", async () => {
    const response = await fetch(`${install.url}/f/atlas/floods-bun?flood=endless`)
    let bytes = 0
    try {
      for await (const chunk of response.body!) bytes += chunk.byteLength
    } catch {
      // the connection breaks where the limit is: the status had gone out before
    }
    expect(bytes).toBeLessThan(8 * 1024 * 1024)
    const logs = await owner("GET", "/v1/projects/atlas/functions/floods-bun/logs?limit=1000")
    expect(JSON.stringify(logs.body)).toContain("FUNCTIONS_BODY_LIMIT")
  })

  test("log what they did, what they were killed for, and for whom", async () => {
    const logs = await owner("GET", "/v1/projects/atlas/functions/hello-bun/logs")
    const line = logs.body.items.find((one: { message: string }) => one.message === "hello was called")
    expect(line).toMatchObject({ kind: "log", level: "info", version: 1, fields: { path: expect.any(String) } })
    const request = logs.body.items.find(
      (one: { kind: string; invocation: string }) => one.kind === "request" && one.invocation === line.invocation,
    )
    expect(request.fields).toMatchObject({ method: "GET", status: 200 })
    const killed = await owner("GET", "/v1/projects/atlas/functions/floods-bun/logs?limit=1000")
    expect(killed.body.items.some((one: { kind: string }) => one.kind === "kill")).toBe(true)
    expect(
      (await caller(install.url, keys["other secret"])("GET", "/v1/projects/atlas/functions/hello-bun/logs")).status,
    ).toBe(404)
  })

  test("roll back at once", async () => {
    expect((await deploy("hello-bun", "bun", source("hello.js").replace("VERSION", "two"))).body.version.version).toBe(
      2,
    )
    expect((await anonymous("GET", "/f/atlas/hello-bun")).body.hello).toBe("two")
    const back = await owner("POST", "/v1/projects/atlas/functions/hello-bun/rollback", {})
    expect(back).toMatchObject({ status: 200, body: { version: 1 } })
    expect((await anonymous("GET", "/f/atlas/hello-bun")).body.hello).toBe("one")
    const versions = await owner("GET", "/v1/projects/atlas/functions/hello-bun/versions")
    expect(versions.body.items.map((one: { version: number }) => one.version).sort()).toEqual([1, 2])
  })
})

describe("bad input", () => {
  const C = "/v1/projects/atlas/collections"
  const rows: [
    what: string,
    method: string,
    path: string,
    body: unknown,
    status: number,
    code: RegExp,
    headers?: Record<string, string>,
  ][] = [
    ["malformed JSON", "POST", `${C}/countries/query`, "{", 400, /HTTP_BODY_INVALID/],
    ["a body of the wrong type", "POST", "/v1/projects", { name: 5 }, 422, /HTTP_INVALID/],
    ["an unknown field", "POST", "/v1/projects", { name: "x", nmae: 1 }, 422, /HTTP_INVALID/],
    ["an unknown field of a query", "POST", `${C}/countries/query`, { wehre: {} }, 400, /DOCUMENTS_FIELD_UNKNOWN/],
    [
      "an unknown operator",
      "POST",
      `${C}/countries/query`,
      { where: { area: { $gtt: 1 } } },
      400,
      /DOCUMENTS_OPERATOR_UNKNOWN/,
    ],
    [
      "a forged cursor",
      "POST",
      `${C}/countries/query`,
      { cursor: "bm90IGEgY3Vyc29y" },
      400,
      /DOCUMENTS_CURSOR_INVALID/,
    ],
    ["a document that is no object", "POST", `${C}/countries/documents`, 7, 400, /DOCUMENTS_|HTTP_/],
    ["a bad collection name", "POST", C, { name: "No Spaces" }, 400, /DOCUMENTS_COLLECTION_INVALID/],
    ["a collection that exists", "POST", C, { name: "countries" }, 409, /DOCUMENTS_COLLECTION_EXISTS/],
    ["a collection that is not there", "GET", `${C}/nowhere`, undefined, 404, /DOCUMENTS_COLLECTION_NOT_FOUND/],
    ["a page that is too large", "GET", "/v1/projects?limit=100000", undefined, 422, /HTTP_INVALID/],
    [
      "a malformed If-Match",
      "DELETE",
      `${C}/countries/documents/x`,
      undefined,
      400,
      /SERVER_PRECONDITION_MALFORMED/,
      { "if-match": "seven" },
    ],
    ["an unknown path", "GET", "/v1/nowhere", undefined, 404, /HTTP_NOT_FOUND/],
    ["an unknown method", "PUT", "/v1/projects", {}, 405, /HTTP_METHOD_NOT_ALLOWED/],
    [
      "an expired or foreign token",
      "GET",
      "/v1/auth/me",
      undefined,
      401,
      /IDENTITY_TOKEN_REFUSED/,
      { authorization: "Bearer eyJhbGciOiJub25lIn0.e30." },
    ],
  ]
  // Every row has all its places: a parameter without an argument would be taken for a `done` callback.
  const whole = rows.map(
    ([what, method, path, body, status, code, headers = {}]) =>
      [what, { method, path, body, status, code, headers }] as const,
  )
  test.each(whole)("%s is refused with a code", async (_what, { method, path, body, status, code, headers }) => {
    const answer = await owner(method, path, body, headers)
    expect([answer.status, answer.body.code]).toEqual([status, expect.stringMatching(code)])
    expect(answer.body.detail.length).toBeGreaterThan(10)
    expect(JSON.stringify(answer.body)).not.toMatch(/\bat .*:\d+|node_modules|\.ts\b/)
  })

  test("an oversized body is refused before it is read", async () => {
    const answer = await owner("POST", `${C}/countries/documents`, { text: "x".repeat(20 * 1024 * 1024) })
    expect([answer.status, answer.body.code]).toEqual([
      413,
      expect.stringMatching(/HTTP_BODY_TOO_LARGE|DOCUMENTS_TOO_LARGE/),
    ])
  })

  test("a stale revision changes nothing", async () => {
    const made = await owner("POST", `${C}/countries/documents`, { n: 1 })
    const path = `${C}/countries/documents/${made.body.id}`
    expect(made.headers.get("etag")).toBe('"1"')
    expect((await owner("PUT", path, { n: 2 }, { "if-match": '"1"' })).status).toBe(200)
    const stale = await owner("PATCH", path, { $set: { n: 3 } }, { "if-match": '"1"' })
    expect(stale).toMatchObject({ status: 412, body: { code: "DOCUMENTS_REVISION_CONFLICT", details: { current: 2 } } })
    expect((await owner("GET", path)).body).toMatchObject({ rev: 2, data: { n: 2 } })
    expect((await owner("DELETE", path, undefined, { "if-match": '"2"' })).status).toBe(204)
  })

  test("a batch with one bad document stores none of it", async () => {
    const before = (await owner("GET", `${C}/countries`)).body.count
    const answer = await owner("POST", `${C}/countries/documents`, [{ ok: 1 }, "not an object"])
    expect(answer.status).toBe(400)
    expect((await owner("GET", `${C}/countries`)).body.count).toBe(before)
  })

  test("a port in use, a file for a folder, a newer folder and a used folder each say so and end", async () => {
    const newer = folder()
    writeFileSync(join(newer, "ashlar.json"), '{"layout":99}')
    const file = join(folder(), "file")
    writeFileSync(file, "")
    const busy = new URL(install.url).port
    const cases: [string[], RegExp][] = [
      [["--port", busy, "--data", folder()], /HTTP_LISTEN_FAILED/],
      [["--port", String(await freePort()), "--data", newer], /SERVER_DATA_NEWER/],
      [["--port", String(await freePort()), "--data", file], /SERVER_DATA_NOT_WRITABLE/],
      [["--port", String(await freePort()), "--data", install.data], /SERVER_DATA_IN_USE/],
    ]
    for (const [flags, code] of cases) {
      const result = await cli(["up", ...flags])
      expect(result.code).not.toBe(0)
      expect(result.stderr + result.stdout).toMatch(code)
      expect(result.stderr + result.stdout).not.toMatch(/^\s+at /m)
    }
  }, 30_000)
})

describe("after kill -9", () => {
  test("every acknowledged write is there, and so is everything else", async () => {
    const made = await owner("POST", "/v1/projects/atlas/collections", { name: "ledger", indexes: ["n"] })
    expect(made.status).toBe(201)
    const acknowledged = new Set<number>()
    let next = 0
    let alive = true
    const writer = async (): Promise<void> => {
      while (alive) {
        const n = next++
        const answer = await owner("POST", "/v1/projects/atlas/collections/ledger/documents", { n }).catch(
          () => undefined,
        )
        if (answer?.status === 201) acknowledged.add(n)
        else return
      }
    }
    const writers = Array.from({ length: 32 }, writer)
    await Bun.sleep(700)
    await install.kill()
    alive = false
    await Promise.all(writers)
    expect(acknowledged.size).toBeGreaterThan(50)

    install = await startInstall(install.data, { port: Number(new URL(install.url).port) })
    expect(install.setupToken).toBeUndefined()
    const found = new Set<number>()
    let cursor: string | null = null
    do {
      const page: Answer = await owner("POST", "/v1/projects/atlas/collections/ledger/query", {
        limit: 1000,
        ...(cursor && { cursor }),
      })
      expect(page.status).toBe(200)
      for (const item of page.body.items) found.add(item.data.n)
      cursor = page.body.next
    } while (cursor !== null)
    expect([...acknowledged].filter((n) => !found.has(n))).toEqual([])
    expect((await anonymous("GET", "/f/atlas/hello-bun")).body.hello).toBe("one")
    const session = await anonymous("POST", "/v1/auth/signin", { email: person.email, password: person.password })
    expect(session.status).toBe(200)
  }, 60_000)

  test("a polite end drains and leaves no process behind", async () => {
    await anonymous("GET", "/f/atlas/hello-bun")
    const code = await install.stop()
    expect(code).toBe(0)
    await Bun.sleep(200)
    const left = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(install.data))
    expect(left).toEqual([])
  })
})

/** Asks for health until told to stop; gives the slowest answer in milliseconds. */
function watch(url: string): () => Promise<number> {
  let running = true
  let slowest = 0
  const loop = (async () => {
    while (running) {
      const started = performance.now()
      const answer = await fetch(`${url}/health/live`).catch(() => undefined)
      slowest = Math.max(slowest, performance.now() - started)
      if (answer?.status !== 200) slowest = Number.POSITIVE_INFINITY
      await Bun.sleep(20)
    }
  })()
  return async () => {
    running = false
    await loop
    return slowest
  }
}

function* filesUnder(path: string): Generator<Buffer> {
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) yield readFileSync(join(entry.parentPath, entry.name))
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8")
  } catch {
    return ""
  }
}
