import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** A folder of migrations, inside the package, where they find what they import. */
export interface MigrationFolder {
  readonly path: string
  /** Writes a migration: the body of `up`, and that of `down`. */
  readonly write: (name: string, up: string, down?: string, options?: string) => void
  readonly file: (name: string, text: string) => void
  readonly remove: (name: string) => void
  readonly dispose: () => void
}

export function migrationFolder(): MigrationFolder {
  const built = join(import.meta.dir, "..", "dist")
  mkdirSync(built, { recursive: true })
  const path = mkdtempSync(join(built, "migrations-"))
  const file = (name: string, text: string) => writeFileSync(join(path, name), text)
  return {
    path,
    file,
    write: (name, up, down, options = "") =>
      file(
        `${name}.ts`,
        `import { defineMigration } from "@ashlar/orm/migrations"
import { sql } from "@ashlar/orm"
void sql
export default defineMigration({
  up(schema) { ${up} },
  ${down === undefined ? "" : `down(schema) { ${down} },`}
  ${options}
})
`,
      ),
    remove: (name) => rmSync(join(path, name)),
    dispose: () => rmSync(path, { recursive: true }),
  }
}
