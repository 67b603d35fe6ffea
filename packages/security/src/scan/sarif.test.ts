import { describe, expect, test } from "bun:test"
import sarifSchema from "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json" with { type: "json" }
import { Ajv } from "ajv"
import { findingOf, type Place, type RuleId, scanRules } from "./finding.ts"
import { toSarif } from "./sarif.ts"

describe("SARIF", () => {
  test("has what the standard asks for", () => {
    const one = findingOf("secret/known", { message: "m", place: { file: "src/a b.ts", line: 3 }, mark: "x" })
    const other = findingOf("header/no-csp", { message: "m", place: { url: "https://a.test/" }, mark: "" })
    const log = toSarif({ findings: [one, other], accepted: [{ ...one, reason: "known" }] }, "1.2.3") as {
      version: string
      runs: {
        tool: { driver: { name: string; rules: { id: string; shortDescription: { text: string } }[] } }
        results: Record<string, unknown>[]
      }[]
    }
    expect([log.version, log.runs.length]).toEqual(["2.1.0", 1])
    const { tool, results } = log.runs[0]!
    expect(tool.driver.rules.map(({ id }) => id)).toEqual(Object.keys(scanRules))
    for (const result of results) {
      expect(tool.driver.rules[result.ruleIndex as number]?.id).toBe(result.ruleId as string)
      expect(["none", "note", "warning", "error"]).toContain(result.level as string)
      expect((result.message as { text: string }).text.length).toBeGreaterThan(1)
    }
    expect(results[0]).toMatchObject({
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "src/a%20b.ts", uriBaseId: "%SRCROOT%" },
            region: { startLine: 3 },
          },
        },
      ],
    })
    expect(results[1]).toMatchObject({ locations: [{ logicalLocations: [{ fullyQualifiedName: "https://a.test/" }] }] })
    expect(results[2]).toMatchObject({
      suppressions: [{ kind: "external", status: "accepted", justification: "known" }],
    })
    expect(results[0]).not.toHaveProperty("suppressions")
  })
  test("is what the schema of SARIF 2.1.0 says, whatever was found", () => {
    // Of draft 4, whose name of itself Ajv refuses; what else the schema says is the same in draft 7.
    const { $schema: _draft, id, ...schema } = sarifSchema as Record<string, unknown>
    expect(id).toContain("sarif-2.1.0")
    const ajv = new Ajv({
      strict: false,
      unicodeRegExp: false,
      formats: { uri: URL.canParse, "uri-reference": isReference, "date-time": isTime },
    })
    const isValid = ajv.compile(schema)
    const places: readonly Place[] = [
      { file: "src/a b#c?.ts", line: 3 },
      { file: "yarn.lock" },
      { url: "https://a.test/" },
      { route: "POST /a/:id", file: "src/app.ts", line: 9 },
      {},
    ]
    const findings = (Object.keys(scanRules) as RuleId[]).flatMap((rule) =>
      places.map((place) => findingOf(rule, { message: "m", place, mark: "x" })),
    )
    for (const log of [
      { findings, accepted: [] },
      { findings: [], accepted: findings.map((one) => ({ ...one, reason: "known and meant" })) },
      { findings: [], accepted: [] },
    ]) {
      isValid(JSON.parse(JSON.stringify(toSarif(log, "1.2.3"))))
      expect(isValid.errors).toBeNull()
    }
    // It can say no.
    expect(isValid({ ...toSarif({ findings, accepted: [] }, "1.2.3"), version: "2.0.0" })).toBe(false)
  })
})

function isReference(text: string): boolean {
  return URL.canParse(text, "https://a.test/")
}
function isTime(text: string): boolean {
  return !Number.isNaN(Date.parse(text))
}
