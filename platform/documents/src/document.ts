import { DocumentIdInvalid, DocumentTooLarge, ValueInvalid } from "./errors.ts"
import { refuse } from "./shape.ts"
import { quote } from "./text.ts"
import { isObject, type JsonObject, type Stored, toStored } from "./value.ts"

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
 * A document as it is stored.
 *
 * @throws {DOCUMENTS_VALUE_INVALID} when it is no object, or holds what JSON text cannot.
 * @throws {DOCUMENTS_TOO_LARGE} beyond `maxDocumentBytes`.
 */
export function toStoredDocument(
  data: unknown,
  { maxDocumentBytes, at = "" }: { maxDocumentBytes: number; at?: string },
): Stored<JsonObject> {
  if (!isObject(data)) throw refuse(ValueInvalid, { at, expected: "a document, which is an object,", got: data })
  const stored = toStored(data, at) as Stored<JsonObject>
  const { text } = stored
  // No character takes more than three bytes, so most texts need no count.
  if (text.length * 3 <= maxDocumentBytes) return stored
  const sizeBytes = Buffer.byteLength(text)
  if (sizeBytes <= maxDocumentBytes) return stored
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

/** What is known of a document besides its data. Times are in milliseconds since 1970. */
export interface DocumentRow {
  readonly id: string
  readonly rev: number
  readonly created: number
  readonly updated: number
}

export function readDocument(row: DocumentRow & { readonly doc: string }): Document {
  return toDocument(row, JSON.parse(row.doc) as JsonObject)
}

export function toDocument({ id, rev, created, updated }: DocumentRow, data: JsonObject): Document {
  const createdAt = toTime(created)
  return { id, rev, createdAt, updatedAt: updated === created ? createdAt : toTime(updated), data }
}

let latestMs = 0
let latestTime = new Date(0).toISOString()

/** Many documents of one moment follow each other, so the latest text is remembered. */
export function toTime(ms: number): string {
  if (ms !== latestMs) {
    latestTime = new Date(ms).toISOString()
    latestMs = ms
  }
  return latestTime
}
