import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { manualClock } from "@ashlar/core"
import { createApp } from "@ashlar/http"
import { describeTable } from "@ashlar/http/routes"
import { encrypted, integer, Model, openDatabase, sql, tableOf, text, timestamp } from "@ashlar/orm"
import { v } from "@ashlar/validation"
import { openAudit } from "../audit/open-audit.ts"
import { checklist } from "./checklist.ts"
import { dataMap } from "./data-map.ts"
import { toHtml, toMarkdown } from "./document.ts"
import { createRetention } from "./retention.ts"
import { eraseSubject, exportSubject } from "./subject.ts"

const key = new Uint8Array(32).map((_, at) => at * 7 + 1)
class User extends Model {
  static table = "users"
  static columns = {
    id: integer().primary({ generated: false }),
    email: text(100).unique().pii("contact", { purpose: "to sign in" }),
    name: text(100).nullable().pii("identity"),
    iban: encrypted(() => key)
      .nullable()
      .pii("financial"),
    passwordHash: text(100).named("password_hash").hidden().pii("credential"),
    country: text(2).pii("location", { onErase: "keep" }),
    plan: text(10),
  }
}
class Post extends Model {
  static table = "posts"
  static columns = {
    id: integer().primary({ generated: false }),
    userId: integer()
      .named("user_id")
      .references(() => User),
    title: text(100),
  }
}
class Comment extends Model {
  static table = "comments"
  static columns = {
    id: integer().primary({ generated: false }),
    postId: integer()
      .named("post_id")
      .references(() => Post),
    authorId: integer()
      .named("author_id")
      .references(() => User),
    body: text(100).pii("other"),
  }
}
class Visit extends Model {
  static table = "visits"
  static columns = {
    id: integer().primary({ generated: false }),
    at: timestamp(),
    address: text(50).pii("location"),
  }
}
const models = [Comment, Post, Visit, User]

test("a data map has each tag of columns and of routes, with its place", () => {
  const app = createApp()
  const Person = v.object({
    email: v.string().meta({ pii: "contact" }),
    tags: v.array(v.object({ illness: v.string().meta({ pii: "health" }).optional() })),
  })
  app.post("/users", { body: Person, response: { 201: Person } }, (ctx) => ctx.json(ctx.body, 201))
  const map = dataMap({ models, routes: describeTable(app.table()).routes })
  expect(map.map(({ place, category }) => `${place}: ${category}`)).toEqual([
    "POST /users answer 201.email: contact",
    "POST /users answer 201.tags[].illness: health",
    "POST /users body.email: contact",
    "POST /users body.tags[].illness: health",
    "comments.body: other",
    "users.country: location",
    "users.email: contact",
    "users.iban: financial",
    "users.name: identity",
    "users.password_hash: credential",
    "visits.address: location",
  ])
  expect(map.find(({ place }) => place === "users.iban")).toMatchObject({
    isEncrypted: true,
    isHidden: false,
    onErase: "clear",
  })
  expect(map.find(({ place }) => place === "users.email")?.purpose).toBe("to sign in")
})

const folder = temporaryFolder()
const [postgres, mariadb] = [await findServer("PostgreSQL"), await findServer("MariaDB")]
const urls: (readonly [string, string])[] = [["SQLite", `sqlite:${join(folder, "app.db")}?synchronous=NORMAL`]]
if (postgres !== undefined)
  urls.push([
    "PostgreSQL",
    await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres"),
  ])
if (mariadb !== undefined)
  urls.push(["MariaDB", await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "")])

