import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import type { WebSocket, WebSocketServer } from "ws"
import { isMalformed, refuseMalformed } from "../adapters/node-malformed.ts"
import { NodeContext } from "../context/node-context.ts"
import { pathOfTarget } from "../context/target.ts"
import { UpgradeRequired } from "../errors.ts"
import { messageHost } from "../host.ts"
import type { Kernel } from "../kernel.ts"
import { sendNode } from "../reply/node.ts"
import { BaseConnection, GOING_AWAY } from "./connection.ts"
import { Upgrade, upgradeHeaders } from "./upgrade.ts"

/** How often silent peers are looked for, on all connections at once: a timer for each would cost more than the socket. */
const WATCH_INTERVAL_MS = 2_000

/** How long a peer may take to answer a close frame, or to take what waits before it. */
const CLOSE_TIMEOUT_MS = 10_000

/**
 * The pieces that a message may come in: as small as this many bytes, or this many of any size. Each costs a few times as
 * much memory as its frame, so there must be an end to them.
 */
const FRAGMENT_BYTES = 64
const MIN_FRAGMENTS = 16_384

/**
 * What goes out: text for many is framed once, and what a socket is sent within one turn of the event loop is written at
 * once. Either saves more than half of what a message costs.
 */
class Outbox {
  #corked: Socket[] = []
  #text: string | undefined
  #frame: Buffer | undefined

  /** Only for text: bytes may be changed by whoever sent them. */
  sendText(socket: Socket, text: string): void {
    if (socket.writableCorked === 0) {
      socket.cork()
      if (this.#corked.push(socket) === 1) setImmediate(() => this.#flush())
    }
    if (this.#frame === undefined || this.#text !== text) {
      this.#frame = textFrame(text)
      this.#text = text
    }
    socket.write(this.#frame)
  }
  #flush(): void {
    const corked = this.#corked
    this.#corked = []
    this.#text = undefined
    this.#frame = undefined
    for (const socket of corked) socket.uncork()
  }
}

/** A whole message, unmasked as a server's are. @see https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
function textFrame(text: string): Buffer {
  const size = Buffer.byteLength(text)
  const headSize = size < 126 ? 2 : size < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(headSize + size)
  frame[0] = 0x81
  frame[1] = size < 126 ? size : size < 65_536 ? 126 : 127
  if (headSize === 4) frame.writeUInt16BE(size, 2)
  if (headSize === 10) frame.writeBigUInt64BE(BigInt(size), 2)
  frame.write(text, headSize)
  return frame
}

/** Where the emitters of a connection find it: one set of listeners serves all, for closures would cost as much again. */
const CONNECTION = Symbol("connection")
type Emitter = { readonly [CONNECTION]: NodeConnection }

function onMessage(this: unknown, data: Buffer, isBinary: boolean): void {
  const connection = (this as Emitter)[CONNECTION]
  connection.heardAt = Date.now()
  connection.received(isBinary ? data : data.toString())
}
function onPong(this: unknown): void {
  ;(this as Emitter)[CONNECTION].heardAt = Date.now()
}
function onDrain(this: unknown): void {
  ;(this as Emitter)[CONNECTION].drained()
}
function onClose(this: unknown, code: number, reason: Buffer): void {
  const connection = (this as Emitter)[CONNECTION]
  connection.closed(code, reason.toString())
  connection.sockets.forget(connection)
}
function ignore(): void {}

interface NodeConnectionInput {
  readonly socket: WebSocket
  readonly stream: Socket
  readonly sockets: NodeWebSockets
}

class NodeConnection extends BaseConnection {
  readonly sockets: NodeWebSockets
  readonly #stream: Socket
  readonly #socket: WebSocket
  readonly #idleMs: number
  heardAt: number
  #pinged: boolean

