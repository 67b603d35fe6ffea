import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import type { Database, Queryable } from "../database.ts"
import { OrmMigrationInvalid } from "../errors.ts"

/** Puts rows into a database. It may run again: write so that twice is once. */
export type Seed = (db: Queryable) => Promise<void>

/**
 * A seed, to be exported by default from a file of `seeds/`. Models take part by `User.in(db)`, factories by `UserFactory.in(db)`.
 *
 * @example export default defineSeed(async (db) => { await UserFactory.in(db).count(10).create() })
 */
export function defineSeed(seed: Seed): Seed {
  if (typeof seed !== "function") throw new OrmMigrationInvalid("Expected a seed to be a function of the database.")
  return seed
}

const FILE = /^([A-Za-z0-9_-]{1,100})\.(?:ts|mts|js|mjs)$/

/**
 * Runs the seeds of a folder, in the order of their names, each in a transaction of its own.
 *
 * @param names Only these, in this order.
 * @returns the names of those that ran.
 * @throws {ORM_MIGRATION_INVALID} for a name that is none of them, and for a file that is no seed.
 */
export async function runSeeds(
  db: Database,
  folder: string,
  names: readonly string[] = [],
): Promise<readonly string[]> {
  const all = (existsSync(folder) ? readdirSync(folder) : [])
    .filter((file) => FILE.test(file) && !file.includes(".d."))
    .sort()
  const known = new Map(all.map((file) => [FILE.exec(file)![1]!, file]))
  const chosen = names.length === 0 ? [...known.keys()] : names
  for (const name of chosen) {
    const file = known.get(name)
    if (file === undefined)
      throw new OrmMigrationInvalid(
        `There is no seed ${name} in ${folder}. There are: ${[...known.keys()].join(", ") || "none"}.`,
      )
  }
  for (const name of chosen) {
    const { default: seed } = (await import(pathToFileURL(join(folder, known.get(name)!)).href)) as {
      default?: unknown
    }
    if (typeof seed !== "function")
      throw new OrmMigrationInvalid(`${name}: expected \`export default defineSeed(async (db) => { … })\`.`)
    await db.transaction((tx) => (seed as Seed)(tx), { timeoutMs: 3_600_000 })
  }
  return chosen
}
