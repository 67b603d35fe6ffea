import { openScheduler, type Scheduler } from "@ashlar/scheduler"
import type { Log } from "../log.ts"
import { bundleRemovalJob } from "./remove-bundles.ts"
import { pushRemoval, removalJob } from "./remove-storage.ts"
import { type UpkeepParts, upkeepSchedules } from "./schedules.ts"

/** What an install does for itself. */
export interface Upkeep {
  readonly scheduler: Scheduler
  /** Begins nothing more, and waits for what goes on. */
  stop(): Promise<void>
}

/** Jobs of this process at once. */
const CONCURRENCY = 4
/** Schedules are an hour apart; this is how soon one that an operator asks for begins. */
const POLL_MS = 5_000
/** How long work may go on when the server stops. What does not end is done again after the next start. */
const GRACE_MS = 5_000

/**
 * Begins to work on the queue, and on schedules. Schedules are about this data folder, so they are kept in it, whatever the
 * queue's URL is: `ashlar schedule list --scheduler sqlite:<data>/jobs.db` shows them with their history.
 *
 * @param schedulerUrl Where times and history are kept.
 */
export async function startUpkeep(schedulerUrl: string, parts: UpkeepParts, log: Log): Promise<Upkeep> {
  const { queue, control, storage } = parts
  const scheduler = openScheduler(schedulerUrl, {
    schedules: upkeepSchedules(parts),
    pollEveryMs: POLL_MS,
    onError: (error, schedule) => log.error("a schedule failed", error, { schedule }),
  })
  const worker = queue.work([removalJob(() => control), bundleRemovalJob(storage)], { concurrency: CONCURRENCY })
  const stop = async (): Promise<void> => {
    await Promise.all([worker.stop({ graceMs: GRACE_MS }), scheduler.stop({ graceMs: GRACE_MS })])
  }
  try {
    await scheduler.start()
    // Accounts of earlier releases have no organization of their own.
    await control.organizations.openPersonal(parts.identity.people.ids())
    // What a crash left behind: nothing is being made yet.
    for (const projectId of control.projects.leftovers()) await pushRemoval(queue, projectId)
  } catch (error) {
    await stop()
    throw error
  }
  return { scheduler, stop }
}
