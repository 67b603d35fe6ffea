import { afterAll, describe, expect, test } from "bun:test"
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { createApp, layer } from "@ashlar/http"
import { v } from "@ashlar/validation"
import sarifSchema from "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json" with { type: "json" }
import { Ajv } from "ajv"
import { csrf } from "../csrf/csrf.ts"
import { securityHeaders } from "../headers/security-headers.ts"
import { concurrencyLimit } from "../limits/concurrency-limit.ts"
import { isAffected, parseAdvisories, scanDependencies } from "./advisories.ts"
import { judge, parseBaseline } from "./baseline.ts"
import { findingOf, type Place, type RuleId, scanRules } from "./finding.ts"
import { parseLockfile } from "./lockfiles.ts"
import { toSarif } from "./sarif.ts"
import { scan } from "./scan.ts"
import { judgeHeaders, scanHeaders } from "./scan-headers.ts"
import { scanRoutes } from "./scan-routes.ts"
import { entropy, scanText } from "./scan-text.ts"
import { compareVersions } from "./semver.ts"

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
function treeOf(files: Readonly<Record<string, string>>, { git = false } = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-scan-"))
  folders.push(folder)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  if (git) {
    execFileSync("git", ["init", "-q"], { cwd: folder })
    execFileSync("git", ["add", "-A"], { cwd: folder })
  }
  return folder
}
/** Random, and made here: no scanner of anybody's finds it in this file. */
const random = (length: number, letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789") =>
  Array.from({ length }, (_, at) => letters[(at * 37 + 11 * (at % 7) + ((at * at) % 13)) % letters.length]).join("")

const planted: Readonly<Record<string, readonly [string, string]>> = {
  "src/aws.ts": [`const id = "AKIA${random(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}"`, "secret/known"],
  "src/github.yml": [`token: ghp_${random(36)}`, "secret/known"],
  "src/stripe.py": [`stripe.api_key = 'sk_live_${random(24)}'`, "secret/known"],
  "src/ashlar.ts": [`const key = "ak_secret_${random(32)}"`, "secret/known"],
  "deploy/key.pem": [
    `-----BEGIN ${"PRIVATE"} KEY-----\n${random(64)}\n${random(64)}\n-----END ${"PRIVATE"} KEY-----`,
    "secret/known",
  ],
  "src/db.ts": [`const url = "postgres://app:${random(16)}@db.internal/shop"`, "secret/known"],
  "src/jwt.txt": [`eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.${random(43)}`, "secret/known"],
  "src/config.json": [`{ "clientSecret": "${random(40)}" }`, "secret/entropy"],
  "src/auth.ts": [`export const sessionSecret = "${random(32)}"`, "secret/entropy"],
  ".env": [`PORT=80\nJWT_SECRET=${random(32)}`, "secret/entropy"],
  ".env.production": ["HOST=a\n", "config/env-file"],
  "src/tls.ts": ["const agent = new Agent({ rejectUnauthorized: false })", "config/tls-off"],
  "start.sh": ["NODE_TLS_REJECT_UNAUTHORIZED=0 node app.js", "config/tls-off"],
  Dockerfile: ["FROM oven/bun\nCOPY . .\nCMD bun src/main.ts", "config/container-root"],
}
const clean: Readonly<Record<string, string>> = {
  "src/a.ts":
    'const password = process.env.PASSWORD\nconst token = await readToken("from-the-vault-of-secrets")\nconst secretName = "projects/shop/secrets/stripe"',
  "src/b.ts":
    'const tokenUrl = "https://login.example.com/oauth/token"\nconst apiKeyHeader = "x-api-key-of-the-application"\nconst csrfTokenField = "csrfTokenFieldName"',
  "src/c.ts": `const integrity = "sha512-${random(80)}=="\nconst id = "550e8400-e29b-41d4-a716-446655440000"\nconst publicKey = "${random(44)}"`,
  ".env.example": "JWT_SECRET=\nDATABASE_URL=postgres://app:password@localhost/app",
  "README.md": "Set `STRIPE_KEY=sk_live_xxxxxxxxxxxxxxxxxxxxxxxx` and `Authorization: Bearer <your token here>`",
  "package-lock.json": '{"lockfileVersion":3,"packages":{}}',
  Dockerfile: "FROM oven/bun\nCOPY . .\nUSER bun\nCMD bun src/main.ts",
  "src/d.ts": "// rejectUnauthorized: false would be wrong\nconst agent = new Agent({ rejectUnauthorized: true })",
}

describe("a tree with planted secrets and settings", () => {
  test.each([true, false])("each is found, by its place (git: %p)", async (git) => {
    const folder = treeOf(Object.fromEntries(Object.entries(planted).map(([name, [text]]) => [name, text])), { git })
    const { findings } = await scan({ folder })
    for (const [name, [, rule]] of Object.entries(planted)) {
      if (rule === "config/env-file" && !git) continue
      expect([name, findings.filter(({ place }) => place.file === name).map((one) => one.rule)]).toEqual([
        name,
        name === ".env" && git ? expect.arrayContaining([rule, "config/env-file"]) : [rule as "secret/known"],
      ])
    }
    for (const { message, fix, fingerprint } of findings) expect(message + fix + fingerprint).not.toContain(random(12))
  })
  test.each([true, false])("a clean one has none (git: %p)", async (git) => {
    expect((await scan({ folder: treeOf(clean, { git }) })).findings).toEqual([])
  })
  test("what git ignores, what is binary and where links lead is left out", async () => {
    const secret = planted["src/aws.ts"]![0]
    const folder = treeOf(
      {
        "a.ts": "",
        ".gitignore": "ignored.ts\n",
        "ignored.ts": secret,
        "b.dat": `\0${secret}`,
        "c.png": secret,
        "node_modules/x/i.js": secret,
      },
      { git: true },
    )
    symlinkSync(join(treeOf({ "outside.ts": secret }), "outside.ts"), join(folder, "link.ts"))
    writeFileSync(join(folder, "new.ts"), secret)
    expect((await scan({ folder })).findings.map(({ place }) => place.file)).toEqual(["new.ts"])
  })
  test("texts made to be slow are read in time", () => {
    for (const piece of ["a:", '"password":"', "-----BEGIN PRIVATE KEY-----", "http://a", "eyJ", "secret = '"]) {
      const start = performance.now()
      scanText({ path: "a.ts", text: piece.repeat(1_000_000 / piece.length) })
      expect([piece, performance.now() - start < 5_000]).toEqual([piece, true])
    }
    expect([entropy("aaaa"), entropy("ab"), entropy("abcd")]).toEqual([0, 1, 2])
  })
})

describe("a baseline", () => {
  const finding = findingOf("secret/known", { message: "m", place: { file: "test/a.ts", line: 3 }, mark: "x" })
  test("accepts by fingerprint, file and folder, with a reason, and tells what it no longer needs", () => {
    const reason = "keys of the tests"
    for (const how of [{ fingerprint: finding.fingerprint }, { path: "test/a.ts" }, { path: "test/" }]) {
      const stale = { rule: "secret/known", path: "gone.ts", reason }
      const baseline = parseBaseline(JSON.stringify({ accepted: [{ rule: "secret/known", reason, ...how }, stale] }))
      expect(judge([finding], baseline)).toEqual({ findings: [], accepted: [{ ...finding, reason }], unused: [stale] })
    }
    for (const how of [{ path: "test" }, { path: "a.ts" }, { fingerprint: "0" }])
      expect(judge([finding], [{ rule: "secret/known", reason, ...how }]).findings).toEqual([finding])
    expect(judge([finding], [{ rule: "secret/entropy", path: "test/", reason }]).findings).toEqual([finding])
    const moved = findingOf("secret/known", { message: "m", place: { file: "test/a.ts", line: 99 }, mark: "x" })
    expect(moved.fingerprint).toBe(finding.fingerprint)
  })
  test.each([
    "{",
    "[]",
    '{"accepted":[{"rule":"a","path":"b"}]}',
    '{"accepted":[{"rule":"a","path":"b","reason":"short"}]}',
    '{"accepted":[{"rule":"a","reason":"long enough it is"}]}',
    '{"accepted":[null]}',
  ])("%s is refused: SECURITY_SCAN_INPUT_INVALID", (text) =>
    expect(() => parseBaseline(text)).toThrow(expect.objectContaining({ code: "SECURITY_SCAN_INPUT_INVALID" })),
  )
})

describe("dependencies", () => {
  test("versions come in the order of semver", () => {
    // The example of semver.org, item 11.
    const order = [
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-beta",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0-rc.1",
      "1.0.0",
      "1.0.1",
      "1.2.0",
      "1.10.0",
      "2.0.0",
    ]
    for (let a = 0; a < order.length; a++)
      for (let b = 0; b < order.length; b++)
        expect(Math.sign(compareVersions(order[a]!, order[b]!)!)).toBe(Math.sign(a - b))
    expect([compareVersions("1.0.0+a", "v1.0"), compareVersions("x", "1.0.0")]).toEqual([0, undefined])
  })
  const osv = (events: object[], more: object = {}) => ({
    id: "GHSA-1",
    summary: "Bad",
    affected: [{ package: { ecosystem: "npm", name: "left" }, ranges: [{ type: "SEMVER", events }], ...more }],
  })
  test.each<[object[], string, boolean]>([
    [[{ introduced: "0" }, { fixed: "1.2.3" }], "1.2.2", true],
    [[{ introduced: "0" }, { fixed: "1.2.3" }], "1.2.3", false],
    [[{ introduced: "0" }, { fixed: "1.2.3" }], "1.2.3-rc.1", true],
    [[{ introduced: "0" }, { fixed: "1.2.3" }], "0.0.0-1", true],
    [[{ introduced: "2.0.0" }, { fixed: "2.1.0" }], "1.9.9", false],
    [[{ introduced: "0" }, { last_affected: "1.5.0" }], "1.5.0", true],
    [[{ introduced: "0" }, { last_affected: "1.5.0" }], "1.5.1", false],
    [[{ fixed: "3.1.0" }, { introduced: "3.0.0" }, { introduced: "0" }, { fixed: "2.5.0" }], "3.0.5", true],
    [[{ fixed: "3.1.0" }, { introduced: "3.0.0" }, { introduced: "0" }, { fixed: "2.5.0" }], "2.7.0", false],
    [[{ introduced: "1.0.0" }], "99.0.0", true],
  ])("%j has %s: %p", (events, version, affected) => {
    const [advisory] = parseAdvisories(JSON.stringify(osv(events)))
    expect(isAffected(advisory!, version)).toBe(affected)
  })
  test("are read from lockfiles of Bun and npm, and judged", async () => {
    const bun =
      '{ "packages": { "left": ["left@1.0.0", "", {}, "sha"], "@a/b": ["@a/b@2.0.0", "", {},], "own": ["own@workspace:x"], }, }'
    const npm = JSON.stringify({
      packages: {
        "": { version: "1.0.0" },
        "node_modules/left": { version: "1.0.0" },
        "node_modules/x/node_modules/@a/b": { version: "3.0.0" },
        "node_modules/l": { link: true },
      },
    })
    expect(parseLockfile("bun.lock", bun).map(({ name, version }) => `${name} ${version}`)).toEqual([
      "left 1.0.0",
      "@a/b 2.0.0",
    ])
    expect(parseLockfile("package-lock.json", npm).map(({ name, version }) => `${name} ${version}`)).toEqual([
      "left 1.0.0",
      "@a/b 3.0.0",
    ])
    const lines = [
      osv([{ introduced: "0" }, { fixed: "1.2.3" }], { database_specific: { severity: "CRITICAL" } }),
      { ...osv([{ introduced: "0" }]), id: "W", withdrawn: "2026" },
    ]
    const folder = treeOf({
      "bun.lock": bun,
      "advisories.ndjson": lines.map((line) => JSON.stringify(line)).join("\n"),
    })
    const report = await scan({ folder, advisories: join(folder, "advisories.ndjson") })
    expect(report.findings).toMatchObject([
      {
        rule: "dependency/vulnerable",
        severity: "critical",
        message: "left 1.0.0: Bad (GHSA-1).",
        fix: "Update left to 1.2.3 or later.",
      },
    ])
    expect(report.scanned).toMatchObject({ dependencies: 2, advisories: 1 })
    expect(
      scanDependencies(
        [{ name: "left", version: "1.2.3", file: "a" }],
        parseAdvisories(JSON.stringify({ vulns: lines })),
      ),
    ).toEqual([])
  })
  test("what cannot be read is told: SECURITY_SCAN_INPUT_INVALID", async () => {
    const refused = { code: "SECURITY_SCAN_INPUT_INVALID" }
    for (const text of ["{", '{"a":1}', "[1]"])
      expect(() => parseAdvisories(text)).toThrow(expect.objectContaining(refused))
    expect(() => parseLockfile("a", "{")).toThrow(expect.objectContaining(refused))
    const folder = treeOf({})
    await expect(scan({ folder, advisories: join(folder, "none") })).rejects.toMatchObject(refused)
    await expect(scan({ folder, baseline: join(folder, "none") })).rejects.toMatchObject(refused)
    await expect(scanHeaders("ftp://a")).rejects.toMatchObject(refused)
    await expect(scanHeaders("http://127.0.0.1:1")).rejects.toMatchObject(refused)
  })
})

describe("headers", () => {
  const rules = (headers: [string, string][], url = "https://app.test/") =>
    judgeHeaders(new URL(url), new Headers(headers)).map(({ rule }) => rule)
  test("an app with securityHeaders has nothing to mend, one without has", async () => {
    const bare = createApp()
    const app = createApp({ layers: [securityHeaders()] })
    for (const one of [bare, app]) one.get("/", (ctx) => ctx.html("a"))
    const ask = (which: typeof app) =>
      scanHeaders("https://app.test/", (async (url: URL, init?: RequestInit) =>
        which.fetch(new Request(url, init))) as typeof fetch)
    expect(await ask(app)).toEqual([])
    expect((await ask(bare)).map(({ rule }) => rule)).toEqual([
      "header/no-csp",
      "header/no-hsts",
      "header/no-nosniff",
      "header/framing",
    ])
  })
  const good: [string, string][] = [
    ["content-security-policy", "script-src 'self'; frame-ancestors 'none'"],
    ["strict-transport-security", "max-age=31536000"],
    ["x-content-type-options", "nosniff"],
  ]
  test.each<[[string, string][], string[]]>([
    [[], []],
    [[["set-cookie", "sid=1; Secure; HttpOnly; SameSite=Lax"]], []],
    [[["set-cookie", "sid=1; HttpOnly"]], ["header/cookie"]],
    [
      [
        ["set-cookie", "a=1; Secure; HttpOnly; SameSite=Lax"],
        ["set-cookie", "b=1"],
      ],
      ["header/cookie"],
    ],
    [[["x-powered-by", "Express"]], ["header/banner"]],
    [[["server", "nginx"]], []],
    [[["server", "nginx/1.18.0"]], ["header/banner"]],
    [
      [
        ["access-control-allow-origin", "https://ashlar-scan.invalid"],
        ["access-control-allow-credentials", "true"],
      ],
      ["header/cors"],
    ],
    [[["access-control-allow-origin", "*"]], []],
  ])("%j: %j", (more, expected) => expect(rules([...good, ...more])).toEqual(expected as never))
  test.each([
    ["script-src * ; frame-ancestors 'none'", ["header/weak-csp"]],
    ["default-src 'self' 'unsafe-inline'; frame-ancestors 'none'", ["header/weak-csp"]],
    ["script-src 'unsafe-inline' 'nonce-abc' ; frame-ancestors 'none'", []],
    ["script-src 'unsafe-eval' 'nonce-abc' ; frame-ancestors 'none'", ["header/weak-csp"]],
    ["img-src 'self'; frame-ancestors 'none'", ["header/weak-csp"]],
    ["script-src 'self'; script-src *; frame-ancestors 'none'", []],
    ["script-src 'self'", ["header/framing"]],
  ])("the policy %s: %j", (policy, expected) => {
    expect(rules([["content-security-policy", policy], ...good.slice(1)])).toEqual(expected as never)
  })
  test("plain HTTP is for this machine only", () => {
    expect(rules(good, "http://app.test/")).toEqual(["header/no-tls"])
    expect(rules(good, "http://localhost:3000/")).toEqual([])
  })
  test("HSTS for a day is none", () => {
    expect(rules([good[0]!, good[2]!, ["strict-transport-security", "max-age=86400"]])).toEqual(["header/no-hsts"])
  })
})

describe("routes", () => {
  const session = layer({
    name: "session",
    security: { session: { type: "apiKey", in: "cookie", name: "sid" } },
    before: () => undefined,
  })
  const bearer = layer({
    name: "bearer",
    security: { bearer: { type: "http", scheme: "bearer" } },
    before: () => undefined,
  })
  const maybe = layer({
    name: "maybe",
    security: { bearer: { type: "http", scheme: "bearer" }, anonymous: { type: "none" } },
    before: () => undefined,
  })
  const limit = concurrencyLimit({ max: 2 })
  const body = v.object({ a: v.string() })
  test("each danger is named once, with its line, and what is guarded is not", () => {
    const app = createApp({ timeoutMs: 1_000 })
    app.get("/", () => "a")
    app.post("/open", { body }, () => "a")
    app.delete("/maybe", { layers: [maybe] }, () => "a")
    app.post("/login", { body }, () => "a")
    app.post("/sign-in", { body, layers: [limit] }, () => "a")
    app.post("/meant", { body, meta: { public: true }, layers: [limit] }, () => "a")
    app.post("/unchecked", { layers: [bearer] }, () => "a")
    app.post("/bare", { layers: [bearer], meta: { noBody: true } }, () => "a")
    app.put("/cookie", { body, layers: [session] }, () => "a")
    app.put("/cookie/safe", { body, layers: [csrf(), session] }, () => "a")
    app.put("/token-of-a-user", { body, layers: [bearer, limit] }, () => "a")
    app.get("/admin/users", () => "a")
    app.get("/admin/mine", { layers: [bearer] }, () => "a")
    const found = scanRoutes(app.table())
    expect(found.map(({ rule, place }) => `${rule} ${place.route}`).sort()).toEqual([
      "route/no-auth DELETE /maybe",
      "route/no-auth POST /open",
      "route/no-csrf PUT /cookie",
      "route/no-limit DELETE /maybe",
      "route/no-limit POST /login",
      "route/no-limit POST /open",
      "route/no-schema POST /unchecked",
      "route/open-admin GET /admin/users",
    ])
    for (const { place } of found)
      expect([place.file?.endsWith("scan.test.ts"), (place.line ?? 0) > 0]).toEqual([true, true])
  })
  test("an app without a time says so once", () => {
    const app = createApp()
    app.get("/a", () => "a")
    app.get("/b", () => "b")
    expect(scanRoutes(app.table())).toMatchObject([
      { rule: "route/no-timeout", message: "2 of 2 routes have no timeoutMs." },
    ])
  })
})

describe("SARIF", () => {
  test("has what the standard asks for", () => {
    const one = findingOf("secret/known", { message: "m", place: { file: "src/a b.ts", line: 3 }, mark: "x" })
    const other = findingOf("header/no-csp", { message: "m", place: { url: "https://a.test/" }, mark: "" })
    const log = toSarif({ findings: [one, other], accepted: [{ ...one, reason: "known" }] }, "1.2.3") as {
      version: string
      runs: {
        tool: { driver: { name: string; rules: { id: string; shortDescription: { text: string } }[] } }
        results: Record<string, unknown>[]
      }[]
    }
    expect([log.version, log.runs.length]).toEqual(["2.1.0", 1])
    const { tool, results } = log.runs[0]!
    expect(tool.driver.rules.map(({ id }) => id)).toEqual(Object.keys(scanRules))
    for (const result of results) {
      expect(tool.driver.rules[result.ruleIndex as number]?.id).toBe(result.ruleId as string)
      expect(["none", "note", "warning", "error"]).toContain(result.level as string)
      expect((result.message as { text: string }).text.length).toBeGreaterThan(1)
    }
    expect(results[0]).toMatchObject({
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "src/a%20b.ts", uriBaseId: "%SRCROOT%" },
            region: { startLine: 3 },
          },
        },
      ],
    })
    expect(results[1]).toMatchObject({ locations: [{ logicalLocations: [{ fullyQualifiedName: "https://a.test/" }] }] })
    expect(results[2]).toMatchObject({
      suppressions: [{ kind: "external", status: "accepted", justification: "known" }],
    })
    expect(results[0]).not.toHaveProperty("suppressions")
  })
  test("is what the schema of SARIF 2.1.0 says, whatever was found", () => {
    // Of draft 4, whose name of itself Ajv refuses; what else the schema says is the same in draft 7.
    const { $schema: _draft, id, ...schema } = sarifSchema as Record<string, unknown>
    expect(id).toContain("sarif-2.1.0")
    const ajv = new Ajv({
      strict: false,
      unicodeRegExp: false,
      formats: { uri: URL.canParse, "uri-reference": isReference, "date-time": isTime },
    })
    const isValid = ajv.compile(schema)
    const places: readonly Place[] = [
      { file: "src/a b#c?.ts", line: 3 },
      { file: "yarn.lock" },
      { url: "https://a.test/" },
      { route: "POST /a/:id", file: "src/app.ts", line: 9 },
      {},
    ]
    const findings = (Object.keys(scanRules) as RuleId[]).flatMap((rule) =>
      places.map((place) => findingOf(rule, { message: "m", place, mark: "x" })),
    )
    for (const log of [
      { findings, accepted: [] },
      { findings: [], accepted: findings.map((one) => ({ ...one, reason: "known and meant" })) },
      { findings: [], accepted: [] },
    ]) {
      isValid(JSON.parse(JSON.stringify(toSarif(log, "1.2.3"))))
      expect(isValid.errors).toBeNull()
    }
    // It can say no.
    expect(isValid({ ...toSarif({ findings, accepted: [] }, "1.2.3"), version: "2.0.0" })).toBe(false)
  })
})

function isReference(text: string): boolean {
  return URL.canParse(text, "https://a.test/")
}
function isTime(text: string): boolean {
  return !Number.isNaN(Date.parse(text))
}

test("what this repository ships has nothing in it: no false alarm in some thousand files", async () => {
  const report = await scan({ folder: join(import.meta.dir, "../../../..") })
  const shipped = report.findings.filter(
    ({ place: { file = "" } }) => !/\.test\.|\/(?:test|testing)\/|^docs\//.test(file),
  )
  expect(shipped.map(({ rule, place }) => `${rule} ${place.file}:${place.line}`)).toEqual([])
  expect(report.scanned.files).toBeGreaterThan(1_000)
})
