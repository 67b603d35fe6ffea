import { type ArgType, type ColumnType, ColumnTypeEnum } from "@prisma/driver-adapter-utils"
import type { Dialect, ResultColumn } from "../driver.ts"
import { TYPE } from "../drivers/postgres-values.ts"

/** A value of Prisma's as the database is to get it: Prisma writes all that is no JavaScript value as text. */
export function toBound(value: unknown, type: ArgType | undefined, dialect: Dialect): unknown {
  if (value === null || value === undefined || type === undefined) return value ?? null
  if (Array.isArray(value)) return value.map((item) => toBound(item, { ...type, arity: "scalar" }, dialect))
  switch (type.scalarType) {
    case "bytes":
      return typeof value === "string" ? new Uint8Array(Buffer.from(value, "base64")) : value
    case "bigint":
      return typeof value === "string" ? BigInt(value) : value
    case "int":
    case "float":
      return typeof value === "string" ? Number(value) : value
    case "datetime":
      return timeOf(value, dialect)
    // SQLite has no exact decimals: Prisma keeps and compares them as numbers there.
    case "decimal":
      return dialect === "sqlite" && typeof value === "string" ? Number(value) : value
    default:
      return value
  }
}

function timeOf(value: unknown, dialect: Dialect): unknown {
  const text = value instanceof Date ? value.toISOString() : value
  if (typeof text !== "string") return text
  if (dialect === "mysql") return text.replace("T", " ").replace(/(?:Z|\+00:00)$/, "")
  return dialect === "sqlite" ? text.replace(/Z$/, "+00:00") : text
}

const POSTGRES: ReadonlyMap<number, ColumnType> = new Map<number, ColumnType>([
  [16, ColumnTypeEnum.Boolean],
  [17, ColumnTypeEnum.Bytes],
  [TYPE.int8, ColumnTypeEnum.Int64],
  [21, ColumnTypeEnum.Int32],
  [23, ColumnTypeEnum.Int32],
  [26, ColumnTypeEnum.Int64],
  [114, ColumnTypeEnum.Json],
  [3802, ColumnTypeEnum.Json],
  [700, ColumnTypeEnum.Float],
  [701, ColumnTypeEnum.Double],
  [1700, ColumnTypeEnum.Numeric],
  [TYPE.date, ColumnTypeEnum.Date],
  [1083, ColumnTypeEnum.Time],
  [1266, ColumnTypeEnum.Time],
  [TYPE.timestamp, ColumnTypeEnum.DateTime],
  [TYPE.timestamptz, ColumnTypeEnum.DateTime],
  [2950, ColumnTypeEnum.Uuid],
  [1000, ColumnTypeEnum.BooleanArray],
  [1001, ColumnTypeEnum.BytesArray],
  [1005, ColumnTypeEnum.Int32Array],
  [1007, ColumnTypeEnum.Int32Array],
  [TYPE.int8Array, ColumnTypeEnum.Int64Array],
  [199, ColumnTypeEnum.JsonArray],
  [3807, ColumnTypeEnum.JsonArray],
  [1021, ColumnTypeEnum.FloatArray],
  [1022, ColumnTypeEnum.DoubleArray],
  [1231, ColumnTypeEnum.NumericArray],
  [1009, ColumnTypeEnum.TextArray],
  [1015, ColumnTypeEnum.TextArray],
  [TYPE.dateArray, ColumnTypeEnum.DateArray],
  [TYPE.timestampArray, ColumnTypeEnum.DateTimeArray],
  [TYPE.timestamptzArray, ColumnTypeEnum.DateTimeArray],
  [2951, ColumnTypeEnum.UuidArray],
])

