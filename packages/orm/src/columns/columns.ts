import { uuidv7 } from "@ashlar/core"
import { OrmModelInvalid } from "../errors.ts"
import { type Column, createColumn, type EncryptionKeys } from "./column.ts"

/** A UUID as text. As a primary key the model makes a UUIDv7, which sorts by the time it was made. */
export function uuid(): Column<string, never, "default"> {
  return createColumn("uuid", {}, { default: { by: "model", make: () => uuidv7() } })
}

/** Text without a NUL. @param maxLength Characters; without it as many as the database takes, and MySQL cannot index it. */
export function text(maxLength?: number): Column<string> {
  if (maxLength !== undefined) checkCount("maxLength", maxLength, 16_383)
  return createColumn("text", { maxLength })
}

/** A whole number from -2^31 to 2^31 - 1. As a primary key the database counts it up. */
export function integer(): Column<number, never, "default"> {
  return createColumn("integer", {}, { autoIncrement: true })
}

/** A whole number of 64 bits, always as a bigint. As a primary key the database counts it up. */
export function bigint(): Column<bigint, never, "default"> {
  return createColumn("bigint", {}, { autoIncrement: true })
}

/** A finite number of 64 bits with a floating point. For money there is {@link decimal}. */
export function double(): Column<number> {
  return createColumn("double")
}

/**
 * A number with a fixed count of digits, as text so that no digit is lost: `"19.90"`. More digits behind the point than `scale`
 * are refused, not rounded. SQLite keeps the text, and compares by size as far as a double holds it.
 *
 * @param precision Digits in all, 1 to 38. @param scale Those behind the point.
 */
export function decimal(precision: number, scale: number): Column<string> {
  checkCount("precision", precision, 38)
  if (!Number.isInteger(scale) || scale < 0 || scale > Math.min(precision, 30))
    throw new OrmModelInvalid("Expected scale to be an integer from 0 to precision, and at most 30.")
  return createColumn("decimal", { precision, scale })
}

export function boolean(): Column<boolean> {
  return createColumn("boolean")
}

/** A moment, to the millisecond, in UTC. */
export function timestamp(): Column<Date> {
  return createColumn("timestamp")
}

/** A day of the calendar, without a time and a zone: `"2026-02-28"`. */
export function date(): Column<string> {
  return createColumn("date")
}

/** Anything that JSON holds; `jsonb` on PostgreSQL. `T` is a promise of yours: what others wrote is not checked. */
export function json<T = unknown>(): Column<T> {
  return createColumn("json")
}

export function bytes(): Column<Uint8Array> {
  return createColumn("bytes")
}

/** One of these words, kept as text with a check. */
export function enumeration<const V extends string>(values: readonly [V, ...V[]]): Column<V> {
  if (values.length === 0 || new Set<string>(values).size !== values.length)
    throw new OrmModelInvalid("Expected the words of an enumeration to be different, and at least one.")
  return createColumn("enum", {
    values: Object.freeze([...values]),
    maxLength: Math.max(...values.map((one) => one.length)),
  })
}

/** A list of values of one kind: an array of PostgreSQL's, JSON elsewhere. */
export function array<T>(element: Column<T>): Column<T[]> {
  const { kind, nullable } = element.definition
  if (nullable || kind === "array" || kind === "json" || kind === "bytes" || kind === "encrypted")
    throw new OrmModelInvalid(`An array of ${nullable ? "nullable values" : kind} cannot be kept. Take json().`)
  return createColumn("array", { element: element.definition })
}

/**
 * Text that the database sees only encrypted, by AES-256-GCM: bound to its table and column, so that it cannot be moved to another.
 * It cannot be searched or sorted by.
 *
 * @param keys Gives the key of 32 bytes, as bytes or base64, when it is first needed. Of several the first encrypts and all
 *   decrypt. Without a key every read and write is refused.
 * @example token: encrypted(() => process.env.TOKEN_KEY)
 */
export function encrypted(keys: () => EncryptionKeys): Column<string> {
  return createColumn("encrypted", { keys })
}

/** When the row was made: set by the model. */
export function createdAt(): Column<Date, "default"> {
  return createColumn("timestamp", { role: "createdAt", default: { by: "model", make: now } })
}

/** When the row was last changed: set by the model. */
export function updatedAt(): Column<Date, "default"> {
  return createColumn("timestamp", { role: "updatedAt", default: { by: "model", make: now }, onUpdate: now })
}

/** Makes deleting soft: the row stays, with the time in here, and is no longer found. */
export function deletedAt(): Column<Date | null, "nullable" | "deletable"> {
  return createColumn("timestamp", { role: "deletedAt", nullable: true })
}

/** Counts the changes of a row, so that of two who change the same state of it one is refused with `ORM_CONFLICT`. */
export function version(): Column<number, "default"> {
  return createColumn("integer", { role: "version", default: { by: "value", value: 1 } })
}

const now = (): Date => new Date()

function checkCount(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new OrmModelInvalid(`Expected ${name} to be an integer from 1 to ${max}.`)
}

/** An index over several columns, or one that `.index()` cannot say. */
export interface IndexDefinition {
  readonly kind: "index" | "unique" | "fullText"
  /** Properties of the model, in order. */
  readonly columns: readonly string[]
  readonly name: string | undefined
}

/** `static indexes = [index("authorId", "createdAt")]` */
export function index(...columns: readonly [string, ...string[]]): IndexDefinition {
  return { kind: "index", columns, name: undefined }
}

/** An index in which no two rows are alike. */
export function uniqueIndex(...columns: readonly [string, ...string[]]): IndexDefinition {
  return { kind: "unique", columns, name: undefined }
}

/** What `search()` looks through: FTS5, tsvector or a FULLTEXT index. One for each model. */
export function fullText(...columns: readonly [string, ...string[]]): IndexDefinition {
  return { kind: "fullText", columns, name: undefined }
}
