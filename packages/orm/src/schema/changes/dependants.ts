import type { DatabaseDescription, OpaqueDescription } from "../description.ts"
import { mentions } from "../sql-tokens.ts"

/** Views that read a table, also through other views: in an order in which they can be made. */
export function viewsOn(database: DatabaseDescription, table: string): readonly OpaqueDescription[] {
  const views = database.opaque.filter(({ kind }) => kind === "view")
  const reads = (view: OpaqueDescription, name: string) =>
    view.name !== name && mentions(view.sql, name, database.flavour)
  const found = new Set<OpaqueDescription>()
  const add = (name: string): void => {
    for (const view of views) {
      if (found.has(view) || !reads(view, name)) continue
      found.add(view)
      add(view.name)
    }
  }
  add(table)
  // Each after those that it reads.
  const sorted = new Set<OpaqueDescription>()
  const place = (view: OpaqueDescription, path: readonly OpaqueDescription[]): void => {
    if (sorted.has(view) || path.includes(view)) return
    for (const other of found) if (reads(view, other.name)) place(other, [...path, view])
    sorted.add(view)
  }
  for (const view of found) place(view, [])
  return [...sorted]
}

/** Triggers that are on the table or on those views, or speak of them. */
export function triggersOn(database: DatabaseDescription, names: readonly string[]): readonly OpaqueDescription[] {
  return database.opaque.filter(
    ({ kind, sql, table = "" }) =>
      kind === "trigger" && names.some((name) => table === name || mentions(sql, name, database.flavour)),
  )
}
