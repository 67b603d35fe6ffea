import { OrmQueryInvalid } from "../errors.ts"
import { homeIn } from "../model/home.ts"
import type { ModelClass } from "../model/types.ts"
import type { Clause } from "../query/clause.ts"
import { ModelQuery } from "../query/model-query.ts"
import type { QueryParts, Shape, ValueLink } from "../query/shape.ts"
import { Where } from "../query/where.ts"
import type { StraightLink } from "./link.ts"
import { chain, keyOver } from "./with-relations.ts"

type AnyBuild = (query: ModelQuery<ModelClass>) => Where<ModelClass>

/** Rows of the other model, while a relation by a table in between is loaded: that table may be asked about, too. */
export function openPivotQuery(parts: QueryParts, link: StraightLink): ModelQuery<ModelClass> {
  pivotQueries ??= definePivotQuery()
  return new pivotQueries(parts, link)
}

let pivotQueries: ReturnType<typeof definePivotQuery> | undefined

/** A class made when it is first needed: its base imports this file, and is not there before. */
function definePivotQuery(): new (parts: QueryParts, link: StraightLink) => ModelQuery<ModelClass> {
  return class PivotQuery extends ModelQuery<ModelClass> {
    readonly #link: StraightLink

    constructor(parts: QueryParts, link: StraightLink) {
      super(parts)
      this.#link = link
    }

    protected override moved(shape: Shape, values: ValueLink | undefined): this {
      const { home, session } = Where.partsOf(this)
      return new PivotQuery({ home, session, shape, values }, this.#link) as this
    }

    wherePivot(build: AnyBuild): this {
      const { session, shape, values } = Where.partsOf(this)
      const inner = pivotConditions(session, this.#link, build)
      const key = keyOver(inner, ["pivot"])
      const make = (): Clause => ({ kind: "pivot", inner: inner.shape.path(), valueCount: inner.shape.valueCount })
      return this.moved(shape.find(key) ?? shape.keep(key, make()), chain(values, inner))
    }
  }
}

/** What a caller's function says of the rows in between: conditions, and nothing else. @throws {ORM_QUERY_INVALID} */
export function pivotConditions(session: QueryParts["session"], link: StraightLink, build: AnyBuild): QueryParts {
  const { via, name } = link
  if (via === undefined || typeof build !== "function")
    throw new OrmQueryInvalid(`Write wherePivot((between) => between.where(…)) for a relation with a table in between.`)
  const home = homeIn(session, via.table.model)
  const built = build(new ModelQuery<ModelClass>({ home, session, shape: home.root, values: undefined }))
  const parts = built instanceof Where ? Where.partsOf(built) : undefined
  const other = parts?.shape.path().find(({ kind }) => kind !== "condition" && kind !== "open" && kind !== "close")
  if (parts?.home !== home || other !== undefined)
    throw new OrmQueryInvalid(`wherePivot of "${name}" has to give back the query it was given, with conditions only.`)
  return parts
}
