import { type BoundValue, BUSY } from "../driver.ts"
import { bindTo, type RowsPlan, rowsPlan } from "./rows-plan.ts"
import { listValues, type QueryParts } from "./shape.ts"

// What has to wait is in functions of its own: one that awaits costs more, also when it does not have to.

/** All rows of a query. */
export async function readRows({ home, session, shape, values }: QueryParts): Promise<object[]> {
  shape.rows ??= rowsPlan(home, shape, false)
  const plan = shape.rows as RowsPlan
  const given = listValues(values, shape.valueCount)
  const bound = bindTo(plan, given)
  const raws = session.attempt("all", plan, bound)
  if (raws === BUSY) return allLater(plan, [session, bound, given])
  const rows = plan.hydrator.all(raws)
  return plan.fill === undefined ? rows : filled(plan, rows, [session, given])
}

/** The first row of a query. */
export async function readFirst({ home, session, shape, values }: QueryParts): Promise<object | undefined> {
  shape.first ??= rowsPlan(home, shape, true)
  const plan = shape.first as RowsPlan
  const given = listValues(values, shape.valueCount)
  const bound = bindTo(plan, given)
  const raw = session.attempt("first", plan, bound)
  if (raw === BUSY) return firstLater(plan, [session, bound, given])
  if (raw === undefined) return undefined
  const row = plan.hydrator.one(raw)
  return plan.fill === undefined ? row : filledOne(plan, row, [session, given])
}

type Session = QueryParts["session"]
type Waiting = readonly [session: Session, bound: readonly BoundValue[], given: readonly BoundValue[]]

async function allLater(plan: RowsPlan, [session, bound, given]: Waiting): Promise<object[]> {
  const rows = plan.hydrator.all(await session.perform("all", plan, bound))
  return plan.fill === undefined ? rows : filled(plan, rows, [session, given])
}

async function firstLater(plan: RowsPlan, [session, bound, given]: Waiting): Promise<object | undefined> {
  const raw = await session.perform("first", plan, bound)
  if (raw === undefined) return undefined
  const row = plan.hydrator.one(raw)
  return plan.fill === undefined ? row : filledOne(plan, row, [session, given])
}

type Given = readonly [session: Session, given: readonly BoundValue[]]

async function filled(plan: RowsPlan, rows: object[], [session, values]: Given): Promise<object[]> {
  await plan.fill?.(rows, { session, values })
  return rows
}

async function filledOne(plan: RowsPlan, row: object, [session, values]: Given): Promise<object> {
  await plan.fill?.([row], { session, values })
  return row
}
