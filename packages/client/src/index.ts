export { createClient } from "./client.ts"
export type { ClientErrorCode, ErrorFacts, FailureOf, Issue, Problem, Unexpected } from "./client-error.ts"
export { ClientError, clientErrors } from "./client-error.ts"
export type {
  Call,
  Client,
  ClientSocket,
  Endpoint,
  Failed,
  Received,
  Result,
  RouteTypes,
  SocketTypes,
  Success,
} from "./contract.ts"
export type { Manifest } from "./manifest.ts"
export type { CallOptions, ClientOptions } from "./options.ts"
export type { Outgoing, Transport } from "./outgoing.ts"
export type { ReceivedEvent } from "./streams.ts"
