import type { BoundValue, Dialect } from "../driver.ts"
import { OrmQueryInvalid, OrmScopeViolated, OrmValueInvalid } from "../errors.ts"
import { askScope } from "../query/scope-conditions.ts"
import { fillerOf } from "./insert.ts"
import type { AnyScope } from "./scopes.ts"
import { type Table, type TableColumn, unknownColumn } from "./table.ts"

/** A value that is written: as the database gets it, and as the row shows it. */
export interface Written {
  readonly column: TableColumn
  readonly bound: BoundValue
  /** What the row shows: of its own, and no part of what the caller holds. */
  readonly value: unknown
}

/** What is written of a new row: what was given, what the model makes, and what its scopes say. */
export function newValues(table: Table, given: object, dialect: Dialect): Written[] {
  const values = withForced(table, checkKeys(table, given))
  const written: Written[] = []
  for (const column of table.columns.values()) {
    const value = values[column.property] ?? (values[column.property] === null ? null : fillerOf(column)())
    if (value !== undefined) written.push(writeValue(column, value, dialect))
  }
  return written
}

/** What changes of a row, by the same rules. */
export function changedValues(table: Table, given: object, dialect: Dialect): Written[] {
  const values = checkKeys(table, given)
  const written = Object.entries(values).map(([property, value]) =>
    writeValue(table.columns.get(property)!, value, dialect),
  )
  checkForced(table, values)
  return written
}

export function writeValue(column: TableColumn, value: unknown, dialect: Dialect): Written {
  const { cast, definition, property } = column
  if (value === null) {
    if (!definition.nullable)
      throw new OrmValueInvalid(`"${property}" cannot be null.`, { details: { column: property } })
    return { column, bound: null, value: null }
  }
  const { write, settle } = cast[dialect]
  return { column, bound: write(value), value: settle === undefined ? value : settle(value) }
}

/** @throws {ORM_QUERY_INVALID} for what is no column. @throws {ORM_VALUE_INVALID} for undefined. */
export function checkKeys(table: Table, given: unknown): Record<string, unknown> {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new OrmValueInvalid(`Expected an object with the values of a ${table.model.name}.`)
  for (const [property, value] of Object.entries(given)) {
    const column = table.columns.get(property)
    if (column === undefined) throw unknownColumn(table, property)
    if (column.definition.generated !== undefined)
      throw new OrmQueryInvalid(`"${property}" is worked out by the database, and never written.`)
    if (value === undefined)
      throw new OrmValueInvalid(`"${property}" is undefined. Leave it out, or write null where NULL is meant.`, {
        details: { column: property },
      })
  }
  return given as Record<string, unknown>
}

/** Scopes that say what a column is: they say it of new rows too. */
function forced(table: Table): { name: string; scope: Extract<AnyScope, { kind: "condition" }> }[] {
  const all: { name: string; scope: Extract<AnyScope, { kind: "condition" }> }[] = []
  for (const [name, scope] of table.scopes)
    if (scope.kind === "condition" && scope.operator === "=") all.push({ name, scope })
  return all
}

function scopeValue(table: Table, name: string, { value }: Extract<AnyScope, { kind: "condition" }>): unknown {
  return typeof value === "function" ? askScope(value as () => unknown, table.model.name, name) : value
}

/** The values of a new row with what its scopes say of it. @throws {ORM_SCOPE_VIOLATED} */
export function withForced(table: Table, given: object): Record<string, unknown> {
  const values = given as Record<string, unknown>
  if (table.scopes.size === 0) return values
  checkForced(table, values)
  const set = forced(table).map(({ name, scope }) => [scope.column, scopeValue(table, name, scope)])
  return { ...values, ...Object.fromEntries(set) }
}

/** @throws {ORM_SCOPE_VIOLATED} for a value that would put the row into another scope. */
export function checkForced(table: Table, values: Readonly<Record<string, unknown>>): void {
  if (table.scopes.size === 0) return
  for (const { name, scope } of forced(table)) {
    if (!Object.hasOwn(values, scope.column)) continue
    const column = table.columns.get(scope.column)!
    const own = scopeValue(table, name, scope)
    const write = (value: unknown) => (value === null ? null : column.cast.sqlite.write(value))
    if (write(values[scope.column]) !== write(own))
      throw new OrmScopeViolated(`The row would not be of the scope "${name}" of ${table.model.name}.`)
  }
}
