import { sql as k } from "kysely"
import { OrmQueryInvalid } from "../errors.ts"
import { columnOf, type Table, type TableColumn } from "../model/table.ts"
import type { ColumnName, ModelClass } from "../model/types.ts"
import type { Condition, Join } from "./clause.ts"
import type { QueryParts } from "./shape.ts"

/** Which columns of the other model are equal to which of this one. */
export type Ties<Other extends ModelClass, This extends ModelClass> = {
  readonly [K in ColumnName<Other>]?: ColumnName<This>
}

type TiePair = readonly [other: TableColumn, own: TableColumn]

export function keyOfTies(ties: object): string {
  return Object.entries(ties).flat().join(" ")
}

/** `column in (select selected …)`, with the scopes of the other model. */
export function memberOf(
  [isOr, isNot]: readonly [boolean, boolean],
  column: TableColumn,
  { parts, selected }: { parts: QueryParts; selected: TableColumn },
): Condition {
  const { shape, home } = parts
  const path = shape.path()
  return {
    kind: "condition",
    isOr,
    valueCount: shape.valueCount,
    encode: undefined,
    write(place) {
      const inner = place.subquery(path, home.table, {
        column: selected,
        // One null in it, and `not in` finds nothing.
        tie: (at) => k`${at.column(selected)} is not null`,
      })
      return k`${place.column(column)} ${isNot ? k`not in` : k`in`} (${inner})`
    },
  }
}

/** `exists (select 1 from other where …)`, with the scopes of the other model. */
export function existence(
  isNot: boolean,
  { shape, home }: QueryParts,
  [own, ties]: readonly [Table, object],
): Condition {
  const path = shape.path()
  const pairs = pairsOf(home.table, own, ties)
  return {
    kind: "condition",
    isOr: false,
    valueCount: shape.valueCount,
    encode: undefined,
    write(place) {
      const inner = place.subquery(path, home.table, {
        column: undefined,
        tie: (at) =>
          k`${k.join(
            pairs.map(([other, mine]) => k`${at.column(other)} = ${place.column(mine)}`),
            k` and `,
          )}`,
      })
      return isNot ? k`not exists (${inner})` : k`exists (${inner})`
    },
  }
}

/** A join with the conditions on the other table, its scopes among them, in `on`. */
export function joinOf(isLeft: boolean, { shape, home }: QueryParts, [own, ties]: readonly [Table, object]): Join {
  const path = shape.path()
  const pairs = pairsOf(home.table, own, ties)
  return {
    kind: "join",
    isLeft,
    table: home.table,
    valueCount: shape.valueCount,
    on: (outer, inner) =>
      k`${k.join(
        pairs.map(([other, mine]) => k`${inner.column(other)} = ${outer.column(mine)}`),
        k` and `,
      )} and (${inner.conditions(path)})`,
  }
}

function pairsOf(other: Table, own: Table, ties: object): readonly TiePair[] {
  const pairs = Object.entries(ties).map(([one, mine]): TiePair => [columnOf(other, one), columnOf(own, mine)])
  if (pairs.length === 0)
    throw new OrmQueryInvalid(
      `Say which columns of ${other.model.name} and ${own.model.name} are equal: { authorId: "id" }.`,
    )
  for (const [one, mine] of pairs)
    if (one.definition.kind !== mine.definition.kind)
      throw new OrmQueryInvalid(`"${one.property}" and "${mine.property}" are of two kinds, and cannot be compared.`)
  return pairs
}
