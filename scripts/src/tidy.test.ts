/** The rules of the house, held over the whole repository. Each line of a failure names a place and its fix. */
import { describe, expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { CATALOGUE, COMMAND, readErrors, renderCatalogue } from "./errors-catalogue.ts"
import { checkCodes, checkProvoked } from "./rules/codes.ts"
import { checkManifests, checkTable, parseLayers, readArchitecture } from "./rules/layers.ts"
import { checkImports, checkManifest } from "./rules/manifests.ts"
import {
  checkAny,
  checkDefinitions,
  checkEntry,
  checkErrors,
  checkExceptions,
  checkFile,
  emittedOf,
} from "./rules/sources.ts"
import { isProduct, isSource, isTest, readRootManifest, readSources, readWorkspaces, root } from "./rules/workspaces.ts"

const workspaces = readWorkspaces()
const layers = parseLayers(readArchitecture())
const houses = workspaces.map((workspace) => ({ workspace, files: readSources(workspace) }))
const files = houses.flatMap((house) => house.files)
const products = houses.filter(({ workspace }) => isProduct(workspace))
const shipped = products.flatMap((house) => house.files.filter(isSource))

test("there is something to check", () => {
  expect(layers.length).toBeGreaterThanOrEqual(5)
  expect(products.length).toBeGreaterThanOrEqual(10)
  expect(shipped.length).toBeGreaterThan(100)
})

describe("the layers of docs/architecture.md", () => {
  test("name every workspace once", () => {
    expect(checkTable(layers, workspaces)).toEqual([])
  })
  test("allow what every manifest lists", () => {
    expect(checkManifests(layers, workspaces)).toEqual([])
  })
})

describe("manifests", () => {
  test("say what they are, under which licence, and exact versions", () => {
    const all = workspaces.map(({ folder, manifest }) => [`${folder}/package.json`, manifest] as const)
    expect(
      [["package.json", readRootManifest()] as const, ...all].flatMap(([path, manifest]) =>
        checkManifest(path, manifest),
      ),
    ).toEqual([])
  })
  test("list what is imported, and so does each tsconfig.json", () => {
    expect(houses.flatMap(({ workspace, files }) => checkImports(workspace, files, workspaces))).toEqual([])
  })
})

describe("source", () => {
  test("is in short files named after what is in them", () => {
    expect(files.flatMap(checkFile)).toEqual([])
  })
  test("has no exceptions that it does not need", () => {
    expect(checkExceptions(files)).toEqual([])
  })
  test("enters a package by explicit exports only", () => {
    expect(shipped.filter(({ path }) => path.endsWith("/src/index.ts")).flatMap(checkEntry)).toEqual([])
  })
  test("makes no bare Error", () => {
    expect(shipped.flatMap(checkErrors)).toEqual([])
  })
  const libraries = products.filter(({ workspace }) => workspace.manifest.exports !== undefined)
  const sources = libraries.flatMap(({ workspace, files }) =>
    files.filter(isSource).map((file) => [file, workspace.folder] as const),
  )
  const isCompiled = sources.some((source) => emittedOf(...source) !== undefined)
  if (!isCompiled) console.warn("skipped: what exported signatures say, for nothing is compiled. Run npm run check.")
  test.skipIf(!isCompiled)("says `any` in no exported signature", () => {
    expect(sources.flatMap((source) => checkAny(...source))).toEqual([])
  })
})

describe("errors", async () => {
  const errors = await readErrors()

  test("are defined in errors.ts", () => {
    const own = "packages/core/src/errors.ts"
    expect(shipped.filter(({ path }) => path !== own).flatMap(checkDefinitions)).toEqual([])
  })
  test("have codes of their own, with the package's name in front", () => {
    expect(errors.length).toBeGreaterThan(20)
    expect(checkCodes(errors)).toEqual([])
  })
  test("are each provoked by a test", () => {
    expect(checkProvoked(errors, files.filter(isTest))).toEqual([])
  })
  test(`are the catalogue: otherwise run ${COMMAND}`, () => {
    const path = join(root, CATALOGUE)
    expect(existsSync(path) ? readFileSync(path, "utf8") : `${CATALOGUE} is missing.`).toBe(renderCatalogue(errors))
  })
})
