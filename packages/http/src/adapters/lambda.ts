import { type AshlarError, Internal } from "@ashlar/core"
import { AnswerTooLarge, BadRequest, PlatformMissing } from "../errors.ts"
import type { Layer } from "../layer.ts"
import { type LambdaResult, toResult } from "./lambda-answer.ts"
import { type EventRequest, type LambdaEvent, readEvent } from "./lambda-event.ts"
import { type Answering, connectionOf, give, isHost, PendingWork, platformLayer, refusal } from "./platform.ts"
import { pump, type Writable } from "./pump.ts"

export type { LambdaResult } from "./lambda-answer.ts"
export type { LambdaAlbEvent, LambdaEvent, LambdaHttpEvent, LambdaRestEvent } from "./lambda-event.ts"

export interface LambdaOptions {
  /**
   * A path that stands before those of the app and is taken away, as `/v1`: the base path mapping of a custom domain.
   * The stage of an HTTP API is taken away by itself.
   */
  readonly basePath?: string
  /** The largest answer in bytes, encoded as Lambda takes it. Default 6 MiB, behind a load balancer 1 MiB: AWS's limits. */
  readonly maxAnswerBytes?: number
}

/** A Lambda handler. The context is AWS's own, and handed through to {@link lambdaContext}. */
export type LambdaHandler = (event: LambdaEvent, context: unknown) => Promise<LambdaResult>

/**
 * Serves an app as a Lambda function behind a REST API, an HTTP API (payload 1.0 and 2.0), a function URL or an
 * Application Load Balancer; which of them is seen from each event. Lambda stops the process between invocations, so what
 * handlers defer is done before the answer is given.
 * @throws {HTTP_EVENT_UNKNOWN} when an event carries no HTTP request
 * @example export const handler = toLambda(app)
 */
export function toLambda(app: Answering, options: LambdaOptions = {}): LambdaHandler {
  return async (event, context) => {
    const from = readEvent(event)
    const work = new PendingWork()
    const response = await answer(app, from, { event, context, work, options })
    const limit = options.maxAnswerBytes ?? (from.source === "alb" ? 1024 * 1024 : 6 * 1024 * 1024)
    const result = await toResult(response, from, limit).catch((cause) =>
      failed(from, new Internal(undefined, { cause })),
    )
    await work.settled()
    const details = { maxAnswerBytes: limit }
    return result ?? failed(from, new AnswerTooLarge(`The answer is larger than ${limit} bytes`, { details }))
  }
}

/** What Lambda's Node runtime has in its globals. */
interface LambdaGlobal {
  readonly awslambda?: {
    streamifyResponse(
      handler: (event: LambdaEvent, stream: Writable, context: unknown) => Promise<void>,
    ): LambdaStreamHandler
    readonly HttpResponseStream: { from(stream: Writable, head: LambdaHead): Writable }
  }
}
interface LambdaHead {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly cookies: readonly string[]
}

/** What `awslambda.streamifyResponse` gives back: Lambda knows it, nobody calls it. */
export type LambdaStreamHandler = (...input: never[]) => unknown

/**
 * Serves an app as a Lambda function whose answers stream: behind a function URL with invoke mode `RESPONSE_STREAM`, or an
 * API with response transfer mode `STREAM`. Up to 200 MB. What handlers defer is done after the answer.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
 * @throws {HTTP_PLATFORM_MISSING} where there is no `awslambda`: only Lambda's own Node runtimes have it
 * @example export const handler = toLambdaStream(app)
 */
