import { createHash } from "node:crypto"
import { AshlarError } from "@ashlar/core"
import { type BaseContext, Failure, Reply, type ReplyHeaders, type Result } from "@ashlar/http"
import { parseDirectives, seconds } from "./directives.ts"
import { varyNames } from "./stored-response.ts"

/** An answer as it is kept. */
export interface KeptAnswer {
  readonly status: number
  readonly body: string | Uint8Array | null
  readonly contentType: string | undefined
  readonly headers: ReplyHeaders
  readonly etag: string
  readonly lastModified: number | undefined
  readonly madeMs: number
  /** Says of itself that it is for everybody. */
  readonly isPublic: boolean
}

export interface KeepOptions {
  readonly maxBodyBytes: number
  readonly statuses: ReadonlySet<number>
  /** Headers of the request that are part of the key. */
  readonly keyed: readonly string[]
  /** Whether the key has the user in it, or the answers are the same for all. */
  readonly isPersonal: boolean
}

interface Internals {
  readonly answerHeaders?: readonly string[]
}

/** How many headers the layers outside have set: what comes after them belongs to the answer. */
export function headersSet(ctx: BaseContext): number {
  return (ctx as BaseContext & Internals).answerHeaders?.length ?? 0
}

/** Whether it is a failure of the app, for which a former answer may stand in. */
export function isFailing(result: Result): boolean {
  if (result instanceof Failure || result instanceof AshlarError) return (result as AshlarError).status >= 500
  return (result instanceof Reply || isResponse(result)) && result.status >= 500
}

/**
 * The answer to keep, or nothing when it may not be kept: another status, a cookie, what says that it is private, a body that is a
 * stream or too large, and what differs by a header that is no part of the key.
 */
export async function toKept(
  ctx: BaseContext,
  result: Result,
  { mark, nowMs, ...options }: KeepOptions & { readonly mark: number; readonly nowMs: number },
): Promise<KeptAnswer | undefined> {
  if (result instanceof Failure || result instanceof AshlarError) return undefined
  const reply = isResponse(result) ? await fromResponse(result, options) : toReply(result)
  if (reply === undefined || !options.statuses.has(reply.status)) return undefined
  const { value, contentType } = reply.encode()
  const body = value instanceof ArrayBuffer ? new Uint8Array(value) : value
  if (body !== null && typeof body !== "string" && !(body instanceof Uint8Array)) return undefined
  if (body !== null && body.length > options.maxBodyBytes) return undefined
  const headers = headersOf(ctx, reply, mark)
  if (headers === undefined || !mayKeep(headers, options)) return undefined
  const etag = one(headers.etag)
  const changed = Date.parse(one(headers["last-modified"]) ?? "")
  const directives = parseDirectives(one(headers["cache-control"]))
  return {
    status: reply.status,
    body,
    contentType,
    headers,
    etag:
      etag ??
      `"${createHash("sha256")
        .update(body ?? "")
        .digest("base64url")
        .slice(0, 22)}"`,
    lastModified: Number.isNaN(changed) ? undefined : changed,
    madeMs: nowMs,
    isPublic: directives.has("public"),
  }
}

/** By its tag: on Node to name `Response` is to load it. */
function isResponse(value: unknown): value is Response {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] === "Response"
  )
}

function toReply(result: Result): Reply {
  if (result instanceof Reply) return result
  return new Reply(result === null || result === undefined ? 204 : 200, result)
}

/** A web response of its handler's own: read if it ends, and is not too large. */
async function fromResponse(response: Response, { maxBodyBytes, statuses }: KeepOptions): Promise<Reply | undefined> {
  const type = response.headers.get("content-type") ?? undefined
  const isEndless = /^(?:text\/event-stream|application\/x-ndjson|multipart\/)/i.test(type ?? "")
  if (isEndless || !statuses.has(response.status) || Number(response.headers.get("content-length") ?? 0) > maxBodyBytes)
    return undefined
  const bytes = await response.clone().bytes()
  const headers: Record<string, string | readonly string[]> = {}
  for (const [name, value] of response.headers)
    if (name !== "content-type" && name !== "content-length") headers[name] = value
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers["set-cookie"] = cookies
  return new Reply(response.status, response.body === null ? null : bytes, type, headers)
}

/** Those of the reply and those set on the context inside, names in lower case; nothing when a cookie is among them. */
function headersOf(ctx: BaseContext, reply: Reply, mark: number): Record<string, string> | undefined {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(reply.headers ?? {})) headers[name.toLowerCase()] = one(value)!
  const set = (ctx as BaseContext & Internals).answerHeaders ?? []
  for (let at = mark; at < set.length; at += 2) {
    const [name, value] = [set[at]!, set[at + 1]!]
    headers[name] = name === "vary" && headers.vary !== undefined ? `${headers.vary}, ${value}` : value
  }
  return "set-cookie" in headers ? undefined : headers
}

function mayKeep(headers: ReplyHeaders, { keyed, isPersonal }: KeepOptions): boolean {
  const directives = parseDirectives(one(headers["cache-control"]))
  if (directives.has("no-store") || directives.has("no-cache") || seconds(directives, "max-age") === 0) return false
  if (directives.has("private") && !isPersonal) return false
  return varyNames(one(headers.vary) ?? null).every((name) => keyed.includes(name))
}

function one(value: string | readonly string[] | undefined): string | undefined {
  return value === undefined || typeof value === "string" ? value : value.join(", ")
}