  constructor(ctx: NodeContext, upgrade: Upgrade, { socket, stream, sockets }: NodeConnectionInput) {
    super(ctx, upgrade)
    this.sockets = sockets
    this.#stream = stream
    this.#socket = socket
    this.#idleMs = ctx.route.websocket!.idleTimeoutSeconds * 1000
    this.heardAt = Date.now()
    this.#pinged = false
  }

  /** A ping after half the idle time, which leaves the other half for the answer. */
  pingIfSilent(now: number): void {
    const silentMs = now - this.heardAt
    if (silentMs >= this.#idleMs) this.terminate()
    else if (silentMs < this.#idleMs / 2) this.#pinged = false
    else if (!this.#pinged) {
      this.#pinged = true
      this.ping()
    }
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN
  }
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }
  get topics(): undefined {
    return undefined
  }
  send(data: string | Uint8Array): boolean {
    if (!this.isOpen) return false
    if (typeof data === "string") this.sockets.outbox.sendText(this.#stream, data)
    else this.#socket.send(data)
    return true
  }
  ping(): void {
    if (this.isOpen) this.#socket.ping()
  }
  close(code = 1000, reason = ""): void {
    this.#socket.close(code, reason)
  }
  terminate(): void {
    this.#socket.terminate()
  }
  pause(): void {
    this.#socket.pause()
  }
  resume(): void {
    this.#socket.resume()
  }
}

/** The protocol on Node: the package `ws` speaks it, over the sockets that the HTTP server hands over. */
export class NodeWebSockets {
  readonly #Server: typeof WebSocketServer
  /** One for each limit of a message that a route has. */
  readonly #servers = new Map<number, WebSocketServer>()
  /** What the answers to handshakes under way will carry. */
  readonly #heads = new WeakMap<IncomingMessage, readonly string[]>()
  readonly open: Set<NodeConnection> = new Set<NodeConnection>()
  readonly outbox: Outbox = new Outbox()
  #watch: ReturnType<typeof setInterval> | undefined
  #isStopping = false
  #whenEmpty: (() => void) | undefined

  constructor(Server: typeof WebSocketServer) {
    this.#Server = Server
  }

  /**
   * Which requests Node hands over as sockets: those for a WebSocket route. Another request with an `Upgrade` header is a
   * request like any other. Node 22 does not ask, and hands over all.
   */
  serverOptions(kernel: Kernel): Pick<ServerOptions, "shouldUpgradeCallback"> {
    return {
      shouldUpgradeCallback: (message) => {
        const path = pathOfTarget(message.url as string)
        const { endpoint } = kernel.find(message.method as string, path, messageHost(kernel, message))
        return endpoint.record.websocket !== undefined
      },
    }
  }

  /** Runs handshakes through the kernel, like any request, once the requests before it on the connection are answered. */
  attach(server: Server, kernel: Kernel): void {
    server.on("upgrade", (message: IncomingMessage, stream: Duplex, head: Buffer) => {
      const socket = stream as Socket
      socket.on("error", ignore)
      if (!message.readableEnded) message.push(null) // the rest of the connection is no body
      const begin = (): void => {
        const { _httpMessage: before } = socket as { _httpMessage?: ServerResponse | null }
        if (before === undefined || before === null) this.#shakeHands(kernel, message, socket, head)
        else before.once("finish", () => setImmediate(begin))
      }
      begin()
    })
  }

  #shakeHands(kernel: Kernel, message: IncomingMessage, socket: Socket, head: Buffer): void {
    const { ServerResponse } = process.getBuiltinModule("node:http")
    const answer = new ServerResponse(message)
    answer.shouldKeepAlive = false
    answer.assignSocket(socket)
    answer.on("finish", () => socket.destroySoon())
    if (isMalformed(message) || message.httpVersionMinor === 0) {
      refuseMalformed(answer)
      return
    }
    const path = pathOfTarget(message.url as string)
    const { endpoint, values } = kernel.find(message.method as string, path, messageHost(kernel, message))
    const ctx = new NodeContext({ message, answer, endpoint, shared: kernel.shared, values, path })
    const sent = kernel.answer(ctx, (same, result) =>
      result instanceof Upgrade ? this.#accept(same, result, socket, head) : sendNode(same, result),
    )
    if (sent !== undefined) sent.catch((error: unknown) => kernel.shared.report(error, ctx))
  }

  /** Answers a handshake that was accepted. From here on the socket has nothing of HTTP. */
  #accept(ctx: NodeContext, upgrade: Upgrade, socket: Socket, head: Buffer): undefined {
    const headers = upgradeHeaders(ctx, upgrade)
    checkHeaders(headers)
    if (!socket.readable || !socket.writable) throw new UpgradeRequired("The caller went away")
    ctx.answer.detachSocket(socket)
    this.#heads.set(ctx.message, headers)
    const { maxMessageBytes } = ctx.route.websocket!
    this.#serverFor(maxMessageBytes).handleUpgrade(ctx.message, socket, head, (ws) =>
      this.#begin(ctx, upgrade, ws, socket),
    )
    return undefined
  }

