import { BadGateway, GatewayTimeout } from "@ashlar/http"

/** Of the connection to the proxy, and not the request's own. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "host",
  "content-length",
]

/** What every proxy says of itself, both ways. @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.3 */
export const VIA = "1.1 ashlar"

/** How long the origin may take to begin its answer. */
const TIMEOUT_MS = 30_000

/**
 * Asks the origin, and passes on what it says: redirects too, and its bytes as they are.
 * @throws {HTTP_BAD_GATEWAY} when it cannot be reached. {HTTP_GATEWAY_TIMEOUT}
 */
export async function askOrigin(request: Request, origin: URL): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  const headers = new Headers(request.headers)
  for (const name of HOP_BY_HOP) headers.delete(name)
  // A client library would ask for packings that the caller has not asked for.
  if (!headers.has("accept-encoding")) headers.set("accept-encoding", "identity")
  headers.append("via", VIA)
  const hasBody = request.method !== "GET" && request.method !== "HEAD"
  const init = {
    method: request.method,
    headers,
    redirect: "manual",
    // Bun alone can pass on compressed bytes; elsewhere they come unpacked.
    decompress: false,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(hasBody && { body: request.body, duplex: "half" }),
  } as RequestInit
  try {
    const response = await fetch(new URL(`${pathname}${search}`, origin), init)
    return "Bun" in globalThis || !response.headers.has("content-encoding") ? response : unpacked(response)
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "TimeoutError")
      throw new GatewayTimeout(`The origin took longer than ${TIMEOUT_MS} ms`, { cause })
    throw new BadGateway("The origin cannot be reached", { cause })
  }
}

/** The bytes are others than the headers speak of. */
function unpacked(response: Response): Response {
  const headers = new Headers(response.headers)
  headers.delete("content-encoding")
  headers.delete("content-length")
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}
