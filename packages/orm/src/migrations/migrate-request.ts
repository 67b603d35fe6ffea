import { openDatabase } from "../open-database.ts"
import { introspect } from "../schema/introspect.ts"
import { compareModels } from "./compare-models.ts"
import { copyDatabase } from "./copy-database.ts"
import { withoutOwnTables } from "./journal.ts"
import { loadModels } from "./load-models.ts"
import { makeMigration } from "./make-migration.ts"
import { type MigrationProgress, openMigrator, withoutTimeLimit } from "./migrator.ts"
import { runSeeds } from "./seed.ts"
import { changeLines, writeMigration } from "./write-migration.ts"
import { writeModels } from "./write-models.ts"

/** What `ashlar migrate` and `ashlar db` ask of the process that loads migrations and models. */
export type MigrateRequest = {
  readonly url: string
  readonly folder: string
  /** Files and folders. */
  readonly models: readonly string[]
} & (
  | { readonly command: "status" | "check" }
  | {
      readonly command: "up"
      readonly to?: string
      readonly dryRun?: boolean
      readonly allowDestructive?: boolean
      readonly allowOutOfOrder?: boolean
      readonly lockWaitMs?: number
    }
  | { readonly command: "down"; readonly count?: number }
  | { readonly command: "fresh" }
  | { readonly command: "make"; readonly name: string; readonly dropTables?: boolean }
  /** Models of the tables that are there. */
  | { readonly command: "introspect" }
  | { readonly command: "seed"; readonly seeds: string; readonly names: readonly string[] }
  /** Into another database, which is empty. */
  | { readonly command: "copy"; readonly to: string }
  | { readonly command: "makeEmpty"; readonly name: string; readonly sql?: boolean }
)

export type OnProgress = (progress: MigrationProgress) => void

/** Answers one request. The answer is plain data. */
export async function answerRequest(request: MigrateRequest, onProgress: OnProgress): Promise<unknown> {
  const { url, folder } = request
  if (request.command === "make") return await make(request)
  if (request.command === "makeEmpty") {
    const path = makeMigration(folder, request.name, { sql: request.sql ?? false })
    return { path, pending: [], losses: [], unknownTables: [] }
  }
  if (request.command === "check") return await check(request)
  if (request.command === "introspect") return await models(url)
  if (request.command === "seed") {
    await using db = await openDatabase(url)
    return { ran: await runSeeds(db, request.seeds, request.names) }
  }
  if (request.command === "copy") return await copy(url, request.to, onProgress)
  const lockWaitMs = request.command === "up" ? request.lockWaitMs : undefined
  await using migrator = await openMigrator(url, { folder, ...(lockWaitMs === undefined ? {} : { lockWaitMs }) })
  switch (request.command) {
    case "status":
      return { migrations: await migrator.status() }
    case "up": {
      const { to, allowDestructive = false, allowOutOfOrder = false, dryRun = false } = request
      const which = { ...(to === undefined ? {} : { to }), allowOutOfOrder }
      if (dryRun) return { plan: await migrator.plan(which) }
      return { applied: await migrator.up({ ...which, allowDestructive, onProgress }) }
    }
    case "down": {
      const { count } = request
      return { undone: await migrator.down({ ...(count === undefined ? {} : { count }), onProgress }) }
    }
    case "fresh":
      return { applied: await migrator.fresh({ onProgress }) }
  }
}

async function make(request: MigrateRequest & { readonly command: "make" }): Promise<unknown> {
  const { url, folder, name, dropTables = false } = request
  const pending = await pendingOf(request)
  if (pending.length > 0) return { pending }
  await using db = await openDatabase(url)
  const { changes, back, losses, unknownTables, models, database } = await compareModels(
    db,
    await loadModels(request.models),
    {
      dropTables,
    },
  )
  if (changes.length === 0) return { pending, losses, unknownTables }
  const path = makeMigration(folder, name, { text: writeMigration(changes, back, { words: models, before: database }) })
  return { pending, path, losses, unknownTables, changes: changeLines(changes, models) }
}

async function check(request: MigrateRequest): Promise<unknown> {
  const pending = await pendingOf(request)
  if (pending.length > 0 || request.models.length === 0) return { pending, changes: [], unknownTables: [] }
  await using db = await openDatabase(request.url)
  const { changes, unknownTables, models } = await compareModels(db, await loadModels(request.models))
  return { pending, changes: changeLines(changes, models), unknownTables }
}

async function models(url: string): Promise<unknown> {
  await using db = await openDatabase(url)
  const database = withoutOwnTables(await introspect(db))
  return { tables: database.tables.map(({ name }) => name), text: writeModels(database) }
}

async function copy(url: string, to: string, onProgress: OnProgress): Promise<unknown> {
  await using source = await openDatabase(withoutTimeLimit(url))
  await using target = await openDatabase(withoutTimeLimit(to))
  return await copyDatabase(source, target, {
    onProgress: ({ table, rows, total }) => onProgress({ migration: table, step: rows, steps: total }),
  })
}

/** What is not as the folder says. */
async function pendingOf({ url, folder }: MigrateRequest): Promise<readonly string[]> {
  await using migrator = await openMigrator(url, { folder })
  const all = await migrator.status()
  return all.filter(({ state }) => state !== "applied").map(({ name, state }) => `${name} (${state})`)
}
