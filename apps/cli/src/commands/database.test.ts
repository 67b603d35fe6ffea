import { Database } from "bun:sqlite"
import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { createTestingApp } from "../testing-app.ts"
import { runCli } from "../testing-io.ts"

function withOrders(folder: string): void {
  using file = new Database(join(folder, "old.db"))
  file.run("create table customers (id integer primary key, full_name varchar(80) not null, since datetime)")
  file.run(
    "create table orders (id integer primary key, customer_id integer not null references customers, total numeric(10,2) check (total >= 0))",
  )
  file.run("create view big as select * from orders where total > 100")
  file.run("insert into customers values (1, 'Ada', '2026-01-02 03:04:05'), (2, 'Bo', null)")
  file.run("insert into orders values (1, 1, 9.5), (2, 1, 120)")
}

test("models are written of a database that is there, and never over a file", async () => {
  using app = createTestingApp({})
  withOrders(app.folder)
  const run = (...more: string[]) =>
    runCli(["db", "introspect", "--database", "sqlite:./old.db", ...more], { cwd: app.folder })
  const written = await run("--out", "src/models.ts")
  expect([written.stderr, written.stdout]).toEqual(["", "src/models.ts has 2 models.\n"])
  const text = readFileSync(join(app.folder, "src/models.ts"), "utf8")
  expect(text).toContain("export class Order extends Model {")
  expect(text).toContain("customerId: integer().references(() => Customer),")
  expect(text).toContain("fullName: text(80),")
  expect(text).toContain('customer: belongsTo(() => Customer, { foreignKey: "customerId" }),')
  expect(text).toContain("// Only in the database: check orders_1_check")
  const again = await run("--out", "src/models.ts")
  expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining("CLI_INPUT_INVALID")])
  expect((await run()).stdout).toBe(text)
})

test("a copy says how many rows it has, and what was left", async () => {
  using app = createTestingApp({})
  withOrders(app.folder)
  const copy = () => runCli(["db", "copy", "sqlite:./old.db", "sqlite:./new.db", "--json"], { cwd: app.folder })
  expect((await copy()).json()).toEqual({ tables: { customers: 2, orders: 2 }, left: ["view big"] })
  using file = new Database(join(app.folder, "new.db"))
  expect(file.query("select sum(total) as total from orders").get()).toEqual({ total: 129.5 })
  const twice = await copy()
  expect([twice.exitCode, twice.json()]).toMatchObject([2, { error: { details: { code: "ORM_SCHEMA_INVALID" } } }])
})

test("the shell shows rows as a table, only reads unless told otherwise, and says what is wrong", async () => {
  using app = createTestingApp({})
  withOrders(app.folder)
  const shell = (args: readonly string[], options: Parameters<typeof runCli>[1] = {}) =>
    runCli(["db", "shell", "--database", "sqlite:./old.db", ...args], { cwd: app.folder, ...options })
  const one = await shell(["select id, full_name, since from customers order by id"])
  expect(one.stdout).toMatch(
    /^id {2}full_name {2}since\n1 {3}Ada {8}2026-01-02 03:04:05\n2 {3}Bo {9}NULL\n2 rows, [\d.]+ ms\n$/,
  )
  for (const text of [
    "delete from orders",
    "with x as (select 1) insert into orders select 9, 1, 1",
    "pragma user_version = 5",
  ]) {
    const refused = await shell([text])
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining("ORM_READ_ONLY")])
  }
  const typed = [
    ".tables",
    "select count(*) as c",
    "from orders;",
    "select wrong;",
    "",
    "select 'a;b' as t;",
    ".quit",
    "select 'after the end' as t;",
  ]
  const conversation = await shell([], {
    lines: () =>
      (async function* () {
        yield* typed
      })(),
  })
  expect(conversation.stdout).toContain("big        view")
  expect(conversation.stdout).toContain("c\n2\n")
  expect(conversation.stdout).toContain("a;b")
  expect(conversation.stdout).not.toContain("after the end")
  expect(conversation.stderr).toContain("no such column: wrong")
  const piped = await shell(["--write", "--json"], {
    stdin: "delete from orders where id = 2; select count(*) as c from orders;",
  })
  expect(piped.json()).toMatchObject([{ changes: 1 }, { columns: ["c"], rows: [["1"]] }])
})

test("seeds run by name, and in production only when somebody agrees", async () => {
  using app = createTestingApp({
    "seeds/users.ts": `import { defineSeed } from "@ashlar/orm/migrations"
export default defineSeed(async (db) => { await db.sql\`insert into customers values (7, 'Cy', null)\`.run() })`,
  })
  withOrders(app.folder)
  const seed = (env: Record<string, string>, ...more: string[]) =>
    runCli(["seed", "--json", ...more], { cwd: app.folder, env: { DATABASE_URL: "sqlite:./old.db", ...env } })
  expect((await seed({ NODE_ENV: "production" })).json()).toMatchObject({ error: { code: "CLI_CONFIRMATION_NEEDED" } })
  expect((await seed({ NODE_ENV: "production" }, "--yes")).json()).toEqual({ ran: ["users"] })
  expect((await seed({}, "nobody")).json()).toMatchObject({
    error: { message: expect.stringContaining("There are: users") },
  })
})
