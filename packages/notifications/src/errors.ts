import { defineError, type ErrorClass } from "@ashlar/core"

/* Messages may reach an HTTP caller: they hold no numbers, no text and no login. */

export const SmsInvalid: ErrorClass<"NOTIFICATIONS_SMS_INVALID", 422> = defineError(
  "NOTIFICATIONS_SMS_INVALID",
  422,
  "A text message does not fit: its number is none as +491701234567, or its text is empty or too long.",
)
export const SmsCountryRefused: ErrorClass<"NOTIFICATIONS_SMS_COUNTRY_REFUSED", 403> = defineError(
  "NOTIFICATIONS_SMS_COUNTRY_REFUSED",
  403,
  "Text messages are not sent to numbers of this country. Those that are stand in the option `countries`.",
)
export const SmsLimitExceeded: ErrorClass<"NOTIFICATIONS_SMS_LIMIT_EXCEEDED", 429> = defineError(
  "NOTIFICATIONS_SMS_LIMIT_EXCEEDED",
  429,
  "So many text messages were sent, to this number or altogether, that no more are for now.",
)
export const SmsRejected: ErrorClass<"NOTIFICATIONS_SMS_REJECTED", 502> = defineError(
  "NOTIFICATIONS_SMS_REJECTED",
  502,
  "The provider refused the text message, and will refuse it again. The log has the cause.",
)
export const SmsUnavailable: ErrorClass<"NOTIFICATIONS_SMS_UNAVAILABLE", 503> = defineError(
  "NOTIFICATIONS_SMS_UNAVAILABLE",
  503,
  "The provider cannot be reached, or asks to be asked later. Send it again; through a queue that is done for you.",
)
export const NotificationInvalid: ErrorClass<"NOTIFICATIONS_INPUT_INVALID", 422> = defineError(
  "NOTIFICATIONS_INPUT_INVALID",
  422,
  "What a notification is made of does not fit what it was declared to take.",
)
export const NotificationsOptionInvalid: ErrorClass<"NOTIFICATIONS_OPTION_INVALID", 500> = defineError(
  "NOTIFICATIONS_OPTION_INVALID",
  500,
  "An option does not fit, or a notification names a channel that there is not. The message says which.",
)
export const NotificationsClosed: ErrorClass<"NOTIFICATIONS_CLOSED", 503> = defineError(
  "NOTIFICATIONS_CLOSED",
  503,
  "It was closed. Open it again, or close it later.",
)
