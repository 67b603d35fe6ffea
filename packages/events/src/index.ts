export { type AttributeValue, type CloudEvent, checkCloudEvent } from "./envelope/cloud-event.ts"
export {
  MAX_EVENT_BYTES,
  parseCloudEvent,
  parseCloudEvents,
  writeCloudEvent,
  writeCloudEvents,
} from "./envelope/json-format.ts"
export {
  CloudEventInvalid,
  CloudEventTooLarge,
  EventDataInvalid,
  EventListenerLimit,
  EventListenersFailed,
  EventNameInvalid,
  EventOptionInvalid,
} from "./errors.ts"
export { type DefineEventOptions, defineEvent, type EventData, type EventDefinition, type EventInput } from "./event.ts"
export { createEvents } from "./in-process/create-events.ts"
export type {
  CommitHooks,
  Emitted,
  Events,
  EventsOptions,
  Listener,
  ListenOptions,
  StopListening,
} from "./in-process/events.ts"
