import { OrmModelInvalid } from "../errors.ts"
import { type Home, homeIn } from "../model/home.ts"
import { type AnyRow, deleteRow, restoreRow } from "../model/persist.ts"
import { RowState } from "../model/row-state.ts"
import type { ModelClass } from "../model/types.ts"
import type { ModelQuery } from "../query/model-query.ts"
import type { Session } from "../session.ts"
import { relationNames, type StraightLink, straightLinkOf } from "./link.ts"
import { heldValue } from "./loader.ts"
import { ownedQuery } from "./related.ts"

/** Relations whose rows go with this model's. */
function cascades({ table }: Home): readonly StraightLink[] {
  const relations = (table.model.relations ?? {}) as Readonly<Record<string, { options: { cascade?: boolean } }>>
  return relationNames(table)
    .filter((name) => relations[name]?.options.cascade === true)
    .map((name) => straightLinkOf(table, name))
}

/** Deletes a row, with the rows that its relations say: all or none. */
export async function deleteWithRelated(home: Home, row: AnyRow, isForced: boolean): Promise<void> {
  const links = cascades(home)
  if (links.length === 0) return await deleteRow(home, home.session, [row, isForced])
  await home.session.transaction(async (session) => {
    // Softly the row goes first, so that what went with it is later than what was gone before; for good it goes last.
    if (!isForced) await deleteRow(home, session, [row, false])
    for (const link of links) {
      checkSoft(link)
      const related = isForced ? ownedQuery(session, row, { link }).withDeleted() : ownedQuery(session, row, { link })
      // One by one, so that each takes along what is its own.
      for (const one of await related.get()) await deleteWithRelated(homeOf(one, session, link), one as never, isForced)
    }
    if (isForced) await deleteRow(home, session, [row, true])
  }, {})
}

function checkSoft({ name, owner, target }: StraightLink): void {
  const hard = [owner, target].find(({ roles }) => roles.deletedAt === undefined)
  if (hard !== undefined)
    throw new OrmModelInvalid(
      `Relation "${name}" of ${owner.model.name} cascades, and ${hard.model.name} has no deletedAt(). What is deleted for good the database takes along: references(…, { onDelete: "cascade" }).`,
    )
}

/** Takes a soft deletion back, with the rows that went with it: those deleted no earlier. */
export async function restoreWithRelated(home: Home, row: AnyRow): Promise<void> {
  const links = cascades(home)
  if (links.length === 0) return await restoreRow(home, home.session, row)
  const since = deletedAtOf(home, row)
  await home.session.transaction(async (session) => {
    await restoreRow(home, session, row)
    for (const link of links) {
      const { deletedAt } = link.target.roles
      if (deletedAt === undefined || since === undefined) continue
      const gone: ModelQuery<ModelClass> = ownedQuery(session, row, { link }).onlyDeleted()
      const went = await gone.where(deletedAt.property as never, ">=" as never, since as never).get()
      for (const one of went) await restoreWithRelated(homeOf(one, session, link), one as never)
    }
  }, {})
}

function deletedAtOf({ table }: Home, row: AnyRow): Date | undefined {
  const { deletedAt } = table.roles
  const value = deletedAt === undefined ? undefined : heldValue(row, deletedAt)
  return value instanceof Date ? value : undefined
}

function homeOf(row: object, session: Session, link: StraightLink): Home {
  return RowState.source(row)?.home ?? homeIn(session, link.target.model)
}
