import type { BoundValue, Dialect } from "../driver.ts"
import { OrmValueInvalid } from "../errors.ts"
import type { ColumnDefinition, ColumnKind } from "./column.ts"
import { createCipher } from "./encryption.ts"

/** How values of one column get to a database and back. None of these is called with null. */
export interface Cast {
  /** What the driver gave as what the model promises; undefined where that is the same. */
  readonly read: ((raw: unknown) => unknown) | undefined
  /** The same for rows of SQLite in which every integer is a bigint. */
  readonly readExact: ((raw: unknown) => unknown) | undefined
  /** Whether SQLite has to give integers as bigints, for a number would lose digits. */
  readonly isExact: boolean
  /** What is bound. @throws {ORM_VALUE_INVALID} naming the column, never the value. */
  readonly write: (value: unknown) => BoundValue
  /** The value as it will be read again, sharing nothing with what the caller holds; undefined where that is the value. */
  readonly settle: ((value: unknown) => unknown) | undefined
}

/** Where a column is, for messages and to bind what is encrypted to its place. */
export interface ColumnPlace {
  readonly table: string
  readonly property: string
}

type Dialects<T> = T | Readonly<Record<Dialect, T>>

interface Kind {
  /** In words, for messages. */
  readonly expects: (definition: ColumnDefinition) => string
  readonly fits: (value: unknown, definition: ColumnDefinition) => boolean
  readonly read?: Dialects<((raw: unknown, definition: ColumnDefinition) => unknown) | undefined>
  readonly write?: Dialects<(value: never, definition: ColumnDefinition) => BoundValue>
  readonly settle?: (value: never, definition: ColumnDefinition) => unknown
  readonly isExact?: true
  readonly readsInteger?: true
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i
const DATE = /^\d{4}-\d\d-\d\d$/
const DECIMAL = /^(-?)0*(\d+)(?:\.(\d+))?$/
const MAX_INTEGER = 2 ** 31 - 1
const MAX_BIGINT = 2n ** 63n - 1n
/** Years that sort as text, and that all three databases hold. */
const MIN_TIME = Date.UTC(1000, 0, 1)
const MAX_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

const isText = (value: unknown): value is string => typeof value === "string" && !value.includes("\0")
const toBit = (value: boolean): BoundValue => (value ? 1 : 0)
const asIs = <T>(value: T): T => value
// What is read is never a part of what the driver gave: that is kept, to see what was changed in place.
const toDate = (raw: unknown): Date => new Date(raw instanceof Date ? raw : textToTime(String(raw)))

const kinds: Readonly<Record<Exclude<ColumnKind, "array" | "encrypted">, Kind>> = {
  uuid: {
    expects: () => "a UUID",
    fits: (value) => typeof value === "string" && UUID.test(value),
    write: (value: string) => value.toLowerCase(),
    settle: (value: string) => value.toLowerCase(),
  },
  text: {
    expects: ({ maxLength }) =>
      maxLength === undefined ? "text without a NUL" : `text of at most ${maxLength} characters`,
    fits: (value, { maxLength }) => isText(value) && (maxLength === undefined || characters(value) <= maxLength),
  },
  integer: {
    expects: () => "an integer from -2^31 to 2^31 - 1",
    fits: (value) =>
      Number.isInteger(value) && (value as number) <= MAX_INTEGER && (value as number) >= -MAX_INTEGER - 1,
    readsInteger: true,
  },
  bigint: {
    expects: () => "a bigint of 64 bits",
    fits: (value) => typeof value === "bigint" && value <= MAX_BIGINT && value >= -MAX_BIGINT - 1n,
    read: (raw) => BigInt(raw as bigint),
    isExact: true,
  },
  double: {
    expects: () => "a finite number",
    fits: (value) => Number.isFinite(value),
    readsInteger: true,
  },
  decimal: {
    expects: ({ precision, scale }) =>
      `text of a number with at most ${precision} digits, ${scale} of them behind the point`,
    fits: (value, definition) => typeof value === "string" && toDecimal(value, definition) !== undefined,
    read: (raw, definition) =>
      typeof raw === "number" ? raw.toFixed(definition.scale) : (toDecimal(String(raw), definition) ?? String(raw)),
    write: (value: string, definition) => toDecimal(value, definition)!,
    settle: (value: string, definition) => toDecimal(value, definition),
  },
  boolean: {
    expects: () => "true or false",
    fits: (value) => typeof value === "boolean",
    read: { sqlite: (raw) => Number(raw) !== 0, postgres: undefined, mysql: (raw) => Number(raw) !== 0 },
    write: { sqlite: toBit, postgres: asIs<boolean>, mysql: toBit },
  },
  timestamp: {
    expects: () => "a Date from the year 1000 to 9999",
    fits: (value) => value instanceof Date && value.getTime() >= MIN_TIME && value.getTime() <= MAX_TIME,
    read: toDate,
    write: {
      sqlite: (value: Date) => value.toISOString(),
      postgres: (value: Date) => value.toISOString(),
      mysql: (value: Date) => value.toISOString().slice(0, -1).replace("T", " "),
    },
    settle: (value: Date) => new Date(value),
  },
  date: {
    expects: () => `a day as text, like "2026-02-28"`,
    fits: (value) => typeof value === "string" && DATE.test(value) && isDay(value),
    read: (raw) => (raw instanceof Date ? raw.toISOString() : String(raw)).slice(0, 10),
  },
  json: {
    expects: () => "what JSON holds: no bigint, no function, no circle",
    fits: (value) => toJson(value) !== undefined,
    read: parseJson,
    write: (value: unknown) => toJson(value)!,
    settle: (value: unknown) => JSON.parse(toJson(value)!),
  },
  bytes: {
    expects: () => "a Uint8Array",
    fits: (value) => value instanceof Uint8Array,
    read: (raw) => new Uint8Array(raw as Uint8Array),
    write: { sqlite: asIs<Uint8Array>, postgres: asIs<Uint8Array>, mysql: (value: Uint8Array) => Buffer.from(value) },
    settle: (value: Uint8Array) => value.slice(),
  },
  enum: {
    expects: ({ values }) => `one of: ${values?.join(", ")}`,
    fits: (value, { values }) => values?.includes(value as string) ?? false,
  },
}

/** The cast of a column for a dialect. */
export function castOf(definition: ColumnDefinition, dialect: Dialect, place: ColumnPlace): Cast {
  if (definition.kind === "array") return arrayCast(definition, dialect, place)
  if (definition.kind === "encrypted") return encryptedCast(definition, place)
  const kind: Kind = kinds[definition.kind]
  const { fits, settle, isExact = false } = kind
  const write = ofDialect(kind.write ?? asIs<BoundValue>, dialect) as (
    value: unknown,
    of: ColumnDefinition,
  ) => BoundValue
  const reads = ofDialect(kind.read, dialect)
  const read = reads && ((raw: unknown) => reads(raw, definition))
  return {
    read: isExact && dialect === "sqlite" ? undefined : read,
    readExact: kind.readsInteger ? Number : isExact ? undefined : read,
    isExact: isExact && dialect === "sqlite",
    write(value) {
      if (!fits(value, definition)) throw misfit(place, kind.expects(definition))
      return write(value, definition)
    },
    settle: settle && ((value) => settle(value as never, definition)),
  }
}

function ofDialect<T>(given: Dialects<T>, dialect: Dialect): T {
  const isEach = typeof given === "object" && given !== null && dialect in given
  return isEach ? (given as Record<Dialect, T>)[dialect] : (given as T)
}

function misfit({ table, property }: ColumnPlace, expected: string): Error {
  return new OrmValueInvalid(`Expected ${table}.${property} to be ${expected}.`, { details: { column: property } })
}

/** PostgreSQL's own arrays; JSON on the others, with text for what JSON has no form of. */
function arrayCast({ element }: ColumnDefinition, dialect: Dialect, place: ColumnPlace): Cast {
  const one = castOf(element!, dialect === "postgres" ? "postgres" : "sqlite", place)
  const readOne = dialect === "postgres" ? one.read : elementReader(element!, one)
  const items = (value: unknown): unknown[] => {
    if (!Array.isArray(value)) throw misfit(place, "an array")
    return value
  }
  const read = (list: unknown): unknown[] =>
    readOne === undefined
      ? [...(list as unknown[])]
      : (list as unknown[]).map((item) => (item === null ? null : readOne(item)))
  const fromJson = (raw: unknown): unknown[] => read(parseJson(raw))
  return {
    read: dialect === "postgres" ? (list) => read(list) : fromJson,
    readExact: fromJson,
    isExact: false,
    write(value) {
      const written = items(value).map((item) => one.write(item))
      if (dialect === "postgres") return written
      return JSON.stringify(written.map((item) => (typeof item === "bigint" ? String(item) : item)))
    },
    settle: (value) => items(value).map((item) => (one.settle === undefined ? item : one.settle(item))),
  }
}

function elementReader({ kind }: ColumnDefinition, { read }: Cast): ((raw: unknown) => unknown) | undefined {
  return kind === "bigint" ? (raw) => BigInt(raw as string) : read
}

function encryptedCast({ keys }: ColumnDefinition, place: ColumnPlace): Cast {
  const cipher = createCipher(keys!, place)
  return {
    read: (raw) => cipher.decrypt(String(raw)),
    readExact: (raw) => cipher.decrypt(String(raw)),
    isExact: false,
    write(value) {
      if (!isText(value)) throw misfit(place, "text without a NUL")
      return cipher.encrypt(value)
    },
    settle: undefined,
  }
}

/** Code points, as the databases count. */
function characters(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

/** All digits of the scale written out, so that equal numbers are equal texts; undefined where it does not fit. */
function toDecimal(text: string, { precision = 0, scale = 0 }: ColumnDefinition): string | undefined {
  const match = DECIMAL.exec(text)
  if (match === null) return undefined
  const [, sign, whole = "", fraction = ""] = match
  const digits = fraction.replace(/0+$/, "")
  const wholeDigits = whole === "0" ? 0 : whole.length
  if (digits.length > scale || wholeDigits + scale > precision) return undefined
  const number = scale === 0 ? whole : `${whole}.${digits.padEnd(scale, "0")}`
  return sign === "-" && /[1-9]/.test(number) ? `-${number}` : number
}

/** SQLite's own `datetime()` writes a blank for the T and no zone, and means UTC. */
function textToTime(text: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return `${text}T00:00:00Z`
  const time = text.replace(" ", "T")
  if (/[+-]\d\d$/.test(time.slice(10))) return `${time}:00`
  return /(?:Z|[+-]\d\d:?\d\d)$/.test(time) ? time : `${time}Z`
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(day.getTime()) && day.getTime() >= MIN_TIME && day.toISOString().startsWith(text)
}

function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

function parseJson(raw: unknown): unknown {
  return typeof raw === "string" ? JSON.parse(raw) : raw
}
