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

/** A file of the folder of migrations. */
export interface MigrationFile {
  /** Without the ending: `20260228120000_create_users`. */
  readonly name: string
  readonly path: string
  /** SHA-256 of what is in it; line ends do not count. */
  readonly checksum: string
}

/** What a migration does, one step after another. */
export interface MigrationPlan {
  readonly file: MigrationFile
  readonly steps: readonly Step[]
  /** Its file says that it takes data away. */
  readonly isAgreed: boolean
}

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
