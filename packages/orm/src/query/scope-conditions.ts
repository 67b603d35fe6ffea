import { type Expression, sql as k } from "kysely"
import type { BoundValue } from "../driver.ts"
import { OrmQueryInvalid, OrmScopeMissing } from "../errors.ts"
import type { AnyScope } from "../model/scopes.ts"
import { columnOf, type TableColumn } from "../model/table.ts"
import type { Place } from "./clause.ts"
import { comparison, membership, nullness } from "./conditions.ts"
import { LateSlot } from "./slot.ts"

/** The name by which the built-in scope of soft deletes is lifted. */
export const DELETED = "deleted"

/** The scopes of a place's table that are not lifted, each as one condition. */
export function scopeConditions(place: Place, lifted: ReadonlySet<string>): Expression<unknown>[] {
  const { table } = place
  const { deletedAt } = table.roles
  const conditions: Expression<unknown>[] = []
  if (deletedAt !== undefined && !lifted.has(DELETED)) conditions.push(nullness(false, deletedAt, true).write(place))
  for (const [name, scope] of table.scopes) if (!lifted.has(name)) conditions.push(write(scope, place, name))
  return conditions
}

function write(scope: AnyScope, place: Place, name: string): Expression<unknown> {
  if (scope.kind !== "condition") {
    const all = scope.scopes.map((one) => k`(${write(one, place, name)})`)
    return k`${k.join(all, scope.kind === "any" ? k` or ` : k` and `)}`
  }
  const { operator, value } = scope
  const { dialect } = place
  const column = columnOf(place.table, scope.column)
  if (operator === "in" || operator === "notIn") {
    if (!Array.isArray(value) || value.length === 0)
      throw new OrmQueryInvalid(`Scope "${name}" needs a list with something in it for ${operator}.`)
    const values = value.map((one) => constant(column.cast[dialect].write(one)))
    const isNot = operator === "notIn"
    const { write: writeList } = membership(false, column, { isNot, form: values.length, dialect })
    return writeList(serving(place, values))
  }
  if (value === null) return nullness(false, column, operator === "=").write(place)
  const bound =
    typeof value === "function"
      ? late(name, column, [value as () => unknown, place])
      : constant(column.cast[dialect].write(value))
  return comparison(false, column, [operator, dialect]).write(serving(place, [bound]))
}

/** A place whose slots are the scope's own values. */
function serving(place: Place, values: readonly Expression<BoundValue>[]): Place {
  let next = 0
  return Object.assign(Object.create(place) as Place, {
    slot: () => values[next++]!,
    column: (column: TableColumn) => place.column(column),
  })
}

const constant = (value: BoundValue): Expression<BoundValue> => k.val(value) as unknown as Expression<BoundValue>

function late(
  name: string,
  column: TableColumn,
  [ask, place]: readonly [() => unknown, Place],
): Expression<BoundValue> {
  const { write: encode } = column.cast[place.dialect]
  const { model } = place.table
  const asked = new LateSlot(() => encode(askScope(ask, model.name, name)))
  return k.val(asked) as unknown as Expression<BoundValue>
}

/** The value of a scope, now. @throws {ORM_SCOPE_MISSING} */
export function askScope(ask: () => unknown, model: string, name: string): unknown {
  const value = ask()
  if (value === undefined || value === null)
    throw new OrmScopeMissing(
      `Scope "${name}" of ${model} has no value here. Set it around the call, or lift it: withoutScope("${name}", reason).`,
    )
  return value
}
