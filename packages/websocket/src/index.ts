export type { Bus, Unsubscribe } from "./bus/bus.ts"
export type { Messages } from "./codec.ts"
export {
  BusFailed,
  BusPayloadTooLarge,
  CloseInvalid,
  MembersExceeded,
  MessageInvalid,
  MessageUnsendable,
  OptionInvalid,
  OriginDenied,
  RoomsExceeded,
  SocketsExceeded,
} from "./errors.ts"
export type { Hub, HubOptions, Incoming, MemberOf, Outgoing, Room } from "./hub.ts"
export { createHub } from "./hub.ts"
export type { Attendance } from "./live-hub.ts"
export type { Origins } from "./origin.ts"
export type { Member, PresenceEvents } from "./presence.ts"
export type { Closing, Recipients, Socket } from "./socket.ts"
export type {
  DeclareWebSocket,
  ReceivedBy,
  SocketBy,
  SocketContract,
  SocketHooks,
  WebSocketDefinition,
} from "./websocket.ts"
export { websocket, websocketIn } from "./websocket.ts"
