import type { Precondition } from "@ashlar/documents"
import type { BaseContext } from "@ashlar/http"
import { PreconditionMalformed } from "./errors.ts"

/**
 * Reads `If-Match: "7"`, `If-Match: *` and `If-None-Match: *`. @see RFC 9110, sections 13.1.1 and 13.1.2
 * @throws {SERVER_PRECONDITION_MALFORMED}
 */
export function readPrecondition({ headers }: Pick<BaseContext, "headers">): Precondition {
  const match = headers.get("if-match")
  const noneMatch = headers.get("if-none-match")
  if (noneMatch !== null && noneMatch !== "*") {
    throw new PreconditionMalformed(`Expected If-None-Match: *, got ${noneMatch}`)
  }
  const absence = noneMatch === "*" ? { mustNotExist: true } : {}
  if (match === null) return absence
  if (match === "*") return { ...absence, mustExist: true }
  const rev = /^(?:W\/)?"([1-9]\d{0,15})"$/.exec(match)?.[1]
  if (rev === undefined) throw new PreconditionMalformed(`Expected If-Match: "7", got ${match}`)
  return { ...absence, ifRev: Number(rev) }
}

/** The entity tag of a revision. */
export function etagOf(rev: number): string {
  return `"${rev}"`
}
