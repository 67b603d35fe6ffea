import { systemClock } from "@ashlar/core"
import type { IRedisClient } from "bullmq"
import type { Outcome } from "../store.ts"
import type { HeldRedisJob } from "./redis-lane.ts"

/** BullMQ's codes for: the job, or its lock, is not there or another's, or it is not being worked on. */
const LOST: ReadonlySet<unknown> = new Set([-1, -2, -3, -6])

/** Tells BullMQ how a job ended. @returns whether it was still this worker's. */
export async function settleRedisJob(outcome: Outcome, client: IRedisClient): Promise<boolean> {
  return (await ifHeld(() => tell(outcome, client))) !== LOST_IT
}

/** Tells it that a job is done, and takes the next one in its place. */
export async function replaceRedisJob(
  { job, output }: Outcome & { readonly kind: "complete" },
  leaseMs: number,
): Promise<{ readonly isKept: boolean; readonly next?: HeldRedisJob | undefined }> {
  const held = job as HeldRedisJob
  const next = await ifHeld(() => held.lane.completeAndTake(held, output, leaseMs))
  return next === LOST_IT ? { isKept: false } : { isKept: true, next }
}

const LOST_IT = Symbol("lost")

async function ifHeld<T>(work: () => Promise<T>): Promise<T | typeof LOST_IT> {
  try {
    return await work()
  } catch (error) {
    if (LOST.has((error as { readonly code?: unknown }).code)) return LOST_IT
    throw error
  }
}

async function tell(outcome: Outcome, client: IRedisClient): Promise<void> {
  const { lane, data, token, id } = outcome.job as HeldRedisJob
  const { backend } = lane
  const nowMs = systemClock.now()
  // As much of a job as its scripts ask for: retries are told one by one, and not BullMQ's to decide.
  const job = { id, opts: { attempts: 0 } } as never
  switch (outcome.kind) {
    case "complete":
      await backend.moveToCompleted(job, outcome.output as never, data.keepCompletedMs === 0, token, false)
      return
    case "fail": {
      const fields = { failedReason: outcome.error }
      await backend.moveToFailed(job, outcome.error, data.keepFailedMs === 0, token, false, fields)
      return
    }
    case "retry": {
      const fieldsToUpdate = { failedReason: outcome.error }
      if (outcome.delayMs > 0)
        await backend.moveToDelayed(id, nowMs, outcome.delayMs, token, { skipAttempt: true, fieldsToUpdate })
      else await backend.retryJob(id, false, token, { fieldsToUpdate })
      return
    }
    case "release":
      // Before it is there for others, who count on.
      await client.runCommand("ashlarUncount", [lane.keyOf(id), token])
      await backend.moveJobFromActiveToWait(id, token)
  }
}
