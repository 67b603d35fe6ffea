import type { BoundValue } from "../driver.ts"
import { OrmConflict, OrmModelInvalid, OrmNotFound, OrmQueryInvalid } from "../errors.ts"
import { bindTo, runPlan } from "../query/rows-plan.ts"
import type { Session } from "../session.ts"
import type { Home } from "./home.ts"
import { blankOf } from "./hydrator.ts"
import { checkForced, type Written, writeValue } from "./new-row.ts"
import { announce, isObserved } from "./observers.ts"
import { RowState } from "./row-state.ts"
import type { TableColumn } from "./table.ts"
import { deletePlan, restorePlan, savePlan, type WritePlan } from "./write-plan.ts"

/** A row as the code of this folder handles it. */
export type AnyRow = Record<string, unknown>

/** A new row that is in no database yet: its own class, with the values as they were given. */
export function makeRow(home: Home, values: object): AnyRow {
  const row = new (blankOf(home.table.model.prototype))()
  for (const [property, value] of Object.entries(values)) (row as AnyRow)[property] = value
  return new RowState(row, undefined, undefined) as unknown as AnyRow
}

/** Inserts one row, and gives it as it now is. */
export async function createRow(home: Home, session: Session, values: object): Promise<AnyRow> {
  if (!isObserved(home.table.model)) {
    return home.inserter.insert(session, values)
  }
  return createObserved(home, session, values)
}

async function createObserved(home: Home, session: Session, values: object): Promise<AnyRow> {
  const row = makeRow(home, values)
  await announce(home.table.model, ["saving", "creating"], row)
  const created = await home.inserter.insert(session, withoutRelations(home, row))
  await announce(home.table.model, ["created", "saved"], created)
  return created
}

/** What differs from what was read, by column. */
export function changedColumns(home: Home, row: AnyRow): Written[] {
  const { dialect } = home.session
  const source = RowState.source(row)
  const changed: Written[] = []
  for (const column of home.table.columns.values()) {
    const { property, definition } = column
    if (!Object.hasOwn(row, property)) continue
    const value = row[property]
    const isKnown = source?.has(property) ?? false
    if (isKnown && isSame(column, value, [RowState.original(row, property), dialect])) continue
    if (definition.generated !== undefined)
      throw new OrmQueryInvalid(`"${property}" is worked out by the database, and never written.`)
    changed.push(writeValue(column, value, dialect))
  }
  return changed
}

function isSame(
  { cast, definition }: TableColumn,
  value: unknown,
  [before, dialect]: readonly [unknown, Home["session"]["dialect"]],
): boolean {
  if (value === before) return true
  if (value === null || before === null || value === undefined || before === undefined) return false
  if (cast[dialect].settle === undefined || definition.kind === "encrypted") return false
  const { write } = cast[dialect]
  const [one, other] = [write(value), write(before)]
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0
  if (!Array.isArray(one) || !Array.isArray(other)) return one === other
  return one.length === other.length && one.every((item, index) => item === other[index])
}

/** What of a new row is written: what `associate` put on it is not. */
function withoutRelations({ table }: Home, row: AnyRow): AnyRow {
  const { relations = {} } = table.model
  return Object.fromEntries(Object.entries(row).filter(([property]) => !Object.hasOwn(relations, property)))
}

/** Writes what changed of a row, or all of a new one. */
export async function saveRow(home: Home, session: Session, row: AnyRow): Promise<void> {
  const { table } = home
  const source = RowState.source(row)
  const isObservedHere = isObserved(table.model)
  if (source === undefined) {
    const created = await createRow(home, session, withoutRelations(home, row))
    const counted = [...table.columns.values()].filter(({ definition }) => definition.autoIncrement)
    takeBackWith(session, row, counted)
    Object.assign(row, created)
    const raw: AnyRow = {}
    const from = RowState.source(created)!
    for (const { property } of table.columns.values())
      if (from.has(property)) raw[property] = RowState.original(created, property)
    RowState.set(row, raw, home.settled)
    return
  }
  if (isObservedHere) await announce(table.model, ["saving", "updating"], row)
  const changed = changedColumns(home, row)
  if (changed.length === 0) return
  refuseKeyChange(table.primaryKey, changed)
  checkForced(table, Object.fromEntries(changed.map(({ column, value }) => [column.property, value])))
  const touched = touch(home, changed)
  const all = [...changed, ...touched].filter(({ column }) => column !== table.roles.version)
  const plan = home.plan(`save\0${all.map(({ column }) => column.property).join("\0")}`, () =>
    savePlan(
      home,
      all.map(({ column }) => column),
    ),
  )
  await writeCurrent(home, session, { plan, row, values: all.map(({ bound }) => bound) })
  takeBackWith(session, row, [...touched.map(({ column }) => column), table.roles.version])
  note(home, row, all)
  if (isObservedHere) await announce(table.model, ["updated", "saved"], row)
}

/**
 * Should the transaction be undone, the row is again as it was read, and what its caller set on it is still to be written: also by the same
 * work, when that is run again. What the model set itself, in these columns, goes.
 */
