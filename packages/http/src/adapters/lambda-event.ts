import { EventUnknown } from "../errors.ts"

/* The events that carry an HTTP request, as far as they are used here. @see https://www.npmjs.com/package/@types/aws-lambda */

type Values = Readonly<Record<string, string | undefined>>
type Lists = Readonly<Record<string, readonly string[] | undefined>>

/**
 * Payload 1.0: from a REST API, or from an HTTP API (which says `version`).
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
 */
export interface LambdaRestEvent {
  readonly version?: string
  readonly httpMethod: string
  readonly path: string
  readonly headers?: Values | null
  readonly multiValueHeaders?: Lists | null
  /** Decoded. */
  readonly queryStringParameters?: Values | null
  readonly multiValueQueryStringParameters?: Lists | null
  readonly requestContext: {
    readonly stage?: string
    readonly domainName?: string | undefined
    readonly identity?: { readonly sourceIp?: string | null }
  }
  readonly body?: string | null
  readonly isBase64Encoded?: boolean
}

/**
 * Payload 2.0: from an HTTP API or a function URL.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.proxy-format
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 */
export interface LambdaHttpEvent {
  readonly version: string
  readonly rawPath: string
  readonly rawQueryString: string
  readonly cookies?: readonly string[]
  readonly headers?: Values | null
  readonly requestContext: {
    readonly stage?: string
    readonly domainName?: string
    readonly http: { readonly method: string; readonly sourceIp?: string }
  }
  readonly body?: string | null
  readonly isBase64Encoded?: boolean
}

/**
 * From an Application Load Balancer. It decodes nothing.
 * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer
 */
export interface LambdaAlbEvent {
  readonly httpMethod: string
  readonly path: string
  readonly headers?: Values | undefined
  readonly multiValueHeaders?: Lists | undefined
  readonly queryStringParameters?: Values | undefined
  readonly multiValueQueryStringParameters?: Lists | undefined
  readonly requestContext: { readonly elb: object }
  readonly body?: string | null
  readonly isBase64Encoded?: boolean
}

export type LambdaEvent = LambdaRestEvent | LambdaHttpEvent | LambdaAlbEvent

/** The request in an event, whichever it is: what the differences between them come down to. */
export interface EventRequest {
  readonly source: "rest" | "http" | "url" | "alb"
  readonly method: string
  /** Encoded, as it can stand in a URL. */
  readonly path: string
  /** Encoded, without `?`. */
  readonly query: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly host: string | undefined
  readonly address: string | undefined
  readonly body: string | null | undefined
  readonly isBase64: boolean
  /** Whether the answer gives its headers as lists: the load balancer takes them as it was set up to send them. */
  readonly lists: boolean
}

/** @throws {HTTP_EVENT_UNKNOWN} when the event carries no HTTP request that this knows. */
export function readEvent(event: LambdaEvent): EventRequest {
  const given = event as Partial<LambdaRestEvent & LambdaHttpEvent & LambdaAlbEvent> | null
  const context = given?.requestContext
  if (typeof context === "object" && context !== null) {
    if (context.elb && typeof given?.httpMethod === "string") return readAlb(event as LambdaAlbEvent)
    if (typeof context.http?.method === "string" && typeof given?.rawPath === "string") {
      return readHttp(event as LambdaHttpEvent)
    }
    if (typeof given?.httpMethod === "string" && typeof given.path === "string")
      return readRest(event as LambdaRestEvent)
  }
  const keys = Object.keys(given ?? {})
    .slice(0, 10)
    .join(", ")
  throw new EventUnknown(
    `Expected an event of API Gateway, a function URL or a load balancer, got one with ${keys || "nothing"}`,
  )
}

function readRest(event: LambdaRestEvent): EventRequest {
  const { requestContext, version } = event
  // An HTTP API with payload 1.0 decodes the path and keeps the stage in it; a REST API does neither.
  const path = version === undefined ? escaped(event.path) : encoded(withoutStage(event.path, requestContext.stage))
  return {
    source: "rest",
    method: event.httpMethod,
    path,
    query: encodedQuery(event.multiValueQueryStringParameters ?? event.queryStringParameters),
    headers: headersOf(event.multiValueHeaders, event.headers),
    host: requestContext.domainName,
    address: requestContext.identity?.sourceIp ?? undefined,
    body: event.body,
    isBase64: event.isBase64Encoded === true,
    lists: false,
  }
}

