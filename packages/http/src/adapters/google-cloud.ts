import { BadRequest } from "../errors.ts"
import { type Answering, connectionOf, lastForwarded, PendingWork, refusal } from "./platform.ts"
import { pump, type Writable } from "./pump.ts"

/** The part of the request that the Functions Framework passes: Node's message, as Express and its parsers left it. */
export interface GoogleCloudRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string
  readonly url?: string
  readonly originalUrl?: string
  readonly rawHeaders: readonly string[]
  /** The body, when a parser has read it already. */
  readonly rawBody?: Uint8Array
  /** Whether nothing of the body is left to be read. */
  readonly readableEnded?: boolean
}

/** The part of the answer that is used here. */
export interface GoogleCloudResponse extends Writable {
  statusCode: number
  readonly writableFinished: boolean
  setHeader(name: string, value: string | readonly string[]): unknown
  destroy(): unknown
}

/**
 * Serves an app as an HTTP function of Google Cloud. The framework has read the body before a function is called, so the
 * app gets it from there. What handlers defer is done before the answer ends: the processor may be taken away after it.
 * @see https://cloud.google.com/functions/docs/writing/write-http-functions
 * @example
 * import { http } from "@google-cloud/functions-framework"
 * http("api", toGoogleCloud(app))
 */
export function toGoogleCloud(
  app: Answering,
): (message: GoogleCloudRequest, answer: GoogleCloudResponse) => Promise<void> {
  return async (message, answer) => {
    const gone = new AbortController()
    answer.on("close", () => {
      if (!answer.writableFinished) gone.abort()
    })
    const work = new PendingWork()
    const request = toRequest(message, gone.signal)
    const response =
      request instanceof Request
        ? await app.fetch(request, connectionOf(lastForwarded(request.headers.get("x-forwarded-for")), work.add))
        : request
    try {
      await send(response, answer, work, message.method === "HEAD")
    } catch {
      answer.destroy() // the body broke off: the caller must not take what has come for all of it
    }
  }
}

function toRequest(message: GoogleCloudRequest, signal: AbortSignal): Request | Response {
  const headers = new Headers()
  const { method = "GET", rawHeaders, rawBody } = message
  const target = message.originalUrl ?? message.url ?? "/"
  try {
    for (let index = 0; index < rawHeaders.length; index += 2)
      headers.append(rawHeaders[index]!, rawHeaders[index + 1]!)
    if (!target.startsWith("/")) throw new BadRequest("The target of the request is no path")
    const scheme = headers.get("x-forwarded-proto") === "http" ? "http" : "https"
    const init: Record<string, unknown> = { method, headers, signal }
    if (method !== "GET" && method !== "HEAD") {
      if (rawBody !== undefined) {
        init.body = rawBody
        headers.set("content-length", String(rawBody.byteLength)) // a compressed body comes inflated
        headers.delete("content-encoding")
      } else if (message.readableEnded !== true) {
        init.body = toStream(message)
        init.duplex = "half"
      }
    }
    return new Request(`${scheme}://${headers.get("host") ?? "localhost"}${target}`, init as RequestInit)
  } catch (cause) {
    return refusal(new BadRequest("The request is malformed", { cause }))
  }
}

function toStream(message: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const chunks = message[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await chunks.return?.()
    },
  })
}

async function send(response: Response, answer: GoogleCloudResponse, work: PendingWork, head: boolean): Promise<void> {
  answer.statusCode = response.status
  for (const [name, value] of response.headers) if (name !== "set-cookie") answer.setHeader(name, value)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) answer.setHeader("set-cookie", cookies)
  if (head) await response.body?.cancel()
  else if (response.body !== null && !(await pump(response.body, answer))) return
  await work.settled()
  answer.end()
}
