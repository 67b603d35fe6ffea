import { isRecord } from "../audit/read-entry.ts"
import { ScanInputInvalid } from "../errors.ts"
import { type Finding, findingOf, type Severity } from "./finding.ts"
import type { Dependency } from "./lockfiles.ts"
import { compareVersions } from "./semver.ts"

/** A weakness of one package of npm, as far as it matters here. */
export interface Advisory {
  readonly id: string
  readonly summary: string
  readonly severity: Severity
  readonly name: string
  readonly versions: readonly string[]
  readonly ranges: readonly (readonly {
    readonly introduced?: string
    readonly fixed?: string
    readonly lastAffected?: string
  }[])[]
}

/**
 * Reads advisories of OSV: one, a list of them, `{ vulns: [] }`, or one on each line.
 *
 * @throws {SECURITY_SCAN_INPUT_INVALID}
 * @see https://ossf.github.io/osv-schema/
 */
export function parseAdvisories(text: string): readonly Advisory[] {
  const values = parseAny(text)
  return values.flatMap((value) => {
    if (!isRecord(value) || typeof value.id !== "string" || !Array.isArray(value.affected))
      throw new ScanInputInvalid("Expected advisories in the JSON of OSV, with an id and what is affected.")
    const { id, withdrawn } = value
    if (withdrawn !== undefined && withdrawn !== null) return []
    const summary = typeof value.summary === "string" ? value.summary : "A known weakness"
    return value.affected.filter(isRecord).flatMap((affected) => {
      const { package: named, versions, ranges } = affected
      if (!isRecord(named) || named.ecosystem !== "npm" || typeof named.name !== "string") return []
      return {
        id,
        summary,
        severity: severityOf(value, affected),
        name: named.name,
        versions: Array.isArray(versions) ? versions.filter((one) => typeof one === "string") : [],
        ranges: (Array.isArray(ranges) ? ranges : [])
          .filter(isRecord)
          .flatMap((range) => (range.type === "GIT" ? [] : [eventsOf(range)])),
      }
    })
  })
}

function parseAny(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value)) return value
    return isRecord(value) && Array.isArray(value.vulns) ? value.vulns : [value]
  } catch {
    try {
      return text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [JSON.parse(line) as unknown]))
    } catch {
      throw new ScanInputInvalid("Expected advisories in JSON, or one on each line.")
    }
  }
}

function eventsOf(
  range: Readonly<Record<string, unknown>>,
): { introduced?: string; fixed?: string; lastAffected?: string }[] {
  const events = Array.isArray(range.events) ? range.events.filter(isRecord) : []
  return events.map(({ introduced, fixed, last_affected: last }) => ({
    ...(typeof introduced === "string" && { introduced }),
    ...(typeof fixed === "string" && { fixed }),
    ...(typeof last === "string" && { lastAffected: last }),
  }))
}

function severityOf(value: Readonly<Record<string, unknown>>, affected: Readonly<Record<string, unknown>>): Severity {
  for (const { database_specific: own } of [affected, value])
    if (isRecord(own) && typeof own.severity === "string") {
      const word = own.severity.toLowerCase()
      if (word === "critical" || word === "high" || word === "low") return word
      if (word === "moderate" || word === "medium") return "medium"
    }
  return "high" // unknown is not harmless
}

/** Whether a version is one of those that an advisory is about. */
export function isAffected({ versions, ranges }: Pick<Advisory, "versions" | "ranges">, version: string): boolean {
  if (versions.includes(version)) return true
  return ranges.some((events) => isWithin(events, version))
}

/** Of all events at or before the version the last one decides. */
function isWithin(events: Advisory["ranges"][number], version: string): boolean {
  const marks = events.flatMap(({ introduced, fixed, lastAffected }) => [
    ...(introduced === undefined
      ? []
      : [{ at: introduced === "0" ? "0.0.0-0" : introduced, isIn: true, isAfter: false }]),
    ...(fixed === undefined ? [] : [{ at: fixed, isIn: false, isAfter: false }]),
    ...(lastAffected === undefined ? [] : [{ at: lastAffected, isIn: false, isAfter: true }]),
  ])
  marks.sort((a, b) => compareVersions(a.at, b.at) ?? 0)
  let isIn = false
  for (const mark of marks) {
    const order = compareVersions(version, mark.at)
    if (order === undefined) return false
    if (mark.isAfter ? order > 0 : order >= 0) isIn = mark.isIn
  }
  return isIn
}

/** Dependencies that advisories are about, each once. */
export function scanDependencies(
  dependencies: readonly Dependency[],
  advisories: readonly Advisory[],
): readonly Finding[] {
  const byName = Map.groupBy(advisories, ({ name }) => name)
  const found = new Map<string, Finding>()
  for (const { name, version, file } of dependencies)
    for (const advisory of byName.get(name) ?? []) {
      if (!isAffected(advisory, version)) continue
      const { id, summary, severity } = advisory
      const fixed = advisory.ranges.flat().flatMap(({ fixed }) => fixed ?? [])
      const better = fixed
        .filter((one) => (compareVersions(one, version) ?? -1) > 0)
        .sort((a, b) => compareVersions(a, b) ?? 0)[0]
      found.set(
        `${file} ${name} ${version} ${id}`,
        findingOf("dependency/vulnerable", {
          message: `${name} ${version}: ${summary} (${id}).`,
          place: { file },
          mark: `${name} ${version} ${id}`,
          severity,
          ...(better === undefined
            ? { fix: `No mended version is known: leave ${name} out.` }
            : { fix: `Update ${name} to ${better} or later.` }),
        }),
      )
    }
  return [...found.values()]
}
