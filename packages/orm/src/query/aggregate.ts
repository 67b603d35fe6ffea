import { sql as k, type RawBuilder } from "kysely"
import { OrmQueryInvalid } from "../errors.ts"
import type { Home } from "../model/home.ts"
import type { TableColumn } from "../model/table.ts"
import type { Place } from "./clause.ts"
import { compileRaw, partsOf, selectOf } from "./compile.ts"
import { comparable, isOrdered } from "./conditions.ts"
import { bindTo, type QueryPlan, runPlan } from "./rows-plan.ts"
import { listValues, type QueryParts, type Shape } from "./shape.ts"
import { binderOf } from "./slot.ts"

export type AggregateName = "count" | "exists" | "sum" | "avg" | "min" | "max"

interface AggregatePlan extends QueryPlan {
  readonly read: (raw: unknown) => unknown
}

/** One value over all rows of a query. */
export async function aggregate(
  { home, session, shape, values }: QueryParts,
  name: AggregateName,
  column: TableColumn | undefined,
): Promise<unknown> {
  const plan = shape.plan(`${name} ${column?.property}`, () => compile(home, shape, [name, column]))
  const raw = await runPlan(session, "first", [plan, bindTo(plan, listValues(values, shape.valueCount))])
  if (raw === undefined) return undefined
  const value = home.session.rowForm === "list" ? (raw as unknown[])[0] : (raw as { value: unknown }).value
  return value === null ? undefined : plan.read(value)
}

function compile(
  home: Home,
  shape: Shape,
  [name, column]: readonly [AggregateName, TableColumn | undefined],
): AggregatePlan {
  const { dialect } = home.session
  const parts = partsOf(shape.path(), { dialect, table: home.table })
  if (parts.lock !== undefined) throw new OrmQueryInvalid(`A lock is on rows, which ${name} does not give.`)
  const isWhole = parts.limit === undefined && parts.offset === undefined && !parts.isDistinct
  // Over a part of the rows, or different ones of them, it is that part that counts.
  const counted = parts.select ?? (parts.isDistinct ? home.table.visible : undefined)
  const select = column === undefined ? rowColumns(parts.place, counted) : parts.place.column(column)
  const text = isWhole
    ? selectOf(
        { ...parts, orders: [] },
        name === "exists" ? k`1 as value` : k`${expressionOf(name, column, parts.place)} as value`,
      )
    : k`select ${name === "exists" ? k`1` : overPart(name, column, dialect)} as value from (${selectOf(parts, k`${select}`)}) as part`
  const { sql, parameters } = compileRaw(name === "exists" ? k`${text} limit 1` : text, dialect)
  const { isExact, read } = readerOf(name, column, home)
  return { text: sql, columns: ["value"], onlyReads: true, isExact, bind: binderOf(parameters, shape.valueCount), read }
}

function rowColumns(place: Place, selected: readonly TableColumn[] | undefined): RawBuilder<unknown> {
  return selected === undefined ? k`1 as one` : k`${k.join(selected.map((column) => place.column(column)))}`
}

/** Also for groups. */
export function expressionOf(name: AggregateName, column: TableColumn | undefined, place: Place): RawBuilder<unknown> {
  if (column === undefined) return k`count(*)`
  checkColumn(name, column)
  return call(name, k`${comparable(column, place)}`)
}

function overPart(name: AggregateName, column: TableColumn | undefined, dialect: string): RawBuilder<unknown> {
  if (column === undefined) return k`count(*)`
  checkColumn(name, column)
  const plain = k.id("part", column.name)
  return call(name, dialect === "sqlite" && column.definition.kind === "decimal" ? k`cast(${plain} as numeric)` : plain)
}

function call(name: AggregateName, over: RawBuilder<unknown>): RawBuilder<unknown> {
  const names = { count: k`count`, exists: k`count`, sum: k`sum`, avg: k`avg`, min: k`min`, max: k`max` }
  return k`${names[name]}(${over})`
}

const NUMBERS: ReadonlySet<string> = new Set(["integer", "bigint", "double", "decimal"])

function checkColumn(name: AggregateName, { property, definition }: TableColumn): void {
  const { kind } = definition
  const fits =
    name === "sum" || name === "avg"
      ? NUMBERS.has(kind)
      : isOrdered({ definition } as TableColumn) && kind !== "bytes" && kind !== "boolean"
  if (!fits && name !== "count") throw new OrmQueryInvalid(`"${property}" is ${kind}, and has no ${name}.`)
}

/** How a result is read: a sum of integers may be more than one column holds, an average is a number. */
export function readerOf(
  name: AggregateName,
  column: TableColumn | undefined,
  home: Home,
): { isExact: boolean; read: (raw: unknown) => unknown } {
  const { dialect } = home.session
  if (column === undefined || name === "count" || name === "exists" || name === "avg")
    return { isExact: false, read: Number }
  const { kind } = column.definition
  if (kind === "integer" || kind === "double") return { isExact: false, read: Number }
  if (kind === "bigint") return { isExact: true, read: (raw) => BigInt(raw as bigint) }
  const { read } = column.cast[dialect]
  return { isExact: false, read: read ?? ((raw) => raw) }
}
