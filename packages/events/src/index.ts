export type { Bus, BusStats, Subscription } from "./bus/bus.ts"
export type {
  BusDriver,
  BusGuarantees,
  BusRecord,
  BusSettings,
  ConsumeSettings,
  Consuming,
  DeadLetter,
  DeadLetterPage,
  Delivery,
  From,
  Handle,
  Outcome,
} from "./bus/bus-driver.ts"
export type { BusOptions, PublishOptions, SubscribeOptions, TraceHeaders } from "./bus/bus-options.ts"
export type { DeadEvent, DeadLetters } from "./bus/dead-letters.ts"
export { type EventHandler, type Handler, on, type Received } from "./bus/handler.ts"
export { busGuarantees, defineBus, openBus } from "./bus/open-bus.ts"
export { type AttributeValue, type CloudEvent, checkCloudEvent } from "./envelope/cloud-event.ts"
export {
  MAX_EVENT_BYTES,
  parseCloudEvent,
  parseCloudEvents,
  writeCloudEvent,
  writeCloudEvents,
} from "./envelope/json-format.ts"
export {
  BusBusy,
  BusClosed,
  BusFailed,
  CloudEventInvalid,
  CloudEventTooLarge,
  EventAttemptFailed,
  EventDataInvalid,
  EventDead,
  EventHandlerTimeout,
  EventListenerLimit,
  EventListenersFailed,
  EventNameInvalid,
  EventOptionInvalid,
  EventRejected,
  GroupTaken,
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
