/** What a browser does of CORS, step by step as the Fetch standard says it, for tests. */

export interface Asked {
  readonly url?: string
  readonly origin: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly credentials?: boolean
  readonly privateNetwork?: boolean
}

/** `blocked`: by the preflight, so nothing was done. `hidden`: done, and the page may not read of it. */
export type Seen =
  | { readonly outcome: "blocked" | "hidden"; readonly why: string; readonly response: Response }
  | { readonly outcome: "read"; readonly response: Response; readonly headers: readonly string[] }

type Server = (request: Request) => Promise<Response>

const SAFE_METHODS = ["GET", "HEAD", "POST"]
const SAFE_TYPES = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]
const SAFE_HEADERS = ["accept", "accept-language", "content-language"]
const SAFE_RESPONSE_HEADERS = [
  "cache-control",
  "content-language",
  "content-length",
  "content-type",
  "expires",
  "last-modified",
  "pragma",
]

/** A fetch of mode `cors` across origins. @see https://fetch.spec.whatwg.org/#http-fetch */
export async function browse(server: Server, asked: Asked): Promise<Seen> {
  const { url = "https://api.test/", origin, method = "GET", headers = {}, credentials = false } = asked
  const unsafe = Object.keys(headers)
    .map((name) => name.toLowerCase())
    .filter((name) => !isSafe(name, headers))
    .sort()
  if (!SAFE_METHODS.includes(method) || unsafe.length > 0) {
    const request = new Request(url, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": method,
        ...(unsafe.length > 0 && { "access-control-request-headers": unsafe.join(",") }),
        ...(asked.privateNetwork && { "access-control-request-private-network": "true" }),
      },
    })
    const response = await server(request)
    const why = preflightProblem(response, { ...asked, method, credentials }, unsafe)
    if (why !== undefined) return { outcome: "blocked", why, response }
  }
  const sent = new Request(url, { method, headers: { ...headers, origin, ...(credentials && { cookie: "a=b" }) } })
  const response = await server(sent)
  const why = corsProblem(response, origin, credentials)
  if (why !== undefined) return { outcome: "hidden", why, response }
  return { outcome: "read", response, headers: readable(response, credentials) }
}

function isSafe(name: string, headers: Readonly<Record<string, string>>): boolean {
  if (name !== "content-type") return SAFE_HEADERS.includes(name)
  const value = Object.entries(headers).find(([key]) => key.toLowerCase() === name)![1]
  return SAFE_TYPES.includes(value.split(";")[0]!.trim())
}

/** @see https://fetch.spec.whatwg.org/#cors-check */
function corsProblem(response: Response, origin: string, credentials: boolean): string | undefined {
  const allowed = response.headers.get("access-control-allow-origin")
  if (allowed === null) return "no origin"
  if (!credentials && allowed === "*") return undefined
  if (allowed !== origin) return "another origin"
  if (!credentials || response.headers.get("access-control-allow-credentials") === "true") return undefined
  return "no credentials"
}

/** @see https://fetch.spec.whatwg.org/#cors-preflight-fetch */
function preflightProblem(
  response: Response,
  { origin, method, credentials, privateNetwork }: Asked & { readonly method: string; readonly credentials: boolean },
  unsafe: readonly string[],
): string | undefined {
  const problem = corsProblem(response, origin, credentials)
  if (problem !== undefined) return problem
  if (!response.ok) return "status"
  const methods = listOf(response, "access-control-allow-methods")
  const names = listOf(response, "access-control-allow-headers").map((name) => name.toLowerCase())
  if (!methods.includes(method) && !SAFE_METHODS.includes(method) && (credentials || !methods.includes("*")))
    return "method"
  if (unsafe.includes("authorization") && !names.includes("authorization")) return "header"
  if (unsafe.some((name) => !names.includes(name) && (credentials || !names.includes("*")))) return "header"
  if (privateNetwork && response.headers.get("access-control-allow-private-network") !== "true") return "network"
  return undefined
}

/** @see https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name */
function readable({ headers }: Response, credentials: boolean): readonly string[] {
  const exposed = headers.get("access-control-expose-headers")?.toLowerCase().split(/, */) ?? []
  const all = !credentials && exposed.includes("*")
  return [...headers.keys()].filter((name) => SAFE_RESPONSE_HEADERS.includes(name) || all || exposed.includes(name))
}

function listOf({ headers }: Response, name: string): readonly string[] {
  return (headers.get(name) ?? "").split(",").map((one) => one.trim())
}