function readHttp(event: LambdaHttpEvent): EventRequest {
  const { stage, domainName, http } = event.requestContext
  // Both say version 2.0, but only a function URL leaves `rawPath` raw.
  const isUrl = domainName?.includes(".lambda-url.") === true
  const cookies = event.cookies ?? []
  const headers = headersOf(undefined, event.headers).filter(([name]) => cookies.length === 0 || name !== "cookie")
  return {
    source: isUrl ? "url" : "http",
    method: http.method,
    path: isUrl ? escaped(event.rawPath) : encoded(withoutStage(event.rawPath, stage)),
    query: escaped(event.rawQueryString, true),
    headers: cookies.length === 0 ? headers : [...headers, ["cookie", cookies.join("; ")]],
    host: domainName,
    address: http.sourceIp,
    body: event.body,
    isBase64: event.isBase64Encoded === true,
    lists: false,
  }
}

function readAlb(event: LambdaAlbEvent): EventRequest {
  const headers = headersOf(event.multiValueHeaders, event.headers)
  return {
    source: "alb",
    method: event.httpMethod,
    path: escaped(event.path),
    query: escaped(
      pairsOf(event.multiValueQueryStringParameters ?? event.queryStringParameters)
        .map(joined)
        .join("&"),
      true,
    ),
    headers,
    host: undefined,
    // The load balancer adds the address it sees to the end.
    address: headers
      .findLast(([name]) => name === "x-forwarded-for")?.[1]
      .split(",")
      .at(-1)
      ?.trim(),
    body: event.body,
    isBase64: event.isBase64Encoded === true,
    lists: event.multiValueHeaders !== undefined,
  }
}

/** Names in lower case; the lists where there are any, because the single values hold the last of each only. */
function headersOf(lists: Lists | null | undefined, values: Values | null | undefined): (readonly [string, string])[] {
  const isEmpty = lists === undefined || lists === null || Object.keys(lists).length === 0
  const pairs = pairsOf(isEmpty ? values : lists).map(([name, value]) => [name.toLowerCase(), value] as const)
  const cookies = pairs.filter(([name]) => name === "cookie")
  if (cookies.length < 2) return pairs
  // Header fields join with a comma, and cookies must not. RFC 6265, section 5.4.
  return [...pairs.filter(([name]) => name !== "cookie"), ["cookie", cookies.map(([, value]) => value).join("; ")]]
}

function pairsOf(record: Values | Lists | null | undefined): (readonly [string, string])[] {
  return Object.entries(record ?? {}).flatMap(([name, value]) => {
    const values: readonly string[] = typeof value === "string" ? [value] : (value ?? [])
    return values.map((one) => [name, one] as const)
  })
}

function encodedQuery(record: Values | Lists | null | undefined): string {
  return pairsOf(record)
    .map(([name, value]) => joined([wellFormed(name), wellFormed(value)]))
    .join("&")
}

function joined([name, value]: readonly [string, string]): string {
  return `${name}=${value}`
}

/** A stage other than `$default` is in the path that an HTTP API gives, and in no path that an app serves. */
function withoutStage(path: string, stage: string | undefined): string {
  if (stage === undefined || stage === "$default") return path
  if (path === `/${stage}`) return "/"
  return path.startsWith(`/${stage}/`) ? path.slice(stage.length + 1) : path
}

/** Encodes a path that came decoded. Whether a slash of it was sent escaped is lost. */
function encoded(path: string): string {
  return path.split("/").map(wellFormed).join("/")
}

function wellFormed(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

/** Escapes what cannot stand in a URL and leaves the escapes that are there. In a query, `?` is a character like others. */
function escaped(text: string, isQuery = false): string {
  const outside = isQuery ? /[^\x21\x22\x24-\x7e]+/g : /[^\x21\x22\x24-\x3e\x40-\x7e]+/g
  return text.replace(outside, wellFormed)
}
