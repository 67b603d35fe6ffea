export { defineWebhooks, openWebhooks } from "./open-webhooks.ts"
export type {
  Delivery,
  DeliveryAttempt,
  DeliveryListing,
  DeliveryState,
  DisabledWhy,
  Endpoint,
  EndpointChanges,
  Endpoints,
  NewEndpoint,
  SentEvent,
  WebhookEvent,
  WebhookSender,
  Webhooks,
} from "./webhooks.ts"
export type { KeySeal, WebhooksOptions } from "./webhooks-options.ts"
