import { type Expression, sql as k } from "kysely"
import type { Dialect } from "../driver.ts"
import { OrmQueryInvalid } from "../errors.ts"
import type { TableColumn } from "../model/table.ts"
import type { Condition } from "./clause.ts"

export type ArrayOperator = "hasAll" | "hasAny"

type Write = (column: Expression<unknown>, values: Expression<unknown>) => Expression<unknown>

const writes: Readonly<Record<Dialect, Readonly<Record<ArrayOperator, Write>>>> = {
  sqlite: {
    hasAll: (column, values) =>
      k`not exists (select 1 from json_each(${values}) as asked where asked.value not in (select value from json_each(${column})))`,
    hasAny: (column, values) =>
      k`exists (select 1 from json_each(${values}) as asked where asked.value in (select value from json_each(${column})))`,
  },
  postgres: {
    hasAll: (column, values) => k`${column} @> ${values}`,
    hasAny: (column, values) => k`${column} && ${values}`,
  },
  mysql: {
    hasAll: (column, values) => k`json_contains(${column}, ${values})`,
    hasAny: (column, values) => k`json_overlaps(${column}, ${values})`,
  },
}

/** What an array column has, all or any of a list. A null column has nothing. */
export function arrayCondition(column: TableColumn, operator: ArrayOperator, dialect: Dialect): Condition {
  if (column.definition.kind !== "array") throw new OrmQueryInvalid(`"${column.property}" is no array.`)
  return {
    kind: "condition",
    isOr: false,
    valueCount: 1,
    encode: column.cast[dialect].write,
    write: (place) =>
      k`${place.column(column)} is not null and ${writes[dialect][operator](place.column(column), place.slot())}`,
  }
}
