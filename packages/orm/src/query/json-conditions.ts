import { type Expression, sql as k } from "kysely"
import type { BoundValue, Dialect } from "../driver.ts"
import { OrmQueryInvalid, OrmValueInvalid } from "../errors.ts"
import type { TableColumn } from "../model/table.ts"
import type { Condition, Place } from "./clause.ts"

/** Keys of objects, and places in lists: `["address", "lines", 0]`. */
export type JsonPath = readonly (string | number)[]
export type JsonScalar = string | number | boolean | null
export type JsonOperator = "=" | "!=" | "<" | "<=" | ">" | ">="

type JsonKind = "string" | "number" | "boolean" | "null"

const SIGNS: Readonly<Record<JsonOperator, Expression<unknown>>> = {
  "=": k`=`,
  "!=": k`=`,
  "<": k`<`,
  "<=": k`<=`,
  ">": k`>`,
  ">=": k`>=`,
}
const MAX_PATH = 32

interface Comparing {
  readonly place: Place
  readonly column: Expression<unknown>
  readonly path: Expression<unknown>
  readonly sign: Expression<unknown>
}

/** A comparison by the kind of the value, which a column of JSON holds beside others. */
export function jsonCondition(
  operator: JsonOperator,
  path: JsonPath,
  { value, dialect }: { value: JsonScalar; dialect: Dialect },
): { key: string; values: readonly BoundValue[]; make: (column: TableColumn) => Condition } {
  if (!Object.hasOwn(SIGNS, operator))
    throw new OrmQueryInvalid(
      `Unknown operator "${String(operator).slice(0, 32)}". Known: ${Object.keys(SIGNS).join(", ")}.`,
    )
  const kind = kindOf(value)
  const isEquality = operator === "=" || operator === "!="
  if (!isEquality && (kind === "boolean" || kind === "null"))
    throw new OrmValueInvalid(`${kind} is neither more nor less than anything: only = and != take it.`)
  const bound = kind === "null" ? [] : [kind === "boolean" ? String(value) : (value as BoundValue)]
  const make = (column: TableColumn): Condition => {
    if (column.definition.kind !== "json") throw new OrmQueryInvalid(`"${column.property}" is no JSON.`)
    return {
      kind: "condition",
      isOr: false,
      valueCount: 1 + bound.length,
      encode: undefined,
      write(place) {
        const comparing = { place, column: place.column(column), path: place.slot(), sign: SIGNS[operator] }
        const holds = compare[dialect](kind, comparing)
        return operator === "!=" ? k`not (${holds})` : holds
      },
    }
  }
  return { key: `${operator} ${kind}`, values: [pathFor(dialect, path), ...bound], make }
}

/** Each is true or false, and never null: what is not there is not equal. */
const compare: Readonly<Record<Dialect, (kind: JsonKind, comparing: Comparing) => Expression<unknown>>> = {
  sqlite(kind, { place, column, path, sign }) {
    const type = k`json_type(${column}, ${path})`
    if (kind === "null") return k`coalesce(${type}, 'null') = 'null'`
    if (kind === "boolean") return k`coalesce(${type} = ${place.slot()}, 0)`
    const isKind = kind === "string" ? k`${type} = 'text'` : k`${type} in ('integer', 'real')`
    return k`case when ${isKind} then json_extract(${column}, ${path}) ${sign} ${place.slot()} else 0 end`
  },
  postgres(kind, { place, column, path, sign }) {
    const at = k`(${column} #> ${path})`
    const text = k`(${column} #>> ${path})`
    if (kind === "null") return k`coalesce(jsonb_typeof(${at}), 'null') = 'null'`
    const typeIs = (name: Expression<unknown>) => k`coalesce(jsonb_typeof(${at}), 'null') = ${name}`
    if (kind === "boolean") return k`case when ${typeIs(k`'boolean'`)} then ${text} = ${place.slot()} else false end`
    if (kind === "string")
      return k`case when ${typeIs(k`'string'`)} then ${text} collate "C" ${sign} ${place.slot()} else false end`
    return k`case when ${typeIs(k`'number'`)} then ${text}::numeric ${sign} ${place.slot()}::numeric else false end`
  },
  mysql(kind, { place, column, path, sign }) {
    const at = k`json_extract(${column}, ${path})`
    const type = k`coalesce(json_type(${at}), 'NULL')`
    if (kind === "null") return k`${type} = 'NULL'`
    if (kind === "boolean")
      return k`case when ${type} = 'BOOLEAN' then json_unquote(${at}) = ${place.slot()} else false end`
    if (kind === "string")
      return k`case when ${type} = 'STRING' then cast(json_unquote(${at}) as binary) ${sign} cast(${place.slot()} as binary) else false end`
    return k`case when ${type} in ('INTEGER', 'DOUBLE', 'DECIMAL', 'UNSIGNED INTEGER') then json_unquote(${at}) + 0e0 ${sign} ${place.slot()} else false end`
  },
}

function kindOf(value: unknown): JsonKind {
  if (value === null) return "null"
  if (typeof value === "string" && !value.includes("\0")) return "string"
  if (typeof value === "number" && Number.isFinite(value)) return "number"
  if (typeof value === "boolean") return "boolean"
  throw new OrmValueInvalid("Expected the value in JSON to be text, a finite number, true, false or null.")
}

function pathFor(dialect: Dialect, path: JsonPath): BoundValue {
  const isPath =
    Array.isArray(path) &&
    path.length > 0 &&
    path.length <= MAX_PATH &&
    path.every((step) => (typeof step === "string" ? !/[\0"\\]/.test(step) : Number.isInteger(step) && step >= 0))
  if (!isPath)
    throw new OrmValueInvalid(
      `Expected a JSON path of 1 to ${MAX_PATH} keys and places: ["address", 0]. Keys hold no " and no \\.`,
    )
  if (dialect === "postgres") return path.map(String)
  return `$${path.map((step) => (typeof step === "number" ? `[${step}]` : `."${step}"`)).join("")}`
}
