import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { OrmMigrationInvalid } from "../errors.ts"
import { readMigrationFiles } from "./migration-file.ts"

const EMPTY = `import { defineMigration } from "@ashlar/orm/migrations"

export default defineMigration({
  up(schema) {},
  down(schema) {},
})
`

const EMPTY_SQL = `-- up

-- down
`

/**
 * Writes a new file into the folder of migrations, named after the time so that it is the last.
 *
 * @returns its path.
 * @throws {ORM_MIGRATION_INVALID} for a name that is none.
 */
export function makeMigration(
  folder: string,
  name: string,
  content: { readonly text?: string; readonly sql?: boolean; readonly now?: Date } = {},
): string {
  const { sql = false, text = sql ? EMPTY_SQL : EMPTY, now = new Date() } = content
  const word = name
    .trim()
    .replace(/([a-z\d])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z\d]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .toLowerCase()
  if (word === "" || word.length > 100)
    throw new OrmMigrationInvalid(
      `Expected a name of 1 to 100 letters and digits, such as add_posts, got ${JSON.stringify(name)}.`,
    )
  mkdirSync(folder, { recursive: true })
  const last = readMigrationFiles(folder).at(-1)?.name.split("_")[0] ?? ""
  const path = join(folder, `${timeAfter(last, now)}_${word}.${sql ? "sql" : "ts"}`)
  writeFileSync(path, text, { flag: "wx" })
  return path
}

/** Seconds, and one more than the last where two are made in one. */
function timeAfter(last: string, now: Date): string {
  const time = now.toISOString().replace(/\D/g, "").slice(0, 14)
  return last.length !== time.length || time > last ? time : String(BigInt(last) + 1n)
}