/** By the words of a declared type, the first that fits. @see https://sqlite.org/datatype3.html */
const SQLITE: readonly (readonly [RegExp, ColumnType])[] = [
  [/BIGINT|UNSIGNED BIG INT|INT8/, ColumnTypeEnum.Int64],
  [/INT/, ColumnTypeEnum.Int32],
  [/CHAR|TEXT|CLOB/, ColumnTypeEnum.Text],
  [/JSON/, ColumnTypeEnum.Json],
  [/BLOB/, ColumnTypeEnum.Bytes],
  [/REAL|DOUB|FLOA/, ColumnTypeEnum.Double],
  [/DECIMAL|NUMERIC/, ColumnTypeEnum.Numeric],
  [/BOOL/, ColumnTypeEnum.Boolean],
  [/DATE|TIME/, ColumnTypeEnum.DateTime],
]

/** @see https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html */
const MYSQL: ReadonlyMap<number, ColumnType> = new Map<number, ColumnType>([
  [1, ColumnTypeEnum.Int32],
  [2, ColumnTypeEnum.Int32],
  [3, ColumnTypeEnum.Int32],
  [9, ColumnTypeEnum.Int32],
  [13, ColumnTypeEnum.Int32],
  [8, ColumnTypeEnum.Int64],
  [4, ColumnTypeEnum.Float],
  [5, ColumnTypeEnum.Double],
  [0, ColumnTypeEnum.Numeric],
  [246, ColumnTypeEnum.Numeric],
  [10, ColumnTypeEnum.Date],
  [11, ColumnTypeEnum.Time],
  [7, ColumnTypeEnum.DateTime],
  [12, ColumnTypeEnum.DateTime],
  [245, ColumnTypeEnum.Json],
])

/** What Prisma calls the type of a column; by its values where the database does not say. */
export function columnTypeOf({ type }: ResultColumn, values: readonly unknown[], dialect: Dialect): ColumnType {
  const known =
    typeof type === "string"
      ? SQLITE.find(([pattern]) => pattern.test(type.toUpperCase()))?.[1]
      : type === undefined
        ? undefined
        : (dialect === "postgres" ? POSTGRES : MYSQL).get(type)
  const value = values.find((one) => one !== null)
  if (known === ColumnTypeEnum.Int32 && values.some(isLarge)) return ColumnTypeEnum.Int64
  // Anything may stand in a column of SQLite.
  if (known === undefined || (known === ColumnTypeEnum.Int32 && typeof value === "string")) return typeOfValue(value)
  return known
}

function isLarge(value: unknown): boolean {
  return typeof value === "bigint" || (typeof value === "number" && Math.abs(value) > 2 ** 31 - 1)
}

function typeOfValue(value: unknown): ColumnType {
  if (isLarge(value)) return ColumnTypeEnum.Int64
  if (typeof value === "number") return Number.isInteger(value) ? ColumnTypeEnum.Int32 : ColumnTypeEnum.Double
  if (typeof value === "boolean") return ColumnTypeEnum.Boolean
  if (value instanceof Date) return ColumnTypeEnum.DateTime
  if (value instanceof Uint8Array) return ColumnTypeEnum.Bytes
  return ColumnTypeEnum.Text
}

/** A value of the database as Prisma reads it: what JSON cannot hold exactly is text. */
export function toPrisma(value: unknown, type: ColumnType): unknown {
  if (value === null || value === undefined) return null
  if (type === ColumnTypeEnum.Json) return typeof value === "string" ? value : JSON.stringify(value)
  if (type >= ColumnTypeEnum.Int32Array && Array.isArray(value))
    return value.map((item) => toPrisma(item, (type - 64) as ColumnType))
  if (value instanceof Date) return value.toISOString().replace("Z", "+00:00")
  if (type === ColumnTypeEnum.Boolean) return typeof value === "number" ? value !== 0 : value
  if (type === ColumnTypeEnum.Int64 || type === ColumnTypeEnum.Numeric) return String(value)
  if (type === ColumnTypeEnum.DateTime && typeof value === "number") return new Date(value).toISOString()
  return typeof value === "bigint" ? String(value) : value
}
