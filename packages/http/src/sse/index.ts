export type { EventStream, EventsFrom, EventsOptions, StopEvents } from "./events.ts"
export { events } from "./events.ts"
export type { ServerEvent } from "./server-event.ts"
