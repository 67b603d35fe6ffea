import type { RequestHeaders } from "../context/request-headers.ts"
import { ValidatorInvalid } from "../errors.ts"
import { parseHttpDate } from "./http-date.ts"

/** What tells one state of a resource from another. */
export interface Validators {
  /**
   * The entity tag: `"abc"`, `W/"abc"`, or the text alone, which is put in quotes. `null` says that there is no such
   * resource now, so that `If-None-Match: *` can create it.
   */
  readonly etag?: string | null | undefined
  /** When it changed last; HTTP knows whole seconds. A number is in milliseconds since the epoch. */
  readonly lastModified?: Date | number | undefined
}

/** What a request's conditions come to: go on, say that nothing changed (304), or refuse (412). */
export type Outcome = "go on" | "not modified" | "failed"

/** Validators as they are compared and sent. */
export interface Known {
  /** With its quotes. */
  readonly etag: string | undefined
  /** Milliseconds since the epoch, in whole seconds. */
  readonly lastModified: number | undefined
  readonly exists: boolean
}

const TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/
/** What the `compress` layer puts behind the tag of a body that it compressed: the same state, in other bytes. */
const CODING = /--(?:zstd|br|gzip)"$/
const TAG_TEXT = /^[\x21\x23-\x7e]*$/

/** @throws {HTTP_VALIDATOR_INVALID} */
export function knownOf({ etag, lastModified }: Validators): Known {
  const time = lastModified === undefined ? undefined : Math.floor(Number(lastModified) / 1000) * 1000
  if (Number.isNaN(time)) throw new ValidatorInvalid("Expected lastModified to be a valid date")
  return {
    etag: etag === undefined || etag === null ? undefined : quoted(etag),
    lastModified: time,
    exists: etag !== null,
  }
}

function quoted(etag: string): string {
  if (TAG.test(etag)) return etag
  if (TAG_TEXT.test(etag)) return `"${etag}"`
  throw new ValidatorInvalid(`Expected an etag of printable characters without quotes, got ${JSON.stringify(etag)}`)
}

/**
 * Weighs the conditions of a request, in the order that the standard sets. A condition that is malformed, or that
 * nothing is known about, is no condition.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
 */
export function weigh(method: string, headers: RequestHeaders, known: Known): Outcome {
  const ifMatch = headers.get("if-match")
  if (ifMatch !== null) {
    if (!(ifMatch.trim() === "*" ? known.exists : hasTag(ifMatch, known.etag, true))) return "failed"
  } else if (known.lastModified !== undefined) {
    const since = timeIn(headers.get("if-unmodified-since"))
    if (since !== undefined && known.lastModified > since) return "failed"
  }
  const isRead = method === "GET" || method === "HEAD"
  const ifNoneMatch = headers.get("if-none-match")
  if (ifNoneMatch !== null) {
    if (!(ifNoneMatch.trim() === "*" ? known.exists : hasTag(ifNoneMatch, known.etag, false))) return "go on"
    return isRead ? "not modified" : "failed"
  }
  if (!isRead || known.lastModified === undefined) return "go on"
  const since = timeIn(headers.get("if-modified-since"))
  return since !== undefined && known.lastModified <= since ? "not modified" : "go on"
}

/**
 * Whether a list of tags has this one. Strongly: the bytes are the same, so no weak tag is like another. Weakly: one can
 * stand for the other.
 */
function hasTag(list: string, etag: string | undefined, isStrong: boolean): boolean {
  if (etag === undefined) return false
  if (list === etag) return !(isStrong && etag.startsWith("W/"))
  const opaque = etag.startsWith("W/") ? etag.slice(2) : etag
  if (isStrong && opaque !== etag) return false
  for (const [, weak, tag] of list.matchAll(/(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g))
    if ((tag === opaque || tag!.replace(CODING, '"') === opaque) && !(isStrong && weak !== undefined)) return true
  return false
}

/**
 * Whether a range may be sent: `If-Range` names this very state. Otherwise the whole has changed since the first part.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5
 */
export function isRangeWanted(header: string | null, known: Known): boolean {
  if (header === null) return true
  const wanted = header.trim()
  if (wanted.startsWith('"')) return wanted === known.etag
  if (wanted.startsWith("W/")) return false
  // A date is as good as a strong tag only if it is the very one, and the file did not change twice in that second.
  return known.lastModified !== undefined && timeIn(wanted) === known.lastModified
}

function timeIn(header: string | null): number | undefined {
  return header === null ? undefined : parseHttpDate(header.trim())
}