export function toLambdaStream(app: Answering, options: Pick<LambdaOptions, "basePath"> = {}): LambdaStreamHandler {
  const { awslambda } = globalThis as unknown as LambdaGlobal
  if (awslambda === undefined) {
    throw new PlatformMissing(
      "toLambdaStream(app) needs `awslambda`, which only Lambda's Node runtimes have. Use toLambda(app)",
    )
  }
  return awslambda.streamifyResponse(async (event, stream, context) => {
    const from = readEvent(event)
    const work = new PendingWork()
    const response = await answer(app, from, { event, context, work, options })
    const headers = Object.fromEntries([...response.headers].filter(([name]) => name !== "set-cookie"))
    const head = { statusCode: response.status, headers, cookies: response.headers.getSetCookie() }
    const out = awslambda.HttpResponseStream.from(stream, head)
    try {
      // The head goes out with the first write, so there must be one.
      out.write("")
      if (response.body !== null) await pump(response.body, out)
      out.end()
    } finally {
      await work.settled()
    }
  })
}

/** A layer that provides `ctx.lambda`: the event and AWS's context. @throws {HTTP_PLATFORM_MISSING} elsewhere. */
export function lambdaContext<Event = LambdaEvent, Context = unknown>(): Layer<{
  readonly lambda: { readonly event: Event; readonly context: Context }
}> {
  return platformLayer("lambda", "toLambda")
}

interface Invocation {
  readonly event: LambdaEvent
  readonly context: unknown
  readonly work: PendingWork
  readonly options: LambdaOptions
}

async function answer(app: Answering, from: EventRequest, invocation: Invocation): Promise<Response> {
  const { event, context, work, options } = invocation
  let request: Request
  try {
    request = toRequest(from, options.basePath)
  } catch (cause) {
    return refusal(new BadRequest("The request is malformed", { cause }))
  }
  give(request, "lambda", { lambda: { event, context } })
  const response = await app.fetch(request, connectionOf(from.address, work.add))
  if (from.method !== "HEAD" || response.body === null) return response
  await response.body.cancel()
  return new Response(null, response)
}

function toRequest(from: EventRequest, basePath = ""): Request {
  const headers = new Headers()
  for (const [name, value] of from.headers) headers.append(name, bytesOf(value))
  const hosts = from.headers.filter(([name]) => name === "host").map(([, value]) => value)
  const host = hosts[0] ?? from.host ?? "localhost"
  if (hosts.length > 1 || !isHost(host)) throw new BadRequest("Expected one Host that is the name of a host")
  const scheme = headers.get("x-forwarded-proto")?.split(",").at(-1)?.trim() === "http" ? "http" : "https"
  const { method } = from
  const body = method === "GET" || method === "HEAD" ? undefined : bodyOf(from)
  headers.delete("transfer-encoding")
  // Whatever the caller declared, this is what came.
  if (body === undefined) headers.delete("content-length")
  else headers.set("content-length", String(body.byteLength))
  const path = withoutBase(from.path.startsWith("/") ? from.path : `/${from.path}`, basePath.replace(/\/$/, ""))
  const url = `${scheme}://${host}${path}${from.query === "" ? "" : `?${from.query}`}`
  const request = new Request(url, { method, headers, ...(body !== undefined && { body }) })
  // Some runtimes take a method that they do not know for GET.
  if (request.method !== method) throw new BadRequest("Expected a method that a request can have")
  return request
}

function withoutBase(path: string, basePath: string): string {
  if (basePath === "" || (path !== basePath && !path.startsWith(`${basePath}/`))) return path
  return path.slice(basePath.length) || "/"
}

function bodyOf({ body, isBase64 }: EventRequest): Uint8Array<ArrayBuffer> | undefined {
  if (body === undefined || body === null || body === "") return undefined
  return isBase64 ? new Uint8Array(Buffer.from(body, "base64")) : new TextEncoder().encode(body)
}

/** A header's value as the bytes it was sent in, one character for each, like every other runtime gives it. */
function bytesOf(value: string): string {
  if (!/[\u0100-\uffff]/.test(value)) return value
  return String.fromCharCode(...new TextEncoder().encode(value))
}

/** Nothing of the answer is sent yet, so that there can be another. The app is done with the request: the log is told here. */
async function failed(from: EventRequest, error: AshlarError): Promise<LambdaResult> {
  console.error(`${from.method} ${from.path}`, error)
  return (await toResult(refusal(error), from, Number.POSITIVE_INFINITY)) as LambdaResult
}
