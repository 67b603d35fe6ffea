import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { createTestingApp, type TestingApp } from "../testing-app.ts"
import { runCli } from "../testing-io.ts"

const MODELS = `import { Model, uuid, text } from "@ashlar/orm"
export class User extends Model {
  static table = "users"
  static columns = { id: uuid().primary(), email: text(200).unique(), nick: text(20).nullable() }
}
`

describe("ashlar migrate", () => {
  let app: TestingApp
  const run = (args: readonly string[], options: Parameters<typeof runCli>[1] = {}) =>
    runCli(["migrate", ...args], { cwd: app.folder, ...options })
  const files = () => readdirSync(join(app.folder, "migrations")).sort()

  beforeAll(() => {
    app = createTestingApp({ "ashlar.toml": '[database]\nurl = "sqlite:./app.db"\n', "src/models.ts": MODELS })
  })
  afterAll(() => app[Symbol.dispose]())

  test("writes a migration from the models, shows its SQL, applies it once and tells its status", async () => {
    const made = await run(["make", "first", "--from-models"])
    expect([made.exitCode, made.stderr]).toEqual([0, ""])
    expect(made.stdout).toMatch(/^migrations\/\d{14}_first\.ts is written\.\n$/)
    expect((await run(["check"])).exitCode).toBe(1)
    const dry = await run(["up", "--dry-run"])
    expect(dry.stdout).toContain('create table "users"')
    const up = await run(["up"])
    expect(up.stdout).toMatch(/✓ \d{14}_first\n1 migration applied\.\n/)
    expect((await run(["up", "--json"])).json()).toEqual({ applied: [] })
    expect((await run(["status"])).stdout).toMatch(/_first +applied +\d{4}-/)
    const checked = await run(["check"])
    expect([checked.exitCode, checked.stdout]).toEqual([0, "The database is as the models say.\n"])
  })

  test("marks what takes data away, and does that only when it is allowed", async () => {
    app.write("src/models.ts", MODELS.replace(", nick: text(20).nullable()", ""))
    const drift = await run(["check"])
    expect([drift.exitCode, drift.stdout]).toEqual([1, expect.stringContaining('t.dropColumn("nick")')])
    const made = await run(["make", "DropNick", "--from-models"])
    expect(made.stdout).toContain("It takes away: the values of users.nick.")
    expect(readFileSync(join(app.folder, "migrations", files().at(-1)!), "utf8")).toContain(
      "// Destructive: the values of users.nick.",
    )
    const refused = await run(["up"])
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain("ORM_MIGRATION_DESTRUCTIVE")
    expect((await run(["up", "--allow-destructive"])).exitCode).toBe(0)
    expect(existsSync(join(app.folder, "app.db.before-migration"))).toBe(true)
  })

  test("asks before it goes back or begins anew", async () => {
    const asked = await run(["down"])
    expect(asked.stderr).toContain("CLI_CONFIRMATION_NEEDED")
    expect((await run(["down"], { answers: { Undo: false } })).exitCode).toBe(2)
    expect((await run(["down", "--yes", "--json"])).json()).toEqual({ undone: [expect.stringContaining("drop_nick")] })
    expect((await run(["fresh"], { answers: { "Drop EVERYTHING in sqlite:./app.db": true } })).stdout).toContain(
      "2 migrations applied.",
    )
  })

  const noNode = process.env.NODE_BIN === undefined && process.env.CI !== "true"
  test.each(["bun", "node"])("makes empty files without a database, and applies them on %s", async (runtime) => {
    if (runtime === "node" && noNode) return
    const folder = `on-${runtime}`
    const made = await run(["make", "fill things", "--sql", "--migrations", folder])
    expect(made.stdout).toMatch(/_fill_things\.sql is written/)
    const text = "-- up\ncreate table things (n integer);\n-- down\ndrop table things;\n"
    app.write(join(folder, readdirSync(join(app.folder, folder))[0]!), text)
    const database = ["--database", `sqlite:./${runtime}.db`, "--migrations", folder, "--runtime", runtime]
    const applied = await run(["up", ...database], {
      env: { NODE_BIN: process.env.NODE_BIN ?? "", PATH: process.env.PATH ?? "" },
    })
    expect([applied.exitCode, applied.stdout]).toEqual([0, expect.stringContaining("1 migration applied.")])
    app.write(
      join(folder, "29990101000000_more.ts"),
      `import { defineMigration } from "@ashlar/orm/migrations"
export default defineMigration({ up(schema) { schema.createTable("more", (t) => { t.id() }) } })`,
    )
    const env = { NODE_BIN: process.env.NODE_BIN ?? "", PATH: process.env.PATH ?? "" }
    expect((await run(["up", ...database, "--json"], { env })).json()).toEqual({ applied: ["29990101000000_more"] })
  })

  test.each([
    [["up"], "CLI_DATABASE_NEEDED", ""],
    [["up"], "CLI_MANIFEST_INVALID", "[database]\nurl = 5\n"],
    [["up", "--database", "postgre://x/y"], "CLI_DATABASE_REFUSED", ""],
    [["make", "..."], "CLI_DATABASE_REFUSED", ""],
    [["make", "x", "--from-models", "--database", "sqlite::memory:"], "CLI_DATABASE_REFUSED", ""],
  ])("%p is refused with %s", async (args, code, manifest) => {
    using empty = createTestingApp(manifest === "" ? {} : { "ashlar.toml": manifest })
    const result = await runCli(["migrate", ...args], { cwd: empty.folder })
    expect([result.exitCode, result.stderr]).toEqual([2, expect.stringContaining(code)])
  })
})
