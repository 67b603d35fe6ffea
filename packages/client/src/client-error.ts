export class ClientError extends Error {
  readonly code: string = ""
  readonly status: number = 0
}
/** A problem that no route declares. */
export interface Unexpected extends ClientError { readonly code: "CLIENT_NETWORK" | "CLIENT_TIMEOUT" | "CLIENT_ABORTED" | "CLIENT_UNDECLARED"}
export type FailureOf<E> = (ClientError & E) | Unexpected
