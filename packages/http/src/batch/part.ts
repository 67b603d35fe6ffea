import { Invalid } from "../errors.ts"
import { type Failure, fail } from "../failure.ts"
import type { RequestIssue } from "../request-issue.ts"

/** One request of a batch, as it came. */
export interface BatchPart {
  /** Comes back with the part's answer; unique in the batch. */
  readonly id?: string
  /** Default `GET`. */
  readonly method?: string
  /** From the slash on, with its query: `/users/7?full=1`. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, unless the part's own Content-Type says otherwise: then it must be text, and is sent as it is. */
  readonly body?: unknown
}

export interface Batch {
  readonly requests: readonly BatchPart[]
  /** One after the other, in their order, instead of several at once. */
  readonly sequential?: boolean
}

const MAX_ID_LENGTH = 64
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/
/** Methods that no web-standard request may have. */
const IMPOSSIBLE: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"])
const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD"])
/** A path, and never `//host`, nor anything that a URL parser would take out of the middle of it. */
const PATH = /^\/(?!\/)[\x21-\x7e]*$/
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Checks a batch as a whole, so that nothing of a malformed one has run. */
export function readBatch(value: unknown, headers: ReadonlySet<string>): Batch | Failure {
  const issues: RequestIssue[] = []
  const ids = new Set<unknown>()
  const say = (pointer: string, message: string): void =>
    void issues.push({ in: "body", pointer, code: "invalid", message })
  const { requests, sequential } = (isRecord(value) ? value : {}) as Partial<Record<string, unknown>>
  if (sequential !== undefined && typeof sequential !== "boolean") say("/sequential", "Expected true or false")
  if (!Array.isArray(requests) || requests.length === 0) say("/requests", "Expected a list of at least one request")
  else
    for (const [index, part] of requests.entries()) {
      checkPart(part, headers, (at, what) => say(`/requests/${index}${at}`, what))
      const { id } = isRecord(part) ? part : {}
      if (ids.has(id)) say(`/requests/${index}/id`, "Another request of the batch has this id")
      if (id !== undefined) ids.add(id)
    }
  if (issues.length === 0) return value as Batch
  const [first, ...rest] = issues
  const more = rest.length === 0 ? "" : ` (and ${rest.length} more, see errors)`
  return fail(Invalid, `body${first!.pointer}: ${first!.message}${more}`, { errors: issues })
}

type Say = (pointer: string, message: string) => void

function checkPart(part: unknown, allowed: ReadonlySet<string>, say: Say): void {
  if (!isRecord(part)) {
    say("", "Expected a request: { method, path, headers, body }")
    return
  }
  const { id, method = "GET", path, headers = {}, body } = part
  if (id !== undefined && !(typeof id === "string" && id.length <= MAX_ID_LENGTH))
    say("/id", `Expected text of at most ${MAX_ID_LENGTH} characters`)
  if (typeof method !== "string" || !TOKEN.test(method) || IMPOSSIBLE.has(method.toUpperCase()))
    say("/method", "Expected a method, such as GET or POST")
  else if (body !== undefined && BODILESS.has(method.toUpperCase())) say("/body", `A ${method} request has no body`)
  if (typeof path !== "string" || !PATH.test(path))
    say("/path", 'Expected a path that begins with one "/", percent-encoded')
  if (!isRecord(headers)) {
    say("/headers", "Expected an object of texts")
    return
  }
  for (const [name, value] of Object.entries(headers)) checkHeader(name, value, allowed, say)
  const type = typeOf(headers)
  if (body !== undefined && !isJsonType(type) && typeof body !== "string")
    say("/body", `Expected text, as it is sent as ${type}`)
}

function checkHeader(name: string, value: unknown, allowed: ReadonlySet<string>, say: Say): void {
  const at = `/headers/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`
  if (!allowed.has(name.toLowerCase())) say(at, "A part may not set this header: it has those of the batch")
  else if (typeof value !== "string" || !FIELD_VALUE.test(value)) say(at, "Expected text of one line")
}

/** The media type that a part's body is sent as. */
export function typeOf(headers: Readonly<Record<string, unknown>> = {}): string {
  const [, type] = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type") ?? []
  return typeof type === "string" ? type : "application/json"
}

export function isJsonType(type: string): boolean {
  return /^[^;]*[/+]json[\t ]*(?:;|$)/i.test(type)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
