import type { RouteRecord, Segment } from "@ashlar/http"
import type { PlannedBody, RequestPlan } from "./request-plan.ts"

/** A request as it goes out: enough to send it, to show it, and to say what the server reads in it. */
export interface SentRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: Headers
  readonly body: PlannedBody | undefined
}

/** @param headers Those of every request; they win over what was made up. */
export function toSent(record: RouteRecord, plan: RequestPlan, headers: Readonly<Record<string, string>>): SentRequest {
  const query = plan.query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&")
  const all = new Headers(Object.entries(plan.headers).map(([name, value]) => [name, latin1(value)]))
  const cookie = cookieHeader(plan.cookies)
  if (cookie !== "") all.set("cookie", cookie)
  const type = typeOf(plan.body)
  if (type !== undefined) all.set("content-type", type)
  for (const [name, value] of Object.entries(headers)) all.set(name, value)
  return {
    method: plan.method,
    target: pathOf(record.segments, plan.params) + (query === "" ? "" : `?${query}`),
    headers: all,
    body: plan.body,
  }
}

export function cookieHeader(cookies: RequestPlan["cookies"]): string {
  return Object.entries(cookies)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("; ")
}

function latin1(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\xff]/g, "?")
}

function typeOf(body: PlannedBody | undefined): string | undefined {
  if (body === undefined) return undefined
  if (body.kind === "text" || body.kind === "bytes") return body.type
  return body.kind === "form" ? "application/x-www-form-urlencoded" : undefined
}

/** Segments that a URL would take away stand for others here. */
function pathOf(segments: readonly Segment[], params: RequestPlan["params"]): string {
  const parts: string[] = []
  for (const segment of segments) {
    if (segment.kind === "static") {
      parts.push(segment.text)
      continue
    }
    const value = Object.hasOwn(params, segment.name) ? params[segment.name]! : ""
    if (segment.kind === "rest") parts.push(...value.split("/").filter(Boolean).map(encodeSegment))
    else if (value !== "" || !segment.optional) parts.push(encodeSegment(value))
  }
  return `/${parts.join("/")}`
}

function encodeSegment(text: string): string {
  return encodeURIComponent(sendable(text))
}

function sendable(text: string): string {
  return text === "" || text === "." || text === ".." ? "_" : text
}

/** The parameters as the server reads them out of the path. */
export function receivedParams({ segments }: RouteRecord, params: RequestPlan["params"]): Record<string, string> {
  const received: Record<string, string> = {}
  for (const segment of segments) {
    if (segment.kind === "static") continue
    const value = Object.hasOwn(params, segment.name) ? params[segment.name]! : ""
    if (segment.kind === "rest") received[segment.name] = value.split("/").filter(Boolean).map(sendable).join("/")
    else if (value !== "" || !segment.optional) received[segment.name] = sendable(value)
  }
  return received
}

export function toRequest(sent: SentRequest, origin: string): Request {
  const { method, target, headers, body } = sent
  const init: RequestInit = { method, headers }
  if (body !== undefined) init.body = contentOf(body)
  const request = new Request(origin + target, init)
  // A text without a type is sent as text/plain: where none is wanted, none goes.
  if (body?.kind === "text" && body.type === undefined && !headers.has("content-type"))
    request.headers.delete("content-type")
  return request
}

export function contentOf(body: PlannedBody): string | Uint8Array<ArrayBuffer> | FormData {
  if (body.kind === "text") return body.text
  if (body.kind === "bytes") return body.bytes
  if (body.kind === "form") return new URLSearchParams(body.pairs.map(([name, value]) => [name, value])).toString()
  const form = new FormData()
  for (const part of body.parts) {
    if ("filename" in part) form.append(part.name, new File([part.text], part.filename, { type: part.type }))
    else form.append(part.name, part.text)
  }
  return form
}
