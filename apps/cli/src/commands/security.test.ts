import { describe, expect, test } from "bun:test"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createTestingApp } from "../testing-app.ts"
import { runCli } from "../testing-io.ts"

const key = `AKIA${"QWERTYUIOPASDFGH"}`
const app = `import { createApp } from "@ashlar/http"
const app = createApp({ timeoutMs: 1000 })
app.post("/users", () => "made")
export default app`

describe("ashlar security scan", () => {
  test("names what it finds with its place and its fix, and exits with 1 as --fail-on says", async () => {
    using project = createTestingApp({
      "src/main.ts": app,
      "src/aws.ts": `export const id = "${key}"`,
      Dockerfile: "FROM a\nCMD b",
    })
    const cwd = project.folder
    const all = await runCli(["security", "scan", "--app", "src/main.ts", "--sarif", "out.sarif", "--json"], { cwd })
    expect([all.stderr, all.exitCode]).toEqual(["", 1])
    const { ok, findings } = all.json() as { ok: boolean; findings: { rule: string; place: object; fix: string }[] }
    expect([ok, findings.map(({ rule }) => rule)]).toEqual([
      false,
      ["secret/known", "route/no-auth", "config/container-root", "route/no-limit", "route/no-schema"],
    ])
    expect(findings[0]).toMatchObject({ place: { file: "src/aws.ts", line: 1 } })
    expect(findings[1]).toMatchObject({ place: { route: "POST /users", file: "src/main.ts", line: 3 } })
    expect(JSON.parse(readFileSync(join(cwd, "out.sarif"), "utf8"))).toMatchObject({ version: "2.1.0" })

    const text = await runCli(["security", "scan", "--fail-on", "critical"], { cwd })
    expect([text.exitCode, text.stdout.includes("src/aws.ts:1"), text.stdout.includes(key)]).toEqual([1, true, false])
    expect((await runCli(["security", "scan", "--fail-on", "none"], { cwd })).exitCode).toBe(0)
    const accepted = [{ rule: "secret/known", path: "src/aws.ts", reason: "an example of a key" }]
    writeFileSync(join(cwd, "ashlar-security.json"), JSON.stringify({ accepted }))
    const quiet = await runCli(["security", "scan"], { cwd })
    expect([quiet.exitCode, quiet.stdout.includes("1 that the baseline accepts")]).toEqual([0, true])
  }, 30_000)
  test("asks the running app for its headers, and says what it cannot read", async () => {
    using project = createTestingApp({ "a.ts": "" })
    const server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => new Response("a", { headers: { "x-powered-by": "b" } }),
    })
    const found = await runCli(["security", "scan", "--at", server.url.href, "--json"], { cwd: project.folder })
    await server.stop(true)
    const { findings } = found.json() as { findings: { rule: string }[] }
    expect(findings.map(({ rule }) => rule)).toEqual([
      "header/framing",
      "header/no-csp",
      "header/banner",
      "header/no-nosniff",
    ])
    const refused = await runCli(["security", "scan", "--advisories", "none.json"], { cwd: project.folder })
    expect([refused.exitCode === 0, refused.stderr.includes("SECURITY_SCAN_INPUT_INVALID")]).toEqual([false, true])
  }, 30_000)
})

describe("ashlar audit", () => {
  test("verifies, lists and exports a log, and exits with 1 when somebody changed it", async () => {
    using project = createTestingApp({
      "fill.ts": `import { openAudit } from "@ashlar/security/audit"
        const audit = openAudit("sqlite:./app.db")
        for (const id of ["7", "8"]) await audit.append({ action: "user.deleted", actor: { type: "user", id } })
        await audit.close()`,
      "spoil.ts": `import { openDatabase } from "@ashlar/orm"
        const db = await openDatabase("sqlite:./app.db")
        await db.sql\`update ashlar_audit_entries set body = replace(body, '"8"', '"9"')\`.run()
        await db.close()`,
    })
    const cwd = project.folder
    const run = (file: string) => expect(Bun.spawnSync([process.execPath, file], { cwd }).exitCode).toBe(0)
    run("fill.ts")
    const env = { DATABASE_URL: `sqlite:${join(cwd, "app.db")}` }
    const whole = await runCli(["audit", "verify", "--json"], { cwd, env })
    expect([whole.exitCode, whole.json()]).toEqual([0, expect.objectContaining({ ok: true, entries: 2 })])
    const list = await runCli(["audit", "list", "--actor", "user:7"], { cwd, env })
    expect(list.stdout).toMatch(/^1 {2}\S+ {2}success {2}user\.deleted {2}user:7\n$/)
    const copy = await runCli(["audit", "export", "--out", "audit.ndjson"], { cwd, env })
    expect([copy.exitCode, existsSync(join(cwd, "audit.ndjson"))]).toEqual([0, true])
    expect((await runCli(["audit", "export", "--out", "audit.ndjson"], { cwd, env })).exitCode).not.toBe(0)
    run("spoil.ts")
    const spoiled = await runCli(["audit", "verify"], { cwd, env })
    expect([spoiled.exitCode, spoiled.stdout]).toEqual([1, "✗ changed at 2: Entry 2 is not what was written.\n"])
    const fine = await runCli(["audit", "verify", "--file", "audit.ndjson"], { cwd })
    expect([fine.exitCode, fine.stdout.startsWith("✓ 2 entries as written")]).toEqual([0, true])
    expect((await runCli(["audit", "verify"], { cwd })).stderr).toContain("DATABASE_URL")
  }, 60_000)
})
