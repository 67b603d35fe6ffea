import { type Expression, sql as k, type RawBuilder } from "kysely"
import type { BoundValue } from "../driver.ts"
import { OrmQueryInvalid, OrmValueInvalid } from "../errors.ts"
import type { Home } from "../model/home.ts"
import { changedValues, type Written, writeValue } from "../model/new-row.ts"
import { touch } from "../model/persist.ts"
import type { TableColumn } from "../model/table.ts"
import { type WritePlan, writePlan } from "../model/write-plan.ts"
import type { Clause } from "./clause.ts"
import { type Parts, partsOf, slotAt, whereOf } from "./compile.ts"
import { bindTo, runPlan } from "./rows-plan.ts"
import { listValues, type QueryParts } from "./shape.ts"

/** What a write of many rows takes: conditions and lifted scopes. */
const WRITABLE: ReadonlySet<Clause["kind"]> = new Set(["condition", "open", "close", "lift"])

/** Sets the same values in all rows of a query. @returns how many. */
export async function updateMany(parts: QueryParts, changes: object): Promise<number> {
  const { home } = parts
  const written = changedValues(home.table, changes, home.session.dialect)
  const { version } = home.table.roles
  const set = written.filter(({ column }) => column !== version)
  if (set.length === 0) throw new OrmValueInvalid("Say what is to be changed: update({ column: value }).")
  const key = set.find(({ column }) => home.table.primaryKey.includes(column))
  if (key !== undefined)
    throw new OrmQueryInvalid(`"${key.column.property}" is the key of rows, and cannot be changed.`)
  return await write(parts, [...set, ...touch(home, set)])
}

async function write(parts: QueryParts, all: readonly Written[]): Promise<number> {
  const { home } = parts
  const columns = all.map(({ column }) => column)
  const sets = columns.map(({ name }, index) => k`${k.id(name)} = ${slotAt(index)}`)
  const use = `update\0${columns.map(({ property }) => property).join("\0")}`
  const plan = parts.shape.plan(use, () => changePlan(home, parts, { sets, firstSlot: columns.length }))
  return await run(
    parts,
    plan,
    all.map(({ bound }) => bound),
  )
}

/** Adds to a column in the database itself, so that two who count at once both count. */
export async function incrementMany(parts: QueryParts, column: TableColumn, by: unknown): Promise<number> {
  const { home } = parts
  const { dialect } = home.session
  const { kind, scale } = column.definition
  if (!["integer", "bigint", "double", "decimal"].includes(kind) || column.definition.primary)
    throw new OrmQueryInvalid(
      `"${column.property}" is ${column.definition.primary ? "a key" : kind}, and cannot be counted up.`,
    )
  const amount = column.cast[dialect].write(by)
  const touched = touch(home, [])
  const plan = parts.shape.plan(`increment\0${column.property}`, () => {
    const own = k.id(column.name)
    const isText = kind === "decimal" && dialect === "sqlite"
    const sum = isText
      ? k`printf(${k.lit(`%.${scale}f`)}, cast(${own} as numeric) + cast(${slotAt(0)} as numeric))`
      : kind === "decimal"
        ? k`${own} + cast(${slotAt(0)} as decimal(${k.lit(column.definition.precision!)}, ${k.lit(scale!)}))`
        : k`${own} + ${slotAt(0)}`
    const sets = touched.map(({ column: { name } }, index) => k`${k.id(name)} = ${slotAt(index + 1)}`)
    return changePlan(home, parts, { sets: [k`${own} = ${sum}`, ...sets], firstSlot: touched.length + 1 })
  })
  return await run(parts, plan, [amount, ...touched.map(({ bound }) => bound)])
}

/** Deletes all rows of a query: softly where the model has `deletedAt()`, unless `isForced`. */
export async function deleteMany(parts: QueryParts, isForced: boolean): Promise<number> {
  const { home } = parts
  const { deletedAt } = home.table.roles
  if (deletedAt !== undefined && !isForced)
    return await write(parts, [writeValue(deletedAt, new Date(), home.session.dialect)])
  const plan = parts.shape.plan("delete", () => {
    const found = checkedParts(home, parts, 0)
    return writePlan(home, k`delete from ${k.id(home.table.name)}${whereClause(found)}`)
  })
  return await run(parts, plan, [])
}

/** Takes soft deletions back. */
export async function restoreMany(parts: QueryParts): Promise<number> {
  const { home } = parts
  const { deletedAt } = home.table.roles
  if (deletedAt === undefined) throw new OrmQueryInvalid(`${home.table.model.name} has no deletedAt().`)
  return await write(parts, [{ column: deletedAt, bound: null, value: null }])
}

function changePlan(
  home: Home,
  parts: QueryParts,
  { sets, firstSlot }: { sets: readonly Expression<unknown>[]; firstSlot: number },
): WritePlan {
  const found = checkedParts(home, parts, firstSlot)
  const { version } = home.table.roles
  const all = version === undefined ? sets : [...sets, k`${k.id(version.name)} = ${k.id(version.name)} + 1`]
  return writePlan(home, k`update ${k.id(home.table.name)} set ${k.join(all)}${whereClause(found)}`)
}

function whereClause(parts: Parts): RawBuilder<unknown> {
  const where = whereOf(parts)
  return where === undefined ? k`` : k` where ${where}`
}

function checkedParts(home: Home, { shape }: QueryParts, firstSlot: number): Parts {
  const path = shape.path()
  const other = path.find(({ kind }) => !WRITABLE.has(kind))
  if (other !== undefined)
    throw new OrmQueryInvalid(
      `A write of many rows takes conditions only, got ${other.kind}. Ask for them by where("id", "in", …).`,
    )
  return partsOf(path, { dialect: home.session.dialect, table: home.table, firstSlot })
}

async function run(
  { session, shape, values }: QueryParts,
  plan: WritePlan,
  set: readonly BoundValue[],
): Promise<number> {
  const all = [...set, ...listValues(values, shape.valueCount)]
  const { changes } = await runPlan(session, "run", [plan, bindTo(plan, all)])
  return changes
}
