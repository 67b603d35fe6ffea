import { describe, expect, test } from "bun:test"
import { BUDGET, MAX_GROWTH } from "./budget.ts"
import { generateApp } from "./generated-app.ts"
import { checkTypes, parseDiagnostics } from "./type-check.ts"
import { measureClient, measureTypes, type TypeCost } from "./type-cost.ts"

/** Timed, and so generous: a machine under load may be slow. */
const MAX_CHECK_MS = 3000

async function costs(sizes: readonly number[], schemas: "v" | "zod"): Promise<readonly TypeCost[]> {
  const all: TypeCost[] = []
  for await (const cost of measureTypes(sizes, schemas)) all.push(cost)
  return all
}

describe("what a route costs the compiler", () => {
  test("is within its budget, and no more in an app of 1,000 routes than in one of 200", async () => {
    const [few, many] = (await costs([200, 1000], "v")).map(({ instantiationsPerRoute }) => instantiationsPerRoute)
    expect(few!).toBeGreaterThan(100) // a broken measurement must not pass as a cheap one
    expect(few!).toBeLessThanOrEqual(BUDGET.v)
    expect(many! / few!).toBeLessThanOrEqual(MAX_GROWTH)
  }, 120_000)
  test("is within its budget with Zod", async () => {
    const [cost] = await costs([200], "zod")
    expect(cost!.instantiationsPerRoute).toBeGreaterThan(100)
    expect(cost!.instantiationsPerRoute).toBeLessThanOrEqual(BUDGET.zod)
  }, 120_000)
  test("is little for a client that sees the emitted declarations, which name no schema", async () => {
    const { instantiationsPerRoute, declarationBytesPerRoute } = await measureClient(200)
    expect(instantiationsPerRoute).toBeGreaterThan(10)
    expect(instantiationsPerRoute).toBeLessThanOrEqual(BUDGET.client)
    expect(declarationBytesPerRoute).toBeLessThanOrEqual(450)
  }, 120_000)
  test("checks 500 routes in its time", async () => {
    const [cost] = await costs([500], "v")
    expect(cost!.checkMs).toBeLessThanOrEqual(MAX_CHECK_MS)
  }, 120_000)
})

describe("a generated app", () => {
  test.each([0, 1, 50, 500])("of %p routes has as many, each called once", (routes) => {
    const source = [...generateApp(routes).values()].join("\n")
    expect(source.match(/^ {2}\w+: (?:get|post|patch|del)\(/gm)?.length ?? 0).toBe(routes)
    expect(source.match(/await api\.\w+\(/gm)?.length ?? 0).toBe(routes)
  })
  test("has modules of 5 to 50 routes", () => {
    expect([...generateApp(500).keys()].filter((name) => name.startsWith("module")).length).toBe(24)
  })
  test("that does not compile is no measurement", async () => {
    const files = new Map(generateApp(0)).set("app.ts", 'export const wrong: number = "text"')
    await expect(checkTypes(files)).rejects.toThrow("TS2322")
  }, 60_000)
})

describe("the compiler's report", () => {
  test("gives instantiations and the checker's time", () => {
    const report = "Files:              123\nInstantiations:   45678\nCheck time:      0.512s\nTotal time:      0.7s\n"
    expect(parseDiagnostics(report)).toEqual({ instantiations: 45678, checkMs: 512 })
  })
  test("without these lines is refused", () => {
    expect(() => parseDiagnostics("Files: 1\n")).toThrow('no line "Instantiations"')
  })
})
