import { sql as k, type RawBuilder } from "kysely"
import { type BoundValue, BUSY } from "../driver.ts"
import { OrmQueryInvalid, OrmValueInvalid } from "../errors.ts"
import { partsOf, slotAt } from "../query/compile.ts"
import { bindTo, runPlan } from "../query/rows-plan.ts"
import { scopeConditions } from "../query/scope-conditions.ts"
import type { Session } from "../session.ts"
import type { Home } from "./home.ts"
import { changedValues, newValues, type Written } from "./new-row.ts"
import { keyOf, touch } from "./persist.ts"
import { columnOf, type TableColumn } from "./table.ts"
import { changePlan, insertInto, insertPlan, type WritePlan, writePlan } from "./write-plan.ts"

export interface UpsertOptions<C extends string> {
  /** The columns by which a row is the same. */
  readonly on: readonly [C, ...C[]]
  /** What is changed of a row that is there. Default: all that was given. */
  readonly update?: readonly C[]
}

const MAX_ROWS_EACH = 512
const MAX_VALUES_EACH = 16_384

/** Inserts rows in one transaction: one statement again and again on SQLite, as many as fit at once elsewhere. */
export async function insertRows(home: Home, session: Session, rows: readonly object[]): Promise<number> {
  const batches = batchesOf(home, rows)
  if (batches.length === 0) return 0
  await session.transaction(async (inner) => {
    for (const { columns, values } of batches) {
      const names = columns.map(({ property }) => property).join("\0")
      const planFor = (count: number): WritePlan =>
        home.plan(count === 1 ? names : `many\0${count}\0${names}`, () =>
          count === 1 ? insertPlan(home, columns) : writePlan(home, multiInsert(home, columns, count)),
        )
      await runBatch(inner, values, { planFor, most: mostRows(home, columns) })
    }
  }, {})
  return rows.length
}

/** The same, changing rows that are there already. */
export async function upsertRows<C extends string>(
  home: Home,
  session: Session,
  [rows, options]: readonly [readonly object[], UpsertOptions<C>],
): Promise<void> {
  const batches = batchesOf(home, rows)
  if (batches.length === 0) return
  const { table } = home
  if (home.session.dialect === "mysql" && (table.scopes.size > 0 || table.roles.deletedAt !== undefined))
    throw new OrmQueryInvalid(
      `MySQL cannot tell in an upsert whose row is there already, and ${table.model.name} has scopes. Find it, then create or update it.`,
    )
  const on = options.on.map((name) => columnOf(table, name))
  await session.transaction(async (inner) => {
    for (const { columns, values, given } of batches) {
      const update = (options.update ?? given)
        .map((name) => columnOf(table, name))
        .filter((column) => !on.includes(column) && !column.definition.primary)
      // What changes with every write; the values of a new row have it.
      const touched =
        update.length === 0
          ? []
          : touch(home, [])
              .map(({ column }) => column)
              .filter((column) => columns.includes(column))
      const changed = [...new Set([...update, ...touched])]
      const key = `upsert\0${names(on)}\0\0${names(changed)}\0\0${names(columns)}`
      const planFor = (count: number): WritePlan =>
        home.plan(`${key}\0${count}`, () =>
          writePlan(home, k`${multiInsert(home, columns, count)}${onConflict(home, on, changed)}`),
        )
      await runBatch(inner, values, { planFor, most: mostRows(home, columns) })
    }
  }, {})
}

/** Changes each row by its key, in one transaction. @returns how many were there to be changed. */
export async function updateRows(home: Home, session: Session, rows: readonly object[]): Promise<number> {
  if (!Array.isArray(rows)) throw new OrmValueInvalid("Expected a list of rows.")
  const { table } = home
  const { dialect } = home.session
  // All of them are looked at before the first is written.
  const writes = rows.map((row) => {
    const written = changedValues(table, row, dialect).filter(({ column }) => column !== table.roles.version)
    const key = keyOf(home, (column) => (row as Record<string, unknown>)[column.property])
    const set = written.filter(({ column }) => !table.primaryKey.includes(column))
    const all = set.length === 0 ? [] : [...set, ...touch(home, set)]
    const columns = all.map(({ column }) => column)
    return { columns, values: [...all.map(({ bound }) => bound), ...key] }
  })
  let count = 0
  await session.transaction(async (inner) => {
    for (const { columns, values } of writes) {
      if (columns.length === 0) continue
      const plan = home.plan(`change\0${names(columns)}`, () => changePlan(home, columns))
      const { changes } = await runPlan(inner, "run", [plan, bindTo(plan, values)])
      count += changes
    }
  }, {})
  return count
}

