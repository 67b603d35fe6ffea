import { isUtf8 } from "node:buffer"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { LambdaEvent, LambdaResult } from "../adapters/lambda.ts"

/** What stands in front of a Lambda function. `alb` has multi-value headers enabled. */
export type LambdaFrontKind = "rest" | "http" | "url" | "alb"

export interface LambdaFrontOptions {
  readonly kind: LambdaFrontKind
  /** 0, the default, picks a free port. */
  readonly port?: number
  /** The largest request body in bytes; above it 413, as AWS answers. Default 6 MiB, behind a load balancer 1 MiB. */
  readonly maxBodyBytes?: number
}

/** A front on this machine. */
export interface LambdaFront {
  readonly url: string
  stop(): Promise<void>
}

type Handler = (event: LambdaEvent, context: unknown) => Promise<LambdaResult>

/**
 * Stands in front of a Lambda handler on this machine: makes of each request the event that AWS's front makes, and of the
 * result the answer. For tests and for development; one invocation for each request, several at a time.
 * @example const front = await startLambdaFront(handler, { kind: "url" })
 */
export async function startLambdaFront(handler: Handler, options: LambdaFrontOptions): Promise<LambdaFront> {
  const { kind, port = 0, maxBodyBytes = (kind === "alb" ? 1 : 6) * 1024 * 1024 } = options
  const answer = async (message: IncomingMessage, out: ServerResponse): Promise<void> => {
    const body = await readBody(message, maxBodyBytes)
    if (body === undefined) {
      out.writeHead(413, { connection: "close" }).end()
      return
    }
    const result = await handler(events[kind](message, body), { awsRequestId: crypto.randomUUID() })
    out.writeHead(result.statusCode, headersOf(result))
    out.end(result.isBase64Encoded ? Buffer.from(result.body, "base64") : result.body)
  }
  const server = createServer((message, out) => {
    answer(message, out).catch(() => out.headersSent || out.writeHead(502).end())
  })
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
  const bound = (server.address() as { port: number }).port
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { url: `http://127.0.0.1:${bound}`, stop }
}

async function readBody(message: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  if (Number(message.headers["content-length"] ?? 0) > maxBytes) return undefined
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message) {
    size += (chunk as Buffer).byteLength
    if (size > maxBytes) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks, size)
}

interface Sent {
  readonly path: string
  readonly query: string
  readonly method: string
  readonly address: string
  /** Each header line as it was sent. */
  readonly lines: readonly (readonly [string, string])[]
  readonly body: string | null
  readonly isBase64Encoded: boolean
}

function sent(message: IncomingMessage, body: Buffer): Sent {
  const target = /^https?:\/\/[^/?#]*(.*)$/.exec(message.url ?? "/")?.[1] ?? message.url ?? "/"
  const [path, ...query] = target.split("?")
  const lines = Array.from(
    { length: message.rawHeaders.length / 2 },
    (_, index) => [message.rawHeaders[2 * index]!, message.rawHeaders[2 * index + 1]!] as const,
  )
  const type = message.headers["content-type"] ?? ""
  const isText = /^(?:text\/|application\/(?:json|xml|javascript|x-www-form-urlencoded)\b)/.test(type) && isUtf8(body)
  return {
    path: path || "/",
    query: query.join("?"),
    method: message.method ?? "GET",
    address: message.socket.remoteAddress ?? "127.0.0.1",
    lines: [...lines, ["X-Forwarded-Proto", "http"], ["X-Forwarded-For", forwardedFor(message)]],
    body: body.byteLength === 0 ? null : body.toString(isText ? "utf8" : "base64"),
    isBase64Encoded: body.byteLength > 0 && !isText,
  }
}

function forwardedFor(message: IncomingMessage): string {
  const before = message.headers["x-forwarded-for"]
  return [...(before === undefined ? [] : [String(before)]), message.socket.remoteAddress ?? "127.0.0.1"].join(", ")
}

const events: Readonly<Record<LambdaFrontKind, (message: IncomingMessage, body: Buffer) => LambdaEvent>> = {
  rest: (message, raw) => {
    const { path, query, method, address, lines, body, isBase64Encoded } = sent(message, raw)
    return {
      path,
      httpMethod: method,
      ...both("headers", "multiValueHeaders", lines),
      ...both("queryStringParameters", "multiValueQueryStringParameters", [...new URLSearchParams(query)]),
      requestContext: { stage: "prod", domainName: "api.execute-api.local", identity: { sourceIp: address } },
      body,
      isBase64Encoded,
    }
  },
  http: (message, raw) => payload2(message, raw, "api.execute-api.local", decoded),
  url: (message, raw) => payload2(message, raw, "id.lambda-url.local.on.aws", (path) => path),
  alb: (message, raw) => {
    const { path, query, method, lines, body, isBase64Encoded } = sent(message, raw)
    const pairs = query.split("&").flatMap((pair) => (pair === "" ? [] : [halves(pair)]))
    return {
      path,
      httpMethod: method,
      multiValueHeaders: lists(lines.map(([name, value]) => [name.toLowerCase(), value] as const)),
      multiValueQueryStringParameters: lists(pairs),
      requestContext: { elb: { targetGroupArn: "arn:aws:elasticloadbalancing:local:0:targetgroup/local/0" } },
      body: body ?? "",
      isBase64Encoded,
    }
  },
}

function payload2(
  message: IncomingMessage,
  raw: Buffer,
  domainName: string,
  toRawPath: (path: string) => string,
): LambdaEvent {
  const { path, query, method, address, lines, body, isBase64Encoded } = sent(message, raw)
  const named = lines.map(([name, value]) => [name.toLowerCase(), value] as const)
  const cookies = named.filter(([name]) => name === "cookie").flatMap(([, value]) => value.split(/;\s*/))
  const joined = Object.entries(lists(named.filter(([name]) => name !== "cookie")))
  return {
    version: "2.0",
    rawPath: toRawPath(path),
    rawQueryString: query,
    headers: Object.fromEntries(joined.map(([name, values]) => [name, values.join(",")])),
    ...(cookies.length > 0 && { cookies }),
    requestContext: { stage: "$default", domainName, http: { method, sourceIp: address } },
    body,
    isBase64Encoded,
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function halves(pair: string): readonly [string, string] {
  const at = pair.indexOf("=")
  return at === -1 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)]
}

function both(single: string, list: string, pairs: readonly (readonly [string, string])[]): Record<string, object> {
  return { [single]: Object.fromEntries(pairs), [list]: lists(pairs) }
}

function lists(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const record = new Map<string, string[]>()
  for (const [name, value] of pairs) record.set(name, [...(record.get(name) ?? []), value])
  return Object.fromEntries(record)
}

function headersOf({
  headers = {},
  multiValueHeaders = {},
  cookies = [],
}: LambdaResult): Record<string, string | string[]> {
  return { ...headers, ...multiValueHeaders, ...(cookies.length > 0 && { "set-cookie": cookies }) }
}
