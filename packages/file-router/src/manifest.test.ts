import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as posix from "node:path/posix"
import * as win32 from "node:path/win32"
import { pathToFileURL } from "node:url"
import { createApp } from "@ashlar/http"
import type { RouteTarget } from "./file-route.ts"
import { loadRoutes } from "./load.ts"
import { checkManifest, generateManifest, renewManifest, specifierOf, writeManifest } from "./manifest.ts"
import { temporaryFolder } from "./testing-folder.ts"

const IMPORT = 'import { get, post, layer } from "@ashlar/http"\n'
const SITE = {
  "routes/_layer.ts": `${IMPORT}export default layer({ name: "root", before: (ctx) => { ctx.set("x-root", "1") } })\n`,
  "routes/index.ts": `${IMPORT}export const GET = get("/", () => "root")\n`,
  "routes/(admin)/_layer.ts": `${IMPORT}export const user = layer({ name: "user", before: () => ({ user: "ada" }) })\nexport default [user]\n`,
  "routes/(admin)/me.ts": `${IMPORT}import { user } from "./_layer.ts"\nexport const GET = get("/me", { layers: [user] }, (ctx) => ctx.user)\n`,
  "routes/users/[id].ts": `${IMPORT}export const GET = get("/users/:id", (ctx) => ({ id: ctx.params.id }))\nexport const POST = post("/users/:id", () => "posted")\nexport const limit = 3\n`,
  "routes/users/index.ts": `${IMPORT}export const GET = get("/users", () => [])\n`,
  "routes/docs/[...slug].ts": `${IMPORT}export const GET = get("/docs/*slug", (ctx) => ctx.params.slug || "none")\n`,
  "routes/[[lang]]/[[page]].ts": "",
  "routes/größe.ts": `${IMPORT}export const GET = get("/gr%C3%B6%C3%9Fe", () => "groß")\n`,
  "routes/_lib/data.ts": "export const data = 1\n",
}

const site = temporaryFolder()
const folder = join(site.path, "routes")
const manifest = join(site.path, "routes.generated.ts")

beforeAll(() => {
  site.write(SITE)
  rmSync(join(folder, "[[lang]]"), { recursive: true })
})
afterAll(() => site.remove())

interface Manifest {
  readonly routes: Readonly<Record<string, never>>
  addRoutes(scope: RouteTarget): void
}

describe("a manifest", () => {
  test("names every file in an order of its own, and is the same every time", async () => {
    const text = await generateManifest({ folder })
    expect(text).toBe(await generateManifest({ folder, manifest }))
    expect(text.split("\n").filter((line) => line.startsWith("import"))).toEqual([
      'import { fileRoute, mountRoutes, type RouteTarget } from "@ashlar/file-router"',
      'import layer0 from "./routes/(admin)/_layer.ts"',
      'import layer1 from "./routes/_layer.ts"',
      'import * as module0 from "./routes/index.ts"',
      'import * as module1 from "./routes/docs/[...slug].ts"',
      'import * as module2 from "./routes/größe.ts"',
      'import * as module3 from "./routes/(admin)/me.ts"',
      'import * as module4 from "./routes/users/index.ts"',
      'import * as module5 from "./routes/users/[id].ts"',
    ])
    expect(text).toContain(
      'const file3 = fileRoute({ file: "(admin)/me.ts", path: "/me", keys: ["me"], layers: [layer1, layer0] }, module3)',
    )
    expect(text).toContain('"users": { ...file4.routes, "$id": file5.routes }')
    expect(text).not.toContain("_lib")
  })

  test("is written when it has to be, whole, and found to be up to date until a file comes, goes or is edited", async () => {
    expect(await checkManifest({ folder })).toEqual({ manifest, upToDate: false, reason: "missing" })
    expect([await writeManifest({ folder }), await writeManifest({ folder })]).toEqual([true, false])
    expect(await checkManifest({ folder })).toEqual({ manifest, upToDate: true })
    expect(readdirSync(site.path).sort()).toEqual(["routes", "routes.generated.ts"])

    writeFileSync(join(folder, "more.ts"), "")
    expect(await checkManifest({ folder })).toEqual({ manifest, upToDate: false, reason: "different" })
    rmSync(join(folder, "more.ts"))
    expect(await checkManifest({ folder })).toEqual({ manifest, upToDate: true })

    const text = readFileSync(manifest, "utf8")
    writeFileSync(manifest, text.replaceAll("\n", "\r\n"))
    expect(await checkManifest({ folder })).toEqual({ manifest, upToDate: true })
    writeFileSync(manifest, `${text}// mine\n`)
    expect(await checkManifest({ folder })).toEqual({ manifest, upToDate: false, reason: "different" })
    expect(await writeManifest({ folder })).toBe(true)
    expect(readFileSync(manifest, "utf8")).toBe(text)
  })

  test("may stand elsewhere, and import what a compiler makes", async () => {
    const elsewhere = join(site.path, "made", "deep", "routes.ts")
    expect(await writeManifest({ folder, manifest: elsewhere, importExtension: ".js" })).toBe(true)
    expect(readFileSync(elsewhere, "utf8")).toContain('import * as module0 from "../../routes/index.js"')
    rmSync(join(site.path, "made"), { recursive: true })
    const inside = await generateManifest({ folder, manifest: join(folder, "_routes.ts") })
    expect(inside).toContain('import * as module0 from "./index.ts"')
  })

  test("is written anew by what it says of itself, and nothing else is", async () => {
    const elsewhere = join(site.path, "made", "routes.ts")
    await writeManifest({ folder, manifest: elsewhere, importExtension: ".js" })
    const text = readFileSync(elsewhere, "utf8")
    expect(await renewManifest(elsewhere)).toBe(false)
    writeFileSync(elsewhere, `${text}// mine\n`)
    expect(await renewManifest(elsewhere)).toBe(true)
    expect(readFileSync(elsewhere, "utf8")).toBe(text)
    writeFileSync(elsewhere, "export const mine = 1\n")
    expect(await renewManifest(elsewhere)).toBeUndefined()
    rmSync(join(site.path, "made"), { recursive: true })
    expect(await renewManifest(elsewhere)).toBeUndefined()
  })

  test("writes nothing when the files are wrong", async () => {
    const before = readFileSync(manifest, "utf8")
    writeFileSync(join(folder, "a:b.ts"), "")
    await expect(writeManifest({ folder })).rejects.toMatchObject({ code: "FILE_ROUTER_NAME_INVALID" })
    await expect(checkManifest({ folder })).rejects.toMatchObject({ code: "FILE_ROUTER_NAME_INVALID" })
    rmSync(join(folder, "a:b.ts"))
    expect(readFileSync(manifest, "utf8")).toBe(before)
  })

  test("of no files is a module that adds nothing", async () => {
    const empty = join(folder, "_lib")
    rmSync(join(empty, "data.ts"))
    const text = await generateManifest({ folder: empty })
    expect(text).toContain("export function addRoutes(_scope: unknown): void {}")
    expect(text).not.toContain("import")
  })
})

