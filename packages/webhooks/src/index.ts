export {
  WebhooksAddressPrivate,
  WebhooksDeliveryFailed,
  WebhooksEndpointsFull,
  WebhooksEndpointUnknown,
  WebhooksEventInvalid,
  WebhooksHeadersMissing,
  WebhooksKeyInvalid,
  WebhooksOptionInvalid,
  WebhooksPayloadTooLarge,
  WebhooksSignatureRefused,
  WebhooksStoreFailed,
  WebhooksTimestampRefused,
  WebhooksUrlInvalid,
} from "./errors.ts"
export { createWebhookKeyPair, createWebhookSecret, type WebhookKey } from "./keys.ts"
export {
  type HeaderSource,
  signWebhook,
  type VerifiedWebhook,
  type VerifyOptions,
  verifyWebhookSignature,
  type WebhookHeaders,
  type WebhookMessage,
} from "./signature.ts"
