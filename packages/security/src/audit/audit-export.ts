import { type AuditEntry, NOTHING } from "./audit-entry.ts"
import type { AuditStore } from "./audit-store.ts"
import { type AuditReport, ChainCheck, isIntact } from "./chain-check.ts"
import { type AuditAnchor, type AuditCheckpoint, type AuditSigner, isCheckpoint } from "./checkpoint.ts"
import { isRecord, readEntry } from "./read-entry.ts"

export interface ExportOptions {
  /** Default: `main`. */
  readonly stream?: string
  /** Only entries for which this says yes are told; of the others their places and hashes, so that the export can be verified still. */
  readonly include?: (entry: AuditEntry) => boolean
  readonly signal?: AbortSignal
}

export interface VerifyExportOptions {
  /** Who may have signed the checkpoints in it. */
  readonly signers?: readonly AuditSigner[]
  readonly anchors?: readonly AuditAnchor[]
}

const CHUNK = 500
const FORMAT = "ashlar-audit"

/** One line of JSON each: what it is of, the entries, and how it ends. */
export async function* exportStream(
  store: AuditStore,
  { stream, include, signal }: { readonly stream: string } & Pick<ExportOptions, "include" | "signal">,
): AsyncGenerator<string, void> {
  const checkpoints = await store.checkpoints(stream)
  const state = await store.state(stream)
  const base = state?.base ?? { sequence: 0, hash: NOTHING }
  const last = state?.head.sequence ?? 0
  yield JSON.stringify({ format: FORMAT, version: 1, stream, base, checkpoints })
  let above = base.sequence
  while (above < last) {
    signal?.throwIfAborted()
    const rows = await store.read(stream, { above, below: last + 1, order: "oldest", limit: CHUNK })
    for (const { sequence, body, hash } of rows) {
      const entry = readEntry({ body, hash })
      // An entry that somebody spoiled is exported as it is: verifying says so.
      const isTold = entry === undefined || include === undefined || include(entry)
      yield JSON.stringify(isTold ? { sequence, body, hash } : { sequence, withheld: entry.previous, hash })
    }
    if (rows.length === 0) break
    above = rows.at(-1)!.sequence
  }
  yield JSON.stringify({ end: { sequence: last, hash: state?.head.hash ?? NOTHING } })
}

/**
 * Verifies an export by itself, line by line, without the database that it is from. An `ok` report says that nothing in it was changed,
 * left out or moved; that its head is the stream's own, and not one that somebody made up with all the rest, anchors and signers say.
 *
 * @example
 * const report = await verifyExport(createInterface({ input: createReadStream("audit.ndjson") }), { signers: [auditor] })
 */
export async function verifyExport(
  lines: Iterable<string> | AsyncIterable<string>,
  { signers = [], anchors = [] }: VerifyExportOptions = {},
): Promise<AuditReport> {
  let check: ChainCheck | undefined
  let stream = ""
  let place = 0
  for await (const text of lines) {
    const line = parseLine(text)
    if (check === undefined) {
      if (!isStart(line)) break
      stream = line.stream
      place = line.base.sequence
      const own = anchors.filter((anchor) => anchor.stream === stream)
      const checkpoints = [...line.checkpoints, ...own.filter(isCheckpoint)]
      check = new ChainCheck({ stream, base: line.base, anchors: own, checkpoints, signers })
      continue
    }
    if (isRecord(line) && isPlace(line.end)) return await check.end(line.end)
    place++
    if (!addLine(check, line, { stream, place })) return await check.end()
  }
  check ??= new ChainCheck({ stream, base: { sequence: 0, hash: NOTHING }, anchors, checkpoints: [], signers })
  check.fail(place + 1, "truncated", "The export does not end: its last lines are not there, or it is none.")
  return await check.end()
}

function addLine(check: ChainCheck, line: unknown, { stream, place }: { stream: string; place: number }): boolean {
  const refuse = (): boolean => check.fail(place, "changed", `Entry ${place} is not what was written.`)
  if (!isRecord(line)) return refuse()
  const { sequence, body, hash, withheld } = line
  if (typeof sequence !== "number" || typeof hash !== "string") return refuse()
  if (typeof withheld === "string") return check.add({ sequence, previous: withheld, hash })
  if (typeof body !== "string" || !isIntact({ body, hash })) return refuse()
  const entry = readEntry({ body, hash })
  if (entry === undefined || entry.stream !== stream || entry.sequence !== sequence) return refuse()
  return check.add({ sequence, previous: entry.previous, hash }, entry)
}

function parseLine(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

interface Start {
  readonly stream: string
  readonly base: { readonly sequence: number; readonly hash: string }
  readonly checkpoints: readonly AuditCheckpoint[]
}

function isStart(line: unknown): line is Start {
  return (
    isRecord(line) &&
    line.format === FORMAT &&
    line.version === 1 &&
    typeof line.stream === "string" &&
    isPlace(line.base) &&
    Array.isArray(line.checkpoints) &&
    line.checkpoints.every(isCheckpoint)
  )
}

function isPlace(value: unknown): value is { readonly sequence: number; readonly hash: string } {
  return isRecord(value) && Number.isSafeInteger(value.sequence) && typeof value.hash === "string"
}
