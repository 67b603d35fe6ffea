import { NOTHING } from "./audit-entry.ts"
import type { AuditStore, StoredEntry } from "./audit-store.ts"
import { type AuditReport, ChainCheck, isIntact } from "./chain-check.ts"
import { type AuditAnchor, type AuditSigner, isCheckpoint } from "./checkpoint.ts"
import { columnsOf, readEntry } from "./read-entry.ts"

export interface VerifyOptions {
  /** Default: `main`. */
  readonly stream?: string
  /**
   * Places of the stream that are known from elsewhere: heads of earlier reports, checkpoints. Without one a stream that was written anew
   * from its beginning, or whose end was taken away together with what the store says of it, looks whole.
   */
  readonly anchors?: readonly AuditAnchor[]
  readonly signal?: AbortSignal
}

const CHUNK = 500

/** Reads a whole stream, and says whether it is as it was written. */
export async function verifyStream(
  store: AuditStore,
  {
    stream,
    anchors,
    signers,
    signal,
  }: Required<Pick<VerifyOptions, "stream" | "anchors">> & {
    readonly signers: readonly AuditSigner[]
    readonly signal: AbortSignal | undefined
  },
): Promise<AuditReport> {
  // In this order: a checkpoint is written together with an end that reaches as far.
  const checkpoints = await store.checkpoints(stream)
  const state = await store.state(stream)
  const base = state?.base ?? { sequence: 0, hash: NOTHING }
  const check = new ChainCheck({
    stream,
    base,
    anchors: anchors.filter((anchor) => anchor.stream === stream),
    checkpoints: [...checkpoints, ...anchors.filter(isCheckpoint).filter((one) => one.stream === stream)],
    signers,
  })
  let above = base.sequence
  const last = state?.head.sequence ?? 0
  for (;;) {
    signal?.throwIfAborted()
    const rows = await store.read(stream, { above, order: "oldest", limit: CHUNK })
    for (const row of rows) {
      // Behind the end that was read: written meanwhile, or by somebody else.
      if (row.sequence > last && state !== undefined) return await check.end(state.head)
      if (!addRow(check, stream, row)) return await check.end()
    }
    if (rows.length < CHUNK) return await check.end(state?.head ?? { sequence: 0, hash: NOTHING })
    above = rows.at(-1)!.sequence
  }
}

function addRow(check: ChainCheck, stream: string, row: StoredEntry): boolean {
  const { sequence } = row
  const entry = readEntry(row)
  const changed = `Entry ${sequence} is not what was written.`
  if (entry === undefined || !isIntact(row)) return check.fail(sequence, "changed", changed)
  if (entry.sequence !== sequence || entry.stream !== stream)
    return check.fail(sequence, "moved", `What stands at ${sequence} is entry ${entry.sequence} of another place.`)
  const [told, own] = [row.columns, columnsOf(entry)]
  const isFound = (Object.keys(own) as (keyof typeof own)[]).every((key) => told[key] === own[key])
  if (!isFound) return check.fail(sequence, "changed", `Entry ${sequence} is found by what it does not say.`)
  return check.add({ sequence, previous: entry.previous, hash: row.hash }, entry)
}
