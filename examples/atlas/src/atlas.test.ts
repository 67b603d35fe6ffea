import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createApp } from "@ashlar/http"
import { createAshlar, isRequestError, type Runtime } from "@ashlar/sdk"
import { fuzzRoutes } from "@ashlar/testing"
import { v } from "@ashlar/validation"
import { type Atlas, COUNTRIES_FILE, startAtlas } from "./atlas.ts"

interface Country {
  cca3: string
  name: { common: string }
  region: string
  area: number
  borders: string[]
}

/** The package's own file, read without the platform. */
const countries: Country[] = await Bun.file(COUNTRIES_FILE).json()

const folder = mkdtempSync(join(tmpdir(), "ashlar-atlas-"))
const credentialsFile = join(folder, "state", "credentials.json")
const quiet = { info: () => {}, error: () => {} }
const printed: string[] = []
const io = { stdout: (text: string) => void printed.push(text), stderr: (text: string) => void printed.push(text) }
const options = { port: 0, data: join(folder, "data"), credentialsFile, log: quiet, io }
const start = () => startAtlas(options)

let atlas: Atlas

beforeAll(async () => {
  atlas = await start()
}, 60_000)

afterAll(async () => {
  await atlas?.stop()
  rmSync(folder, { recursive: true, force: true })
}, 30_000)

/** Asks as anybody on the network would: without any key. */
async function ask(runtime: Runtime, path: string): Promise<unknown> {
  const response = await fetch(`${atlas.url}/f/atlas/atlas-${runtime}${path}`)
  expect({ path, status: response.status }).toEqual({ path, status: 200 })
  return response.json()
}

const byArea = (a: { area: number; cca3: string }, b: { area: number; cca3: string }) =>
  b.area - a.area || (a.cca3 < b.cca3 ? -1 : 1)

/** The countries of a region as the package itself has them. */
function expectedRegion(region: string, minArea: number) {
  return countries
    .filter((country) => country.region === region && country.area >= minArea)
    .map(({ cca3, name, area }) => ({ cca3, name: name.common, area }))
    .sort(byArea)
}

const regions = [...new Set(countries.map(({ region }) => region))].sort()

for (const runtime of ["bun", "quickjs"] as const) {
  describe(`in ${runtime}`, () => {
    test("all regions, at several areas, match the package", async () => {
      expect(regions).toHaveLength(6)
      for (const region of regions) {
        for (const minArea of [0, 2.02, 100_000, 1e9]) {
          const answer = await ask(runtime, `/region/${region}?minArea=${minArea}`)
          expect(answer).toEqual({ region, minArea, countries: expectedRegion(region, minArea) })
        }
      }
    })

    test("the neighbours of all 250 countries match the package", async () => {
      expect(countries).toHaveLength(250)
      const names = new Map(countries.map(({ cca3, name }) => [cca3, name.common]))
      for (const { cca3, name, borders } of countries) {
        const neighbours = [...borders].sort().map((code) => ({ cca3: code, name: names.get(code) }))
        expect(await ask(runtime, `/neighbours/${cca3}`)).toEqual({ cca3, name: name.common, neighbours })
      }
    }, 60_000)

    test("the totals match the package", async () => {
      const expected = regions.map((region) => {
        const inside = countries.filter((country) => country.region === region)
        const area = inside.reduce((sum, country) => sum + Math.max(0, country.area), 0)
        return { region, count: inside.length, area: Math.round(area * 100) / 100 }
      })
      expect(expected.reduce((sum, { count }) => sum + count, 0)).toBe(250)
      expect(await ask(runtime, "/totals")).toEqual({ regions: expected })
    })

    test("what does not exist, or makes no sense, is said so", async () => {
      const statusOf = async (path: string) => (await fetch(`${atlas.url}/f/atlas/atlas-${runtime}${path}`)).status
      expect(await statusOf("/neighbours/XXX")).toBe(404)
      expect(await statusOf("/nowhere")).toBe(404)
      expect(await statusOf("/region/Europe?minArea=large")).toBe(400)
      expect(await statusOf("/region/Europe?minArea=1e999")).toBe(400)
      expect(await ask(runtime, "/region/Atlantis")).toEqual({ region: "Atlantis", minArea: 0, countries: [] })
    })

    test("whatever is asked, an answer comes that was thought of", async () => {
      const app = createApp({ development: false })
      const forward = ({ url }: { readonly url: URL }): Promise<Response> =>
        fetch(`${atlas.url}/f/atlas/atlas-${runtime}${url.pathname}${url.search}`)
      const found = v.object({ region: v.string(), minArea: v.number(), countries: v.array(v.unknown()) })
      const refused = v.object({ message: v.string() })
      const query = v.object({ minArea: v.string().optional() })
      app.get("/region/:region", { query, response: { 200: found, 400: refused } }, forward)
      app.get("/neighbours/:cca3", { response: { 200: v.unknown(), 404: refused } }, forward)
      app.get("/totals", { response: { 200: v.object({ regions: v.array(v.unknown()) }) } }, forward)
      await fuzzRoutes(app, {
        seed: 1,
        runs: 60,
        values: { region: regions, cca3: ["CHE"], minArea: ["1000", "1e999"] },
      })
    }, 60_000)

    test("each call leaves a line in the log", async () => {
      const answer = await fetch(`${atlas.url}/f/atlas/atlas-${runtime}/neighbours/AUT`)
      const invocation = answer.headers.get("ashlar-invocation") ?? ""
      const { items } = await atlas.admin.functions.logs("atlas", `atlas-${runtime}`, { invocation })
      expect(items.map(({ kind }) => kind)).toEqual(["log", "request"])
      expect(items[0]).toMatchObject({ message: "asked", fields: { route: "neighbours", argument: "AUT" } })
    })
  })
}

