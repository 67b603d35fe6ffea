import type { Control } from "@ashlar/control"
import type { Clock } from "@ashlar/core"
import type { Identity } from "@ashlar/identity"
import type { Queue } from "@ashlar/queue"
import { defineSchedule, type Schedule } from "@ashlar/scheduler"
import type { SqliteFile } from "@ashlar/sqlite"
import { pruneAnswers } from "../layers/idempotency.ts"
import { pushRemoval } from "./remove-storage.ts"

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** A project that is being made has noted its storage, and is made within moments. */
const LEFTOVER_AGE_MS = HOUR_MS
/** Installs that were started together do not all work at once. */
const times = { everyMs: HOUR_MS, jitterMs: 5 * MINUTE_MS, timeoutMs: 30 * MINUTE_MS } as const

export interface UpkeepParts {
  /** The system file. */
  readonly file: SqliteFile
  readonly clock: Clock
  readonly identity: Identity
  readonly control: Control
  readonly queue: Queue
}

/** What an install does for itself, each hour. What was missed while it was stopped is done once when it starts. */
export function upkeepSchedules({ file, clock, identity, control, queue }: UpkeepParts): readonly Schedule[] {
  return [
    defineSchedule("prune-sessions", times, async ({ signal }) => void (await identity.prune(signal))),
    defineSchedule("prune-answers", times, async ({ signal }) => void (await pruneAnswers({ file, clock }, signal))),
    defineSchedule("sweep-leftovers", times, async ({ signal }) => {
      for (const projectId of control.projects.leftovers(LEFTOVER_AGE_MS)) {
        signal.throwIfAborted()
        await pushRemoval(queue, projectId)
      }
    }),
  ]
}
