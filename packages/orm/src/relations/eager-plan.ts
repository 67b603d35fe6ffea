import { sql as k } from "kysely"
import { OrmQueryInvalid } from "../errors.ts"
import type { Home } from "../model/home.ts"
import { compileRaw, type Parts, selectOf } from "../query/compile.ts"
import type { RowsPlan } from "../query/rows-plan.ts"
import type { Shape } from "../query/shape.ts"
import { binderOf } from "../query/slot.ts"
import { WideSelect } from "./wide-select.ts"
import { withTree } from "./with-tree.ts"

/** Rows of a shape with their relations: single rows are joined, the others loaded by one query for each relation. */
export function eagerPlan(home: Home, shape: Shape, [parts, isFirst]: readonly [Parts, boolean]): RowsPlan {
  const { dialect } = home.session
  if (parts.group !== undefined) throw new OrmQueryInvalid("Groups are no rows of the model, and have no relations.")
  const isFlat = parts.isDistinct || parts.lock !== undefined
  const wide = new WideSelect(home, { keySlot: shape.valueCount, isFlat })
  const part = wide.part({ home, parts, tree: withTree(shape.path(), 0), isThere: true })
  const text = selectOf({ ...parts, isFirst, moreJoins: wide.joins }, k`${k.join(wide.list)}`)
  const { sql, parameters } = compileRaw(text, dialect)
  return {
    text: sql,
    columns: wide.names,
    onlyReads: parts.lock === undefined,
    isExact: wide.isExact,
    bind: binderOf(parameters, shape.valueCount),
    hydrator: part.reader(wide.isExact),
    fill: part.isComplete ? undefined : (rows, run) => part.fill(rows, run),
  }
}
