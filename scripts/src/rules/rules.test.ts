/** The rules find what they are for: each is given something that breaks it, and something that does not. */
import { describe, expect, test } from "bun:test"
import { type CatalogueEntry, renderCatalogue } from "../errors-catalogue.ts"
import { checkCodes, checkProvoked } from "./codes.ts"
import { checkManifests, checkTable, parseLayers } from "./layers.ts"
import { checkImports, checkManifest, importsOf } from "./manifests.ts"
import { checkDefinitions, checkEntry, checkErrors, checkExceptions, checkFile, hasAny } from "./sources.ts"
import { isSource, isTest, type Manifest, type Workspace } from "./workspaces.ts"

function workspace(folder: string, fields: Partial<Manifest> = {}, references: readonly string[] = []): Workspace {
  const name = `@ashlar/${folder.slice(folder.indexOf("/") + 1)}`
  return { folder, manifest: { name, version: "0.1.0", description: "A part.", license: "MIT", ...fields }, references }
}

const file = (text: string, path = "packages/a/src/a.ts") => ({ path, text })

describe("layers", () => {
  const markdown = `# House\n\n## Layers\n\nWords.\n\n| layer | packages | may import |\n| --- | --- | --- |
| core | core | |\n| rooms | \`a\`, b | core |\n| top | cli, server | core, rooms |\n\n## Next\n\n| x | y | z |\n| --- | --- | --- |\n| no | no | no |\n`
  const layers = parseLayers(markdown)
  const house = ["packages/core", "platform/a", "platform/b", "apps/cli", "platform/server"].map((folder) =>
    workspace(folder),
  )

  test("are read from the first table under the heading", () => {
    expect(layers).toEqual([
      { name: "core", packages: ["core"], mayImport: [] },
      { name: "rooms", packages: ["a", "b"], mayImport: ["core"] },
      { name: "top", packages: ["cli", "server"], mayImport: ["core", "rooms"] },
    ])
    expect(parseLayers("# Nothing")).toEqual([])
    expect(checkTable(layers, house)).toEqual([])
  })

  test("name every workspace once, and nothing else", () => {
    expect(checkTable(layers, [...house, workspace("packages/new")])).toEqual([
      expect.stringMatching(/^new: must be in exactly/),
    ])
    expect(checkTable(layers, house.slice(1))).toEqual([
      expect.stringMatching(/^core: is in a layer and is no workspace/),
    ])
    const twice = [...layers, { name: "more", packages: ["a"], mayImport: ["sky"] }]
    expect(checkTable(twice, house)).toEqual([
      expect.stringMatching(/^a: must be in exactly one layer/),
      expect.stringMatching(/^more: may import "sky", which is no layer/),
    ])
  })

  test.each<[string, Partial<Manifest>, number]>([
    ["platform/a", { dependencies: { "@ashlar/core": "workspace:*" } }, 0],
    ["platform/a", { dependencies: { jose: "6.2.17" } }, 0],
    ["platform/a", { dependencies: { "@ashlar/b": "workspace:*" } }, 1],
    ["platform/a", { devDependencies: { "@ashlar/b": "workspace:*" } }, 1],
    ["platform/a", { peerDependencies: { "@ashlar/b": "workspace:*" } }, 1],
    ["packages/core", { dependencies: { "@ashlar/a": "workspace:*" } }, 1],
    ["apps/cli", { dependencies: { "@ashlar/server": "workspace:*" } }, 0],
    ["platform/server", { dependencies: { "@ashlar/cli": "workspace:*" } }, 1],
  ])("%s with %p breaks %p of them", (folder, fields, count) => {
    expect(checkManifests(layers, [workspace(folder, fields)])).toHaveLength(count)
  })
})

