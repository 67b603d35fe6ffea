import type { DataFolder } from "../data-folder.ts"
import type { Log } from "../log.ts"
import { type BackendHealth, createBackendHealth } from "./backend-health.ts"
import { type Bundles, openBundles } from "./open-bundles.ts"
import { type EventBus, openEventBus } from "./open-bus.ts"
import { openSharedCache, type SharedCache } from "./open-cache.ts"
import { openWorkQueue, type WorkQueue } from "./open-queue.ts"

/** What an operator chooses by URL. What is left out is in this process or in the data folder. */
export interface BackendUrls {
  /**
   * Where nodes count attempts to sign in and take turns: `memory:`, `redis://…`, `sqlite:path`, `postgres://…` or `mysql://…`.
   * Default `memory:`, for one node.
   */
  readonly cache?: string
  /**
   * What keeps work that outlives its request: `sqlite:path`, `postgres://…`, `mysql://…`, `redis://…`, `nats://…`, `amqp://…`,
   * `sqs://…` or `memory:`. Default: a file in the data folder.
   */
  readonly queue?: string
  /**
   * What carries events to whoever wants to hear of them: `memory:`, `redis://…`, `nats://…`, `sqlite:path`, `postgres://…` or
   * `mysql://…`. Default `memory:`, for who runs the server in a program.
   */
  readonly bus?: string
  /** What keeps the code of functions: `file:folder`, `s3://…` or `memory:`. Default: a folder in the data folder. */
  readonly storage?: string
}

export interface Backends {
  readonly cache: SharedCache
  readonly work: WorkQueue
  readonly events: EventBus
  readonly bundles: Bundles
  readonly health: BackendHealth
}

/**
 * Opens all, one after the other, and says of each how it is closed as soon as it is open.
 *
 * @throws {SERVER_BACKEND_INVALID} @throws {SERVER_BACKEND_DOWN}
 */
export async function openBackends(
  { cache = "memory:", queue, bus = "memory:", storage }: BackendUrls,
  { folder, installId, log }: { readonly folder: DataFolder; readonly installId: string; readonly log: Log },
  onOpen: (close: () => Promise<void>) => void,
): Promise<Backends> {
  const opened = async <T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> => {
    const backend = await opening
    onOpen(() => backend.close())
    return backend
  }
  const backends = {
    cache: await opened(openSharedCache(cache, installId)),
    work: await opened(openWorkQueue(queue ?? folder.jobsUrl, installId, log)),
    events: await opened(openEventBus(bus, installId, log)),
    bundles: await opened(openBundles(storage ?? folder.bundlesUrl)),
  }
  return { ...backends, health: createBackendHealth(Object.values(backends), log) }
}
