import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import type { Cli } from "../cli.ts"
import type { AppRuntime } from "../development/app-process.ts"
import { DatabaseNeeded } from "../errors.ts"
import { readDatabaseManifest } from "../manifest.ts"

/** The options of every command that works on an app's database. */
export interface DatabaseFlags {
  readonly database?: string
  readonly migrations?: string
  readonly models?: readonly string[]
  readonly seeds?: string
  readonly runtime: AppRuntime
}

/** What an app keeps in this folder. Paths are absolute. */
export interface DatabaseProject {
  readonly url: string
  readonly folder: string
  readonly models: readonly string[]
  readonly seeds: string
}

const USUAL_MODELS: readonly string[] = ["src/models", "src/models.ts", "models", "models.ts"]

/**
 * Finds the database and its files: by option, `DATABASE_URL`, `[database]` of ashlar.toml, and the usual places.
 *
 * @throws {CLI_DATABASE_NEEDED} When nothing names a database.
 */
export function databaseProject(cli: Cli, flags: DatabaseFlags): DatabaseProject {
  return { url: databaseUrl(cli, flags), ...databaseFolders(cli, flags) }
}

/** @throws {CLI_DATABASE_NEEDED} */
export function databaseUrl({ io }: Cli, { database }: Pick<DatabaseFlags, "database">): string {
  const { url } = readDatabaseManifest(io.cwd)
  const written = typeof url === "object" ? io.env[url.from] : url
  const found = database ?? (io.env.DATABASE_URL || written)
  if (found) return found
  const missing = typeof url === "object" ? ` ashlar.toml takes it from ${url.from}, which is not set.` : ""
  throw new DatabaseNeeded(
    `No database is named.${missing} Pass --database sqlite:./app.db, set DATABASE_URL, or write [database] url = "…" into ashlar.toml.`,
  )
}

/** The places of files, which need no database. */
export function databaseFolders({ io }: Cli, flags: DatabaseFlags): Omit<DatabaseProject, "url"> {
  const { migrations = "migrations", models, seeds = "seeds" } = readDatabaseManifest(io.cwd)
  const usual = USUAL_MODELS.find((place) => existsSync(join(io.cwd, place)))
  const named = flags.models ?? models ?? (usual === undefined ? [] : [usual])
  return {
    folder: resolve(io.cwd, flags.migrations ?? migrations),
    models: named.map((place) => resolve(io.cwd, place)),
    seeds: resolve(io.cwd, flags.seeds ?? seeds),
  }
}
