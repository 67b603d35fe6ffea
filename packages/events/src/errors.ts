import { defineError, type ErrorClass } from "@ashlar/core"

/* Messages may reach an HTTP caller: they hold no data of events, and no addresses of a server's login. */

export const EventNameInvalid: ErrorClass<"EVENTS_NAME_INVALID", 500> = defineError(
  "EVENTS_NAME_INVALID",
  500,
  "A name or pattern of events does not fit. Write words of letters, digits, - and _ with dots between: order.placed.",
)
export const EventOptionInvalid: ErrorClass<"EVENTS_OPTION_INVALID", 500> = defineError(
  "EVENTS_OPTION_INVALID",
  500,
  "An option of events, a bus or an outbox does not fit. The message says which, and what is accepted.",
)
export const EventDataInvalid: ErrorClass<"EVENTS_DATA_INVALID", 500> = defineError(
  "EVENTS_DATA_INVALID",
  500,
  "The data of an event does not fit its schema. The issues are in `details.issues`.",
)
export const EventListenersFailed: ErrorClass<"EVENTS_LISTENERS_FAILED", 500> = defineError(
  "EVENTS_LISTENERS_FAILED",
  500,
  "Some listeners of an event failed; all others were called. `details.failed` names them, the log has the causes.",
)
export const EventListenerLimit: ErrorClass<"EVENTS_LISTENER_LIMIT", 500> = defineError(
  "EVENTS_LISTENER_LIMIT",
  500,
  "There are as many listeners as there may be. End those that are not needed, or raise maxListeners.",
)
export const CloudEventInvalid: ErrorClass<"EVENTS_ENVELOPE_INVALID", 400> = defineError(
  "EVENTS_ENVELOPE_INVALID",
  400,
  "What was given is no CloudEvent of version 1.0. The message says which attribute does not fit.",
)
export const CloudEventTooLarge: ErrorClass<"EVENTS_ENVELOPE_TOO_LARGE", 413> = defineError(
  "EVENTS_ENVELOPE_TOO_LARGE",
  413,
  "An event is larger than may be sent or read. The limit is in `details.maxBytes`.",
)
export const BusFailed: ErrorClass<"EVENTS_BUS_FAILED", 503> = defineError(
  "EVENTS_BUS_FAILED",
  503,
  "The bus did not do its work. What was being published may have arrived, or not: publish it again with the same id.",
)
export const BusClosed: ErrorClass<"EVENTS_BUS_CLOSED", 503> = defineError(
  "EVENTS_BUS_CLOSED",
  503,
  "The bus was closed. Open it again, or close it later.",
)
export const BusBusy: ErrorClass<"EVENTS_BUS_BUSY", 503> = defineError(
  "EVENTS_BUS_BUSY",
  503,
  "As many events as may be are on their way to the bus, or wait in it. Try again in a moment.",
)
export const GroupTaken: ErrorClass<"EVENTS_GROUP_TAKEN", 500> = defineError(
  "EVENTS_GROUP_TAKEN",
  500,
  "A bus subscribes once in the name of a group. Give that one subscription all handlers.",
)
/** Told to `onError`. */
export const EventDead: ErrorClass<"EVENTS_EVENT_DEAD", 500> = defineError(
  "EVENTS_EVENT_DEAD",
  500,
  "An event could not be handled, and is not tried again. A group has it among its dead letters.",
)
/** Told to `onError`. */
export const EventAttemptFailed: ErrorClass<"EVENTS_ATTEMPT_FAILED", 500> = defineError(
  "EVENTS_ATTEMPT_FAILED",
  500,
  "A handler failed; the event is tried again. The cause is what it threw.",
)
export const EventHandlerTimeout: ErrorClass<"EVENTS_HANDLER_TIMEOUT", 504> = defineError(
  "EVENTS_HANDLER_TIMEOUT",
  504,
  "A handler took longer than it may (handlerTimeoutMs). Its signal was aborted.",
)
/** For handlers to throw. */
export const EventRejected: ErrorClass<"EVENTS_REJECTED", 500> = defineError(
  "EVENTS_REJECTED",
  500,
  "A handler says that an event can never be handled. It is dead at once, without further attempts.",
)
