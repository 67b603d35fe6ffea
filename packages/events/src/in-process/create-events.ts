import type { Events, EventsOptions } from "./events.ts"
import { LiveEvents } from "./live-events.ts"

/**
 * Events within this process.
 *
 * @throws {EVENTS_OPTION_INVALID}
 * @example
 * const events = createEvents()
 * events.on(OrderPlaced, async ({ id }) => sendConfirmation(id))
 * events.on("order.*", (data, { name }) => log.info({ name }))
 * await events.emit(OrderPlaced, { id: "7", total: 12 })
 */
export function createEvents(options: EventsOptions = {}): Events {
  return new LiveEvents(options)
}
