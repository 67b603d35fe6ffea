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
