import { DocumentIdInvalid, DocumentTooLarge, ValueInvalid } from "./errors.ts"
import { refuse } from "./shape.ts"
import { quote } from "./text.ts"
import { canonical, isObject, type JsonObject } from "./value.ts"

/** A stored document, as it goes over the wire. */
export interface Document {
  readonly id: string
  /** From 1, one more with each write. */
  readonly rev: number
  /** RFC 3339, UTC, milliseconds. */
  readonly createdAt: string
  readonly updatedAt: string
  readonly data: JsonObject
}

/** What must hold before a write. Everything given must. */
export interface Precondition {
  /** The document is at this revision. */
  readonly ifRev?: number
  readonly mustExist?: boolean
  readonly mustNotExist?: boolean
}

/**
 * The text a document is stored as.
 *
 * @throws {DOCUMENTS_VALUE_INVALID} when it is no object, or holds what JSON text cannot.
 * @throws {DOCUMENTS_TOO_LARGE} beyond `maxDocumentBytes`.
 */
export function toDocumentText(
  data: unknown,
  { maxDocumentBytes, at = "" }: { maxDocumentBytes: number; at?: string },
): string {
  if (!isObject(data)) throw refuse(ValueInvalid, { at, expected: "a document, which is an object,", got: data })
  const text = canonical(data, at)
  const sizeBytes = Buffer.byteLength(text)
  if (sizeBytes <= maxDocumentBytes) return text
  throw new DocumentTooLarge(
    `Expected a document of at most ${maxDocumentBytes} bytes${at && ` at ${at}`}, got ${sizeBytes}. Split it, or keep large content in files.`,
    { details: { pointer: at, sizeBytes, maxDocumentBytes } },
  )
}

/** @throws {DOCUMENTS_ID_INVALID} */
export function checkId(id: string): void {
  if (/^[A-Za-z0-9_-][A-Za-z0-9._~-]{0,127}$/.test(id)) return
  throw new DocumentIdInvalid(
    `Expected an id of 1 to 128 of the characters A-Z a-z 0-9 _ - . ~ that starts with none of . and ~, got ${quote(id)}.`,
  )
}

export function toDocument(row: {
  readonly id: string
  readonly rev: number
  readonly created: number
  readonly updated: number
  readonly doc: string
}): Document {
  return {
    id: row.id,
    rev: row.rev,
    createdAt: toTime(row.created),
    updatedAt: toTime(row.updated),
    data: JSON.parse(row.doc) as JsonObject,
  }
}

export function toTime(ms: number): string {
  return new Date(ms).toISOString()
}
