import type { DeclaredBy } from "@ashlar/core"
import {
  type AnyLayer,
  type BaseContext,
  type Check,
  type Context,
  type ErrorsOf,
  fail,
  get,
  type InputErrors,
  type InputOf,
  type OwnErrors,
  type ProvidedBy,
  type Route,
  type RouteDefinition,
  type Scope,
} from "@ashlar/http"
import { callSite, offeredProtocols, upgrade, type WebSocketLimits } from "@ashlar/http/upgrade"
import type { Messages } from "./codec.ts"
import { OptionInvalid, OriginDenied, SocketsExceeded } from "./errors.ts"
import { createHub, type Hub, type Incoming, liveHubOf, type Outgoing } from "./hub.ts"
import { HubSocket, type SocketRoute, socketEvents, type UntypedHooks } from "./hub-socket.ts"
import { checkWhole } from "./live-hub.ts"
import { createOriginCheck, type Origins } from "./origin.ts"
import type { Closing, Socket } from "./socket.ts"

/** What a WebSocket route says about itself, besides what any `GET` route may say. Every member is optional. */
export interface WebSocketDefinition
  extends Pick<
      RouteDefinition,
      | "params"
      | "query"
      | "headers"
      | "layers"
      | "errors"
      | "name"
      | "summary"
      | "description"
      | "tags"
      | "deprecated"
      | "where"
      | "meta"
    >,
    Partial<WebSocketLimits> {
  /** Where the route's sockets meet. Default: a hub of its own, in this process. */
  readonly hub?: Hub
  /** The messages of a route with a hub of its own; another hub says them itself. */
  readonly messages?: Messages
  /** Which pages may connect: of the same host (`same`, the default), of any site (`*`), or of the origins listed. */
  readonly origins?: Origins
  /** The subprotocols that are spoken. The first that the client offers and that is among them is agreed on. */
  readonly protocols?: readonly string[]
  /**
   * What becomes of a client for whom more than `maxBufferedBytes` wait: it is disconnected with 1013 (`close`, the
   * default), or gets nothing more until it has caught up (`drop`; `drain` tells when).
   */
  readonly slowConsumer?: "close" | "drop"
  /** What a message that does not fit is answered with: a problem document (`answer`, the default), or the end (`close`). */
  readonly onInvalid?: "answer" | "close"
  /** How many such messages in a row are answered before the connection is closed. 0 to 1,000, default 10. */
  readonly maxInvalidMessages?: number
  /** How many rooms one socket may be in. 1 to 10,000, default 100. */
  readonly maxRoomsPerSocket?: number
  /** How many sockets this process may have on the hub; one more is refused with 503. 1 to 10,000,000, default 100,000. */
  readonly maxSockets?: number
  /** How many bytes of messages may wait while a hook is busy. Default: `maxMessageBytes` and 1 MiB. */
  readonly maxQueuedBytes?: number
}

/** What a hook's `message` is. */
export type ReceivedBy<D> = D extends { hub: Hub<infer Received, infer _Sent, infer _Shown> }
  ? Received
  : D extends { messages: infer M }
    ? Incoming<M>
    : Incoming<undefined>
/** The socket that hooks see. */
export type SocketBy<D> = D extends { hub: Hub<infer _Received, infer Sent, infer Shown> }
  ? Socket<Sent, Shown>
  : D extends { messages: infer M }
    ? Socket<Outgoing<M>>
    : Socket<Outgoing<undefined>>

type Later = void | Promise<void>

/**
 * What happens on a connection. The hooks of one connection run one after the other: the next begins when the promise of
 * the one before has settled, and meanwhile nothing more is read from the client. What they throw goes to `error`; without
 * it, an error below 500 is told to the client, and any other is reported and closes the connection with 1011.
 */
export interface SocketHooks<C, S, Received> {
  /** The connection is there. */
  readonly open?: (socket: S, ctx: C) => Later
  readonly message?: (socket: S, message: Received, ctx: C) => Later
  /** The client has taken what waited for it. */
  readonly drain?: (socket: S, ctx: C) => Later
  /** The connection has ended, and has left its rooms. Last and once. */
  readonly close?: (socket: S, closing: Closing, ctx: C) => Later
  /** A hook threw. */
  readonly error?: (socket: S, error: unknown, ctx: C) => Later
}

type RefusedWith = DeclaredBy<typeof OriginDenied | typeof SocketsExceeded>

/** What a typed client knows of a route's messages: those that it sends, and those that it gets. For the type checker only. */
export interface SocketContract<Received, Sent> {
  readonly "~socket": readonly [receives: Received, sends: Sent]
}
type SentBy<D> = SocketBy<D> extends Socket<infer Sent, infer _Shown> ? Sent : never

