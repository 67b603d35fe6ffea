import type { Control } from "@ashlar/control"
import { type AnyHandledJob, defineJob, handleJob, type Job, type Queue } from "@ashlar/queue"
import { v } from "@ashlar/validation"

interface Removal {
  readonly projectId: string
}

/** A project is gone: its file and all else that it kept. Tried for about two days; the hourly sweep begins again. */
export const RemoveStorage: Job<Removal, Removal> = defineJob("project.remove-storage", {
  input: v.object({ projectId: v.string() }),
  attempts: 50,
  timeoutMs: 600_000,
})

/** Has the storage of a project removed, now or after a crash. */
export async function pushRemoval(queue: Queue, projectId: string): Promise<void> {
  await queue.push(RemoveStorage, { projectId })
}

/**
 * The work. A job says no more than that somebody should look: what is removed is decided by this install's own record, so a job
 * that came twice, or from a copy of the install, removes nothing that is in use.
 */
export function removalJob(control: () => Control): AnyHandledJob {
  return handleJob(RemoveStorage, async ({ input }) => void (await control().projects.removeLeftover(input.projectId)))
}