describe("manifests", () => {
  test.each<[Partial<Manifest>, number]>([
    [{}, 0],
    [{ dependencies: { jose: "6.2.17", "@ashlar/core": "workspace:*" }, devDependencies: { x: "1.0.0-rc.1" } }, 0],
    [{ peerDependencies: { ioredis: ">=5" } }, 0],
    [{ description: "" }, 1],
    [{ license: "ISC" }, 1],
    [{ dependencies: { jose: "^6.2.17" } }, 1],
    [{ dependencies: { jose: "latest" } }, 1],
    [{ devDependencies: { jose: "6" } }, 1],
    [{ dependencies: { "@ashlar/core": "0.1.0" } }, 1],
    [{ dependencies: { jose: "workspace:*" } }, 1],
  ])("%p has %p faults", (fields, count) => {
    expect(checkManifest("x/package.json", workspace("packages/x", fields).manifest)).toHaveLength(count)
  })

  test.each<[string, string[]]>([
    ['import { v } from "@ashlar/validation"', ["@ashlar/validation"]],
    [
      'import {\n  type A,\n  b,\n} from "@ashlar/core"\nexport { c } from "@ashlar/http/testing"',
      ["@ashlar/core", "@ashlar/http"],
    ],
    ['import type { A } from "@ashlar/core"\nimport "@ashlar/core"', ["@ashlar/core"]],
    [`const late = await ${"import"}("@ashlar/server")`, ["@ashlar/server"]],
    ['/**\n * import { v } from "@ashlar/validation"\n */\nimport { a } from "./a.ts"', []],
    ['import { a } from "./a.ts"\nconst text = "@ashlar/core"', []],
    ['export function path() {\n  return resolve("@ashlar/http/dev")\n}', []],
  ])("%p imports %p", (text, names) => {
    expect(importsOf(file(text))).toEqual(names)
  })

  test("list what is imported: sources in dependencies, tests in either field, both in tsconfig.json", () => {
    const all = [workspace("packages/core"), workspace("packages/http")]
    const text = 'import { a } from "@ashlar/core"'
    const bare = workspace("packages/a")
    expect(checkImports(bare, [file(text)], all)).toHaveLength(2)
    const dev = workspace("packages/a", { devDependencies: { "@ashlar/core": "workspace:*" } }, ["packages/core"])
    expect(checkImports(dev, [file(text, "packages/a/src/a.test.ts")], all)).toEqual([])
    expect(checkImports(dev, [file(text)], all)).toEqual([
      expect.stringContaining("to dependencies of packages/a/package.json"),
    ])
    expect(checkImports(bare, [file('import { x } from "@ashlar/nowhere"')], all)).toEqual([
      expect.stringContaining("is no workspace"),
    ])
    expect(checkImports(bare, [file('import { x } from "@ashlar/a"')], all)).toEqual([])
  })
})

