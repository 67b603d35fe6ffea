import type { RequestContext } from "../context/request-context.ts"
import { UpgradeRequired } from "../errors.ts"
import { toResponse } from "../reply/web.ts"
import type { UpgradeRender } from "../web-handler.ts"
import { BaseConnection, GOING_AWAY, type NativeTopics } from "./connection.ts"
import type { WebSocketLimits } from "./limits.ts"
import { Upgrade, webUpgradeHeaders } from "./upgrade.ts"

type BunSocket = Bun.ServerWebSocket<BunConnection>
type BunServer = Bun.Server<BunConnection>

/**
 * What Bun itself lets wait for a peer, in shares of the largest `maxBufferedBytes` of a route: far enough above it that
 * the route's own rule comes first, and an end all the same, for what is published never passes a check of ours.
 */
const NATIVE_BACKPRESSURE_SHARE = 4

class BunConnection extends BaseConnection {
  /** Set when it opens, which is before anybody sees the connection. */
  socket: BunSocket | undefined
  readonly topics: NativeTopics

  constructor(ctx: RequestContext, upgrade: Upgrade, topics: NativeTopics) {
    super(ctx, upgrade)
    this.socket = undefined
    this.topics = topics
  }

  get isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN
  }
  get bufferedBytes(): number {
    return this.isOpen ? this.socket!.getBufferedAmount() : 0
  }
  send(data: string | Uint8Array): boolean {
    return this.isOpen && this.socket!.send(data as Uint8Array<ArrayBuffer>) !== 0
  }
  ping(): void {
    this.socket?.ping()
  }
  close(code = 1000, reason = ""): void {
    this.socket?.close(code, reason)
  }
  terminate(): void {
    this.socket?.terminate()
  }
  pause(): void {
    this.socket?.pause()
  }
  resume(): void {
    this.socket?.resume()
  }
}

/** The connections of one Bun server: Bun takes one handler for all of them, which finds the rest in the socket's data. */
export class BunWebSockets {
  readonly handler: Bun.WebSocketHandler<BunConnection>
  readonly #open = new Set<BunConnection>()
  #topics: NativeTopics | undefined
  #isStopping = false

  constructor({ maxMessageBytes, maxBufferedBytes, idleTimeoutSeconds }: WebSocketLimits) {
    this.handler = {
      maxPayloadLength: maxMessageBytes,
      backpressureLimit: Math.min(maxBufferedBytes * NATIVE_BACKPRESSURE_SHARE, 0xffff_ffff),
      closeOnBackpressureLimit: true,
      idleTimeout: idleTimeoutSeconds,
      sendPings: true,
      perMessageDeflate: false,
      open: (socket) => {
        const { data } = socket
        data.socket = socket
        this.#open.add(data)
        data.opened()
        if (this.#isStopping) data.close(...GOING_AWAY)
      },
      message: ({ data }, message) => data.received(message),
      drain: ({ data }) => data.drained(),
      close: ({ data }, code, reason) => {
        this.#open.delete(data)
        data.closed(code, reason)
      },
    }
  }

  /** How a server sends what the handler of a WebSocket route returned. Bun itself writes the answer to an upgrade. */
  readonly render: UpgradeRender = (connection) => {
    const server = connection as BunServer
    return (ctx, result) => {
      if (!(result instanceof Upgrade)) return toResponse(ctx, result)
      const headers = webUpgradeHeaders(ctx, result)
      // Bun would choose the first one that was offered.
      if (result.protocol === undefined) headers.set("sec-websocket-protocol", "")
      this.#topics ??= nativeTopics(server)
      const data = new BunConnection(ctx, result, this.#topics)
      if (!server.upgrade(ctx.request, { data, headers })) throw new UpgradeRequired("The caller went away")
      return undefined as unknown as Response
    }
  }

  /** Says goodbye to all, and to whoever still comes. */
  closeAll(): void {
    this.#isStopping = true
    for (const connection of this.#open) connection.close(...GOING_AWAY)
  }
}

function nativeTopics(server: BunServer): NativeTopics {
  return {
    subscribe: (connection, topic) => void (connection as BunConnection).socket?.subscribe(topic),
    unsubscribe: (connection, topic) => void (connection as BunConnection).socket?.unsubscribe(topic),
    publish(topic, data, except) {
      // A socket's own publish leaves out that socket, and does nothing once it is closed.
      const socket = except?.isOpen === true ? (except as BunConnection).socket : undefined
      if (socket === undefined) server.publish(topic, data as Uint8Array<ArrayBuffer>)
      else socket.publish(topic, data as Uint8Array<ArrayBuffer>)
    },
  }
}
