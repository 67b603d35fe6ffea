import { sql as k } from "kysely"
import type { BoundValue, Dialect } from "../driver.ts"
import { OrmQueryInvalid } from "../errors.ts"
import { Sql } from "../sql.ts"
import type { Condition } from "./clause.ts"

/** SQL of the caller's as a condition. The text comes of templates only, so it is as bounded as the source is. */
export function sqlCondition(
  condition: unknown,
  dialect: Dialect,
): { key: string; values: readonly BoundValue[]; make: () => Condition } {
  if (!(condition instanceof Sql)) throw new OrmQueryInvalid("whereSql takes sql`…`.")
  const { texts, values } = condition.pieces(dialect)
  return {
    key: texts.join("\0"),
    values,
    make: () => ({
      kind: "condition",
      isOr: false,
      valueCount: values.length,
      encode: undefined,
      write(place) {
        const parts = texts.flatMap((text, index) => (index === 0 ? [k.raw(text)] : [place.slot(), k.raw(text)]))
        return k`(${k.join(parts, k``)})`
      },
    }),
  }
}