describe("the documents", () => {
  const open = (key?: string) =>
    createAshlar({ url: atlas.url, project: "atlas", ...(key === undefined ? {} : { key }) }).collection<Country>(
      "countries",
    )

  test("are the package's 250, under their codes", async () => {
    const found = await open(atlas.credentials.secretKey).where().sort("cca3").all()
    const byCode = countries.toSorted((a, b) => (a.cca3 < b.cca3 ? -1 : 1))
    expect(found.map(({ id }) => id)).toEqual(byCode.map(({ cca3 }) => cca3))
    expect(found.map(({ data }) => data)).toEqual(byCode)
  })

  test.each([
    ["anybody", 401, () => open()],
    ["a publishable key", 403, () => open(atlas.credentials.publishableKey)],
  ])("are closed to %s", async (_, status, collection) => {
    const error = await collection()
      .get("CHE")
      .catch((cause: unknown) => cause)
    expect(isRequestError(error) && error.status).toBe(status)
  })

  test("of one region come by their index, not by looking at all", async () => {
    const plan = await open(atlas.credentials.secretKey)
      .where({ region: "Europe", area: { $gte: 100_000 } })
      .sort("-area")
      .explain()
    expect(plan).toMatchObject({ scan: false, index: expect.any(String) })
  })
})

test("a second start finds everything done, and keeps its credentials to itself", async () => {
  expect(statSync(credentialsFile).mode & 0o777).toBe(0o600)
  const kept = readFileSync(credentialsFile, "utf8")
  await atlas.stop()
  printed.length = 0
  atlas = await start()
  expect(atlas.isNew).toBe(false)
  expect(readFileSync(credentialsFile, "utf8")).toBe(kept)
  expect(printed.join("")).toContain("Nothing has changed.")
  expect(printed.join("")).not.toContain("Imported")
  expect(await ask("bun", "/neighbours/CHE")).toMatchObject({ name: "Switzerland" })
}, 60_000)

test("a start without the credentials of the first one says what to do", async () => {
  await atlas.stop()
  const error = await startAtlas({ ...options, credentialsFile: join(folder, "gone.json") }).catch((cause) => cause)
  expect(error).toMatchObject({ code: "ATLAS_CREDENTIALS_LOST", message: expect.stringContaining("Delete both.") })
  atlas = await start()
}, 60_000)

test("a first start that is interrupted closes the platform, and the next one goes on", async () => {
  const other = { ...options, data: join(folder, "other"), credentialsFile: join(folder, "other.json") }
  const signal = AbortSignal.abort(new Error("stop"))
  const error = await startAtlas({ ...other, io: { ...io, signal } }).catch((cause) => cause)
  expect(error).toMatchObject({ code: "ATLAS_COMMAND_FAILED" })
  const second = await startAtlas(other)
  expect(await second.admin.collections.get("atlas", "countries")).toMatchObject({ count: 250 })
  await second.stop()
}, 60_000)
