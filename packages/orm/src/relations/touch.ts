import { type Home, homeIn } from "../model/home.ts"
import { ModelEntry } from "../model/model-entry.ts"
import { observe } from "../model/observers.ts"
import { RowState } from "../model/row-state.ts"
import type { ModelStatics } from "../model/table.ts"
import type { ModelClass } from "../model/types.ts"
import type { Session } from "../session.ts"
import { straightLinkOf } from "./link.ts"
import { heldValue } from "./loader.ts"
import type { Relation, RelationKind } from "./relation.ts"

/** Has rows set the `updatedAt()` of what they belong to, where `belongsTo` says `touch: true`. */
export function observeTouches(model: ModelStatics): void {
  const relations = Object.entries((model.relations ?? {}) as Readonly<Record<string, Relation<unknown, RelationKind>>>)
  const names = relations.filter(([, relation]) => relation?.options?.touch === true).map(([name]) => name)
  if (names.length === 0) return
  // A row that is gone no longer says where it was from.
  const homes = new WeakMap<object, Home>()
  const touch = async (row: object): Promise<void> => {
    const home = RowState.source(row)?.home ?? homes.get(row)
    if (home === undefined) return
    for (const name of names) {
      const { own, near, target } = straightLinkOf(home.table, name)
      const { updatedAt } = target.roles
      const key = heldValue(row, own)
      if (updatedAt === undefined || key === null || key === undefined) continue
      await setNow(home.session, { model: target.model, property: updatedAt.property, by: [near.property, key] })
    }
  }
  const deleting = (row: object): void => {
    const source = RowState.source(row)
    if (source !== undefined) homes.set(row, source.home)
  }
  observe(model, { saved: touch, deleting, deleted: touch })
}

interface Touch {
  readonly model: ModelStatics
  readonly property: string
  readonly by: readonly [property: string, key: unknown]
}

async function setNow(session: Session, { model, property, by }: Touch): Promise<void> {
  const query = new ModelEntry<ModelClass>(homeIn(session, model), session).query()
  await query.where(by[0] as never, by[1] as never).update({ [property]: new Date() } as never)
}
