import { OrmQueryInvalid } from "../errors.ts"
import type { Home } from "../model/home.ts"
import { RowState } from "../model/row-state.ts"
import type { ModelClass } from "../model/types.ts"
import { ModelQuery } from "../query/model-query.ts"
import { listValues } from "../query/shape.ts"
import { Where } from "../query/where.ts"
import type { Session } from "../session.ts"
import { isLoaded } from "./attach.ts"
import { linkOf } from "./link.ts"
import { createLoader, type LoadRun } from "./loader.ts"
import type { RowsLoader } from "./row-part.ts"
import { checkPath } from "./with-relations.ts"
import { withTree } from "./with-tree.ts"

/** Loads relations of rows that are there, whether they have them or not: names and paths, or one with a function. */
export async function loadRelations(
  home: Home,
  session: Session,
  [rows, given]: readonly [readonly object[], readonly unknown[]],
): Promise<void> {
  checkRows(home, rows)
  const start = new ModelQuery<ModelClass>({ home, session, shape: home.root, values: undefined })
  const query = (start as unknown as { with(...given: readonly unknown[]): ModelQuery<ModelClass> }).with(...given)
  const { shape, values } = Where.partsOf(query)
  const loaders = shape.plan("load", () =>
    [...withTree(shape.path(), 0).values()].map(
      (node): RowsLoader<LoadRun> =>
        createLoader(home, { link: linkOf(home.table, node.name), node, keySlot: shape.valueCount }),
    ),
  )
  if (rows.length === 0) return
  const run = { session, values: listValues(values, shape.valueCount) }
  for (const loader of loaders) await loader.load(rows, run)
}

/** Loads what rows do not have yet, along each path. */
export async function loadMissing(
  home: Home,
  session: Session,
  [rows, given]: readonly [readonly object[], readonly unknown[]],
): Promise<void> {
  checkRows(home, rows)
  for (const path of given) await loadPath(home, session, [rows, checkPath(home.table, path)])
}

async function loadPath(
  home: Home,
  session: Session,
  [rows, path]: readonly [readonly object[], readonly string[]],
): Promise<void> {
  const [name = "", ...rest] = path
  const { true: there = [], false: lacking = [] } = Object.groupBy(
    rows,
    (row) => `${isLoaded(row, name)}` as "true" | "false",
  )
  if (lacking.length > 0) await loadRelations(home, session, [lacking, [path.join(".")]])
  if (rest.length === 0) return
  const related = there.flatMap((row) => (row as Record<string, unknown>)[name] ?? []) as object[]
  const byHome = Map.groupBy(related, (row) => RowState.source(row)?.home)
  for (const [inner, some] of byHome) if (inner !== undefined) await loadPath(inner, session, [some, rest])
}

function checkRows({ table }: Home, rows: readonly object[]): void {
  for (const row of rows)
    if (!(row instanceof (table.model as unknown as new () => object)))
      throw new OrmQueryInvalid(
        `Expected rows of ${table.model.name}. Relations are loaded for rows of one model at a time.`,
      )
}
