import { callSite } from "../call-site.ts"
import { type RowSource, RowState } from "../model/row-state.ts"

/** Which row of a result asked for a relation first, by the relation. */
const asked: WeakMap<RowSource, Map<string, object>> = new WeakMap()
/** Places that were told of. */
const told: Set<string> = new Set()
const MAX_TOLD = 1_000

/**
 * Notes that one row loads a relation by itself. When another row of the same result does so too, each row is going to cost a query,
 * and development is told of the place.
 */
export function noteLazyLoad(row: object, name: string): void {
  if (process.env.NODE_ENV === "production") return
  const source = RowState.source(row)
  if (source?.isOfMany !== true) return
  const byName = asked.get(source) ?? new Map<string, object>()
  asked.set(source, byName)
  const first = byName.get(name)
  byName.set(name, first ?? row)
  if (first === undefined || first === row) return
  const model = source.home.table.model.name
  const site = callSite() ?? "an unknown place"
  const place = `${model}.${name} ${site}`
  if (told.has(place) || told.size >= MAX_TOLD) return
  told.add(place)
  process.emitWarning(
    `${model}.${name} is loaded row by row at ${site}, by a query for each row. Load it with the rows, ${model}.with("${name}"), or for all of them: ${model}.load(rows, "${name}").`,
    { type: "LazyLoadWarning", code: "ORM_LAZY_LOAD" },
  )
}