describe.each(urls)("a person's data on %s", (_name, url) => {
  async function stage() {
    const database = await openDatabase(url)
    for (const table of ["comments", "posts", "visits", "users"])
      await database.sql`drop table if exists ${sql.id(table)}`.run()
    await database.sql`create table users (id integer primary key, email varchar(100) unique not null, name varchar(100), iban varchar(500), password_hash varchar(100) not null, country varchar(2) not null, plan varchar(10) not null)`.run()
    await database.sql`create table posts (id integer primary key, user_id integer not null references users (id), title varchar(100) not null, constraint p foreign key (user_id) references users (id))`.run()
    await database.sql`create table comments (id integer primary key, post_id integer not null, author_id integer not null, body varchar(100) not null, constraint c foreign key (post_id) references posts (id), constraint d foreign key (author_id) references users (id))`.run()
    const iban = tableOf(User).columns.get("iban")!.cast[database.dialect].write("DE89")
    for (const id of [1, 2]) {
      await database.sql`insert into users values (${id}, ${`u${id}@a.test`}, ${`User ${id}`}, ${iban}, 'hash', 'NL', 'pro')`.run()
      await database.sql`insert into posts values (${id}, ${id}, ${`post ${id}`})`.run()
    }
    await database.sql`insert into comments values (1, 1, 1, 'mine at mine'), (2, 2, 1, 'mine at theirs'), (3, 1, 2, 'theirs at mine'), (4, 2, 2, 'theirs at theirs')`.run()
    const audit = openAudit(url)
    const stream = (await audit.list()).entries.length
    return {
      database,
      audit,
      before: stream,
      [Symbol.asyncDispose]: async () => void (await Promise.all([audit.close(), database.close()])),
    }
  }
  test("is exported whole, without credentials, opened where it was sealed, and told", async () => {
    await using s = await stage()
    const actor = { type: "user", id: "9" }
    const { tables, subject } = await exportSubject(s.database, { models, subject: User, id: 1, audit: s.audit, actor })
    expect(subject).toEqual({ table: "users", id: "1" })
    expect(tables.users).toEqual([
      { id: 1, email: "u1@a.test", name: "User 1", iban: "DE89", country: "NL", plan: "pro" },
    ])
    expect(tables.posts).toEqual([{ id: 1, userId: 1, title: "post 1" }])
    expect(tables.comments?.map(({ body }) => body).sort()).toEqual([
      "mine at mine",
      "mine at theirs",
      "theirs at mine",
    ])
    expect(Object.keys(tables).sort()).toEqual(["comments", "posts", "users"])
    expect((await s.audit.list({ limit: 1 })).entries[0]).toMatchObject({
      action: "subject.exported",
      actor,
      target: { type: "users", id: "1" },
      details: { users: 1, posts: 1, comments: 3 },
    })
  })
  test("a dry run counts, and changes nothing", async () => {
    await using s = await stage()
    const report = await eraseSubject(s.database, { models, subject: User, id: 1, dryRun: true, audit: s.audit })
    expect(report.tables).toEqual([
      {
        table: "users",
        mode: "anonymize",
        rows: 1,
        cleared: ["email", "name", "iban", "password_hash"],
        kept: ["country"],
      },
      { table: "posts", mode: "keep", rows: 1, cleared: [], kept: [] },
      { table: "comments", mode: "anonymize", rows: 3, cleared: ["body"], kept: [] },
    ])
    expect(await s.database.sql`select email from users where id = 1`.first()).toEqual({ email: "u1@a.test" })
    expect((await s.audit.list()).entries.length).toBe(s.before)
  })
  test("is made nobody's, and nobody else's is touched", async () => {
    await using s = await stage()
    await eraseSubject(s.database, { models, subject: User, id: 1, audit: s.audit, tables: { comments: "keep" } })
    const users = await s.database.sql<{
      id: number
      email: string
      name: string | null
      plan: string
    }>`select id, email, name, iban, password_hash, country, plan from users order by id`.all()
    expect(users[0]).toEqual({
      id: 1,
      email: expect.stringMatching(/^erased-/),
      name: null,
      iban: null,
      password_hash: "erased",
      country: "NL",
      plan: "pro",
    } as never)
    expect(users[1]).toMatchObject({ email: "u2@a.test", name: "User 2" })
    expect((await s.audit.list({ limit: 1 })).entries[0]).toMatchObject({
      action: "subject.erased",
      details: { users: { mode: "anonymize", rows: 1 } },
    })
  })
  test("goes altogether, what refers to it first", async () => {
    await using s = await stage()
    await eraseSubject(s.database, {
      models,
      subject: User,
      id: 1,
      tables: { users: "delete", posts: "delete", comments: "delete" },
    })
    expect(await s.database.sql`select id from users`.all()).toEqual([{ id: 2 }])
    expect(await s.database.sql`select id from comments`.all()).toEqual([{ id: 4 }])
  })
  test("stays whole when rows that stay refer to it: SECURITY_ERASURE_BLOCKED", async () => {
    await using s = await stage()
    const erase = (tables: object, dryRun: boolean) =>
      eraseSubject(s.database, { models, subject: User, id: 1, tables: tables as Record<string, "delete">, dryRun })
    for (const dryRun of [true, false]) {
      await expect(erase({ users: "delete" }, dryRun)).rejects.toMatchObject({
        code: "SECURITY_ERASURE_BLOCKED",
        status: 409,
      })
      await expect(erase({ users: "delete", posts: "delete" }, dryRun)).rejects.toMatchObject({
        code: "SECURITY_ERASURE_BLOCKED",
      })
    }
    await expect(erase({ nothing: "delete" }, true)).rejects.toMatchObject({ code: "SECURITY_COMPLIANCE_INVALID" })
    await expect(exportSubject(s.database, { models: [Post], subject: User, id: 1 })).rejects.toMatchObject({
      code: "SECURITY_COMPLIANCE_INVALID",
    })
    expect(await s.database.sql`select count(*) as count from users`.first()).toMatchObject({ count: 2 })
  })
  test("goes when its time is over, batch by batch, and is told", async () => {
    await using s = await stage()
    const now = Date.parse("2026-11-29T00:00:00Z")
    const write = tableOf(Visit).columns.get("at")!.cast[s.database.dialect].write
    const types = { postgres: sql`timestamptz`, mysql: sql`datetime(3)`, sqlite: sql`text` }
    await s.database
      .sql`create table visits (id integer primary key, at ${types[s.database.dialect]} not null, address varchar(50) not null)`.run()
    for (let id = 0; id < 20; id++)
      await s.database
        .sql`insert into visits values (${id}, ${write(new Date(now - id * 86_400_000))}, '10.0.0.1')`.run()
    const purge = createRetention(s.database, {
      rules: [{ model: Visit, since: "at", days: 10 }],
      audit: s.audit,
      batchRows: 4,
      clock: manualClock(now),
    })
    expect(await purge()).toEqual({ tables: [{ table: "visits", deleted: 9, before: "2026-11-19T00:00:00.000Z" }] })
    expect((await purge()).tables[0]?.deleted).toBe(0)
    expect((await s.audit.list({ limit: 1 })).entries[0]).toMatchObject({
      action: "retention.deleted",
      target: { type: "table", id: "visits" },
    })
  })
})

