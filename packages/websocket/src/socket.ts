/** How a connection ended. */
export interface Closing {
  /** A code of RFC 6455 or the application's own; 1005: the client gave none; 1006: the connection broke. */
  readonly code: number
  readonly reason: string
  /** Who began: the one that said so first. A broken connection counts as the client's. */
  readonly by: "client" | "server"
}

/** Where a message goes. */
export interface Recipients<Out> {
  /** Sends to all of them, in every process. @throws {WEBSOCKET_MESSAGE_UNSENDABLE} */
  send(message: Out): void
}

/** One connection, as hooks see it. `Out`: what may be sent; `Member`: what others may know of who is in a room. */
export interface Socket<Out = unknown, Member = unknown> {
  /** Unique over all processes. Others may see it: it gives no access to anything. */
  readonly id: string
  readonly isOpen: boolean
  /** The subprotocol that was agreed on. */
  readonly protocol: string | undefined
  /** Bytes that were sent and that the client has not yet taken. */
  readonly bufferedBytes: number
  /** Aborts when the connection ends. */
  readonly signal: AbortSignal
  readonly rooms: ReadonlySet<string>
  /**
   * Sends a message to this client.
   * @returns whether it was queued. False: the connection is closing, or the client is too far behind (`slowConsumer`).
   * @throws {WEBSOCKET_MESSAGE_UNSENDABLE}
   */
  send(message: Out): boolean
  /**
   * Waits until the client has taken so much of what was sent that there is room: less than half of `maxBufferedBytes`.
   * Gives false when the connection ended meanwhile.
   */
  ready(): Promise<boolean>
  /**
   * Says goodbye: 1000, 1001, 1003, 1007 to 1013, or 3000 to 4999, and a reason of up to 123 bytes (a longer one is cut).
   * @throws {WEBSOCKET_CLOSE_INVALID}
   */
  close(code?: number, reason?: string): void
  /**
   * Enters a room: at once for what this process sends, and for other processes when the promise ends. With `member`
   * others see that it is there. A second time changes the member.
   * @throws {WEBSOCKET_ROOMS_EXCEEDED} {WEBSOCKET_MEMBERS_EXCEEDED} {WEBSOCKET_OPTION_INVALID}
   */
  join(room: string, options?: { readonly member?: Member }): Promise<void>
  /** Leaves a room. All rooms are left when the connection ends. */
  leave(room: string): void
  /** Everybody in a room but this socket. */
  to(room: string): Recipients<Out>
  /** Everybody of the hub but this socket. */
  broadcast(message: Out): void
}
