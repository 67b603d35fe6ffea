import { sql as k, type RawBuilder } from "kysely"
import { type BoundValue, BUSY, type Plan, type PlanAnswers, type PlanUse } from "../driver.ts"
import type { Home } from "../model/home.ts"
import type { Hydrator } from "../model/hydrator.ts"
import type { TableColumn } from "../model/table.ts"
import { eagerPlan } from "../relations/eager-plan.ts"
import type { LoadRun } from "../relations/loader.ts"
import type { Session } from "../session.ts"
import { compileRaw, type Parts, partsOf, selectOf } from "./compile.ts"
import type { Shape } from "./shape.ts"
import { type Binder, binderOf } from "./slot.ts"

/** A query that was compiled: run it, with its values in the order that `bind` says. */
export interface QueryPlan extends Plan {
  readonly bind: Binder | undefined
}

/** One that gives rows of its model. */
export interface RowsPlan extends QueryPlan {
  readonly hydrator: Hydrator
  /** Loads what comes by queries of its own, for rows that were read. */
  readonly fill?: ((rows: readonly object[], run: LoadRun) => Promise<void>) | undefined
}

/** All rows of a shape, or the first one of them. */
export function rowsPlan(home: Home, shape: Shape, isFirst: boolean): RowsPlan {
  const { dialect } = home.session
  const parts = partsOf(shape.path(), { dialect, table: home.table })
  if (parts.withs.length > 0 || parts.computed.length > 0) return eagerPlan(home, shape, [parts, isFirst])
  const columns = parts.select ?? home.table.visible
  const isExact = columns.some(({ cast }) => cast[dialect].isExact)
  const text = selectOf({ ...parts, isFirst }, columnList(parts, columns))
  const { sql, parameters } = compileRaw(text, dialect)
  return {
    text: sql,
    columns: columns.map(({ property }) => property),
    onlyReads: parts.lock === undefined,
    isExact,
    bind: binderOf(parameters),
    hydrator: home.hydrator(columns, isExact),
  }
}

/** Columns by name, never `*`: a column more in the table changes no plan. */
export function columnList({ place }: Parts, columns: readonly TableColumn[]): RawBuilder<unknown> {
  return k.join(
    columns.map((column) => {
      const selected = place.selected(column)
      const isNamed = column.name === column.property && column.definition.kind !== "json"
      return isNamed ? selected : k`${selected} as ${k.id(column.property)}`
    }),
  )
}

/** Values as the plan binds them. */
export function bindTo({ bind }: QueryPlan, values: readonly BoundValue[]): readonly BoundValue[] {
  return bind === undefined ? values : bind(values)
}

/** At once where that can be, else when it can. */
export async function runPlan<U extends PlanUse>(
  session: Session,
  use: U,
  [plan, values]: readonly [Plan, readonly BoundValue[]],
): Promise<PlanAnswers[U]> {
  const answer = session.attempt(use, plan, values)
  return answer === BUSY ? session.perform(use, plan, values) : answer
}