test.each([
  { since: "address", days: 1 },
  { since: "at", days: 0 },
])("a rule of %p is refused: SECURITY_COMPLIANCE_INVALID", async (rule) => {
  const database = await openDatabase("sqlite::memory:")
  expect(() => createRetention(database, { rules: [{ model: Visit, ...rule }] })).toThrow(
    expect.objectContaining({ code: "SECURITY_COMPLIANCE_INVALID" }),
  )
  await database.close()
})

describe("documents", () => {
  test("a checklist judges by what is known, and what is not known is not met", () => {
    const status = (name: "hipaa" | "pci-dss" | "gdpr", facts: object, reference: string) =>
      checklist(name, facts).items.find((item) => item.reference === reference)?.status
    expect(checklist("hipaa", {}).items.every(({ status }) => status === "not known")).toBe(true)
    expect(status("pci-dss", { passwordMinLength: 12 }, "8.3.6")).toBe("met")
    expect(status("pci-dss", { passwordMinLength: 11 }, "8.3.6")).toBe("not met")
    expect(status("pci-dss", { sessionIdleMinutes: 15 }, "8.2.8")).toBe("met")
    expect(status("pci-dss", { cardNumbers: "clear" }, "3.3.1")).toBe("not met")
    expect(status("hipaa", { auditDays: 365 }, "164.316(b)(2)(i)")).toBe("not met")
    expect(status("gdpr", { seriousFindings: 1 }, "Art. 32(1)(d)")).toBe("not met")
  })
  test("nothing in a report becomes markup", async () => {
    const audit = openAudit("memory:")
    await audit.append({ action: "read", actor: { type: "user", id: "<script>|a`b[x](y)" } })
    const parts = {
      system: "Shop <b>",
      at: new Date("2026-11-29T00:00:00Z"),
      checklists: [checklist("gdpr", {})],
      dataMap: dataMap({ models }),
      accesses: (await audit.list()).entries,
    }
    const html = toHtml(parts)
    expect([html.includes("<script>"), html.includes("Shop <b>"), html.includes("&lt;script&gt;")]).toEqual([
      false,
      false,
      true,
    ])
    const markdown = toMarkdown(parts)
    expect(markdown).toContain("# Shop \\<b\\>: compliance report of 2026-11-29")
    expect(markdown).toContain("user:\\<script\\>\\|a\\`b\\[x\\](y)")
    expect(markdown).toContain("| users.email | contact | to sign in | no | clear |")
  })
})
