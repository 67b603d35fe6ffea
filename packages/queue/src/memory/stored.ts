import type { StoredJob } from "../store.ts"
import type { Entry } from "./entry.ts"

/** An entry as it is shown. */
export function toStored(entry: Entry): StoredJob {
  const { job, state, attempt, createdMs, progress, output, error, atMs, finishedMs } = entry
  const isFinished = state === "completed" || state === "failed"
  return {
    id: job.id,
    name: job.name,
    state,
    input: job.input,
    attempt,
    attempts: job.attempts,
    priority: job.priority,
    createdMs,
    ...(job.group !== undefined && { group: job.group }),
    ...(job.batch !== undefined && { batch: job.batch }),
    ...(progress !== undefined && { progress }),
    ...(output !== undefined && output !== "" && { output }),
    ...(error !== undefined && { error }),
    ...(state === "delayed" && { runAtMs: atMs }),
    ...(isFinished && { finishedMs }),
  }
}
