import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import { CursorInvalid, SortKeyTooLong } from "./errors.ts"
import { languageLimits } from "./limits.ts"
import type { SortValue } from "./order.ts"
import { pathText } from "./path.ts"
import type { Query } from "./query.ts"
import type { SortPosition } from "./sort.ts"
import { quote } from "./text.ts"

/** What a cursor is good for: one filter and order on one collection, and one way of making keys. */
export interface CursorScope {
  readonly key: Uint8Array
  readonly collection: string
  readonly query: Pick<Query, "where" | "sort">
  /** Of the dialect: another key expression orders in another way. */
  readonly keyVersion: string
}

/** Bytes of the signature that are kept: 128 bits leave nothing to guess. */
const signatureBytes = 16
const maxCursorLength = 64 * 1024

/**
 * The place where a page ended, as text for the next request. Signed, so that nobody makes the server start somewhere it did
 * not stop; not secret: it holds what the last document sorts by.
 *
 * @throws {DOCUMENTS_SORT_KEY_TOO_LONG} when the document sorts by a string of more than 1,024 bytes.
 */
export function createCursor(scope: CursorScope, { values, id }: SortPosition): string {
  for (const [i, value] of values.entries()) {
    const sizeBytes = typeof value === "string" ? Buffer.byteLength(value) : 0
    const maxBytes = languageLimits.indexedStringBytes
    if (sizeBytes <= maxBytes) continue
    const path = pathText(scope.query.sort[i]!.path)
    throw new SortKeyTooLong(
      `The page ends at a document with ${sizeBytes} bytes of text at ${quote(path)}, and a cursor carries ${maxBytes}. Sort by another path.`,
      { details: { path, sizeBytes, maxBytes } },
    )
  }
  const payload = Buffer.from(JSON.stringify([binding(scope), values, id]))
  return `${payload.toString("base64url")}.${sign(scope.key, payload).toString("base64url")}`
}

/**
 * The place a cursor stands for.
 *
 * @throws {DOCUMENTS_CURSOR_INVALID} when it was not made here, or for another query.
 */
export function readCursor(scope: CursorScope, cursor: string): SortPosition {
  const [encoded = "", signature = "", ...rest] = cursor.length > maxCursorLength ? [] : cursor.split(".")
  const payload = Buffer.from(encoded, "base64url")
  const given = Buffer.from(signature, "base64url")
  const expected = sign(scope.key, payload)
  if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new CursorInvalid("The cursor was not made by this server, or was changed. Start from the first page.")
  }
  const [bound, values, id] = JSON.parse(payload.toString()) as [string, SortValue[], string]
  if (bound !== binding(scope)) {
    throw new CursorInvalid(
      "The cursor belongs to another filter, order or collection. Start this query from its first page.",
    )
  }
  return { values, id }
}

function binding({ collection, query: { where, sort }, keyVersion }: CursorScope): string {
  return createHash("sha256")
    .update(JSON.stringify([collection, keyVersion, where, sort]))
    .digest("base64url")
    .slice(0, 16)
}

function sign(key: Uint8Array, payload: Uint8Array): Buffer {
  return createHmac("sha256", key).update("documents-cursor\n").update(payload).digest().subarray(0, signatureBytes)
}
