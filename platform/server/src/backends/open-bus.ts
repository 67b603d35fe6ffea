import { type Bus, openBus } from "@ashlar/events"
import { BUS_NAME } from "../events/platform-events.ts"
import type { Log } from "../log.ts"
import { type Backend, driverOf, reachBackend, readBackend } from "./backend.ts"

/** What carries the events of an install to whoever wants to hear of them. */
export interface EventBus extends Backend {
  readonly bus: Bus
  close(): Promise<void>
}

/** How long whoever handles events in this process may go on when the server stops. */
const GRACE_MS = 5_000

/** @throws {SERVER_BACKEND_INVALID} @throws {SERVER_BACKEND_DOWN} */
export async function openEventBus(url: string, installId: string, log: Log): Promise<EventBus> {
  const onError = (error: unknown): void => log.error("the bus has trouble", error)
  const bus = readBackend("bus", () => openBus(url, { name: BUS_NAME, source: `/ashlar/${installId}`, onError }))
  const close = (): Promise<void> => bus.close({ graceMs: GRACE_MS })
  try {
    await reachBackend("bus", url, () => bus.ready())
  } catch (error) {
    await close()
    throw error
  }
  return { name: "bus", driver: driverOf(url), bus, check: () => bus.health(), close }
}
