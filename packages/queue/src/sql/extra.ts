import { createHash } from "node:crypto"
import type { NewJob } from "../store.ts"

/** What few jobs have beside their columns. Absent: none, or what most have. */
export interface Extra {
  /** meta */
  readonly m?: string
  /** continues */
  readonly c?: string
  /** keepCompletedMs */
  readonly kc?: number
  /** keepFailedMs, where it is not two weeks. */
  readonly kf?: number
  /** The hash of its unique key, and until when. */
  readonly u?: readonly [hash: string, until: "finished" | "started" | number]
  /** delayMs, of one that is blocked. */
  readonly d?: number
}

const USUAL_KEEP_MS = 14 * 86_400_000
const NONE: Extra = {}

/** As JSON; null where there is nothing to say. */
export function writeExtra(job: NewJob, isBlocked = false): string | null {
  const { meta, continues, keepCompletedMs, keepFailedMs, unique, delayMs } = job
  const hasMore = meta !== undefined || continues !== undefined || unique !== undefined || keepCompletedMs > 0
  if (!hasMore && keepFailedMs === USUAL_KEEP_MS && !isBlocked) return null
  const extra: Extra = {
    ...(meta !== undefined && { m: meta }),
    ...(continues !== undefined && { c: continues }),
    ...(keepCompletedMs > 0 && { kc: keepCompletedMs }),
    ...(keepFailedMs !== USUAL_KEEP_MS && { kf: keepFailedMs }),
    ...(unique !== undefined && { u: [hashOf(unique.key), unique.until] as const }),
    ...(isBlocked && delayMs > 0 && { d: delayMs }),
  }
  return JSON.stringify(extra)
}

export function readExtra(text: string | null): Extra {
  return text === null ? NONE : (JSON.parse(text) as Extra)
}

export function keepFailedMs({ kf = USUAL_KEEP_MS }: Extra): number {
  return kf
}

/** A key of one length and one spelling, whatever a database thinks of letters. */
export function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex")
}
