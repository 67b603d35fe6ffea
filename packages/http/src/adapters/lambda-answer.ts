import type { EventRequest } from "./lambda-event.ts"

/**
 * What Lambda gives back.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format
 */
export interface LambdaResult {
  statusCode: number
  /** The load balancer wants it. */
  statusDescription?: string
  headers?: Record<string, string>
  multiValueHeaders?: Record<string, string[]>
  /** Payload 2.0 only: the `Set-Cookie` headers. */
  cookies?: string[]
  body: string
  isBase64Encoded: boolean
}

/** What whoever is in front of Lambda says of the connection by itself. */
const HOP = new Set(["connection", "content-length", "keep-alive", "transfer-encoding"])

/** @returns undefined when the answer is larger than `maxAnswerBytes`; it is not read any further then. */
export async function toResult(
  response: Response,
  from: EventRequest,
  maxAnswerBytes: number,
): Promise<LambdaResult | undefined> {
  const bytes = await readUpTo(response.body, maxAnswerBytes)
  if (bytes === undefined) return undefined
  const text = isText(response.headers) ? textOf(bytes) : undefined
  const result: LambdaResult = {
    statusCode: response.status,
    ...headersOf(response.headers, from),
    body: text ?? Buffer.from(bytes).toString("base64"),
    isBase64Encoded: text === undefined && bytes.byteLength > 0,
  }
  if (from.source === "alb") result.statusDescription = `${response.status} ${reasonOf(response.status)}`
  return isWithin(result, maxAnswerBytes) ? result : undefined
}

function headersOf(
  headers: Headers,
  from: EventRequest,
): Omit<LambdaResult, "statusCode" | "body" | "isBase64Encoded"> {
  const single = [...headers].filter(([name]) => name !== "set-cookie" && !HOP.has(name))
  const cookies = headers.getSetCookie()
  if (from.lists) {
    const lists = Object.fromEntries(single.map(([name, value]) => [name, [value]]))
    return { multiValueHeaders: cookies.length === 0 ? lists : { ...lists, "set-cookie": cookies } }
  }
  const record = Object.fromEntries(single)
  if (cookies.length === 0) return { headers: record }
  if (from.source === "rest") return { headers: record, multiValueHeaders: { "set-cookie": cookies } }
  if (from.source === "alb") return { headers: { ...record, ...cased(cookies) } }
  return { headers: record, cookies }
}

/** A load balancer without multi-value headers takes one value for each name, and names that differ in case as two. */
function cased(cookies: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    cookies.map((cookie, index) => {
      let bit = 1
      const name = "set-cookie".replace(/[a-z]/g, (letter) => {
        const upper = (index & bit) !== 0
        bit <<= 1
        return upper ? letter.toUpperCase() : letter
      })
      return [name, cookie] as const
    }),
  )
}

async function readUpTo(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Uint8Array | undefined> {
  if (body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return Buffer.concat(chunks, size)
    size += value.byteLength
    if (size > maxBytes) {
      await reader.cancel().catch(() => undefined)
      return undefined
    }
    chunks.push(value)
  }
}

/** Text goes as it is, so that it can be read in logs and needs no third more; everything else as base64. */
function isText(headers: Headers): boolean {
  if (headers.has("content-encoding")) return false
  const type = headers.get("content-type") ?? ""
  if (/;\s*charset=(?!"?(?:utf-8|us-ascii)\b)/i.test(type)) return false
  return /^(?:text\/|application\/(?:[a-z0-9.+-]*\+)?(?:json|xml|yaml|javascript|x-www-form-urlencoded|x-ndjson)\b)/i.test(
    type,
  )
}

/** Undefined when the bytes are not the text that their type promises: they must come out as they are. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function reasonOf(status: number): string {
  return process.getBuiltinModule("node:http").STATUS_CODES[status] ?? "Unknown"
}

/** Whether the result stays within the limit as JSON, which is how Lambda counts it. */
function isWithin(result: LambdaResult, maxBytes: number): boolean {
  const heads = 4096
  if (result.body.length * 6 + heads < maxBytes) return true // no character takes more than `\u001f`
  return Buffer.byteLength(JSON.stringify(result)) <= maxBytes
}
