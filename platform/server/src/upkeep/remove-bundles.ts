import { type AnyHandledJob, defineJob, handleJob, type Job, type Queue } from "@ashlar/queue"
import type { Storage } from "@ashlar/storage"
import { v } from "@ashlar/validation"

interface Removal {
  readonly keys: string[]
}

/** As many as a job's input has room for, many times over. */
const MAX_KEYS = 100

/** Versions are gone, and their code is to follow. */
export const RemoveBundles: Job<Removal, Removal> = defineJob("functions.remove-bundles", {
  input: v.object({ keys: v.array(v.string()).max(MAX_KEYS) }),
  attempts: 50,
  timeoutMs: 600_000,
})

/** Has bundles removed, now or after a crash. */
export async function pushBundleRemoval(queue: Queue, keys: readonly string[]): Promise<void> {
  for (let at = 0; at < keys.length; at += MAX_KEYS)
    await queue.push(RemoveBundles, { keys: keys.slice(at, at + MAX_KEYS) })
}

/** The work. A bundle's key is made for one version and never again, so what is removed twice harms nobody. */
export function bundleRemovalJob(storage: Storage): AnyHandledJob {
  return handleJob(RemoveBundles, async ({ input }) => void (await storage.delete(input.keys)))
}

/** Removes the code of all functions of a project that is no more. */
export async function removeBundles(storage: Storage, projectId: string): Promise<void> {
  const keys: string[] = []
  for await (const { key } of storage.all({ prefix: `functions/${projectId}/` })) keys.push(key)
  for (let at = 0; at < keys.length; at += MAX_KEYS) await storage.delete(keys.slice(at, at + MAX_KEYS))
}
