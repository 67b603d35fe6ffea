import type { Home } from "../model/home.ts"
import type { AnyRow } from "../model/persist.ts"
import type { ModelClass } from "../model/types.ts"
import { isMorph, linkOf } from "./link.ts"
import { PivotRows } from "./pivot-rows.ts"
import { OwnedRows, OwnerRow, RelatedRows } from "./related.ts"

/** What a row is related to, by the kind of the relation. @throws {ORM_QUERY_INVALID} for a name that is none. */
export function relatedTo(home: Home, row: AnyRow, name: unknown): RelatedRows<ModelClass, unknown> {
  const link = linkOf(home.table, name)
  const to = { home, session: home.session, row }
  if (isMorph(link) || link.kind === "belongsTo") return new OwnerRow<ModelClass, unknown>({ ...to, link })
  switch (link.kind) {
    case "manyToMany":
      return new PivotRows<ModelClass, unknown, unknown, unknown, unknown, ModelClass>({ ...to, link })
    case "hasOneThrough":
    case "hasManyThrough":
      return new RelatedRows<ModelClass, unknown>({ ...to, link })
    default:
      return new OwnedRows<ModelClass, unknown, unknown>({ ...to, link })
  }
}
