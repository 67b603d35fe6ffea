import { OrmSchemaInvalid } from "../errors.ts"
import type { ColumnType, Flavour } from "./description.ts"
import { nameSql, textSql } from "./sql-text.ts"

const BITS = { 8: "tinyint", 16: "smallint", 24: "mediumint", 32: "int", 64: "bigint" } as const

/**
 * A type in a database's own words. Types that a database writes alike are the same type there.
 *
 * SQLite's names say what is meant and have the affinity that keeps it: what is text there ends in `_text`, because a column
 * of type DECIMAL or JSON would turn the digits of a text into a float.
 *
 * @throws {ORM_SCHEMA_INVALID}
 */
export function typeSql(type: ColumnType, flavour: Flavour, isStrict = false): string {
  if (type.kind === "native") return checkNative(type.text)
  if (flavour === "postgres") return postgresType(type)
  if (flavour === "sqlite") return isStrict ? strictType(type) : sqliteType(type)
  return mysqlType(type, flavour)
}

function sqliteType(type: Exclude<ColumnType, { kind: "native" }>): string {
  switch (type.kind) {
    case "integer":
      return type.bits === 32 ? "integer" : BITS[type.bits]
    case "float":
      return "real"
    case "decimal":
      return `decimal_text${parameters(type.precision, type.scale)}`
    case "text":
      return type.length === undefined ? "text" : `${type.fixed ? "char" : "varchar"}(${count(type.length)})`
    case "bytes":
      return "blob"
    case "boolean":
      return "boolean"
    case "timestamp":
      return type.local ? "datetime_text" : "timestamp_text"
    case "enumeration":
      return "text"
    case "array":
      return "json_text"
    default:
      return `${type.kind}_text`
  }
}

/** What a STRICT table takes. */
function strictType({ kind }: ColumnType): string {
  if (kind === "integer" || kind === "boolean") return "integer"
  if (kind === "float") return "real"
  return kind === "bytes" ? "blob" : "text"
}

function postgresType(type: Exclude<ColumnType, { kind: "native" }>): string {
  switch (type.kind) {
    case "integer": {
      // One step wider where there is no unsigned.
      if (type.unsigned && type.bits === 64) return "numeric(20)"
      const bits = type.unsigned && type.bits !== 8 ? type.bits * 2 : type.bits
      return bits <= 16 ? "smallint" : bits <= 32 ? "integer" : "bigint"
    }
    case "float":
      return type.bits === 32 ? "real" : "double precision"
    case "decimal":
      return `numeric${parameters(type.precision, type.scale)}`
    case "text":
      return type.length === undefined ? "text" : `${type.fixed ? "character" : "varchar"}(${count(type.length)})`
    case "bytes":
      return "bytea"
    case "json":
      return "jsonb"
    case "timestamp":
      return `${type.local ? "timestamp" : "timestamptz"}${parameters(type.precision)}`
    case "enumeration":
      return type.name === undefined ? "text" : nameSql(type.name, "postgres")
    case "array":
      return `${postgresArrayItem(type.of)}[]`
    default:
      return type.kind
  }
}

function postgresArrayItem(type: ColumnType): string {
  if (type.kind === "array")
    throw new OrmSchemaInvalid("An array of arrays is one array to PostgreSQL: name its items.")
  return typeSql(type, "postgres")
}

function mysqlType(type: Exclude<ColumnType, { kind: "native" }>, flavour: Flavour): string {
  switch (type.kind) {
    case "integer":
      return `${BITS[type.bits]}${type.unsigned ? " unsigned" : ""}`
    case "float":
      return type.bits === 32 ? "float" : "double"
    case "decimal":
      return `decimal(${type.precision ?? 65},${type.scale ?? (type.precision === undefined ? 30 : 0)})`
    case "text":
      return type.length === undefined ? "longtext" : `${type.fixed ? "char" : "varchar"}(${count(type.length)})`
    case "bytes":
      return type.length === undefined ? "longblob" : `varbinary(${count(type.length)})`
    case "boolean":
      return "tinyint(1)"
    case "uuid":
      return flavour === "mariadb" ? "uuid" : "char(36)"
    case "timestamp":
      // Both are UTC here: the connection says so. A driver that sends milliseconds keeps them.
      return `datetime(${type.precision ?? 3})`
    case "enumeration":
      return `enum(${type.values.map((value) => textSql(value, "mysql")).join(",")})`
    case "array":
      return "json"
    default:
      return type.kind
  }
}

function parameters(...values: readonly (number | undefined)[]): string {
  const given = values.filter((value) => value !== undefined)
  return given.length === 0 ? "" : `(${given.map(count).join(",")})`
}

function count(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new OrmSchemaInvalid(`Expected a length or a number of digits to be a whole number from 0, got ${value}.`)
}

/** Words, digits, lists in brackets: nothing that could end the definition of a column and begin something else. */
const NATIVE =
  /^[\p{L}_"`][\p{L}\p{N}_ ."`]*(?:\((?:[\p{L}\p{N}_ .,]|'(?:[^'\\]|'')*')*\))?[\p{L}\p{N}_ ]*(?:\[\d*\])*$/u

function checkNative(text: string): string {
  if (text === "" || (NATIVE.test(text) && text.length <= 20_000)) return text
  throw new OrmSchemaInvalid(`Expected the type of a column as the database writes it, got ${JSON.stringify(text)}.`)
}
