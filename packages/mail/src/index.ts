export type { Address, ParsedAddress } from "./address.ts"
export { parseAddress } from "./address.ts"
export {
  MailBusy,
  MailClosed,
  MailMessageInvalid,
  MailOptionInvalid,
  MailRejected,
  MailTemplateInvalid,
  MailTooLarge,
  MailUnavailable,
} from "./errors.ts"
export type { Mail, MailOptions, SendOptions, SentKeys, SentMail } from "./mail.ts"
export type { Attachment, AttachmentSource, MailMessage, PreparedAttachment, PreparedMessage } from "./message.ts"
export { defineMail, mailGuarantees, openMail } from "./open-mail.ts"
export type { HtmlValue } from "./templates/html.ts"
export { escapeHtml, Html, html, raw } from "./templates/html.ts"
export type { MailTemplate, Rendered, TemplateOptions } from "./templates/template.ts"
export { defineTemplate } from "./templates/template.ts"
export { toText } from "./templates/to-text.ts"
export type { Delivery, MailTransport, Outbox, OutboxEntry, TransportContext } from "./transport.ts"
