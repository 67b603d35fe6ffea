import type { Exchange } from "../../exchange.ts"
import { failureOf } from "../../exchange.ts"
import type { FetchAnswer, FetchQuestion } from "../../messages.ts"
import type { Asking } from "../asking.ts"
import type { Invocation } from "./invocation.ts"

const nothing = new Uint8Array(0)
const statusesWithoutBody = new Set([101, 103, 204, 205, 304])

/** `fetch` as a function has it: the platform makes the request, when the function's egress grants the host. */
export function createFetch(asking: Asking, current: () => Invocation | undefined): typeof fetch {
  const brokered = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const invocation = current()
    if (!invocation?.live)
      throw failed(
        "FUNCTIONS_INVOCATION_OVER",
        "fetch works only while an invocation runs. Await it before the response ends.",
      )
    const request = new Request(input, init)
    const streams = request.body !== null && (init?.body instanceof ReadableStream || (init?.body ?? null) === null)
    request.signal.throwIfAborted()
    // What the runner asked for it undoes; what the function asked for it gets as it came.
    const decodes = !request.headers.has("accept-encoding")
    if (decodes) request.headers.set("accept-encoding", "gzip")
    const question: FetchQuestion = {
      kind: "fetch",
      invocation: invocation.id,
      url: request.url,
      method: request.method,
      headers: [...request.headers],
      redirect: request.redirect as FetchQuestion["redirect"],
      body: request.body === null ? "none" : streams ? "stream" : "whole",
    }
    const whole = streams || request.body === null ? nothing : await request.bytes()
    const exchange = await asking.open(question, whole, !streams)
    const onAbort = () => exchange.cancel()
    request.signal.addEventListener("abort", onAbort, { once: true })
    if (streams) void upload(request.body!, exchange)
    try {
      return responseOf(await exchange.reply, exchange, decodes)
    } catch (error) {
      request.signal.throwIfAborted()
      throw failed((error as { code?: string }).code ?? "FUNCTIONS_EGRESS_FAILED", (error as Error).message)
    }
  }
  return Object.assign(brokered, { preconnect: () => {} }) as typeof fetch
}

function responseOf(reply: unknown, exchange: Exchange, decodes: boolean): Response {
  const failure = failureOf(reply)
  if (failure) throw failure
  const answer = reply as FetchAnswer
  const headers = new Headers(answer.headers as [string, string][])
  let body: ReadableStream<Uint8Array<ArrayBuffer>> | null = null
  if (answer.hasBody && !statusesWithoutBody.has(answer.status)) body = exchange.inbox.stream(() => exchange.cancel())
  if (body && decodes && headers.get("content-encoding") === "gzip") {
    body = body.pipeThrough(new DecompressionStream("gzip"))
    headers.delete("content-encoding")
    headers.delete("content-length")
  }
  const response = new Response(body, { status: answer.status, statusText: answer.statusText, headers })
  Object.defineProperty(response, "url", { value: answer.url })
  Object.defineProperty(response, "redirected", { value: answer.redirected })
  return response
}

async function upload(body: ReadableStream<Uint8Array>, exchange: Exchange): Promise<void> {
  const reader = body.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) await exchange.send(next.value)
    exchange.end()
  } catch (error) {
    // The answer came before the upload was over, or the body itself failed: in both cases there is nothing more to send.
    await reader.cancel(error).catch(() => {})
    exchange.cancel()
  }
}

/** What `fetch` rejects with: the TypeError of the standard, and the platform's code with it. */
function failed(code: string, message: string): TypeError {
  return Object.assign(new TypeError(message), { code })
}
