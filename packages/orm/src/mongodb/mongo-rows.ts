import type { Document, WithId } from "mongodb"
import { OrmConflict, OrmNotFound, OrmQueryInvalid } from "../errors.ts"
import { blankOf } from "../model/hydrator.ts"
import { checkForced, newValues, type Written, writeValue } from "../model/new-row.ts"
import { announce } from "../model/observers.ts"
import type { TableColumn } from "../model/table.ts"
import { allOf, condition } from "./mongo-conditions.ts"
import { told } from "./mongo-faults.ts"
import { collectionOf, type MongoHome } from "./mongo-table.ts"
import { fieldOf, fromBson, toBson } from "./mongo-values.ts"

export type AnyRow = Record<string, unknown>

interface State {
  readonly home: MongoHome
  /** What was read or written, as the casts bind it, by property. */
  readonly bound: Map<string, unknown>
}

const states: WeakMap<object, State> = new WeakMap()

export function homeOfRow(row: object): MongoHome | undefined {
  return states.get(row)?.home
}

/** A row of a document: its own class, whose constructor is not run. */
export function rowOf(home: MongoHome, document: WithId<Document> | Document, columns: readonly TableColumn[]): AnyRow {
  const row = new (blankOf(home.table.model.prototype))() as AnyRow
  for (const column of columns) row[column.property] = fromBson(column, (document as AnyRow)[fieldOf(column)])
  note(home, row, columns)
  return row
}

function note(home: MongoHome, row: AnyRow, columns: readonly TableColumn[]): void {
  const bound = states.get(row)?.bound ?? new Map<string, unknown>()
  for (const column of columns) bound.set(column.property, boundOf(column, row[column.property]))
  states.set(row, { home, bound })
}

function boundOf(column: TableColumn, value: unknown): unknown {
  return value === null ? null : column.cast.postgres.write(value)
}

/** A row that is not in the database until it is saved. */
export function makeRow(home: MongoHome, values: object): AnyRow {
  return Object.assign(new (blankOf(home.table.model.prototype))() as AnyRow, values)
}

export function documentOf(written: readonly Written[]): Document {
  return Object.fromEntries(written.map(({ column, bound }) => [fieldOf(column), toBson(column.definition, bound)]))
}

export async function createRow(home: MongoHome, values: object): Promise<AnyRow> {
  const { table } = home
  const row = makeRow(home, values)
  await announce(table.model, ["saving", "creating"], row)
  const written = newValues(table, { ...row }, "postgres")
  const document = documentOf(written)
  await told(() => collectionOf(home).insertOne(document, home.database.place))
  const created = rowOf(home, document, table.visible)
  await announce(table.model, ["created", "saved"], created)
  return created
}

/** What differs from what was read. */
export function changedColumns(home: MongoHome, row: AnyRow): Written[] {
  const bound = states.get(row)?.bound
  const changed: Written[] = []
  for (const column of home.table.columns.values()) {
    if (!Object.hasOwn(row, column.property)) continue
    const written = writeValue(column, row[column.property], "postgres")
    if (bound?.has(column.property) && isSame(bound.get(column.property), written.bound)) continue
    changed.push(written)
  }
  return changed
}

function isSame(one: unknown, other: unknown): boolean {
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, index) => item === other[index])
  return one === other
}

export async function saveRow(home: MongoHome, row: AnyRow): Promise<void> {
  const { table, key } = home
  if (!states.has(row)) {
    const created = await createRow(home, { ...row })
    Object.assign(row, created)
    note(home, row, table.visible)
    return
  }
  await announce(table.model, ["saving", "updating"], row)
  const changed = changedColumns(home, row).filter(({ column }) => column !== table.roles.version)
  if (changed.length === 0) return
  if (changed.some(({ column }) => column === key))
    throw new OrmQueryInvalid(`"${key.property}" is the key of the row, and cannot be changed. Create another row.`)
  checkForced(table, Object.fromEntries(changed.map(({ column, value }) => [column.property, value])))
  const all = [...changed, ...touched(home, changed)]
  await writeCurrent(home, row, all)
  await announce(table.model, ["updated", "saved"], row)
}

/** What the model sets whenever it writes, unless the caller did. */
export function touched({ table }: MongoHome, changed: readonly Written[]): Written[] {
  return [...table.columns.values()]
    .filter((column) => column.definition.onUpdate !== undefined && !changed.some((one) => one.column === column))
    .map((column) => writeValue(column, column.definition.onUpdate!(), "postgres"))
}

/** Writes on the state that was read, and on no other. @throws {ORM_CONFLICT} */
async function writeCurrent(home: MongoHome, row: AnyRow, written: readonly Written[]): Promise<void> {
  const { version } = home.table.roles
  const increment = version === undefined ? {} : { $inc: { [fieldOf(version)]: 1 } }
  const change = { $set: documentOf(written), ...increment }
  const { matchedCount } = await told(() =>
    collectionOf(home).updateOne(currentFilter(home, row), change, home.database.place),
  )
  if (matchedCount === 0) throw new OrmConflict()
  for (const { column, value } of written) row[column.property] = value
  const columns = written.map(({ column }) => column)
  if (version !== undefined) row[version.property] = Number(originalOf(row, version)) + 1
  note(home, row, version === undefined ? columns : [...columns, version])
}

function originalOf(row: AnyRow, { property }: TableColumn): unknown {
  return states.get(row)?.bound.get(property)
}

function currentFilter({ table, key }: MongoHome, row: AnyRow): Document {
  const { version } = table.roles
  const bound = originalOf(row, key)
  if (bound === undefined)
    throw new OrmQueryInvalid(`The row was read without its key "${key.property}", and cannot be written.`)
  const byKey = { _id: { $eq: toBson(key.definition, bound) } }
  if (version === undefined) return byKey
  const counted = originalOf(row, version)
  if (counted === undefined)
    throw new OrmQueryInvalid(`The row was read without "${version.property}", and cannot be written.`)
  return { ...byKey, [fieldOf(version)]: { $eq: counted } }
}

export async function deleteRow(home: MongoHome, row: AnyRow, isForced: boolean): Promise<void> {
  const { deletedAt } = home.table.roles
  await announce(home.table.model, ["deleting"], row)
  if (deletedAt !== undefined && !isForced) {
    const written = writeValue(deletedAt, new Date(), "postgres")
    await writeCurrent(home, row, [written])
  } else {
    const filter = currentFilter(home, row)
    const { deletedCount } = await told(() => collectionOf(home).deleteOne(filter, home.database.place))
    if (deletedCount === 0) throw new OrmConflict()
    states.delete(row)
  }
  await announce(home.table.model, ["deleted"], row)
}

export async function restoreRow(home: MongoHome, row: AnyRow): Promise<void> {
  const { deletedAt } = home.table.roles
  if (deletedAt === undefined) throw new OrmQueryInvalid(`${home.table.model.name} has no deletedAt().`)
  await writeCurrent(home, row, [writeValue(deletedAt, null, "postgres")])
}

export async function refreshRow(home: MongoHome, row: AnyRow): Promise<void> {
  const { table, key } = home
  const columns = table.visible
  const byKey = allOf([condition(table, key.property, ["=", row[key.property]])])
  const found = await told(() => collectionOf(home).findOne(byKey.filter, home.database.place))
  if (found === null) throw new OrmNotFound(`The ${table.model.name} is no longer there.`)
  Object.assign(row, rowOf(home, found, columns))
  note(home, row, columns)
}
