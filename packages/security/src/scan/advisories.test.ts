import { afterAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { removeTrees, treeOf } from "../testing/scan-tree.ts"
import { isAffected, parseAdvisories, scanDependencies } from "./advisories.ts"
import { parseLockfile } from "./lockfiles.ts"
import { scan } from "./scan.ts"
import { compareVersions } from "./semver.ts"

afterAll(removeTrees)

describe("dependencies", () => {
  test("versions come in the order of semver", () => {
    // The example of semver.org, item 11.
    const order = [
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-beta",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0-rc.1",
      "1.0.0",
      "1.0.1",
      "1.2.0",
      "1.10.0",
      "2.0.0",
    ]
    for (let a = 0; a < order.length; a++)
      for (let b = 0; b < order.length; b++)
        expect(Math.sign(compareVersions(order[a]!, order[b]!)!)).toBe(Math.sign(a - b))
    expect([compareVersions("1.0.0+a", "v1.0"), compareVersions("x", "1.0.0")]).toEqual([0, undefined])
  })
  const osv = (events: object[], more: object = {}) => ({
    id: "GHSA-1",
    summary: "Bad",
    affected: [{ package: { ecosystem: "npm", name: "left" }, ranges: [{ type: "SEMVER", events }], ...more }],
  })
  test.each<[object[], string, boolean]>([
    [[{ introduced: "0" }, { fixed: "1.2.3" }], "1.2.2", true],
    [[{ introduced: "0" }, { fixed: "1.2.3" }], "1.2.3", false],
    [[{ introduced: "0" }, { fixed: "1.2.3" }], "1.2.3-rc.1", true],
    [[{ introduced: "0" }, { fixed: "1.2.3" }], "0.0.0-1", true],
    [[{ introduced: "2.0.0" }, { fixed: "2.1.0" }], "1.9.9", false],
    [[{ introduced: "0" }, { last_affected: "1.5.0" }], "1.5.0", true],
    [[{ introduced: "0" }, { last_affected: "1.5.0" }], "1.5.1", false],
    [[{ fixed: "3.1.0" }, { introduced: "3.0.0" }, { introduced: "0" }, { fixed: "2.5.0" }], "3.0.5", true],
    [[{ fixed: "3.1.0" }, { introduced: "3.0.0" }, { introduced: "0" }, { fixed: "2.5.0" }], "2.7.0", false],
    [[{ introduced: "1.0.0" }], "99.0.0", true],
  ])("%j has %s: %p", (events, version, affected) => {
    const [advisory] = parseAdvisories(JSON.stringify(osv(events)))
    expect(isAffected(advisory!, version)).toBe(affected)
  })
  test("are read from lockfiles of Bun and npm, and judged", async () => {
    const bun =
      '{ "packages": { "left": ["left@1.0.0", "", {}, "sha"], "@a/b": ["@a/b@2.0.0", "", {},], "own": ["own@workspace:x"], }, }'
    const npm = JSON.stringify({
      packages: {
        "": { version: "1.0.0" },
        "node_modules/left": { version: "1.0.0" },
        "node_modules/x/node_modules/@a/b": { version: "3.0.0" },
        "node_modules/l": { link: true },
      },
    })
    expect(parseLockfile("bun.lock", bun).map(({ name, version }) => `${name} ${version}`)).toEqual([
      "left 1.0.0",
      "@a/b 2.0.0",
    ])
    expect(parseLockfile("package-lock.json", npm).map(({ name, version }) => `${name} ${version}`)).toEqual([
      "left 1.0.0",
      "@a/b 3.0.0",
    ])
    const lines = [
      osv([{ introduced: "0" }, { fixed: "1.2.3" }], { database_specific: { severity: "CRITICAL" } }),
      { ...osv([{ introduced: "0" }]), id: "W", withdrawn: "2026" },
    ]
    const folder = treeOf({
      "bun.lock": bun,
      "advisories.ndjson": lines.map((line) => JSON.stringify(line)).join("\n"),
    })
    const report = await scan({ folder, advisories: join(folder, "advisories.ndjson") })
    expect(report.findings).toMatchObject([
      {
        rule: "dependency/vulnerable",
        severity: "critical",
        message: "left 1.0.0: Bad (GHSA-1).",
        fix: "Update left to 1.2.3 or later.",
      },
    ])
    expect(report.scanned).toMatchObject({ dependencies: 2, advisories: 1 })
    expect(
      scanDependencies(
        [{ name: "left", version: "1.2.3", file: "a" }],
        parseAdvisories(JSON.stringify({ vulns: lines })),
      ),
    ).toEqual([])
  })
  test("what cannot be read is told: SECURITY_SCAN_INPUT_INVALID", async () => {
    const refused = { code: "SECURITY_SCAN_INPUT_INVALID" }
    for (const text of ["{", '{"a":1}', "[1]"])
      expect(() => parseAdvisories(text)).toThrow(expect.objectContaining(refused))
    expect(() => parseLockfile("a", "{")).toThrow(expect.objectContaining(refused))
    const folder = treeOf({})
    await expect(scan({ folder, advisories: join(folder, "none") })).rejects.toMatchObject(refused)
    await expect(scan({ folder, baseline: join(folder, "none") })).rejects.toMatchObject(refused)
  })
})