  #begin(ctx: NodeContext, upgrade: Upgrade, ws: WebSocket, stream: Socket): void {
    const connection = new NodeConnection(ctx, upgrade, { socket: ws, stream, sockets: this })
    Object.assign(ws, { [CONNECTION]: connection })
    Object.assign(stream, { [CONNECTION]: connection })
    ws.on("message", onMessage)
    ws.on("pong", onPong)
    ws.on("close", onClose)
    ws.on("error", ignore) // whatever breaks a connection closes it too
    stream.on("drain", onDrain)
    ctx.letGo()
    this.open.add(connection)
    this.#watch ??= setInterval(() => this.#pingSilent(), WATCH_INTERVAL_MS).unref()
    connection.opened()
    if (this.#isStopping) connection.close(...GOING_AWAY)
  }

  #serverFor(maxPayload: number): WebSocketServer {
    const known = this.#servers.get(maxPayload)
    if (known !== undefined) return known
    const options = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload,
      maxFragments: Math.max(MIN_FRAGMENTS, Math.ceil(maxPayload / FRAGMENT_BYTES)),
      closeTimeout: CLOSE_TIMEOUT_MS, // the types of the package know neither of these yet
      handleProtocols: () => false as const, // the handler chose, and its choice is among the headers
    }
    const server = new this.#Server(options)
    server.on("headers", (lines, message) => {
      const head = this.#heads.get(message) as readonly string[]
      for (let index = 0; index < head.length; index += 2) lines.push(`${head[index]}: ${head[index + 1]}`)
    })
    this.#servers.set(maxPayload, server)
    return server
  }

  #pingSilent(): void {
    const now = Date.now()
    for (const connection of this.open) connection.pingIfSilent(now)
    if (this.open.size > 0) return
    clearInterval(this.#watch)
    this.#watch = undefined
  }

  /** Says goodbye to all, and to whoever still comes; ends when they have gone. */
  closeAll(): Promise<void> {
    this.#isStopping = true
    for (const connection of this.open) connection.close(...GOING_AWAY)
    return new Promise((resolve) => {
      if (this.open.size === 0) resolve()
      else this.#whenEmpty = resolve
    })
  }
  forget(connection: NodeConnection): void {
    this.open.delete(connection)
    if (this.open.size === 0) this.#whenEmpty?.()
  }
  /** Whether a connection of the server has become a WebSocket. */
  has(socket: Socket): boolean {
    return CONNECTION in socket
  }
}

/** Throws before a byte is written: a line break in a value would begin another header. */
function checkHeaders(head: readonly string[]): void {
  const { validateHeaderName, validateHeaderValue } = process.getBuiltinModule("node:http")
  for (let index = 0; index < head.length; index += 2) {
    validateHeaderName(head[index]!)
    validateHeaderValue(head[index]!, head[index + 1]!)
  }
}
