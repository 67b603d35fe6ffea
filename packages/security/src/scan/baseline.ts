import { isRecord } from "../audit/read-entry.ts"
import { ScanInputInvalid } from "../errors.ts"
import type { Finding } from "./finding.ts"

/** A finding that somebody decided to live with. */
export interface Accepted {
  readonly rule: string
  /** Of a finding; or a file, or the start of a path that ends with `/`. */
  readonly fingerprint?: string
  readonly path?: string
  /** Why. Nobody accepts anything without. */
  readonly reason: string
}

/** Reads a baseline: `{ "accepted": [{ "rule", "fingerprint" or "path", "reason" }] }`. @throws {SECURITY_SCAN_INPUT_INVALID} */
export function parseBaseline(text: string): readonly Accepted[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ScanInputInvalid("The baseline is not JSON.")
  }
  if (!isRecord(value) || !Array.isArray(value.accepted))
    throw new ScanInputInvalid('Expected { "accepted": [] } in the baseline.')
  return value.accepted.map((one: unknown, at) => {
    const isOne =
      isRecord(one) && typeof one.rule === "string" && typeof one.reason === "string" && one.reason.trim().length >= 10
    const { fingerprint, path } = isRecord(one) ? one : {}
    if (!isOne || (typeof fingerprint !== "string") === (typeof path !== "string"))
      throw new ScanInputInvalid(
        `accepted[${at}] of the baseline: expected a rule, a fingerprint or a path, and a reason of ten characters or more.`,
      )
    const { rule, reason } = one as { rule: string; reason: string }
    return { rule, reason, ...(typeof fingerprint === "string" ? { fingerprint } : { path: String(path) }) }
  })
}

export interface Judged {
  readonly findings: readonly Finding[]
  readonly accepted: readonly (Finding & { readonly reason: string })[]
  /** Of the baseline what nothing was found for any more: take it out. */
  readonly unused: readonly Accepted[]
}

/** Parts what is accepted from what is not. */
export function judge(findings: readonly Finding[], baseline: readonly Accepted[]): Judged {
  const used = new Set<Accepted>()
  const open: Finding[] = []
  const accepted: (Finding & { reason: string })[] = []
  for (const finding of findings) {
    const known = baseline.find((one) => isFor(one, finding))
    if (known === undefined) open.push(finding)
    else {
      used.add(known)
      accepted.push({ ...finding, reason: known.reason })
    }
  }
  return { findings: open, accepted, unused: baseline.filter((one) => !used.has(one)) }
}

function isFor({ rule, fingerprint, path }: Accepted, finding: Finding): boolean {
  if (rule !== finding.rule) return false
  if (fingerprint !== undefined) return fingerprint === finding.fingerprint
  const { file } = finding.place
  return path !== undefined && file !== undefined && (path.endsWith("/") ? file.startsWith(path) : file === path)
}
