import type { BaseContext } from "../context/context.ts"
import type { RequestContext } from "../context/request-context.ts"
import { BadRequest, Unavailable, UpgradeInvalid, UpgradeRequired } from "../errors.ts"
import { type Failure, fail } from "../failure.ts"
import { put } from "../reply/node.ts"
import { Reply, type ReplyHeaders } from "../reply/reply.ts"
import type { WebSocketEvents } from "./connection.ts"

export { callSite } from "../call-site.ts"
export type { RequestIssue } from "../request-issue.ts"
export { PartSchema } from "../schema.ts"
export type { NativeTopics, WebSocketConnection, WebSocketEvents } from "./connection.ts"
export type { WebSocketLimits } from "./limits.ts"

export interface UpgradeOptions {
  /** The subprotocol that was chosen, of those that {@link offeredProtocols} names. */
  readonly protocol?: string | undefined
  /** Headers of the 101 answer; what layers and `ctx.set` add comes on top. */
  readonly headers?: ReplyHeaders
  /** What the route knows of this connection: `connection.data`, so that one set of events serves all of them. */
  readonly data?: unknown
}

/**
 * The answer that turns a request into a WebSocket connection. It goes through the layers like any reply, and has the
 * status 101; what they do to its body does not matter, for it has none.
 */
export class Upgrade extends Reply<101, null> {
  readonly events: WebSocketEvents
  readonly protocol: string | undefined
  readonly data: unknown

  constructor(events: WebSocketEvents, { protocol, headers, data }: UpgradeOptions = {}) {
    super(101, null, undefined, headers)
    this.events = events
    this.protocol = protocol
    this.data = data
  }

  override withHeaders(headers: ReplyHeaders): Upgrade {
    const { protocol, data } = this
    return new Upgrade(this.events, { protocol, data, headers: { ...this.headers, ...headers } })
  }
  override withBody(): never {
    return this as never
  }
}

/**
 * Answers a request for a WebSocket connection, once whoever asks may have it. The route says `websocket` in its
 * definition, which holds its limits.
 *
 * @returns 426 to a request that asks for none, 400 to one that asks wrongly, 503 once the app stops.
 * @throws {HTTP_UPGRADE_INVALID} on a route without `websocket`.
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-4.2
 * @example
 * app.get("/echo", { websocket: {} }, (ctx) => upgrade(ctx, { message: (connection, data) => void connection.send(data) }))
 */
export function upgrade(
  ctx: BaseContext,
  events: WebSocketEvents,
  options?: UpgradeOptions,
): Upgrade | Failure<typeof UpgradeRequired | typeof BadRequest | typeof Unavailable> {
  if (ctx.route.websocket === undefined)
    throw new UpgradeInvalid(`${ctx.route.method} ${ctx.route.path} upgrades, but its definition has no \`websocket\``)
  if (ctx.draining.aborted) return fail(Unavailable, "The server is stopping. Connect again shortly.")
  return problemOf(ctx) ?? new Upgrade(events, options)
}

/** The subprotocols that the client offers, the one it likes best first. */
export function offeredProtocols(ctx: Pick<BaseContext, "headers">): readonly string[] {
  return listOf(ctx.headers.get("sec-websocket-protocol"))
}

/** Workers tell of no more than the wish: the connection itself ends in the platform. */
const isWorker = "WebSocketPair" in globalThis

function problemOf({ method, headers }: BaseContext): Failure<typeof UpgradeRequired | typeof BadRequest> | undefined {
  if (method !== "GET" || headers.get("upgrade")?.trim().toLowerCase() !== "websocket")
    return fail(UpgradeRequired, "Expected a WebSocket handshake. Send Upgrade: websocket.", { upgrade: "websocket" })
  if (isWorker) return undefined
  const version = headers.get("sec-websocket-version")
  if (version?.trim() !== "13")
    return fail(UpgradeRequired, `Expected Sec-WebSocket-Version 13, got ${version ?? "none"}`, {
      upgrade: "websocket",
      version: "13",
    })
  if (!listOf(headers.get("connection")).some((one) => one.toLowerCase() === "upgrade"))
    return fail(BadRequest, "Expected Connection: Upgrade with Upgrade: websocket")
  // The base64 of 16 bytes: 22 characters, the last of them with two bits, and two of padding.
  if (!/^[A-Za-z0-9+/]{21}[AQgw]==$/.test(headers.get("sec-websocket-key")?.trim() ?? ""))
    return fail(BadRequest, "Expected 16 bytes as base64 in Sec-WebSocket-Key")
  const offered = offeredProtocols({ headers })
  if (new Set(offered).size < offered.length || !offered.every((one) => TOKEN.test(one)))
    return fail(BadRequest, "Expected different tokens in Sec-WebSocket-Protocol")
  return undefined
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2 */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

function listOf(header: string | null): readonly string[] {
  return (header ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "")
}

/** The headers of the 101 answer as web-standard ones. @throws TypeError when one cannot be sent. */
export function webUpgradeHeaders(ctx: RequestContext, upgrade: Upgrade): Headers {
  const headers = new Headers()
  const head = upgradeHeaders(ctx, upgrade)
  for (let index = 0; index < head.length; index += 2) headers.append(head[index]!, head[index + 1]!)
  return headers
}

/** The headers of the 101 answer: name, value, name, value …; `sec-websocket-protocol` among them. */
export function upgradeHeaders(ctx: RequestContext, { headers, protocol }: Upgrade): readonly string[] {
  const head = [...ctx.endpoint.constantHeaders]
  for (const name in headers) {
    const value = headers[name]!
    for (const line of typeof value === "string" ? [value] : value) put(head, name.toLowerCase(), line)
  }
  const set = ctx.answerHeaders ?? []
  for (let index = 0; index < set.length; index += 2) put(head, set[index]!, set[index + 1]!)
  if (protocol !== undefined) put(head, "sec-websocket-protocol", protocol)
  return head
}
