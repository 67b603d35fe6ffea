import type { DriverUrl } from "@ashlar/core"
import { MemoryStore } from "../memory/memory-store.ts"
import type { OpenStore } from "../store.ts"
import { MEMORY_GUARANTEES } from "./drivers.ts"

/** Opens queues in this process. Each is one of its own. */
export function open(_url: DriverUrl, { maxJobs }: { readonly maxJobs: number }): OpenStore {
  return (settings) => new MemoryStore(MEMORY_GUARANTEES, settings, maxJobs)
}
