import { afterEach, beforeEach, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { BunModules } from "./bun-modules.ts"
import { describeError } from "./error-description.ts"
import { NodeModules } from "./node-modules.ts"
import { type OwnCode, ownCodeOf } from "./own-code.ts"

let folder: string
let own: OwnCode
let modules: BunModules

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "ashlar-modules-")))
  write("package.json", "{}")
  own = ownCodeOf(join(folder, "app.ts"))
  modules = new BunModules(join(folder, "app.ts"), own)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string): void {
  mkdirSync(join(folder, name, ".."), { recursive: true })
  writeFileSync(join(folder, name), text)
}
const value = async (): Promise<unknown> => (await modules.load()).default

test("all of the developer's code is loaded anew, in circles too, and what is installed is not", async () => {
  write(
    "node_modules/counter/index.js",
    "globalThis.installedLoads = (globalThis.installedLoads ?? 0) + 1; export const loads = globalThis.installedLoads",
  )
  write(
    "app.ts",
    'import { b } from "./b.ts"; import { loads } from "counter"; export const a = 1; export default { b: b(), loads }',
  )
  write(
    "b.ts",
    'import { a } from "./app.ts"; import data from "./data.json"; export const b = () => [data.n, typeof a]',
  )
  write("data.json", '{"n":1}')
  expect(await value()).toEqual({ b: [1, "number"], loads: 1 })
  write("data.json", '{"n":2}')
  expect(await value()).toEqual({ b: [2, "number"], loads: 1 })
  const files = [...modules.files()].map(own.shown).filter((file) => !file.startsWith("/")) // others are of this suite
  expect(files.sort()).toEqual(["app.ts", "b.ts", "data.json"])
})

test("a module that failed is read again, at any depth, and one that was missing is found", async () => {
  write("app.ts", 'import { b } from "./b.ts"; export default b')
  write("b.ts", 'import { c } from "./deep/c.ts"; export const b = c')
  expect(value()).rejects.toThrow("./deep/c.ts")
  await value().catch(() => undefined)
  write("deep/c.ts", "export const c = ")
  await expect(value()).rejects.toThrow()
  write("deep/c.ts", 'throw new RangeError("not now"); export const c = 0')
  await expect(value()).rejects.toThrow("not now")
  write("deep/c.ts", "export const c = 3")
  expect(await value()).toBe(3)
})

test("a module that is gone is told with who imports it", async () => {
  write("app.ts", 'import { b } from "./deep/b"; export default b')
  write("deep/b.ts", 'import { c } from "../c.ts"; export const b = c')
  write("c.ts", "export const c = 1")
  expect(await value()).toBe(1)
  for (const [name, specifier, importer] of [
    ["c.ts", "../c.ts", "deep/b.ts"],
    ["deep/b.ts", "./deep/b", "app.ts"],
  ] as const) {
    const text = readFileSync(join(folder, name), "utf8")
    rmSync(join(folder, name))
    const error = await modules.load().catch((thrown: unknown) => thrown)
    expect(describeError(error, own)).toMatchObject({
      code: "HTTP_DEV_MODULE_GONE",
      message: `Cannot find module '${specifier}' imported from '${importer}'`,
      frame: { file: importer, line: 1 },
    })
    write(name, text)
    expect(await value()).toBe(1)
  }
})

test("a name that is imported and not exported is found when it is there, at any depth", async () => {
  write("app.ts", 'import { b } from "./b.ts"; import "./side.ts"; export default b')
  write("b.ts", 'import { c } from "./c.ts"; export const b = c')
  write("c.ts", 'import { d } from "./d.ts"; export const c = d')
  write("side.ts", "export const side = 1")
  for (const text of ["export const e = 1", "export const f = 1; throw new RangeError('no')"]) {
    write("d.ts", text)
    await expect(value()).rejects.toThrow("'d' not found")
    write("d.ts", "export const d = 4")
    expect(await value()).toBe(4)
  }
  write("c.ts", 'import d from "./d.ts"; export const c = d')
  await expect(value()).rejects.toThrow("'default'")
  write("d.ts", "export default ")
  await expect(value()).rejects.toThrow()
  write("d.ts", "await 0; export const n = 0")
  await expect(value()).rejects.toThrow("'default'")
  write("d.ts", "export default 5")
  expect(await value()).toBe(5)
})

test("modules that are imported or required later are known too, and those of linked packages", async () => {
  const linked = realpathSync(mkdtempSync(join(tmpdir(), "ashlar-linked-")))
  writeFileSync(join(linked, "package.json"), '{"name":"linked","main":"index.ts"}')
  writeFileSync(join(linked, "index.ts"), "export const n = 1")
  mkdirSync(join(folder, "node_modules"), { recursive: true })
  symlinkSync(linked, join(folder, "node_modules/linked"))
  write("later.ts", "export default 7")
  write(
    "app.ts",
    'import { n } from "linked"; export default { n, later: () => import("./later.ts"), required: require("./old.cjs") }',
  )
  write("old.cjs", "module.exports = 8")
  const app = (await value()) as { n: number; later(): Promise<{ default: number }>; required: number }
  expect([app.n, (await app.later()).default, app.required]).toEqual([1, 7, 8])
  expect(modules.files()).toContain(join(folder, "later.ts"))
  expect(modules.files()).toContain(join(linked, "index.ts"))
  writeFileSync(join(linked, "index.ts"), "export const n = 2")
  write("old.cjs", "module.exports = 9")
  expect(await value()).toMatchObject({ n: 2, required: 9 })
  for (const broken of ["export const n = ", "export const n = 0; throw new RangeError('no')"]) {
    writeFileSync(join(linked, "index.ts"), broken)
    await expect(value()).rejects.toThrow()
    writeFileSync(join(linked, "index.ts"), "export const n = 3")
    expect(await value()).toMatchObject({ n: 3 })
  }
  rmSync(linked, { recursive: true })
})

test("a Node that cannot load anew is refused: HTTP_DEV_UNSUPPORTED", () => {
  expect(() => new NodeModules("/app.ts", own, {})).toThrow(
    expect.objectContaining({ code: "HTTP_DEV_UNSUPPORTED", message: expect.stringContaining("22.15") }),
  )
})

test("Node's modules get a new name with each load, but for what is installed", () => {
  let resolve: ((specifier: string, context: object, next: never) => { url: string }) | undefined
  const node = new NodeModules(join(folder, "app.ts"), own, {
    registerHooks: (hooks) => {
      resolve = hooks.resolve as typeof resolve
    },
  })
  const found = (url: string): string => resolve!("x", {}, (() => ({ url })) as never).url
  expect(found(`file://${folder}/a.ts`)).toBe(`file://${folder}/a.ts?ashlar=0`)
  void node.load().catch(() => undefined)
  expect(found(`file://${folder}/a.ts?ashlar=0`)).toBe(`file://${folder}/a.ts?ashlar=1`)
  expect(found(`file://${folder}/node_modules/a.ts`)).toBe(`file://${folder}/node_modules/a.ts`)
  expect(found("node:fs")).toBe("node:fs")
  expect(own.shown(`${folder}/a.ts?ashlar=12`)).toBe("a.ts")
  expect([...node.files()].map(own.shown)).toEqual(["app.ts", "a.ts"])
})
