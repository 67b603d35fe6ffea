import type { IncomingMessage, ServerResponse } from "node:http"
import { Readable } from "node:stream"
import type { ReadableStream as NodeReadableStream } from "node:stream/web"
import { ListenFailed } from "../errors.ts"
import { type ListenOptions, type Servable, type Server, serverUrl } from "../server.ts"

/** Listens on Node's own http server, translating to and from the web-standard Request and Response. */
export async function listenNode(app: Servable, { port, host }: Required<ListenOptions>): Promise<Server> {
  const { createServer } = process.getBuiltinModule("node:http") // half the start-up cost of an import of it
  const server = createServer((message, answer) => {
    const gone = new AbortController()
    answer.on("close", () => {
      if (!answer.writableFinished) gone.abort()
    })
    handle(app, message, answer, gone.signal).catch(() => answer.destroy())
  })
  server.headersTimeout = 15_000
  server.requestTimeout = 30_000
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new ListenFailed(`Could not listen on ${host}:${port}: ${cause.message}`, { cause })),
    )
    server.listen(port, host, resolve)
  })
  const address = server.address()
  const bound = typeof address === "object" && address !== null ? address.port : port
  const stop = (graceMs: number): Promise<void> =>
    new Promise((resolve) => {
      const force = setTimeout(() => server.closeAllConnections(), graceMs)
      server.close(() => {
        clearTimeout(force)
        resolve()
      })
      server.closeIdleConnections()
    })
  return { port: bound, host, url: serverUrl(host, bound), stop }
}

async function handle(
  app: Servable,
  message: IncomingMessage,
  answer: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const response = await app.fetch(toRequest(message, signal), () => ({ address: message.socket.remoteAddress }))
  answer.statusCode = response.status
  // A body left unread (too large, not wanted) would be taken for the next request on this connection.
  if (!message.complete) answer.setHeader("connection", "close")
  for (const [name, value] of response.headers) if (name !== "set-cookie") answer.setHeader(name, value)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) answer.setHeader("set-cookie", cookies)
  if (response.body === null || message.method === "HEAD") {
    await response.body?.cancel()
    answer.end()
    return
  }
  const body = Readable.fromWeb(response.body as unknown as NodeReadableStream)
  await new Promise<void>((resolve, reject) => {
    body.on("error", reject)
    answer.on("close", () => {
      body.destroy()
      resolve()
    })
    body.pipe(answer)
  })
}

function toRequest(message: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers()
  for (let index = 0; index < message.rawHeaders.length; index += 2) {
    headers.append(message.rawHeaders[index]!, message.rawHeaders[index + 1]!)
  }
  const method = message.method ?? "GET"
  const hasBody = method !== "GET" && method !== "HEAD"
  message.on("error", () => undefined) // a body that breaks off is told to whoever reads it, and to nobody else
  return new Request(`http://${headers.get("host") ?? "localhost"}${message.url ?? "/"}`, {
    method,
    headers,
    signal,
    ...(hasBody && { body: Readable.toWeb(message) as unknown as ReadableStream, duplex: "half" }),
  } as RequestInit)
}
