import { defineError, type ErrorClass } from "@ashlar/core"

/* Messages may reach an HTTP caller: they hold no keys, no logins and no text of a mail. What a server said is the cause. */

export const MailMessageInvalid: ErrorClass<"MAIL_MESSAGE_INVALID", 422> = defineError(
  "MAIL_MESSAGE_INVALID",
  422,
  "A message does not fit: an address, a header, the subject, or there is nothing in it. The message says what.",
)
export const MailTemplateInvalid: ErrorClass<"MAIL_TEMPLATE_INVALID", 500> = defineError(
  "MAIL_TEMPLATE_INVALID",
  500,
  "A template puts a value where none can be made safe, or was given an input that its schema refuses.",
)
export const MailTooLarge: ErrorClass<"MAIL_TOO_LARGE", 413> = defineError(
  "MAIL_TOO_LARGE",
  413,
  "A message with its attachments is larger than is sent. The limit is in `details.maxBytes`.",
)
export const MailRejected: ErrorClass<"MAIL_REJECTED", 502> = defineError(
  "MAIL_REJECTED",
  502,
  "The mail server refused the message, and will refuse it again: do not send it again as it is. The log has the cause.",
)
export const MailUnavailable: ErrorClass<"MAIL_UNAVAILABLE", 503> = defineError(
  "MAIL_UNAVAILABLE",
  503,
  "The mail server cannot be reached, is busy, or asks to be asked later. Send it again; through a queue that is done for you.",
)
export const MailBusy: ErrorClass<"MAIL_BUSY", 503> = defineError(
  "MAIL_BUSY",
  503,
  "So many messages wait for their turn under the rate that another is not taken. Send it later, or through a queue.",
)
export const MailOptionInvalid: ErrorClass<"MAIL_OPTION_INVALID", 500> = defineError(
  "MAIL_OPTION_INVALID",
  500,
  "An option of the mail does not fit. The message says which, and what is accepted.",
)
export const MailClosed: ErrorClass<"MAIL_CLOSED", 503> = defineError(
  "MAIL_CLOSED",
  503,
  "It was closed. Open it again, or close it later.",
)
