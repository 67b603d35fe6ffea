import type { FunctionsService } from "@ashlar/functions"
import type { Storage } from "@ashlar/storage"

export interface SweepBundlesOptions {
  readonly storage: Storage
  readonly functions: Pick<FunctionsService, "unusedBundles">
  /** Whether the project is there. One that is gone has its bundles removed with all else. */
  readonly hasProject: (projectId: string) => boolean
  readonly discard: (keys: readonly string[]) => Promise<void>
  /** Leaves out what is younger: it may belong to a deploy that is under way. */
  readonly minAgeMs: number
  readonly nowMs: number
}

/** Keys that are looked at together. */
const BATCH = 500

/**
 * Finds bundles without a version, which a crash in the middle of a deploy leaves behind.
 *
 * @returns how many were found
 */
export async function sweepBundles(options: SweepBundlesOptions, signal?: AbortSignal): Promise<number> {
  const { storage, minAgeMs, nowMs } = options
  let found = 0
  let project = ""
  let keys: string[] = []
  const look = async (): Promise<void> => {
    const unused =
      keys.length > 0 && options.hasProject(project) ? await options.functions.unusedBundles(project, keys) : []
    if (unused.length > 0) await options.discard(unused)
    found += unused.length
    keys = []
  }
  // In the order of keys, so the bundles of one project come together.
  for await (const { key, modified } of storage.all({ prefix: "functions/" })) {
    signal?.throwIfAborted()
    const [, projectId = ""] = key.split("/")
    if (projectId !== project || keys.length >= BATCH) await look()
    project = projectId
    if (modified.getTime() <= nowMs - minAgeMs) keys.push(key)
  }
  await look()
  return found
}