/** Declares a WebSocket route, in a scope that provides `X` and may answer with `LE`. */
export interface DeclareWebSocket<X, LE> {
  <const P extends string>(
    path: P,
    hooks: SocketHooks<Context<P> & X, SocketBy<unknown>, ReceivedBy<unknown>>,
  ): Route<"GET", P, InputOf<P, unknown>, SocketContract<ReceivedBy<unknown>, SentBy<unknown>>, LE | RefusedWith>
  <const P extends string, const D extends WebSocketDefinition, const L extends readonly AnyLayer[] = readonly []>(
    path: P,
    definition: D & { readonly layers?: L & Check<L, X> },
    hooks: SocketHooks<Context<P, D> & X & ProvidedBy<L>, SocketBy<D>, ReceivedBy<D>>,
  ): Route<
    "GET",
    P,
    InputOf<P, D>,
    SocketContract<ReceivedBy<D>, SentBy<D>>,
    OwnErrors<D> | InputErrors<D> | ErrorsOf<L> | LE | RefusedWith
  >
}

/**
 * A WebSocket route as a value, for `app.add`.
 *
 * @throws {WEBSOCKET_OPTION_INVALID}
 * @see https://www.rfc-editor.org/rfc/rfc6455
 * @example
 * app.add(websocket("/echo", { message: (socket, message) => void socket.send(message) }))
 */
export const websocket: DeclareWebSocket<unknown, never> = declareWebSocket()

/**
 * Declares WebSocket routes in a scope: hooks see what the scope's layers provide.
 *
 * @example
 * app.scope("/chat", [signedIn], (chat) => {
 *   websocketIn(chat)("/:room", { hub }, { open: (socket, ctx) => socket.join(ctx.params.room, { member: ctx.user }) })
 * })
 */
export function websocketIn<X, E>(scope: Scope<X, E>): DeclareWebSocket<X, E> {
  return declareWebSocket((route) => scope.add(route))
}

function declareWebSocket<X, LE>(add?: (route: object) => void): DeclareWebSocket<X, LE> {
  return ((path: string, ...rest: [unknown, unknown?]) => {
    const [definition, hooks] = rest.length === 1 ? [{}, rest[0]] : rest
    const route = makeRoute(path, definition as WebSocketDefinition, hooks as UntypedHooks)
    add?.(route)
    return route
  }) as unknown as DeclareWebSocket<X, LE>
}

const MiB = 1024 * 1024

function makeRoute(path: string, definition: WebSocketDefinition, hooks: UntypedHooks): object {
  const { origins = "same", protocols = [], maxSockets = 100_000 } = definition
  checkWhole("maxSockets", maxSockets, [1, 10_000_000])
  const refused = createOriginCheck(origins)
  const route = toSocketRoute(path, definition, hooks)
  const handler = (ctx: BaseContext) => {
    const failure = refused(ctx)
    if (failure !== undefined) return failure
    if (route.hub.size >= maxSockets)
      return fail(SocketsExceeded, `This process takes ${maxSockets} connections here`, { maxSockets })
    const protocol = offeredProtocols(ctx).find((one) => protocols.includes(one))
    return upgrade(ctx, socketEvents, { protocol, data: new HubSocket(route, ctx, protocol) })
  }
  return Object.assign(get(path, toRouteDefinition(definition), handler), { declaredAt: callSite(import.meta.url) })
}

function toSocketRoute(path: string, definition: WebSocketDefinition, hooks: UntypedHooks): SocketRoute {
  const { hub, messages, maxMessageBytes = MiB, maxBufferedBytes = MiB } = definition
  if (hub !== undefined && messages !== undefined)
    throw new OptionInvalid(`${path} says \`messages\` and \`hub\`, but a hub says itself what its messages are`)
  const { maxQueuedBytes = maxMessageBytes + MiB, maxRoomsPerSocket = 100, maxInvalidMessages = 10 } = definition
  return {
    hub: liveHubOf(hub ?? createHub({ messages })),
    hooks,
    maxBufferedBytes,
    maxQueuedBytes: checkWhole("maxQueuedBytes", maxQueuedBytes, [1, 4096 * MiB]),
    maxRoomsPerSocket: checkWhole("maxRoomsPerSocket", maxRoomsPerSocket, [1, 10_000]),
    maxInvalidMessages: checkWhole("maxInvalidMessages", maxInvalidMessages, [0, 1000]),
    slowConsumer: definition.slowConsumer ?? "close",
    onInvalid: definition.onInvalid ?? "answer",
  }
}

/** What the kernel knows of the route. Readers of the table find its messages and subprotocols in `meta.websocket`. */
/** Its layers were checked where the route was declared. */
type Checked = RouteDefinition & { readonly layers?: never }

function toRouteDefinition(definition: WebSocketDefinition): Checked {
  const {
    maxMessageBytes,
    maxBufferedBytes,
    idleTimeoutSeconds,
    hub,
    messages,
    protocols = [],
    meta,
    ...rest
  } = definition
  const {
    origins,
    slowConsumer,
    onInvalid,
    maxInvalidMessages,
    maxRoomsPerSocket,
    maxSockets,
    maxQueuedBytes,
    ...own
  } = rest
  return {
    ...(own as Checked),
    errors: [...(own.errors ?? []), OriginDenied, SocketsExceeded],
    meta: { ...meta, websocket: { messages: hub === undefined ? messages : liveHubOf(hub).messages, protocols } },
    websocket: defined({ maxMessageBytes, maxBufferedBytes, idleTimeoutSeconds }),
  }
}

function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
