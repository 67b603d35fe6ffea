import type { Layer } from "../layer.ts"
import {
  type Answering,
  connectionOf,
  give,
  lastForwarded,
  PendingWork,
  platformLayer,
  withoutPort,
} from "./platform.ts"

/** The part of `HttpRequest` of `@azure/functions` that is used here. */
export interface AzureRequest {
  readonly method: string
  readonly url: string
  readonly headers: Iterable<[string, string]> & { get(name: string): string | null }
  /** A `ReadableStream` of bytes. */
  readonly body: object | null
}

/** What `@azure/functions` takes for an answer. */
export interface AzureResponse {
  readonly status: number
  readonly headers: [string, string][]
  readonly cookies?: AzureCookie[]
  readonly body?: AsyncIterable<Uint8Array>
}

export interface AzureCookie {
  name: string
  value: string
  domain?: string
  path?: string
  expires?: Date
  maxAge?: number
  secure?: boolean
  httpOnly?: boolean
  sameSite?: "Strict" | "Lax" | "None"
}

/**
 * Serves an app as an Azure function of the programming model v4. Answers stream when the function app was set up with
 * `enableHttpStream`; what handlers defer goes on in the same process.
 * @see https://learn.microsoft.com/azure/azure-functions/functions-reference-node
 * @example
 * import { app as azure } from "@azure/functions"
 * azure.setup({ enableHttpStream: true })
 * azure.http("api", { route: "{*path}", authLevel: "anonymous", methods: ["GET", "POST"], handler: toAzure(app) })
 */
export function toAzure<C = unknown>(app: Answering): (request: AzureRequest, context: C) => Promise<AzureResponse> {
  return async (message, context) => {
    const request = new Request(message.url, {
      method: message.method,
      headers: [...message.headers],
      ...(message.body !== null && { body: message.body as ReadableStream, duplex: "half" }),
    } as RequestInit)
    give(request, "azure", { azure: context })
    // The front of App Service overwrites `client-ip`, and adds its view to the end of the other.
    const address =
      withoutPort(message.headers.get("client-ip")) ?? lastForwarded(message.headers.get("x-forwarded-for"))
    return toAnswer(await app.fetch(request, connectionOf(address, new PendingWork().add)))
  }
}

/** A layer that provides `ctx.azure`, the invocation's context. @throws {HTTP_PLATFORM_MISSING} elsewhere. */
export function azureContext<C>(): Layer<{ readonly azure: C }> {
  return platformLayer("azure", "toAzure")
}

function toAnswer(response: Response): AzureResponse {
  const headers = [...response.headers].filter(([name]) => name !== "set-cookie")
  const cookies = response.headers.getSetCookie()
  // One cookie passes as the header it is. Several would overwrite each other there: they pass as records.
  if (cookies.length === 1) headers.push(["set-cookie", cookies[0]!])
  return {
    status: response.status,
    headers,
    ...(cookies.length > 1 && { cookies: cookies.map(parseCookie) }),
    ...(response.body !== null && { body: response.body as unknown as AsyncIterable<Uint8Array> }),
  }
}

/** The fields of a `Set-Cookie`. Azure escapes the value again, so it is given unescaped. */
function parseCookie(text: string): AzureCookie {
  const [pair = "", ...attributes] = text.split(";")
  const [name, value] = halves(pair)
  const cookie: AzureCookie = { name, value: unescaped(value) }
  for (const attribute of attributes) {
    const [key, setting] = halves(attribute)
    if (/^domain$/i.test(key)) cookie.domain = setting
    else if (/^path$/i.test(key)) cookie.path = setting
    else if (/^expires$/i.test(key)) cookie.expires = new Date(setting)
    else if (/^max-age$/i.test(key)) cookie.maxAge = Number(setting)
    else if (/^secure$/i.test(key)) cookie.secure = true
    else if (/^httponly$/i.test(key)) cookie.httpOnly = true
    else if (/^samesite$/i.test(key)) cookie.sameSite = sameSite(setting)
  }
  return cookie
}

function halves(text: string): readonly [string, string] {
  const at = text.indexOf("=")
  return at === -1 ? [text.trim(), ""] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
}

function unescaped(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function sameSite(text: string): "Strict" | "Lax" | "None" {
  return /^strict$/i.test(text) ? "Strict" : /^none$/i.test(text) ? "None" : "Lax"
}
