export type { Channel, ChannelMessage } from "./channel.ts"
export { defineChannel } from "./channel.ts"
export {
  NotificationInvalid,
  NotificationsClosed,
  NotificationsOptionInvalid,
  SmsCountryRefused,
  SmsInvalid,
  SmsLimitExceeded,
  SmsRejected,
  SmsUnavailable,
} from "./errors.ts"
export type { Notification, NotificationContents, NotificationOptions } from "./notification.ts"
export { defineNotification } from "./notification.ts"
export type { ChannelJob, ChannelOutcome, Notifier, NotifierOptions, Preferences, Recipient } from "./notifier.ts"
export { createNotifier } from "./notifier.ts"
export type { SmsOptions } from "./open-sms.ts"
export { defineSms, openSms } from "./open-sms.ts"
export { checkPhoneNumber } from "./phone-number.ts"
export { countSegments } from "./segments.ts"
export type { SentSms, Sms, SmsMessage, SmsOutboxEntry, SmsSendOptions, SmsTransport } from "./sms.ts"
