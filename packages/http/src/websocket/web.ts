import type { WebContext } from "../context/web-context.ts"
import { UpgradeUnavailable } from "../errors.ts"
import type { Result } from "../reply/reply.ts"
import { toResponse } from "../reply/web.ts"
import { BaseConnection, GOING_AWAY } from "./connection.ts"
import { Upgrade, webUpgradeHeaders } from "./upgrade.ts"

/** The parts of Deno's and of a worker's own API that are used here. */
interface Runtime {
  readonly Deno?: {
    upgradeWebSocket(
      request: Request,
      options: { idleTimeout: number },
    ): { readonly socket: WebSocket; readonly response: Response }
  }
  readonly WebSocketPair?: new () => readonly [client: WebSocket, server: WorkerSocket]
}
type WorkerSocket = WebSocket & { accept(): void }

/** How often it is looked whether a peer has taken what waited for it: the web's `WebSocket` tells of no such moment. */
const DRAIN_INTERVAL_MS = 20

/** How long a peer may take to answer a close frame, or to take what waits before it. */
const CLOSE_TIMEOUT_MS = 10_000

/** A connection over the web's own `WebSocket`: on Deno and in workers. */
class WebConnection extends BaseConnection {
  readonly #socket: WebSocket
  #draining: ReturnType<typeof setInterval> | undefined
  #said: { readonly code: number; readonly reason: string } | undefined
  #closing: ReturnType<typeof setTimeout> | undefined
  #isClosed: boolean

  constructor(ctx: WebContext, upgrade: Upgrade, socket: WebSocket) {
    super(ctx, upgrade)
    this.#socket = socket
    this.#draining = undefined
    this.#said = undefined
    this.#closing = undefined
    this.#isClosed = false
    socket.binaryType = "arraybuffer"
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) =>
      this.received(typeof data === "string" ? data : new Uint8Array(data))
    socket.onclose = ({ code, reason }) => this.#end(code === 0 ? 1006 : code, reason)
    // What breaks a connection closes it too; a worker lets an error go unhandled that nobody listens to.
    socket.onerror = () => undefined
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN && !this.#isClosed
  }
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount ?? 0 // a worker has none
  }
  get topics(): undefined {
    return undefined
  }
  send(data: string | Uint8Array): boolean {
    if (!this.isOpen) return false
    this.#socket.send(data as Uint8Array<ArrayBuffer>)
    if (this.bufferedBytes > 0) this.#draining ??= setInterval(() => this.#lookForRoom(), DRAIN_INTERVAL_MS)
    return true
  }
  ping(): void {
    // The runtime pings by itself, and gives no way to do it.
  }
  close(code = 1000, reason = ""): void {
    if (!this.isOpen) return
    this.#socket.close(code, reason)
    // Deno tells of no code that was not the peer's.
    this.#said = { code, reason }
    this.#closing = setTimeout(() => this.#end(1006, ""), CLOSE_TIMEOUT_MS)
  }
  terminate(): void {
    this.close(1001)
    this.#end(1006, "")
  }
  pause(): void {}
  resume(): void {}

  #lookForRoom(): void {
    if (this.isOpen && this.bufferedBytes > 0) return
    clearInterval(this.#draining)
    this.#draining = undefined
    if (this.isOpen) this.drained()
  }
  #end(code: number, reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#closing)
    clearInterval(this.#draining)
    const said = code === 1005 ? this.#said : undefined
    this.closed(said?.code ?? code, said?.reason ?? reason)
  }
}

/** The connections of one Deno server. */
export class DenoWebSockets {
  readonly #open = new Set<WebConnection>()
  #whenEmpty: (() => void) | undefined
  #isStopping = false

  /** Sends what the handler of a WebSocket route returned. */
  readonly render = (ctx: WebContext, result: Result): Response => {
    if (!(result instanceof Upgrade)) return toResponse(ctx, result)
    const { protocol } = result
    const headers = webUpgradeHeaders(ctx, result) // first: Deno ends the process over an upgrade that is not returned
    const { socket, response } = (globalThis as Runtime).Deno!.upgradeWebSocket(ctx.request, {
      idleTimeout: ctx.route.websocket!.idleTimeoutSeconds,
    })
    addHeaders(response, headers)
    // Deno itself finds a protocol only in a list with a blank behind each comma.
    if (protocol !== undefined) response.headers.set("sec-websocket-protocol", protocol)
    const connection = new WebConnection(ctx, result, socket)
    socket.onopen = () => {
      this.#open.add(connection)
      connection.opened()
      if (this.#isStopping) connection.close(...GOING_AWAY)
    }
    socket.addEventListener("close", () => {
      this.#open.delete(connection)
      if (this.#open.size === 0) this.#whenEmpty?.()
    })
    return response
  }

  /** Says goodbye to all, and to whoever still comes; ends when they have gone. */
  closeAll(): Promise<void> {
    this.#isStopping = true
    for (const connection of this.#open) connection.close(...GOING_AWAY)
    return new Promise((resolve) => {
      if (this.#open.size === 0) resolve()
      else this.#whenEmpty = resolve
    })
  }
  /** @returns how many there were. */
  terminateAll(): number {
    const { size } = this.#open
    for (const connection of this.#open) connection.terminate()
    return size
  }
}

/**
 * Sends what the handler of a WebSocket route returned, where no server of ours listens: in a worker, or on Deno.
 * @throws {HTTP_UPGRADE_UNAVAILABLE} elsewhere: there is no connection to take over.
 */
export function sendUpgrade(ctx: WebContext, result: Result): Response {
  if (!(result instanceof Upgrade)) return toResponse(ctx, result)
  const { Deno: deno, WebSocketPair: Pair } = globalThis as Runtime
  if (deno !== undefined) return new DenoWebSockets().render(ctx, result)
  if (Pair === undefined) throw new UpgradeUnavailable()
  const headers = webUpgradeHeaders(ctx, result)
  const [client, server] = Object.values(new Pair()) as unknown as [WebSocket, WorkerSocket]
  const response = new Response(null, { status: 101, webSocket: client, headers } as ResponseInit)
  const connection = new WebConnection(ctx, result, server)
  server.accept()
  connection.opened()
  return response
}

function addHeaders(response: Response, headers: Headers): void {
  for (const [name, value] of headers) {
    if (name === "set-cookie") response.headers.append(name, value)
    else response.headers.set(name, value)
  }
}
