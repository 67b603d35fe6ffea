/** Every program of the guide to databases is run: each ends with what must be true. */
import { afterAll, describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { isListening, testServers } from "../src/testing/database-servers.ts"
import { openMongoServer } from "./mongodb/server.ts"

const guides = join(import.meta.dir, "..", "..", "..", "docs", "guides")
// Inside the package, where programs find what they import.
const built = join(import.meta.dir, "..", "dist")
mkdirSync(built, { recursive: true })
const folder = mkdtempSync(join(built, "guide-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// What `prisma generate` writes there, by the client of our own tests.
mkdirSync(join(folder, "generated"))
writeFileSync(
  join(folder, "generated", "client.ts"),
  `export { SqliteClient as PrismaClient } from ${JSON.stringify(join(import.meta.dir, "friends", "prisma-client.ts"))}\n`,
)

const mongo = await openMongoServer()
afterAll(() => mongo.close())

const postgres = testServers.find(({ name }) => name === "PostgreSQL")
const hasPostgres = await isListening(postgres?.port ?? 0)

describe("the guide to databases", () => {
  const text = readFileSync(join(guides, "databases.md"), "utf8")
  const programs: [string, string][] = []
  let chapter = ""
  for (const [, title, program] of text.matchAll(/^## (.+)$|```ts\n([\s\S]*?)```/gm)) {
    if (title !== undefined) chapter = title
    else programs.push([chapter, program!])
  }

  test.each(programs)("%s", async (title, program) => {
    if (title === "Replicas" && !hasPostgres && process.env.CI !== "true") return
    expect(program).toContain("assert.")
    const file = join(folder, `${title.replace(/\W+/g, "-")}.ts`)
    writeFileSync(file, program)
    const env = { ...process.env, POSTGRES_URL: postgres?.adminUrl ?? "", MONGODB_URL: mongo.url }
    const child = Bun.spawn([process.execPath, file], { cwd: folder, env, stdin: "ignore", stderr: "pipe" })
    const [code, problems] = await Promise.all([child.exited, new Response(child.stderr).text()])
    expect([code, problems]).toEqual([0, ""])
  })

  test("has a program in nearly every chapter", () => {
    expect(programs).toHaveLength(10)
  })

  test("leads to files that are there", () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!)
    expect(links.filter((link) => !existsSync(join(guides, link)))).toEqual([])
  })
})
