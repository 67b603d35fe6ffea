import type { Finding } from "../scan/finding.ts"
import { toSarif } from "../scan/sarif.ts"
import { scan } from "../scan/scan.ts"
import { type AuditRequest, answerAudit } from "./answer-audit.ts"
import { answerCompliance, type ComplianceRequest } from "./answer-compliance.ts"

export interface ScanRequest {
  readonly command: "scan"
  readonly folder: string
  readonly version: string
  readonly advisories?: string
  readonly url?: string
  readonly baseline?: string
  readonly more?: readonly Finding[]
}

/** What the command line asks of the process. */
export type SecurityRequest = ScanRequest | AuditRequest | ComplianceRequest

/** Does one thing, and gives what came of it as plain data. */
export async function answerRequest(request: SecurityRequest): Promise<unknown> {
  if (request.command === "audit") return await answerAudit(request)
  if (request.command === "compliance") return await answerCompliance(request)
  const { version, folder, advisories, url, baseline, more } = request
  const report = await scan({
    folder,
    ...(advisories !== undefined && { advisories }),
    ...(url !== undefined && { url }),
    ...(baseline !== undefined && { baseline }),
    ...(more !== undefined && { more }),
  })
  return { ...report, sarif: toSarif(report, version) }
}
