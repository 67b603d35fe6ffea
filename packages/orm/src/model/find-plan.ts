import { sql as k } from "kysely"
import type { BoundValue } from "../driver.ts"
import { OrmModelInvalid, OrmValueInvalid } from "../errors.ts"
import { compileRaw, partsOf, slotAt, whereOf } from "../query/compile.ts"
import { columnList, type RowsPlan } from "../query/rows-plan.ts"
import { binderOf } from "../query/slot.ts"
import type { Home } from "./home.ts"
import { columnOf } from "./table.ts"

/** One row by its key. */
export function findPlan(home: Home): RowsPlan {
  const { table, session } = home
  const { dialect } = session
  if (table.primaryKey.length === 0) throw new OrmModelInvalid(`${table.model.name} has no primary key.`)
  const parts = partsOf([], { dialect, table })
  const columns = table.visible
  const key = k.join(
    table.primaryKey.map((column, index) => k`${parts.place.column(column)} = ${slotAt(index)}`),
    k` and `,
  )
  const { sql, parameters } = compileRaw(
    k`select ${columnList(parts, columns)} from ${k.id(table.name)} where ${whereOf(parts, key)}`,
    dialect,
  )
  const isExact = [...columns, ...table.primaryKey].some(({ cast }) => cast[dialect].isExact)
  return {
    text: sql,
    columns: columns.map(({ property }) => property),
    onlyReads: true,
    isExact,
    bind: binderOf(parameters),
    hydrator: home.hydrator(columns, isExact),
  }
}

/** The key that a caller gives, as it is bound. @throws {ORM_VALUE_INVALID} */
export function boundKey(home: Home, key: unknown): BoundValue[] {
  const { table, session } = home
  const { primaryKey } = table
  const [only] = primaryKey
  if (only !== undefined && primaryKey.length === 1) {
    if (key === undefined || key === null) throw new OrmValueInvalid(`The key of a ${table.model.name} is ${key}.`)
    return [only.cast[session.dialect].write(key)]
  }
  if (typeof key !== "object" || key === null)
    throw new OrmValueInvalid(
      `Expected the key of a ${table.model.name} as { ${primaryKey.map(({ property }) => property).join(", ")} }.`,
    )
  for (const property of Object.keys(key)) columnOf(table, property)
  return primaryKey.map(({ property, cast }) => cast[session.dialect].write((key as Record<string, unknown>)[property]))
}