const names = (columns: readonly TableColumn[]): string => columns.map(({ property }) => property).join("\0")

interface Batch {
  readonly columns: readonly TableColumn[]
  /** Properties that the caller gave. */
  readonly given: readonly string[]
  readonly values: (readonly BoundValue[])[]
}

/** Rows with the same columns together; the order of rows among different batches is not kept. */
function batchesOf(home: Home, rows: readonly object[]): readonly Batch[] {
  if (!Array.isArray(rows)) throw new OrmValueInvalid("Expected a list of rows.")
  const batches = new Map<string, Batch>()
  for (const row of rows) {
    const written: readonly Written[] = newValues(home.table, row, home.session.dialect)
    const columns = written.map(({ column }) => column)
    const given = Object.keys(row).sort()
    const key = `${names(columns)}\0\0${given.join("\0")}`
    const batch = batches.get(key) ?? { columns, given, values: [] }
    batches.set(key, batch)
    batch.values.push(written.map(({ bound }) => bound))
  }
  return [...batches.values()]
}

function mostRows(home: Home, columns: readonly TableColumn[]): number {
  if (home.session.dialect === "sqlite" || columns.length === 0) return 1
  return 2 ** Math.floor(Math.log2(Math.min(MAX_ROWS_EACH, MAX_VALUES_EACH / columns.length)))
}

/** As many rows at once as there may be, then halves of that: so few statements that all of them stay prepared. */
async function runBatch(
  session: Session,
  rows: readonly (readonly BoundValue[])[],
  { planFor, most }: { planFor: (count: number) => WritePlan; most: number },
): Promise<void> {
  let size = most
  for (let at = 0; at < rows.length; ) {
    while (size > rows.length - at) size /= 2
    const plan = planFor(size)
    const values = size === 1 ? rows[at]! : rows.slice(at, at + size).flat()
    const bound = plan.bind === undefined ? values : plan.bind(values)
    if (session.attempt("run", plan, bound) === BUSY) await session.perform("run", plan, bound)
    at += size
  }
}

function multiInsert(home: Home, columns: readonly TableColumn[], count: number): RawBuilder<unknown> {
  const row = (index: number) => k`(${k.join(columns.map((_, column) => slotAt(index * columns.length + column)))})`
  return k`${insertInto(home, columns)} values ${k.join(Array.from({ length: count }, (_, index) => row(index)))}`
}

function onConflict(home: Home, on: readonly TableColumn[], changed: readonly TableColumn[]): RawBuilder<unknown> {
  const { table, session } = home
  const { dialect } = session
  const { version } = table.roles
  const isMysql = dialect === "mysql"
  const sets: RawBuilder<unknown>[] = changed.map(({ name }) =>
    isMysql ? k`${k.id(name)} = values(${k.id(name)})` : k`${k.id(name)} = ${k.id("excluded", name)}`,
  )
  if (version !== undefined && changed.length > 0) {
    const own = k.id(table.name, version.name)
    sets.push(k`${k.id(version.name)} = ${own} + 1`)
  }
  // MySQL has no "do nothing": the key is set to what it is.
  const none = on.map(({ name }) => k`${k.id(name)} = ${k.id(table.name, name)}`)
  if (isMysql) return k` on duplicate key update ${k.join(sets.length === 0 ? none : sets)}`
  const target = k.join(on.map(({ name }) => k.id(name)))
  if (sets.length === 0) return k` on conflict (${target}) do nothing`
  const { place } = partsOf([], { dialect, table })
  // A row of another tenant is not changed, whatever the keys say.
  const scopes = scopeConditions(place, new Set())
  const where =
    scopes.length === 0
      ? k``
      : k` where ${k.join(
          scopes.map((one) => k`(${one})`),
          k` and `,
        )}`
  return k` on conflict (${target}) do update set ${k.join(sets)}${where}`
}
