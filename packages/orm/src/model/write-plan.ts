import { type Expression, sql as k, type RawBuilder } from "kysely"
import type { Plan } from "../driver.ts"
import { compileRaw, type Parts, partsOf, slotAt, whereOf } from "../query/compile.ts"
import { columnList } from "../query/rows-plan.ts"
import { type Binder, binderOf } from "../query/slot.ts"
import type { Home } from "./home.ts"
import type { TableColumn } from "./table.ts"

/** A statement that writes, with the order of its values. */
export interface WritePlan extends Plan {
  readonly bind: Binder | undefined
  /** Columns that it gives back, which the database filled. */
  readonly returns: readonly TableColumn[]
  /** The key that the database counted up and tells by `insertId`. */
  readonly counted: TableColumn | undefined
}

export function writePlan(
  home: Home,
  raw: RawBuilder<unknown>,
  { returns = [], counted }: { returns?: readonly TableColumn[]; counted?: TableColumn | undefined } = {},
): WritePlan {
  const { dialect } = home.session
  const { sql, parameters } = compileRaw(raw, dialect)
  return {
    text: sql,
    columns: returns.length === 0 ? undefined : returns.map(({ property }) => property),
    onlyReads: false,
    isExact: [...returns, ...(counted === undefined ? [] : [counted])].some(({ cast }) => cast[dialect].isExact),
    bind: binderOf(parameters),
    returns,
    counted,
  }
}

/** One row of these columns. What the database fills comes back, in the cheapest way that it has. */
export function insertPlan(home: Home, columns: readonly TableColumn[]): WritePlan {
  const { table, session } = home
  const given = new Set(columns)
  const filled = [...table.columns.values()].filter(
    (column) =>
      !given.has(column) &&
      (column.definition.autoIncrement ||
        column.definition.generated !== undefined ||
        column.definition.default?.by === "database"),
  )
  const [key] = table.primaryKey
  const counted = key?.definition.autoIncrement && !given.has(key) && session.dialect !== "postgres" ? key : undefined
  const returns = filled.filter((column) => column !== counted)
  // SQLite tells the key beside the others where it has to return some anyway.
  const isTold = session.dialect === "sqlite" && returns.length > 0
  const asked = session.dialect === "mysql" ? [] : isTold ? filled : returns
  const raw = k`${insertInto(home, columns)} values (${k.join(columns.map((_, index) => slotAt(index)))})`
  const text = columns.length === 0 ? emptyInsert(home) : raw
  return writePlan(home, k`${text}${returning(home, asked)}`, { returns: asked, counted: isTold ? undefined : counted })
}

export function insertInto({ table }: Home, columns: readonly TableColumn[]): RawBuilder<unknown> {
  return k`insert into ${k.id(table.name)} (${k.join(columns.map(({ name }) => k.id(name)))})`
}

function emptyInsert({ table, session }: Home): RawBuilder<unknown> {
  return session.dialect === "mysql"
    ? k`insert into ${k.id(table.name)} () values ()`
    : k`insert into ${k.id(table.name)} default values`
}

function returning(home: Home, columns: readonly TableColumn[]): RawBuilder<unknown> {
  if (columns.length === 0) return k``
  return k` returning ${columnList(keyParts(home, 0), columns)}`
}

/** What the database filled and cannot return: by key, for MySQL. */
export function readBackPlan(home: Home, columns: readonly TableColumn[]): WritePlan {
  const parts = keyParts(home, 0)
  const list = columnList(parts, columns)
  const where = keyCondition(home, parts, 0)
  const plan = writePlan(home, k`select ${list} from ${k.id(home.table.name)} where ${where}`, {
    returns: columns,
  })
  return plan
}

/** `set …` of these columns by key; values are those of the columns, then the key, then the version. Scopes are part of it. */
export function savePlan(home: Home, columns: readonly TableColumn[]): WritePlan {
  const parts = keyParts(home, columns.length)
  return setPlan(home, columns, whereOf(parts, currentCondition(home, parts, columns.length)))
}

/** The same whatever version the row is of. */
export function changePlan(home: Home, columns: readonly TableColumn[]): WritePlan {
  const parts = keyParts(home, columns.length)
  return setPlan(home, columns, whereOf(parts, keyCondition(home, parts, columns.length)))
}

function setPlan(home: Home, columns: readonly TableColumn[], where: RawBuilder<unknown> | undefined): WritePlan {
  const { name, roles } = home.table
  const sets: Expression<unknown>[] = columns.map((column, index) => k`${k.id(column.name)} = ${slotAt(index)}`)
  if (roles.version !== undefined) sets.push(k`${k.id(roles.version.name)} = ${k.id(roles.version.name)} + 1`)
  return writePlan(home, k`update ${k.id(name)} set ${k.join(sets)} where ${where}`)
}

/** Finds a row that was deleted softly as well: only what is to go for good comes here. */
export function deletePlan(home: Home): WritePlan {
  const { dialect } = home.session
  const parts = partsOf([{ kind: "lift", scope: "deleted", valueCount: 0 }], { dialect, table: home.table })
  return writePlan(
    home,
    k`delete from ${k.id(home.table.name)} where ${whereOf(parts, currentCondition(home, parts, 0))}`,
  )
}

/** Takes a soft deletion back: the only one of these that finds a deleted row. */
export function restorePlan(home: Home, deletedAt: TableColumn): WritePlan {
  const { dialect } = home.session
  const parts = partsOf([{ kind: "lift", scope: "deleted", valueCount: 0 }], { dialect, table: home.table })
  const where = whereOf(parts, keyCondition(home, parts, 0))
  return writePlan(home, k`update ${k.id(home.table.name)} set ${k.id(deletedAt.name)} = null where ${where}`)
}

function keyParts(home: Home, firstSlot: number): Parts {
  return partsOf([], { dialect: home.session.dialect, table: home.table, firstSlot })
}

function keyCondition({ table }: Home, { place }: Parts, slot: number): RawBuilder<unknown> {
  const pairs = table.primaryKey.map((column, index) => k`${place.column(column)} = ${slotAt(slot + index)}`)
  return k`${k.join(pairs, k` and `)}`
}

/** The row as it was read: by its key, and by its version if it has one. */
function currentCondition(home: Home, parts: Parts, slot: number): RawBuilder<unknown> {
  const { primaryKey, roles } = home.table
  const key = keyCondition(home, parts, slot)
  if (roles.version === undefined) return key
  return k`${key} and ${parts.place.column(roles.version)} = ${slotAt(slot + primaryKey.length)}`
}
