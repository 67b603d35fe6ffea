import { Kysely, SqliteDialect, type SqliteStatement } from "kysely"
import { measure } from "../measure.ts"
import { kyselySubject } from "./kysely-subject.ts"
import type { Tables } from "./kysely-tables.ts"

await measure(async (path) =>
  kyselySubject(new Kysely<Tables>({ dialect: new SqliteDialect({ database: await open(path) }) })),
)

/** The runtime's own module in the form that Kysely takes, its statements kept. */
async function open(path: string): Promise<{ prepare(text: string): SqliteStatement; close(): void }> {
  const kept = new Map<string, SqliteStatement>()
  const keep = (text: string, make: () => SqliteStatement): SqliteStatement => {
    const statement = kept.get(text) ?? make()
    kept.set(text, statement)
    return statement
  }
  if (typeof Bun !== "undefined") {
    const { Database } = await import("bun:sqlite")
    const db = new Database(path)
    db.run("pragma synchronous = normal")
    db.run("pragma foreign_keys = on")
    return {
      prepare: (text) =>
        keep(text, () => {
          const statement = db.prepare(text)
          return {
            reader: statement.columnNames.length > 0,
            all: (values) => statement.all(...(values as [])),
            run: (values) => statement.run(...(values as [])),
            iterate: (values) => statement.iterate(...(values as [])),
          }
        }),
      close: () => db.close(),
    }
  }
  const { DatabaseSync } = await import("node:sqlite")
  const db = new DatabaseSync(path)
  db.exec("pragma synchronous = normal")
  db.exec("pragma foreign_keys = on")
  return {
    prepare: (text) =>
      keep(text, () => {
        const statement = db.prepare(text)
        return {
          reader: statement.columns().length > 0,
          all: (values) => statement.all(...(values as [])),
          run: (values) => statement.run(...(values as [])),
          iterate: (values) => statement.iterate(...(values as [])),
        }
      }),
    close: () => db.close(),
  }
}
