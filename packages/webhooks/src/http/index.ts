export {
  type OnceByWebhookIdOptions,
  onceByWebhookId,
  type VerifyWebhookOptions,
  verifyWebhook,
  type WebhookLayer,
} from "./verify-webhook.ts"
