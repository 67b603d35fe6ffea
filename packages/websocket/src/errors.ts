import { defineError, type ErrorClass } from "@ashlar/core"

/* What a client did, or may not do. */
export const OriginDenied: ErrorClass<"WEBSOCKET_ORIGIN_DENIED", 403> = defineError(
  "WEBSOCKET_ORIGIN_DENIED",
  403,
  "A page of another site may not connect here. List its origin in `origins` if it should.",
)
export const SocketsExceeded: ErrorClass<"WEBSOCKET_SOCKETS_EXCEEDED", 503> = defineError(
  "WEBSOCKET_SOCKETS_EXCEEDED",
  503,
  "This process has as many connections as it takes. Connect again shortly.",
)
export const MessageInvalid: ErrorClass<"WEBSOCKET_MESSAGE_INVALID", 422> = defineError(
  "WEBSOCKET_MESSAGE_INVALID",
  422,
  "A message is not what this connection takes. `errors` says where.",
)
export const RoomsExceeded: ErrorClass<"WEBSOCKET_ROOMS_EXCEEDED", 409> = defineError(
  "WEBSOCKET_ROOMS_EXCEEDED",
  409,
  "The connection is in as many rooms as it may be in. Leave one first.",
)
export const MembersExceeded: ErrorClass<"WEBSOCKET_MEMBERS_EXCEEDED", 409> = defineError(
  "WEBSOCKET_MEMBERS_EXCEEDED",
  409,
  "The room has as many members as it may have.",
)

/* What a developer wrote, or what is missing around the process. */
export const OptionInvalid: ErrorClass<"WEBSOCKET_OPTION_INVALID", 500> = defineError(
  "WEBSOCKET_OPTION_INVALID",
  500,
  "An option of a hub or of a WebSocket route is out of its bounds. The message says which, and what is accepted.",
)
export const CloseInvalid: ErrorClass<"WEBSOCKET_CLOSE_INVALID", 500> = defineError(
  "WEBSOCKET_CLOSE_INVALID",
  500,
  "A connection was closed with a code that nobody may send. Use 1000, 1001, 1003, 1007 to 1013, or 3000 to 4999.",
)
export const MessageUnsendable: ErrorClass<"WEBSOCKET_MESSAGE_UNSENDABLE", 500> = defineError(
  "WEBSOCKET_MESSAGE_UNSENDABLE",
  500,
  "A message has no JSON form, or is not what the schema of outgoing messages describes.",
)
export const BusFailed: ErrorClass<"WEBSOCKET_BUS_FAILED", 503> = defineError(
  "WEBSOCKET_BUS_FAILED",
  503,
  "The bus between processes cannot be reached, or is closed. Sockets of this process are served all the same.",
)
export const BusPayloadTooLarge: ErrorClass<"WEBSOCKET_BUS_PAYLOAD_TOO_LARGE", 500> = defineError(
  "WEBSOCKET_BUS_PAYLOAD_TOO_LARGE",
  500,
  "A message is larger than the bus carries, so other processes did not get it. The limit is in `details.maxPayloadBytes`.",
)
