import { CloseInvalid } from "./errors.ts"

/** @see https://www.rfc-editor.org/rfc/rfc6455#section-7.4 and the IANA registry: what an endpoint may put into a frame. */
export function checkCloseCode(code: number): void {
  const isProtocols = code >= 1000 && code <= 1013 && code !== 1002 && (code < 1004 || code > 1006)
  if (Number.isInteger(code) && (isProtocols || (code >= 3000 && code <= 4999))) return
  throw new CloseInvalid(`Expected a close code of 1000, 1001, 1003, 1007 to 1013, or 3000 to 4999, got ${code}`)
}

const MAX_REASON_BYTES = 123

/** A reason that fits into a control frame: cut, if need be, between two characters. */
export function closeReason(reason: string): string {
  if (reason.length * 3 <= MAX_REASON_BYTES) return reason
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(MAX_REASON_BYTES))
  return reason.slice(0, read)
}
