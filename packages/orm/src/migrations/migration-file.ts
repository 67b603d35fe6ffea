import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { OrmMigrationInvalid } from "../errors.ts"
import { Schema, type Step } from "../schema/builder/schema-builder.ts"
import type { Flavour } from "../schema/description.ts"
import { statement } from "../schema/sql-text.ts"
import { isMigration, type Migration } from "./migration.ts"
import { parseSqlFile } from "./sql-file.ts"

/** A file of the folder of migrations, or what a bundle holds of it. */
export interface MigrationFile {
  /** Without the ending: `20260228120000_create_users`. */
  readonly name: string
  /** Empty for one that a bundle holds. */
  readonly path: string
  /** SHA-256 of what is in it; line ends do not count. Empty for one that a bundle holds, which has not the file's bytes. */
  readonly checksum: string
  /** What the file exports, where a bundle holds it. */
  readonly migration?: Migration
}

/** What a migration does, one step after another. */
export interface MigrationPlan {
  readonly file: MigrationFile
  readonly steps: readonly Step[]
  /** Its file says that it takes data away. */
  readonly isAgreed: boolean
}

const NAME = /^\d{4,17}_[A-Za-z0-9_-]{1,100}$/
const FILE = /^(\d{4,17}_[A-Za-z0-9_-]{1,100})\.(ts|mts|js|mjs|sql)$/
const MAX_FILES = 10_000
const MAX_BYTES = 16 * 1024 * 1024

/**
 * The migrations of a folder, in the order of their names.
 *
 * @throws {ORM_MIGRATION_INVALID} for a name that gives no place in the order, and for two of one name.
 */
export function readMigrationFiles(folder: string): readonly MigrationFile[] {
  const names = listFolder(folder).filter((name) => /\.(?:ts|mts|js|mjs|sql)$/.test(name) && !/\.d\.m?ts$/.test(name))
  if (names.length > MAX_FILES) throw new OrmMigrationInvalid(`${folder} holds more than ${MAX_FILES} files.`)
  const files = names.map((file) => {
    const name = FILE.exec(file)?.[1]
    if (name === undefined)
      throw new OrmMigrationInvalid(
        `${file}: expected a name such as 20260228120000_create_users.ts. Make migrations with: ashlar migrate make NAME`,
      )
    const path = join(folder, file)
    return { name, path, checksum: checksumOf(path) }
  })
  files.sort((a, b) => (a.name < b.name ? -1 : 1))
  const twice = files.find(({ name }, at) => files[at - 1]?.name === name)
  if (twice !== undefined) throw new OrmMigrationInvalid(`${twice.name}: there are two files of this name. Keep one.`)
  return files
}

/**
 * Migrations that were imported, by the names of their files, in the order of these.
 *
 * @throws {ORM_MIGRATION_INVALID} for a name that gives no place in the order, and for what is no migration.
 */
export function readBundledMigrations(migrations: Readonly<Record<string, Migration>>): readonly MigrationFile[] {
  const files = Object.entries(migrations).map(([name, migration]) => {
    if (!NAME.test(name))
      throw new OrmMigrationInvalid(`${name}: expected the name of a file, such as 20260228120000_create_users.`)
    if (!isMigration(migration)) throw new OrmMigrationInvalid(`${name}: expected what defineMigration gave.`)
    return { name, path: "", checksum: "", migration }
  })
  return files.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Whether a file is not what was applied. What a bundle held is not compared: it has not the file's bytes. */
export function isChanged(file: MigrationFile, applied: string): boolean {
  return file.checksum !== "" && applied !== "" && file.checksum !== applied
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return []
    throw new OrmMigrationInvalid(`The folder ${folder} cannot be read.`, { cause })
  }
}

function checksumOf(path: string): string {
  const text = readFileSync(path, "utf8")
  if (text.length > MAX_BYTES) throw new OrmMigrationInvalid(`${path}: is longer than 16 MB. Load data another way.`)
  return createHash("sha256")
    .update(text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n"))
    .digest("hex")
}

/**
 * The steps of a migration, forward or back. Its file is loaded, and nothing is run.
 *
 * @returns undefined for the way back of one that has none.
 * @throws {ORM_MIGRATION_INVALID} naming the file.
 */
export async function readPlan(
  file: MigrationFile,
  direction: "up" | "down",
  flavour: Flavour,
): Promise<MigrationPlan | undefined> {
  if (file.path.endsWith(".sql")) {
    const sections = parseSqlFile(readFileSync(file.path, "utf8"), flavour)
    const statements = sections[direction]
    if (statements === undefined) return undefined
    const steps = statements.map((text): Step => ({ kind: "sql", statement: statement(text) }))
    return { file, steps, isAgreed: true }
  }
  const migration = await load(file)
  const say = migration[direction]
  if (say === undefined) return undefined
  const schema = new Schema(flavour)
  const answer: unknown = say.call(migration, schema)
  if (answer instanceof Promise) {
    await answer.catch(() => undefined)
    throw new OrmMigrationInvalid(
      `${file.name}: ${direction}(schema) is async. It only says its steps: put what is awaited into schema.data("…", async (db) => …).`,
    )
  }
  return { file, steps: schema.steps, isAgreed: migration.destructive === true }
}

async function load(file: MigrationFile): Promise<Migration> {
  if (file.migration !== undefined) return file.migration
  let module: { default?: unknown }
  try {
    module = (await import(pathToFileURL(file.path).href)) as { default?: unknown }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new OrmMigrationInvalid(`${file.name}: cannot be loaded: ${reason}`, { cause })
  }
  if (isMigration(module.default)) return module.default
  throw new OrmMigrationInvalid(`${file.name}: expected \`export default defineMigration({ up(schema) { … } })\`.`)
}
