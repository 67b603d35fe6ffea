import type { IncomingMessage, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { NodeContext } from "../context/node-context.ts"
import { pathOfTarget } from "../context/target.ts"
import { ListenFailed } from "../errors.ts"
import { messageHost } from "../host.ts"
import type { Kernel } from "../kernel.ts"
import { sendNode, sendReady } from "../reply/node.ts"
import { idleMsOf, type Server, serverUrl, type Where } from "../server.ts"
import type { NodeWebSockets } from "../websocket/node.ts"
import { NodeConnections } from "./node-connections.ts"
import { drainNode } from "./node-drain.ts"
import { isMalformed, refuseMalformed } from "./node-malformed.ts"

/** A head must be complete after so long: a slow sender cannot hold a connection. For the rest see {@link NodeConnections}. */
const HEADERS_TIMEOUT_MS = 10_000
const CHECK_INTERVAL_MS = 2_000

/** A request without a body comes with a stream that has ended, which saves a tenth of it. Known from Node 24.12 on. */
const EMPTY_REQUESTS = { optimizeEmptyRequests: true }

async function loadWebSockets(): Promise<NodeWebSockets> {
  const [sockets, { WebSocketServer }] = await Promise.all([import("../websocket/node.ts"), import("ws")])
  return new sockets.NodeWebSockets(WebSocketServer)
}

/** Listens on Node's own http server. No web-standard object is made unless a handler asks for one. */
export async function listenNode(kernel: Kernel, { port, host, idleTimeoutSeconds }: Where): Promise<Server> {
  const { createServer } = process.getBuiltinModule("node:http") // half the start-up cost of an import of it
  const sockets = kernel.websocket && (await loadWebSockets())
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: 0,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      keepAliveTimeout: 0,
      ...EMPTY_REQUESTS,
      ...sockets?.serverOptions(kernel),
    },
    (message, answer) => {
      if (!message.readableEnded) connections.note(message)
      handle(kernel, message, answer)
    },
  )
  const isWebSocket = (socket: Socket): boolean => sockets?.has(socket) ?? false
  const connections = new NodeConnections(server, { idleMs: idleMsOf({ idleTimeoutSeconds }), isWebSocket })
  sockets?.attach(server, kernel)
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new ListenFailed(`Could not listen on ${host}:${port}: ${cause.message}`, { cause })),
    )
    server.listen(port, host, resolve)
  })
  const address = server.address()
  const bound = typeof address === "object" && address !== null ? address.port : port
  const stop = async (graceMs: number): Promise<number> => {
    const gone = sockets?.closeAll()
    const cut = await drainNode({ server, sockets: () => connections.sockets, isWebSocket, graceMs })
    await gone
    return cut
  }
  return { port: bound, host, url: serverUrl(host, bound), stop }
}

function handle(kernel: Kernel, message: IncomingMessage, answer: ServerResponse): void {
  if (isMalformed(message)) {
    refuseMalformed(answer)
    return
  }
  const path = pathOfTarget(message.url as string)
  const { endpoint, values, ready } = kernel.find(message.method as string, path, messageHost(kernel, message))
  if (ready !== undefined && message.method === "GET") {
    sendReady(answer, ready)
    return
  }
  const ctx = new NodeContext({ message, answer, endpoint, shared: kernel.shared, values, path })
  const sent = kernel.answer(ctx, sendNode)
  if (sent !== undefined) sent.catch((error) => kernel.shared.report(error, ctx))
}
