import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { createTestingApp } from "../testing-app.ts"
import { runCli } from "../testing-io.ts"

test("ashlar compliance maps, exports, forgets and reports", async () => {
  using project = createTestingApp({
    "models.ts": `import { integer, Model, text } from "@ashlar/orm"
      export class User extends Model {
        static table = "users"
        static columns = { id: integer().primary(), email: text(100).pii("contact"), plan: text(10) }
      }
      export class Note extends Model {
        static table = "notes"
        static columns = { id: integer().primary(), userId: integer().named("user_id").references(() => User), text: text(100) }
      }`,
    "fill.ts": `import { openDatabase } from "@ashlar/orm"
      const db = await openDatabase("sqlite:./app.db")
      await db.sql\`create table users (id integer primary key, email text not null, plan text not null)\`.run()
      await db.sql\`create table notes (id integer primary key, user_id integer not null, text text not null)\`.run()
      await db.sql\`insert into users values (7, 'ana@a.test', 'pro'), (8, 'bo@a.test', 'pro')\`.run()
      await db.sql\`insert into notes values (1, 7, 'hi')\`.run()
      await db.close()`,
    "facts.json": JSON.stringify({ tlsEverywhere: true, passwordMinLength: 8 }),
  })
  const cwd = project.folder
  expect(Bun.spawnSync([process.execPath, "fill.ts"], { cwd }).exitCode).toBe(0)
  const env = { DATABASE_URL: `sqlite:${join(cwd, "app.db")}` }
  const ask = async (...args: string[]) => {
    const done = await runCli(["compliance", ...args], { cwd, env })
    expect([args, done.stderr, done.exitCode]).toEqual([args, "", 0])
    return done.stdout
  }
  expect(JSON.parse(await ask("data-map", "--json"))).toMatchObject([{ place: "users.email", category: "contact" }])
  expect(await ask("export", "User", "7", "--out", "ana.json")).toContain("notes: 1")
  expect(JSON.parse(readFileSync(join(cwd, "ana.json"), "utf8"))).toMatchObject({
    tables: { users: [{ id: 7, email: "ana@a.test" }], notes: [{ text: "hi" }] },
  })
  expect(await ask("erase", "users", "7", "--table", "notes=delete")).toContain("Nothing was changed")
  await ask("erase", "users", "7", "--table", "notes=delete", "--yes")
  const report = await ask("report", "--facts", "facts.json", "--list", "pci-dss,gdpr", "--audit", "--system", "Shop")
  expect(report).toContain("# Shop: compliance report")
  expect(report).toMatch(/\| 8\.3\.6 \|.*\| not met \|/)
  expect(report).toContain("subject.erased")
  expect(report).not.toContain("ana@a.test")
  await ask("report", "--format", "html", "--out", "report.html")
  expect(readFileSync(join(cwd, "report.html"), "utf8")).toStartWith("<!doctype html>")
  const list = await runCli(["audit", "list"], { cwd, env })
  expect(list.stdout).toContain("users:7")
  const unknown = await runCli(["compliance", "erase", "Nobody", "7"], { cwd, env })
  expect([unknown.exitCode === 0, unknown.stderr.includes("SECURITY_COMPLIANCE_INVALID")]).toEqual([false, true])
  expect((await runCli(["compliance", "erase", "User", "7", "--table", "a=b"], { cwd, env })).exitCode).toBe(2)
}, 60_000)
