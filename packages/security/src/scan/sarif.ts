import type { Judged } from "./baseline.ts"
import { type Finding, type RuleId, type Severity, scanRules } from "./finding.ts"

const LEVELS = { low: "note", medium: "warning", high: "error", critical: "error" } as const
/** As code scanning of forges sorts them. */
const SCORES: Readonly<Record<Severity, string>> = { low: "3.0", medium: "5.5", high: "8.0", critical: "9.5" }

/**
 * Findings as SARIF 2.1.0, for code scanning. What is accepted is there, as suppressed.
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function toSarif({ findings, accepted }: Pick<Judged, "findings" | "accepted">, version: string): object {
  const ids = Object.keys(scanRules) as RuleId[]
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "ashlar security scan",
            version,
            rules: ids.map((id) => {
              const { title, fix, severity } = scanRules[id]
              return {
                id,
                name: id.replaceAll(/(?:^|[/-])(\w)/g, (_match, letter: string) => letter.toUpperCase()),
                shortDescription: { text: title },
                help: { text: fix },
                defaultConfiguration: { level: LEVELS[severity] },
                properties: { "security-severity": SCORES[severity], tags: ["security"] },
              }
            }),
          },
        },
        columnKind: "utf16CodeUnits",
        results: [
          ...findings.map((one) => resultOf(one, ids)),
          ...accepted.map((one) => resultOf(one, ids, one.reason)),
        ],
      },
    ],
  }
}

function resultOf(
  { rule, severity, message, fix, place, fingerprint }: Finding,
  ids: readonly RuleId[],
  reason?: string,
): object {
  const { file, line, url, route } = place
  const names = [url, route].filter((one) => one !== undefined)
  return {
    ruleId: rule,
    ruleIndex: ids.indexOf(rule),
    level: LEVELS[severity],
    message: { text: `${message} ${fix}` },
    partialFingerprints: { "ashlarFinding/v1": fingerprint },
    locations: [
      {
        ...(file !== undefined && {
          physicalLocation: {
            artifactLocation: { uri: file.split("/").map(encodeURIComponent).join("/"), uriBaseId: "%SRCROOT%" },
            region: { startLine: line ?? 1 },
          },
        }),
        ...(names.length > 0 && { logicalLocations: names.map((fullyQualifiedName) => ({ fullyQualifiedName })) }),
      },
    ],
    ...(reason !== undefined && { suppressions: [{ kind: "external", status: "accepted", justification: reason }] }),
  }
}
