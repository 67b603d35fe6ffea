/**
 * What Deno has behind the requests and answers of its server, and asks for itself. The public ways cost more: each looks first
 * whether it was called on a request, and once somebody touched `request.headers`, Deno copies all headers of the request
 * before it answers, and answers by a promise. Nothing here is part of Deno's API; where it is not there, or is something
 * else, the public way is taken.
 * @see https://github.com/denoland/deno/blob/v2.9.5/ext/http/00_serve.ts
 */
interface Inside {
  readonly method: string
  url(): string
  header(name: string): string | null
  /** The body, which counts as read then; null where not all of it has come yet, or somebody touched it. */
  consumeTextBody?(): string | null
}

let requestKey: symbol | undefined

function insideOf(request: Request): Inside | undefined {
  requestKey ??= keyOf(request, "request")
  const inside = requestKey && (request as unknown as Readonly<Record<symbol, Inside | undefined>>)[requestKey]
  return typeof inside?.header === "function" ? inside : undefined
}

function keyOf(of: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(of).find((symbol) => symbol.description === description)
}

export function urlOf(request: Request): string {
  return insideOf(request)?.url() ?? request.url
}

export function methodOf(request: Request): string {
  return insideOf(request)?.method ?? request.method
}

/** One header, as `headers.get` gives it. */
export function headerOf(request: Request, name: string): string | null {
  const inside = insideOf(request)
  return inside === undefined ? request.headers.get(name) : inside.header(name)
}

/** Reads the body, where all of it came with the request's head; null: it did not, or Deno does not tell. */
export function readyTextOf(request: Request): string | null {
  return insideOf(request)?.consumeTextBody?.() ?? null
}

/** An answer that is ready to be sent. */
interface InsideAnswer {
  readonly body?: { readonly streamOrStatic?: { readonly body?: unknown } } | null
}

let answerKey: symbol | undefined
let textKey: symbol | undefined

/** The text that is an answer's whole body; undefined where it is something else, not there yet, or Deno does not tell. */
export function answerTextOf(answer: Response | Promise<Response>): string | undefined {
  textKey ??= keyOf(answer, "serve fast body")
  answerKey ??= keyOf(answer, "response")
  const parts = answer as unknown as Readonly<Record<symbol, unknown>>
  const fast = textKey && parts[textKey]
  if (typeof fast === "string") return fast
  const text = answerKey && (parts[answerKey] as InsideAnswer | undefined)?.body?.streamOrStatic?.body
  return typeof text === "string" ? text : undefined
}
