import { parseDate } from "./http-date.ts"
import { headerOf, type StoredResponse } from "./stored-response.ts"

/** A part of a body: the first byte, and the one after the last. */
export interface Part {
  readonly start: number
  readonly end: number
}

/**
 * The part that a request asks of a response that is kept whole; nothing when it is for the origin to say: several parts, one that is
 * not there, or of another state than this. @see https://www.rfc-editor.org/rfc/rfc9110#section-14.2
 */
export function partOf(request: Headers, stored: StoredResponse): Part | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(request.get("range")?.trim() ?? "")
  if (match === null || stored.status !== 200 || !isOf(request.get("if-range"), stored)) return undefined
  const size = stored.body.byteLength
  const [, first = "", last = ""] = match
  if (first === "" && last === "") return undefined
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1)
  return start < end ? { start, end } : undefined
}

/** Whether `If-Range` names this very state. */
function isOf(wanted: string | null, stored: StoredResponse): boolean {
  if (wanted === null) return true
  const own = wanted.trim()
  if (own.startsWith('"')) return own === headerOf(stored, "etag")
  const time = parseDate(own)
  return time !== undefined && time === parseDate(headerOf(stored, "last-modified"))
}
