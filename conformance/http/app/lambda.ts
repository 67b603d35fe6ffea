import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { type LambdaHttpEvent, type LambdaResult, toLambda } from "@ashlar/http/lambda"
import app from "./app.ts"

/** Lambda: what stands in front of a function URL, as little of it as there can be. It makes events, and takes answers. */
const handler = toLambda(app)

function toEvent(message: IncomingMessage, body: Buffer): LambdaHttpEvent {
  const target = (message.url ?? "/").replace(/^https?:\/\/[^/]*/, "")
  const mark = target.indexOf("?")
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.headers)) headers[name] = [value].flat().join(",")
  return {
    version: "2.0",
    rawPath: mark === -1 ? target : target.slice(0, mark),
    rawQueryString: mark === -1 ? "" : target.slice(mark + 1),
    headers,
    requestContext: {
      domainName: "id.lambda-url.eu-central-1.on.aws",
      http: { method: message.method ?? "GET", sourceIp: message.socket.remoteAddress ?? "" },
    },
    ...(body.length > 0 && { body: body.toString("base64"), isBase64Encoded: true }),
  }
}

function send(result: LambdaResult, method: string | undefined, answer: ServerResponse): void {
  const body = Buffer.from(result.body, result.isBase64Encoded ? "base64" : "utf8")
  const cookies = result.cookies === undefined ? {} : { "set-cookie": result.cookies }
  const bodiless = method === "HEAD" || result.statusCode === 204 || result.statusCode === 304
  const length = bodiless ? {} : { "content-length": String(body.length) }
  answer.writeHead(result.statusCode, { ...length, ...result.headers, ...cookies }).end(body)
}

/** What an event may carry. @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MOST_BYTES = 6 * 1024 * 1024

async function answerTo(message: IncomingMessage, answer: ServerResponse): Promise<void> {
  if (Number(message.headers["content-length"] ?? 0) > MOST_BYTES) {
    answer.writeHead(413, { connection: "close" }).end()
    return
  }
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  const result = await handler(toEvent(message, Buffer.concat(chunks)), {})
  try {
    send(result, message.method, answer)
  } catch {
    answer.writeHead(502).end()
  }
}

const server = createServer((message, answer) => {
  answerTo(message, answer).catch(() => answer.destroy()) // the caller left, or the handler failed
})
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }))
})
