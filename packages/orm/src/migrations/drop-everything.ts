import type { Database, Queryable } from "../database.ts"
import { diffDatabases } from "../schema/diff.ts"
import { introspect } from "../schema/introspect.ts"
import { runChange } from "../schema/run-change.ts"
import { nameSql, runText } from "../schema/sql-text.ts"

/** Leaves a database empty: views, virtual tables, tables with their rows, and types. */
export async function dropEverything(db: Database): Promise<void> {
  if (db.dialect === "sqlite") await db.transaction(dropAll, { foreignKeys: "unchecked", timeoutMs: 86_400_000 })
  else await dropAll(db)
}

async function dropAll(db: Queryable): Promise<void> {
  const here = await introspect(db)
  const name = (text: string) => nameSql(text, here.flavour)
  const cascade = here.flavour === "postgres" ? " cascade" : ""
  for (const one of here.opaque)
    if (one.kind === "view") await runText(db, `drop view if exists ${name(one.name)}${cascade}`)
  for (const one of here.opaque) if (one.kind === "virtual") await runText(db, `drop table ${name(one.name)}`)
  const left = await introspect(db)
  for (const change of diffDatabases(left, { ...left, tables: [], enums: [], opaque: [] }, { dropTables: true }))
    await runChange(db, change)
}
