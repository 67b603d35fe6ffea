// The guide to routes from files: its files are one app, and do what it says.
import { expect, setDefaultTimeout, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { createTestingApp } from "../src/testing-app.ts"
import { startDev } from "../src/testing-dev.ts"
import { runCli } from "../src/testing-io.ts"

setDefaultTimeout(60_000)

const guide = join(import.meta.dir, "../../../docs/guides/file-routes.md")
const text = readFileSync(guide, "utf8")
const files = Object.fromEntries(
  [...text.matchAll(/```ts file=(\S+)\n([\s\S]*?)```/g)].map(([, file, program]) => [file!, program!]),
)
const commands = [...text.matchAll(/^ashlar (.+?)\s+#/gm)].map(([, command]) => command!.split(" "))

test("the app of the guide answers as the guide says, on Bun and on Node", async () => {
  expect(Object.keys(files)).toHaveLength(5)
  using app = createTestingApp(files)
  const [write, check] = commands as [string[], string[]]
  expect((await runCli(check, { cwd: app.folder })).exitCode).toBe(1)
  expect((await runCli(write, { cwd: app.folder })).stdout).toContain("src/routes.generated.ts is written.")
  expect((await runCli(check, { cwd: app.folder })).exitCode).toBe(0)
  for (const runtime of process.env.NODE_BIN ? ["bun", "node"] : ["bun"]) {
    await using dev = await startDev(app, ["--port", "0", "--runtime", runtime])
    const ask = async (path: string, init: RequestInit = {}): Promise<[number, string]> => {
      const response = await fetch(dev.url + path, init)
      return [response.status, response.ok ? await response.text() : ""]
    }
    expect(await ask("/")).toEqual([200, "home"])
    expect(await ask("/users/7")).toEqual([200, '{"id":"7"}'])
    expect(await ask("/users/7", { method: "DELETE" })).toEqual([204, ""])
    expect(await ask("/stats")).toEqual([403, ""])
    expect(await ask("/stats", { headers: { "x-role": "admin" } })).toEqual([200, '{"shownTo":"ada"}'])
  }
})

test("its table says what names stand for", async () => {
  const rows = [...text.matchAll(/^\| (`.+?) \| (`.+?) \|/gm)].map(([, names, paths]) =>
    [names!, paths!].map((cell) => [...cell.matchAll(/`(.+?)`/g)].map(([, one]) => one!)),
  )
  expect(rows.length).toBeGreaterThan(6)
  for (const [names, paths] of rows) {
    const route = (path: string): string =>
      `import { get } from "@ashlar/http"; export const GET = get("${path}", () => 1)`
    using app = createTestingApp(Object.fromEntries(names!.map((name, at) => [`routes/${name}`, route(paths![at]!)])))
    app.write("app.ts", files["src/main.ts"]!)
    await runCli(["routes", "--manifest", "routes"], { cwd: app.folder })
    const { stdout } = await runCli(["routes", "--json"], { cwd: app.folder })
    expect((JSON.parse(stdout).routes as { path: string }[]).map(({ path }) => path).sort()).toEqual(paths!.toSorted())
  }
})

test("leads to files that are there", () => {
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!)
  expect(links.filter((link) => !existsSync(join(dirname(guide), link)))).toEqual([])
})