describe("sources", () => {
  test.each([
    ["packages/a/src/driver-url.ts", 400, 0],
    ["packages/a/src/driver-url.test.ts", 401, 0],
    ["packages/a/src/driver-url.test.ts", 601, 1],
    ["packages/a/src/driverUrl.ts", 1, 1],
    ["apps/a/src/Button.tsx", 1, 1],
    ["packages/a/src/string-utils.ts", 1, 1],
    ["packages/a/src/pool-manager.ts", 1, 1],
    ["packages/a/src/commonwealth.ts", 1, 0],
  ])("%s of %p lines has %p faults", (path, lines, count) => {
    expect(checkFile(file("x\n".repeat(lines), path))).toHaveLength(count)
  })

  test.each([
    ['/** Words. */\nexport type { A } from "./a.ts"\nexport {\n  b,\n  type C,\n} from "./b.ts"\n', 0],
    ['export * from "./a.ts"', 1],
    ['export { a } from "./a.ts"\nexport const b = 1', 1],
    ['import "./a.ts"', 1],
    ["console.log(1)", 1],
  ])("the entry %p has %p faults", (text, count) => {
    expect(checkEntry(file(text, "packages/a/src/index.ts"))).toHaveLength(count)
  })

  test.each([
    ['throw new Error("x")', 1],
    ['reject(new TypeError("x"))', 1],
    ['throw new RangeError("x")\nthrow new SyntaxError("x")', 2],
    ['throw new UserNotFound("x")', 0],
    ["  // throw new Error(x)\n * `throw new Error(` is not written", 0],
    ["cause: new AggregateError(failures)", 0],
    ["error instanceof Error", 0],
  ])("%p makes %p bare errors", (text, count) => {
    expect(checkErrors(file(text))).toHaveLength(count)
    expect(checkErrors(file(text, "platform/functions/src/runtimes/quickjs/prelude/x.ts"))).toEqual([])
  })

  test("defineError outside of errors.ts is found", () => {
    const text = 'export const X = defineError("A_X", 400, "x")'
    expect(checkDefinitions(file(text))).toHaveLength(1)
    expect(checkDefinitions(file(text, "packages/a/src/errors.ts"))).toEqual([])
  })

  test.each([
    ["export declare const a: any", true],
    ["declare function a(b: Record<string, any>): void", true],
    ["declare function a(...args: any[]): void", true],
    ["declare const a: () => any", true],
    ["type A<T extends any> = T", true],
    ["declare const a: string | any", true],
    ["/** any: of them */\ndeclare const a: unknown // : any", false],
    ['type Kind = "scalar" | "any"', false],
    ["declare const many: company", false],
    ["interface A { any(): void }", false],
  ])("%p says any: %p", (text, says) => {
    expect(hasAny(text)).toBe(says)
  })

  test("an exception that nothing needs is found", () => {
    expect(checkExceptions([]).length).toBeGreaterThan(0)
  })

  test.each([
    ["packages/a/src/a.ts", true, false],
    ["packages/a/src/a.test.ts", false, true],
    ["packages/a/src/a.test-d.ts", false, true],
    ["packages/a/test/harness.ts", false, true],
    ["packages/a/src/testing/fake.ts", false, true],
    ["packages/a/src/testing-io.ts", false, true],
    ["packages/a/src/contest.ts", true, false],
    ["packages/a/vite.config.ts", false, false],
  ])("%s is source: %p, is test: %p", (path, source, isOfTest) => {
    expect([isSource(file("", path)), isTest(file("", path))]).toEqual([source, isOfTest])
  })
})

describe("codes", () => {
  const entry = (code: string, name = "@ashlar/core"): CatalogueEntry => ({
    code,
    status: 400,
    summary: "What it means | what to do.",
    package: name,
    about: "About it.",
  })

  test("are unique and start with their package's name", () => {
    expect(checkCodes([entry("CORE_A"), entry("INTERNAL"), entry("HTTP_A", "@ashlar/http")])).toEqual([])
    expect(checkCodes([entry("CORE_A"), entry("CORE_A")])).toEqual([expect.stringContaining("is defined twice")])
    expect(checkCodes([entry("HTTP_A")])).toEqual([expect.stringContaining("does not start with CORE_")])
  })

  test("must be named by a test, as a whole word", () => {
    const tests = [file('toMatchObject({ code: "CORE_MISSPELT_NAME" })', "packages/core/src/a.test.ts")]
    expect(checkProvoked([entry("CORE_MISSPELT_NAME")], tests)).toEqual([])
    expect(checkProvoked([entry("CORE_MISSPELT")], tests)).toHaveLength(1)
    expect(checkProvoked([entry("CORE_MISSPELT_NAME")], [file("CORE_MISSPELT_NAME")])).toHaveLength(1)
  })

  test("are catalogued by package, with what would break the table escaped", () => {
    const page = renderCatalogue([entry("CORE_A"), { ...entry("SDK_B", "@ashlar/sdk"), status: 0 }])
    expect(page).toContain("## @ashlar/core\n\nAbout it.\n\n| code | status |")
    expect(page).toContain("| `CORE_A` | 400 | What it means \\| what to do. |")
    expect(page).toContain("| `SDK_B` |  | ")
  })
})