function takeBackWith(session: Session, row: AnyRow, columns: readonly (TableColumn | undefined)[]): void {
  const { scope } = session
  if (scope === undefined) return
  const putBack = RowState.keeper(row)
  const own = columns.flatMap((column) => column?.property ?? [])
  const before = own.map((property) => (Object.hasOwn(row, property) ? [row[property]] : undefined))
  scope.whenUndone(() => {
    putBack()
    own.forEach((property, index) => {
      const value = before[index]
      if (value === undefined) delete row[property]
      else row[property] = value[0]
    })
  })
}

function refuseKeyChange(primaryKey: readonly TableColumn[], changed: readonly Written[]): void {
  const key = changed.find(({ column }) => primaryKey.includes(column))
  if (key !== undefined)
    throw new OrmQueryInvalid(
      `"${key.column.property}" is the key of the row, and cannot be changed. Create another row.`,
    )
}

/** What the model sets whenever it writes, unless the caller did. */
export function touch({ table, session }: Home, changed: readonly Written[]): Written[] {
  const touched: Written[] = []
  for (const column of table.columns.values()) {
    const { onUpdate } = column.definition
    if (onUpdate === undefined || changed.some((one) => one.column === column)) continue
    touched.push(writeValue(column, onUpdate(), session.dialect))
  }
  return touched
}

interface Writing {
  readonly plan: WritePlan
  readonly row: AnyRow
  readonly values: readonly BoundValue[]
}

/** @throws {ORM_CONFLICT} when the row is no longer as it was read, or gone. */
async function writeCurrent(home: Home, session: Session, { plan, row, values }: Writing): Promise<void> {
  const { version } = home.table.roles
  const key = keyOf(home, (column) => RowState.original(row, column.property))
  const state = version === undefined ? [] : [versionOf(row, version)]
  const all = [...values, ...key, ...state]
  const { changes } = await runPlan(session, "run", [plan, bindTo(plan, all)])
  if (changes === 0) throw new OrmConflict()
}

function versionOf(row: AnyRow, version: TableColumn): BoundValue {
  const value = RowState.original(row, version.property)
  if (typeof value !== "number")
    throw new OrmModelInvalid(
      `The row was read without "${version.property}", by which changes of others are noticed. Select it too.`,
    )
  return value
}

/** The key as it is bound. */
export function keyOf({ table, session }: Home, read: (column: TableColumn) => unknown): BoundValue[] {
  if (table.primaryKey.length === 0) throw new OrmModelInvalid(`${table.model.name} has no primary key.`)
  return table.primaryKey.map((column) => {
    const value = read(column)
    if (value === undefined || value === null)
      throw new OrmModelInvalid(`The row was read without its key "${column.property}". Select it too.`)
    return column.cast[session.dialect].write(value)
  })
}

/** The row is now as it was written. */
function note(home: Home, row: AnyRow, written: readonly Written[]): void {
  const { version } = home.table.roles
  const source = RowState.source(row)!
  const raw: AnyRow = {}
  for (const { property } of home.table.columns.values())
    if (source.has(property)) {
      const value = RowState.original(row, property)
      if (value !== undefined) raw[property] = value
    }
  for (const { column, value } of written) raw[column.property] = value
  if (version !== undefined) raw[version.property] = (raw[version.property] as number) + 1
  RowState.set(row, raw, home.settled)
  for (const { column } of written) row[column.property] = home.settled.value(raw, column.property)
  if (version !== undefined && Object.hasOwn(row, version.property)) row[version.property] = raw[version.property]
}

/** Deletes a row: softly where the model has `deletedAt()`, unless `isForced`. */
export async function deleteRow(
  home: Home,
  session: Session,
  [row, isForced]: readonly [AnyRow, boolean],
): Promise<void> {
  const { table } = home
  const { deletedAt } = table.roles
  if (RowState.source(row) === undefined) throw new OrmNotFound("The row is not in the database.")
  const isObservedHere = isObserved(table.model)
  if (isObservedHere) await announce(table.model, ["deleting"], row)
  if (deletedAt === undefined || isForced) {
    await writeCurrent(home, session, { plan: home.plan("delete", () => deletePlan(home)), row, values: [] })
    takeBackWith(session, row, [])
    RowState.set(row, undefined, undefined)
  } else {
    const written = writeValue(deletedAt, new Date(), session.dialect)
    const plan = home.plan(`save\0${deletedAt.property}`, () => savePlan(home, [deletedAt]))
    await writeCurrent(home, session, { plan, row, values: [written.bound] })
    takeBackWith(session, row, [deletedAt, table.roles.version])
    note(home, row, [written])
  }
  if (isObservedHere) await announce(table.model, ["deleted"], row)
}

/** Takes a soft deletion back. */
export async function restoreRow(home: Home, session: Session, row: AnyRow): Promise<void> {
  const { deletedAt } = home.table.roles
  if (deletedAt === undefined) throw new OrmQueryInvalid(`${home.table.model.name} has no deletedAt().`)
  const plan = home.plan("restore", () => restorePlan(home, deletedAt))
  const key = keyOf(home, (column) => RowState.original(row, column.property))
  const { changes } = await runPlan(session, "run", [plan, bindTo(plan, key)])
  if (changes === 0) throw new OrmConflict()
  takeBackWith(session, row, [deletedAt])
  const raw: AnyRow = {}
  const source = RowState.source(row)!
  for (const { property } of home.table.columns.values())
    if (source.has(property)) raw[property] = RowState.original(row, property)
  raw[deletedAt.property] = null
  RowState.set(row, raw, home.settled)
  row[deletedAt.property] = null
}