describe("how a module names a folder", () => {
  const cases: readonly [system: typeof posix, module: string, folder: string, specifier: string][] = [
    [posix, "/app/src/routes.generated.ts", "/app/src/routes", "./routes"],
    [posix, "/app/made/r.ts", "/app/src/routes", "../src/routes"],
    [posix, "/app/src/routes/_r.ts", "/app/src/routes", "."],
    [posix, "/app/src/routes/deep/_r.ts", "/app/src/routes", ".."],
    [posix, "/app/src/r.ts", "/app/src/..routes", "./..routes"],
    [win32, "C:\\app\\src\\routes.generated.ts", "C:\\app\\src\\routes", "./routes"],
    [win32, "C:\\app\\made\\r.ts", "C:\\app\\src\\deep\\routes", "../src/deep/routes"],
    [win32, "C:\\app\\src\\routes\\_r.ts", "C:\\app\\src\\routes", "."],
  ]
  for (const [system, module, to, specifier] of cases) {
    test(`${module} names ${to} as ${specifier}`, () => expect(specifierOf(module, to, system)).toBe(specifier))
  }
})

describe("an app of files", () => {
  const answers: readonly [path: string, status: number, body: string][] = [
    ["/", 200, "root"],
    ["/me", 200, "ada"],
    ["/users", 200, "[]"],
    ["/users/7", 200, '{"id":"7"}'],
    ["/docs", 200, "none"],
    ["/docs/a/b", 200, "a/b"],
    ["/größe", 200, "groß"],
    ["/admin/me", 404, ""],
    ["/users/index", 200, '{"id":"index"}'],
    ["/_lib/data", 404, ""],
  ]
  const ways: readonly [name: string, add: () => Promise<(scope: RouteTarget) => void>][] = [
    ["by its manifest", async () => ((await import(pathToFileURL(manifest).href)) as Manifest).addRoutes],
    ["by what is there at run time", async () => (await loadRoutes({ folder })).addRoutes],
  ]
  for (const [name, add] of ways) {
    test(`answers ${name}`, async () => {
      const app = createApp()
      ;(await add())(app)
      for (const [path, status, body] of answers) {
        const response = await app.fetch(new Request(`http://x${path}`))
        expect([path, response.status]).toEqual([path, status])
        if (status !== 200) continue
        expect([path, await response.text(), response.headers.get("x-root")]).toEqual([path, body, "1"])
      }
      expect(app.url("users.$id.POST", { id: 7 })).toBe("/users/7")
    })
  }

  test("is one bundle that knows no file system", async () => {
    writeFileSync(
      join(site.path, "worker.ts"),
      'import { createApp } from "@ashlar/http"\nimport { addRoutes, routes } from "./routes.generated.ts"\n' +
        "export const app = createApp()\naddRoutes(app)\nexport const names = Object.keys(routes)\n",
    )
    const built = await Bun.build({
      entrypoints: [join(site.path, "worker.ts")],
      target: "browser",
      external: ["node:*", "@ashlar/http"],
    })
    const text = await built.outputs[0]!.text()
    expect(text).toContain('"/users/:id"')
    expect(text).not.toMatch(/node:|readdir/)
  })

  test("does not compile when a route says another path than its file", async () => {
    const check = async (): Promise<string> => {
      const root = join(import.meta.dir, "..", "..", "..")
      writeFileSync(
        join(site.path, "tsconfig.json"),
        JSON.stringify({
          extends: join(root, "tsconfig.base.json"),
          compilerOptions: { composite: false, isolatedDeclarations: false, noEmit: true, rootDir: "/" },
          files: ["routes.generated.ts"],
        }),
      )
      const child = Bun.spawn([join(root, "node_modules", ".bin", "tsc"), "-p", site.path], { stdout: "pipe" })
      return new Response(child.stdout).text()
    }
    expect(await check()).toBe("")
    const route = join(folder, "users", "[id].ts")
    writeFileSync(route, readFileSync(route, "utf8").replace('get("/users/:id"', 'get("/user/:id"'))
    expect(await check()).toMatch(/routes\.generated\.ts\(\d+,\d+\): error/)
    expect(await check()).toContain('"/user/:id"')
    expect(existsSync(route)).toBe(true)
  }, 30_000)
})
