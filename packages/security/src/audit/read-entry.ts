import { type AuditEntry, type AuditOutcome, type AuditParty, type KeptEntry, partyText } from "./audit-entry.ts"

/** What a store finds entries by; beside the text, which alone is hashed. */
export interface EntryColumns {
  readonly atMs: number
  readonly action: string
  readonly actor: string
  readonly target: string | null
  readonly outcome: AuditOutcome
}

/** Reads what was kept. Undefined for a text that is no entry: somebody else wrote it. */
export function readEntry({ body, hash }: Pick<KeptEntry, "body" | "hash">): AuditEntry | undefined {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return undefined
  }
  return isEntryBody(value) ? { ...value, hash } : undefined
}

export function columnsOf({ at, action, actor, target, outcome }: Omit<AuditEntry, "hash">): EntryColumns {
  return {
    atMs: Date.parse(at),
    action,
    actor: partyText(actor),
    target: target === null ? null : partyText(target),
    outcome,
  }
}

function isEntryBody(value: unknown): value is Omit<AuditEntry, "hash"> {
  if (!isRecord(value)) return false
  const { version, stream, sequence, at, action, actor, target, outcome, context, details, previous } = value
  const areTexts = [stream, at, action, previous, outcome].every((one) => typeof one === "string")
  const isTime = typeof at === "string" && !Number.isNaN(Date.parse(at))
  return (
    version === 1 &&
    areTexts &&
    isTime &&
    Number.isSafeInteger(sequence) &&
    isParty(actor) &&
    (target === null || isParty(target)) &&
    isRecord(context) &&
    isRecord(details)
  )
}

function isParty(value: unknown): value is AuditParty {
  return isRecord(value) && typeof value.type === "string" && typeof value.id === "string"
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
