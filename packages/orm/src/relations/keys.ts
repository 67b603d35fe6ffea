import { didYouMean } from "@ashlar/core"
import type { Table, TableColumn } from "../model/table.ts"

type Fail = (message: string) => never

export function ownColumn(table: Table, property: string, fail: Fail): TableColumn {
  const column = table.columns.get(property)
  return (
    column ?? fail(`${table.model.name} has no column "${property}". ${didYouMean(property, table.columns.keys())}`)
  )
}

/** The primary key, which has to be one column. */
export function onlyKey({ primaryKey, model }: Table, fail: Fail): string {
  const [only, another] = primaryKey
  if (only !== undefined && another === undefined) return only.property
  return fail(`${model.name} has ${primaryKey.length} columns in its key. Say which column it is: { key: "…" }.`)
}

/** `userId` for the class `User`. */
export function keyNamedAfter({ model }: Table): string {
  const name = model.name.replace(/^(?:\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu})/u, (start) => start.toLowerCase())
  return `${name}Id`
}

/** The column of one table that points at another: the only one that `references` it, or the one called after it. */
export function foreignKeyTo(table: Table, other: Table, [option, fail]: readonly [string, Fail]): TableColumn {
  const named = table.columns.get(keyNamedAfter(other))
  const pointing = [...table.columns.values()].filter(
    ({ definition }) => definition.references?.model().table === other.name,
  )
  if (named !== undefined && (pointing.length === 0 || pointing.includes(named))) return named
  const [only, another] = pointing
  if (only !== undefined && another === undefined) return only
  const seen = pointing.length === 0 ? "None" : pointing.map(({ property }) => `"${property}"`).join(" and ")
  return fail(
    `which column of ${table.model.name} points at ${other.model.name}? ${seen} ${another === undefined ? "references" : "reference"} it. Say { ${option}: "…" }, or write .references(() => ${other.model.name}) on it.`,
  )
}
