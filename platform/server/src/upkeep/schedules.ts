import type { Control } from "@ashlar/control"
import type { Clock } from "@ashlar/core"
import type { FunctionsService } from "@ashlar/functions"
import type { Identity } from "@ashlar/identity"
import type { Kms } from "@ashlar/kms"
import type { Queue } from "@ashlar/queue"
import { defineSchedule, type Schedule } from "@ashlar/scheduler"
import type { SqliteFile } from "@ashlar/sqlite"
import type { Storage } from "@ashlar/storage"
import type { AppUserRooms } from "../app-user-rooms.ts"
import { pruneAnswers } from "../layers/idempotency.ts"
import { pushBundleRemoval } from "./remove-bundles.ts"
import { pushRemoval } from "./remove-storage.ts"
import { sweepBundles } from "./sweep-bundles.ts"

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
  readonly appUsers: AppUserRooms
  readonly control: Control
  readonly kms: Kms
  readonly queue: Queue
  readonly functions: FunctionsService
  readonly storage: Storage
}

/** What an install does for itself, each hour or each day. What was missed while it was stopped is done once when it starts. */
export function upkeepSchedules(parts: UpkeepParts): readonly Schedule[] {
  const { file, clock, identity, appUsers, control, kms, queue, functions, storage } = parts
  return [
    defineSchedule("prune-sessions", times, async ({ signal }) => void (await identity.prune(signal))),
    defineSchedule("prune-app-users", times, async ({ signal }) => void (await appUsers.prune(signal))),
    defineSchedule("prune-answers", times, async ({ signal }) => void (await pruneAnswers({ file, clock }, signal))),
    defineSchedule("destroy-keys", times, async () => void (await kms.destroyDue())),
    defineSchedule("sweep-leftovers", times, async ({ signal }) => {
      for (const projectId of control.projects.leftovers(LEFTOVER_AGE_MS)) {
        signal.throwIfAborted()
        await pushRemoval(queue, projectId)
      }
    }),
    defineSchedule("sweep-bundles", { ...times, everyMs: 24 * HOUR_MS }, async ({ signal }) => {
      const hasProject = (projectId: string): boolean => control.projects.locate(projectId)?.id === projectId
      const discard = (keys: readonly string[]): Promise<void> => pushBundleRemoval(queue, keys)
      const age = { minAgeMs: HOUR_MS, nowMs: clock.now() }
      await sweepBundles({ storage, functions, hasProject, discard, ...age }, signal)
    }),
  ]
}
