import { readFile, writeFile } from "node:fs/promises"
import { type ModelStatics, openDatabase } from "@ashlar/orm"
import { loadModels } from "@ashlar/orm/migrations"
import type { AuditEntry, AuditParty } from "../audit/audit-entry.ts"
import { openAudit } from "../audit/open-audit.ts"
import { isRecord } from "../audit/read-entry.ts"
import { type ChecklistName, type ComplianceFacts, checklist } from "../compliance/checklist.ts"
import { type DescribedRoute, dataMap } from "../compliance/data-map.ts"
import { toHtml, toMarkdown } from "../compliance/document.ts"
import { type ErasureMode, eraseSubject, exportSubject } from "../compliance/subject.ts"
import { ComplianceInvalid } from "../errors.ts"

export interface ComplianceRequest {
  readonly command: "compliance"
  readonly action: "data-map" | "export" | "erase" | "report"
  readonly models: readonly string[]
  readonly routes?: readonly DescribedRoute[]
  readonly url?: string
  /** The model or table of the person, and the key of their row. */
  readonly subject?: string
  readonly id?: string
  readonly actor?: AuditParty
  readonly tables?: Readonly<Record<string, ErasureMode>>
  readonly dryRun?: boolean
  /** The file to write; for an export it must not be there yet. */
  readonly out?: string
  readonly facts?: string
  readonly checklists?: readonly ChecklistName[]
  readonly format?: "markdown" | "html"
  readonly system?: string
  readonly stream?: string
}

const MAX_ACCESSES = 1_000

/** @throws {SECURITY_COMPLIANCE_INVALID} {SECURITY_ERASURE_BLOCKED} {ORM_MODEL_INVALID} */
export async function answerCompliance(request: ComplianceRequest): Promise<unknown> {
  const { action, routes = [], url } = request
  const models = request.models.length === 0 ? [] : (await loadModels(request.models)).filter(isModel)
  const map = dataMap({ models, routes })
  if (action === "data-map") return map
  if (action === "report") return await report(request, map)
  if (url === undefined) throw new ComplianceInvalid("Expected the URL of the database.")
  await using database = await openDatabase(url)
  await using audit = openAudit(url)
  const subject = models.find(({ name, table }) => name === request.subject || table === request.subject)
  if (subject === undefined) throw new ComplianceInvalid(`No model or table is called ${request.subject}.`)
  const { tables, dryRun = true, out, actor } = request
  const options = {
    models,
    subject,
    id: keyOf(subject, request.id ?? ""),
    audit,
    ...(actor !== undefined && { actor }),
  }
  if (action === "erase")
    return await eraseSubject(database, { ...options, dryRun, ...(tables !== undefined && { tables }) })
  if (out === undefined) throw new ComplianceInvalid("Expected the file to write.")
  const exported = await exportSubject(database, options)
  const text = JSON.stringify(
    exported,
    (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value),
    2,
  )
  await writeFile(out, `${text}\n`, { flag: "wx", mode: 0o600 })
  return {
    file: out,
    tables: Object.fromEntries(Object.entries(exported.tables).map(([name, rows]) => [name, rows.length])),
  }
}

/** A model is a class. */
function isModel<T extends object>(value: T): value is T & ModelStatics {
  return typeof value === "function"
}

function keyOf(model: ModelStatics, text: string): string | number | bigint {
  const kind = Object.values(model.columns).find(({ definition }) => definition.primary)?.definition.kind
  const isNumber = /^-?\d{1,19}$/.test(text)
  if (kind === "integer" && isNumber) return Number(text)
  return kind === "bigint" && isNumber ? BigInt(text) : text
}

async function report(request: ComplianceRequest, map: ReturnType<typeof dataMap>): Promise<unknown> {
  const {
    facts: path,
    checklists = ["gdpr", "hipaa", "pci-dss"],
    format = "markdown",
    system = "This system",
    url,
    out,
  } = request
  const facts = path === undefined ? {} : factsOf(await readFile(path, "utf8"))
  const { accesses, known } = url === undefined ? {} : await readAudit(url, request.stream ?? "main")
  const lists = checklists.map((name) =>
    checklist(name, { ...(map.length > 0 && { dataMapped: true }), ...known, ...facts }),
  )
  const parts = { system, at: new Date(), checklists: lists, dataMap: map, ...(accesses !== undefined && { accesses }) }
  const text = format === "html" ? toHtml(parts) : toMarkdown(parts)
  if (out !== undefined) await writeFile(out, text)
  return { text, checklists: lists, ...(out !== undefined && { file: out }) }
}

async function readAudit(
  url: string,
  stream: string,
): Promise<{ accesses: readonly AuditEntry[]; known: ComplianceFacts }> {
  await using audit = openAudit(url)
  const { ok, entries } = await audit.verify({ stream })
  const page = await audit.list({ stream, limit: MAX_ACCESSES })
  return { accesses: page.entries, known: entries > 0 ? { auditVerified: ok } : {} }
}

function factsOf(text: string): ComplianceFacts {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ComplianceInvalid("The file of facts is not JSON.")
  }
  const isFlat =
    isRecord(value) && Object.values(value).every((one) => ["boolean", "number", "string"].includes(typeof one))
  if (!isFlat) throw new ComplianceInvalid('Expected facts as { "tlsEverywhere": true, "auditDays": 365 }.')
  return value as ComplianceFacts
}
