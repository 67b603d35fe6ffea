import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { freePort } from "@ashlar/core/testing/ports"

/** Each app is run, migrated by the command, and run again: it answers the same. */

const here = join(import.meta.dir, "..")
const cli = join(here, "..", "..", "apps", "cli", "src", "main.ts")
// Inside this workspace, where both frameworks are found.
mkdirSync(join(here, "dist"), { recursive: true })
const folder = mkdtempSync(join(here, "dist", "migrated-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Asked {
  readonly method?: string
  readonly path: string
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const TODOS: readonly Asked[] = [
  { path: "/" },
  { path: "/hello/Ada%20L" },
  { path: "/todos" },
  { path: "/todos?done=true" },
  { path: "/todos?done=false" },
  { path: "/todos/1" },
  { path: "/todos/9" },
  { method: "POST", path: "/todos", json: { title: "lay it" } },
  { method: "POST", path: "/todos", json: {} },
  { path: "/todos/2" },
  { method: "PUT", path: "/todos/2", json: { done: true } },
  { method: "PUT", path: "/todos/9", json: { done: true } },
  { path: "/todos?done=true" },
  { method: "DELETE", path: "/todos/2" },
  { method: "DELETE", path: "/todos/2" },
  { path: "/old" },
  { path: "/older" },
  { path: "/agent?a=1", headers: { "user-agent": "test", "x-own": "yes" } },
  { method: "POST", path: "/echo", json: [1, { a: null }] },
]
const SHOP: readonly Asked[] = [
  { path: "/health" },
  { path: "/items" },
  { path: "/items/a1" },
  { path: "/items/none" },
  { method: "POST", path: "/items", json: { sku: "b2", price: 4 } },
  { method: "POST", path: "/items", json: { sku: "b2", price: 4 } },
  { path: "/items/b2" },
]

const LIBRARY: readonly Asked[] = [
  { path: "/" },
  { path: "/hello/Ada%20L", headers: { "user-agent": "test" } },
  { path: "/search?q=a&tag=b&tag=c" },
  { path: "/page" },
  { path: "/old" },
  { path: "/older" },
  { method: "POST", path: "/echo", json: [1, { a: null }] },
  { path: "/books" },
  { path: "/books/1" },
  { path: "/books/9" },
  { method: "POST", path: "/books", json: {} },
  { method: "POST", path: "/books", json: { title: "Persuasion" } },
  { path: "/books/2" },
  { method: "DELETE", path: "/books/2" },
  { method: "DELETE", path: "/books/2" },
]
const NOTES: readonly Asked[] = [
  { path: "/health" },
  { path: "/notes" },
  { method: "POST", path: "/notes", json: { text: "two" } },
  { path: "/notes" },
  { path: "/v2/versions" },
]
const LINKS: readonly Asked[] = [
  { path: "/" },
  { path: "/page" },
  { path: "/links" },
  { path: "/links?q=none&q=example" },
  { path: "/links/1" },
  { path: "/links/9" },
  { method: "POST", path: "/links", json: {} },
  { method: "POST", path: "/links", json: { to: "https://example.com" } },
  { path: "/links/2" },
  { method: "DELETE", path: "/links/2" },
  { method: "DELETE", path: "/links/2" },
  { path: "/go/1" },
  { path: "/gone/1" },
  { path: "/agent", headers: { "user-agent": "test" } },
  { path: "/agent/Ada%20L", headers: { "user-agent": "test" } },
  { method: "POST", path: "/echo", json: { a: 1 } },
  { path: "/tags" },
  { path: "/tags/x" },
]

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false))
    socket.once("connect", () => socket.destroy())
  })
}

/** Runs an app, asks it everything in order, and gives what came. */
async function answersOf(file: string, asked: readonly Asked[]): Promise<unknown[]> {
  const port = await freePort()
  const child = Bun.spawn([process.execPath, file], {
    env: { ...process.env, PORT: String(port), NODE_ENV: "production" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  })
  try {
    for (let wait = 0; !(await isOpen(port)); wait++) {
      if (wait > 200 || child.exitCode !== null)
        throw new TypeError(`${file} does not start: ${await new Response(child.stderr).text()}`)
      await Bun.sleep(50)
    }
    const answers: unknown[] = []
    for (const { method = "GET", path, json, headers } of asked) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        redirect: "manual",
        headers: { ...headers, ...(json !== undefined && { "content-type": "application/json" }) },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      })
      const type = response.headers.get("content-type")?.split(";")[0]
      const text = await response.text()
      const isRedirect = response.status >= 300 && response.status < 400
      answers.push({
        asked: `${method} ${path}`,
        status: response.status,
        location: response.headers.get("location"),
        own: response.headers.get("x-todo"),
        // Express writes a page that says where to; browsers show it to nobody.
        ...(!isRedirect && { type, body: type === "application/json" ? JSON.parse(text) : text }),
      })
    }
    return answers
  } finally {
    child.kill("SIGKILL")
    await child.exited
  }
}

async function migrate(framework: string, app: string, ...flags: string[]): Promise<{ code: number; out: string }> {
  const child = Bun.spawn([process.execPath, cli, "migrate-from", framework, app, ...flags], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  })
  const out = await new Response(child.stdout).text()
  return { code: await child.exited, out }
}

const sourcesOf = (at: string): string[] =>
  (readdirSync(at, { recursive: true }) as string[])
    .filter((one) => /\.[cm]?js$/.test(one))
    .map((one) => readFileSync(join(at, one), "utf8"))

describe.each([
  ["express", "todos", "server.mjs", TODOS],
  ["express", "shop", "server.cjs", SHOP],
  ["fastify", "library", "server.mjs", LIBRARY],
  ["fastify", "notes", "server.cjs", NOTES],
  ["hono", "links", "server.mjs", LINKS],
] as const)("an app of %s: %s", (framework, app, file, asked) => {
  beforeAll(() => cpSync(join(here, "apps", app), join(folder, app), { recursive: true }))

  test("answers the same after it was migrated", async () => {
    const before = await answersOf(join(folder, app, file), asked)
    expect(before.filter((one) => (one as { status: number }).status >= 500)).toEqual([])
    const shown = await migrate(framework, app)
    expect([shown.code, shown.out]).toEqual([0, expect.stringContaining("would change. Write with --write.")])
    expect(sourcesOf(join(folder, app)).join().toLowerCase()).toContain(framework)
    const written = await migrate(framework, app, "--write")
    expect([written.code, written.out]).toEqual([0, expect.stringMatching(/^\d files? written\.\n$/)])
    const after = sourcesOf(join(folder, app)).join("\n")
    expect(after).toContain("@ashlar/http")
    expect(after).not.toMatch(/express|hono|require\("fastify"\)|from "fastify"|\b(?:res|reply|c\.req)\./)
    expect(await answersOf(join(folder, app, file), asked)).toEqual(before)
    const again = await migrate(framework, app)
    expect([again.code, again.out]).toEqual([0, "0 files would change. Write with --write.\n"])
  }, 60_000)
})
