import { defineError, type ErrorClass } from "@ashlar/core"

/* Messages may reach callers: they hold no secrets, bodies, or addresses of the own network. */

export const WebhooksKeyInvalid: ErrorClass<"WEBHOOKS_KEY_INVALID", 500> = defineError(
  "WEBHOOKS_KEY_INVALID",
  500,
  "A key does not read. Give whsec_ with 24 to 64 bytes in base64, whsk_ for an ed25519 secret key, or whpk_ for a public one.",
)
export const WebhooksOptionInvalid: ErrorClass<"WEBHOOKS_OPTION_INVALID", 500> = defineError(
  "WEBHOOKS_OPTION_INVALID",
  500,
  "An option of webhooks does not fit. The message says which, and what is accepted.",
)
export const WebhooksHeadersMissing: ErrorClass<"WEBHOOKS_HEADERS_MISSING", 400> = defineError(
  "WEBHOOKS_HEADERS_MISSING",
  400,
  "A webhook needs the headers webhook-id, webhook-timestamp and webhook-signature, well-formed.",
)
export const WebhooksTimestampRefused: ErrorClass<"WEBHOOKS_TIMESTAMP_REFUSED", 400> = defineError(
  "WEBHOOKS_TIMESTAMP_REFUSED",
  400,
  "The webhook was sent too long ago, or in the future: it may be a replay. Check both clocks.",
)
export const WebhooksSignatureRefused: ErrorClass<"WEBHOOKS_SIGNATURE_REFUSED", 401> = defineError(
  "WEBHOOKS_SIGNATURE_REFUSED",
  401,
  "No signature of the webhook was made with a key that is known here, over these bytes.",
)
export const WebhooksEventInvalid: ErrorClass<"WEBHOOKS_EVENT_INVALID", 400> = defineError(
  "WEBHOOKS_EVENT_INVALID",
  400,
  "An event cannot be sent: its type is words of A-Za-z0-9_ with dots between, its data JSON, its id without dots.",
)
export const WebhooksPayloadTooLarge: ErrorClass<"WEBHOOKS_PAYLOAD_TOO_LARGE", 413> = defineError(
  "WEBHOOKS_PAYLOAD_TOO_LARGE",
  413,
  "An event is larger than is sent. The limit is in `details.maxPayloadBytes`: send an id, and let receivers ask for the rest.",
)
export const WebhooksUrlInvalid: ErrorClass<"WEBHOOKS_URL_INVALID", 400> = defineError(
  "WEBHOOKS_URL_INVALID",
  400,
  "An endpoint needs an https: URL of at most 2,048 characters, without a user name, whose host is public.",
)
export const WebhooksEndpointUnknown: ErrorClass<"WEBHOOKS_ENDPOINT_UNKNOWN", 404> = defineError(
  "WEBHOOKS_ENDPOINT_UNKNOWN",
  404,
  "There is no endpoint with this id.",
)
export const WebhooksEndpointsFull: ErrorClass<"WEBHOOKS_ENDPOINTS_FULL", 409> = defineError(
  "WEBHOOKS_ENDPOINTS_FULL",
  409,
  "The owner has as many endpoints as may be. The limit is in `details.maxEndpoints`: remove one first.",
)
export const WebhooksDeliveryFailed: ErrorClass<"WEBHOOKS_DELIVERY_FAILED", 502> = defineError(
  "WEBHOOKS_DELIVERY_FAILED",
  502,
  "An endpoint did not take a webhook: it answered with another status than 2xx, not in time, or not at all.",
)
export const WebhooksAddressPrivate: ErrorClass<"WEBHOOKS_ADDRESS_PRIVATE", 403> = defineError(
  "WEBHOOKS_ADDRESS_PRIVATE",
  403,
  "The host of an endpoint resolves to an address that is not public, and is not connected to.",
)
export const WebhooksStoreFailed: ErrorClass<"WEBHOOKS_STORE_FAILED", 503> = defineError(
  "WEBHOOKS_STORE_FAILED",
  503,
  "What keeps the endpoints did not do its work. The log has the cause.",
)
