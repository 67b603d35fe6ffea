import { sql as k } from "kysely"
import type { BoundValue, Dialect } from "../driver.ts"
import { OrmQueryInvalid, OrmValueInvalid } from "../errors.ts"
import type { Table } from "../model/table.ts"
import type { Condition, Place } from "./clause.ts"

const MAX_WORDS = 32

/** The FTS5 table beside a table of SQLite, whose rows have the same `rowid`. */
export function searchTableOf(table: Pick<Table, "name">): string {
  return `${table.name}_search`
}

/**
 * All words of a text, in the columns of the full-text index. Only letters and digits of it reach the database, each word quoted, so that
 * nothing of a query language does.
 */
export function searchCondition(
  table: Table,
  dialect: Dialect,
  text: unknown,
): { form: string; value: BoundValue | undefined; make: () => Condition } {
  if (table.fullText.length === 0)
    throw new OrmQueryInvalid(
      `${table.model.name} has no full-text index. Write static indexes = [fullText("title", …)].`,
    )
  if (typeof text !== "string") throw new OrmValueInvalid("Expected what to search for to be text.")
  const words = (text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []).slice(0, MAX_WORDS)
  // Nothing to look for is found nowhere.
  const none = { kind: "condition", isOr: false, valueCount: 0, encode: undefined, write: () => k`1 = 0` } as const
  if (words.length === 0) return { form: "none", value: undefined, make: () => none }
  return {
    form: "words",
    value: {
      sqlite: () => words.map((word) => `"${word}"`).join(" "),
      postgres: () => words.join(" "),
      mysql: () => words.map((word) => `+"${word}"`).join(" "),
    }[dialect](),
    make: () => ({
      kind: "condition",
      isOr: false,
      valueCount: 1,
      encode: undefined,
      write: (place) => write[dialect](place, table),
    }),
  }
}

const write: Readonly<Record<Dialect, (place: Place, table: Table) => ReturnType<Condition["write"]>>> = {
  sqlite(place, table) {
    const search = searchTableOf(table)
    return k`${k.id(place.alias)}.rowid in (select rowid from ${k.id(search)} where ${k.id(search)} match ${place.slot()})`
  },
  postgres: (place, { fullText }) =>
    k`to_tsvector('simple', ${k.join(
      fullText.map((column) => k`coalesce(${place.column(column)}, '')`),
      k` || ' ' || `,
    )}) @@ plainto_tsquery('simple', ${place.slot()})`,
  mysql: (place, { fullText }) =>
    k`match (${k.join(fullText.map((column) => place.column(column)))}) against (${place.slot()} in boolean mode)`,
}
