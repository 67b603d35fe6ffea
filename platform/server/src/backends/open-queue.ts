import { openQueue, type Queue } from "@ashlar/queue"
import type { Log } from "../log.ts"
import { type Backend, driverOf, reachBackend, readBackend } from "./backend.ts"

/** What keeps work that outlives the request which brought it. */
export interface WorkQueue extends Backend {
  readonly queue: Queue
  close(): Promise<void>
}

/** What this process pushes it hears of at once; this is for what is due later, and for what another left. */
const POLL_MS = 5_000

/**
 * Opens the queue of an install.
 *
 * @param installId Keeps installs apart that share a server.
 * @throws {SERVER_BACKEND_INVALID} @throws {SERVER_BACKEND_DOWN}
 */
export async function openWorkQueue(url: string, installId: string, log: Log): Promise<WorkQueue> {
  const onError = (error: unknown): void => log.error("the queue has trouble", error)
  const queue = readBackend("queue", () => openQueue(url, { name: `platform-${installId}`, pollMs: POLL_MS, onError }))
  try {
    await reachBackend("queue", url, () => queue.ready())
  } catch (error) {
    await queue.close()
    throw error
  }
  return { name: "queue", driver: driverOf(url), queue, check: () => queue.health(), close: () => queue.close() }
}
