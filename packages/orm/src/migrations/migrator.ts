import { rename, rm } from "node:fs/promises"
import type { Database } from "../database.ts"
import {
  OrmMigrationChanged,
  OrmMigrationDestructive,
  OrmMigrationFailed,
  OrmMigrationGap,
  OrmMigrationIrreversible,
  OrmOptionsInvalid,
} from "../errors.ts"
import { openDatabase } from "../open-database.ts"
import { mayDropRows } from "../schema/changes/change.ts"
import type { Flavour } from "../schema/description.ts"
import { flavourOf } from "../schema/introspect.ts"
import { statement, textSql } from "../schema/sql-text.ts"
import { dropEverything } from "./drop-everything.ts"
import { dryRun, type PlannedMigration } from "./dry-run.ts"
import { createOwnTables, type JournalEntry, readJournal } from "./journal.ts"
import type { Migration } from "./migration.ts"
import {
  isChanged,
  type MigrationFile,
  type MigrationPlan,
  readBundledMigrations,
  readMigrationFiles,
  readPlan,
} from "./migration-file.ts"
import { MigrationLock } from "./migration-lock.ts"
import { runPlan } from "./run-plan.ts"

export interface MigratorOptions {
  /** The folder with the migrations. */
  readonly folder?: string
  /**
   * In place of a folder: migrations that were imported, by the names of their files without endings. For a bundle, which has no
   * folder beside it.
   */
  readonly migrations?: Readonly<Record<string, Migration>>
  /** How long another process that migrates is waited for, in milliseconds. Default: 60,000. */
  readonly lockWaitMs?: number
  /** SQLite: whether the file is copied to `<file>.before-migration` before a table is made anew. Default: true. */
  readonly backup?: boolean
}

export interface UpOptions {
  /** The last migration that is to be applied. Default: all. */
  readonly to?: string
  /** Whether steps that take data away are run, also where their file does not agree to it. Default: false. */
  readonly allowDestructive?: boolean
  /** Whether one that is older than one that was applied is applied all the same. Default: false. */
  readonly allowOutOfOrder?: boolean
  readonly onProgress?: (progress: MigrationProgress) => void
}

export interface DownOptions {
  /** How many are undone. Default: those of the last run. */
  readonly count?: number
  readonly onProgress?: (progress: MigrationProgress) => void
}

export interface MigrationProgress {
  readonly migration: string
  readonly step: number
  readonly steps: number
}

export interface MigrationStatus {
  readonly name: string
  /** `changed`: the file is not what was applied. `missing`: there is none. `interrupted`: a crash cut it off, and the next run goes on. */
  readonly state: "applied" | "pending" | "interrupted" | "changed" | "missing"
  readonly appliedAt: Date | undefined
  readonly durationMs: number | undefined
  readonly batch: number | undefined
}

/** Applies the migrations of a folder to one database. */
export interface Migrator {
  status(): Promise<readonly MigrationStatus[]>
  /**
   * Applies what is pending, in the order of names.
   *
   * @returns the names of what was applied.
   * @throws {ORM_MIGRATION_CHANGED} {ORM_MIGRATION_GAP} {ORM_MIGRATION_DESTRUCTIVE} {ORM_MIGRATION_INVALID} before anything is run.
   * @throws {ORM_MIGRATION_LOCKED} when another process was not done in time. {ORM_MIGRATION_FAILED} saying which step.
   */
  up(options?: UpOptions): Promise<readonly string[]>
  /** Undoes the last ones, the latest first. @throws {ORM_MIGRATION_IRREVERSIBLE} before anything is run; and as `up` does. */
  down(options?: DownOptions): Promise<readonly string[]>
  /** Drops **everything** in the database, and applies all. */
  fresh(options?: Pick<UpOptions, "onProgress">): Promise<readonly string[]>
  /** The SQL of what `up` would do. Nothing is run; code of `schema.data` is named only. @throws as `up`, but for destructive steps. */
  plan(options?: Pick<UpOptions, "to" | "allowOutOfOrder">): Promise<readonly PlannedMigration[]>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Opens a database to migrate it, with connections of its own and without a limit for the time of a statement.
 *
 * @param database A URL; or an open database, which then stays open, and whose own limit for the time of a statement holds. One in
 *   memory can only be migrated so.
 * @throws as `openDatabase`; {ORM_OPTIONS_INVALID} unless there is either a folder or migrations.
 * @example
 * await using migrator = await openMigrator(process.env.DATABASE_URL, { folder: "migrations" })
 * await migrator.up()
 */
export async function openMigrator(database: string | Database, options: MigratorOptions): Promise<Migrator> {
  if ((options.folder === undefined) === (options.migrations === undefined))
    throw new OrmOptionsInvalid("Say where migrations are: either in a folder, or in migrations that were imported.")
  const isOwn = typeof database === "string"
  const db = isOwn ? await openDatabase(withoutTimeLimit(database)) : database
  return new OneMigrator(db, await flavourOf(db), { ...options, isOwn })
}

/** A URL whose statements may take as long as they do, unless it says otherwise itself. */
export function withoutTimeLimit(url: string): string {
  if (url.startsWith("sqlite:")) return url
  return `${url}${/[?&]statementTimeoutMs=/.test(url) ? "" : `${url.includes("?") ? "&" : "?"}statementTimeoutMs=0`}`
}

interface Situation {
  readonly files: readonly MigrationFile[]
  readonly entries: ReadonlyMap<string, JournalEntry>
}

interface OwnOptions extends MigratorOptions {
  /** Whether the database was opened here, and is to be closed. */
  readonly isOwn: boolean
}

class OneMigrator implements Migrator {
  readonly #db: Database
  readonly #flavour: Flavour
  readonly #options: OwnOptions

  constructor(db: Database, flavour: Flavour, options: OwnOptions) {
    this.#db = db
    this.#flavour = flavour
    this.#options = options
  }

  #files(): readonly MigrationFile[] {
    const { folder, migrations } = this.#options
    return migrations === undefined ? readMigrationFiles(folder!) : readBundledMigrations(migrations)
  }

  async #situation(): Promise<Situation> {
    const entries = await readJournal(this.#db)
    return {
      files: this.#files(),
      entries: new Map(entries.map((entry) => [entry.name, entry])),
    }
  }

  async status(): Promise<readonly MigrationStatus[]> {
    const { files, entries } = await this.#situation()
    const names = [...new Set([...files.map(({ name }) => name), ...entries.keys()])].sort()
    return names.map((name) => {
      const file = files.find((one) => one.name === name)
      const entry = entries.get(name)
      return {
        name,
        state: stateOf(file, entry),
        appliedAt: entry?.appliedAt,
        durationMs: entry?.durationMs,
        batch: entry?.batch,
      }
    })
  }

  async up({
    to,
    allowDestructive = false,
    allowOutOfOrder = false,
    onProgress,
  }: UpOptions = {}): Promise<readonly string[]> {
    return await this.#locked(async (lock) => {
      const situation = await this.#situation()
      const pending = pendingFiles(situation, { to, allowOutOfOrder })
      const plans = await this.#plans(pending, "up")
      if (!allowDestructive) refuseLoss(plans, await dryRun(this.#db, plans))
      const batch = Math.max(0, ...[...situation.entries.values()].map((entry) => entry.batch)) + 1
      await this.#backup(plans)
      return await this.#run(plans, { lock, direction: "up", batch, entries: situation.entries, onProgress })
    })
  }

  async down({ count, onProgress }: DownOptions = {}): Promise<readonly string[]> {
    return await this.#locked(async (lock) => {
      const { files, entries } = await this.#situation()
      const applied = [...entries.values()].reverse()
      const batch = Math.max(0, ...applied.map((entry) => entry.batch))
      const chosen = count === undefined ? applied.filter((entry) => entry.batch === batch) : applied.slice(0, count)
      const chosenFiles = chosen.map(({ name }) => {
        const file = files.find((one) => one.name === name)
        if (file === undefined)
          throw new OrmMigrationChanged(`${name} was applied, and its file is gone: it cannot be undone.`)
        return file
      })
      refuseChanged({ files, entries })
      const begun = chosen.find(({ state }) => state === "running")
      if (begun !== undefined)
        throw new OrmMigrationFailed(
          `${begun.name} was cut off while it was applied. Finish that first, with: ashlar migrate up`,
        )
      const plans = await this.#plans(chosenFiles, "down")
      await this.#backup(plans)
      return await this.#run(plans, { lock, direction: "down", batch, entries, onProgress })
    })
  }

  async fresh({ onProgress }: Pick<UpOptions, "onProgress"> = {}): Promise<readonly string[]> {
    const plans = await this.#plans(this.#files(), "up")
    await this.#locked(async () => {
      await dropEverything(this.#db)
    })
    return await this.#locked(async (lock) => {
      return await this.#run(plans, { lock, direction: "up", batch: 1, entries: new Map(), onProgress })
    })
  }

  async plan({
    to,
    allowOutOfOrder = false,
  }: Pick<UpOptions, "to" | "allowOutOfOrder"> = {}): Promise<readonly PlannedMigration[]> {
    const pending = pendingFiles(await this.#situation(), { to, allowOutOfOrder })
    return await dryRun(this.#db, await this.#plans(pending, "up"))
  }

  async #plans(files: readonly MigrationFile[], direction: "up" | "down"): Promise<readonly MigrationPlan[]> {
    const plans: MigrationPlan[] = []
    for (const file of files) {
      const plan = await readPlan(file, direction, this.#flavour)
      if (plan === undefined) throw new OrmMigrationIrreversible(`${file.name} has no way back: it says no \`down\`.`)
      plans.push(plan)
    }
    return plans
  }

  async #run(
    plans: readonly MigrationPlan[],
    options: {
      readonly lock: MigrationLock
      readonly direction: "up" | "down"
      readonly batch: number
      readonly entries: ReadonlyMap<string, JournalEntry>
      readonly onProgress: UpOptions["onProgress"]
    },
  ): Promise<readonly string[]> {
    const { lock, direction, batch, entries, onProgress } = options
    for (const plan of plans) {
      const { name } = plan.file
      const steps = plan.steps.length
      onProgress?.({ migration: name, step: 0, steps })
      const onStep = (step: number) => onProgress?.({ migration: name, step, steps })
      await runPlan(plan, { db: this.#db, lock, direction, batch, entry: entries.get(name), onStep })
    }
    return plans.map(({ file }) => file.name)
  }

  async #locked<T>(work: (lock: MigrationLock) => Promise<T>): Promise<T> {
    await createOwnTables(this.#db, this.#flavour)
    const lock = await MigrationLock.take(this.#db, this.#options.lockWaitMs ?? 60_000)
    try {
      return await work(lock)
    } finally {
      // What cannot be given back ends by itself, and must not hide why.
      await lock.release().catch(() => undefined)
    }
  }

  /** A copy of a file of SQLite's before a table in it is made anew. The last copy stays until the next is whole. */
  async #backup(plans: readonly MigrationPlan[]): Promise<void> {
    const { scheme, name } = this.#db.url
    if (scheme !== "sqlite" || name === ":memory:" || this.#options.backup === false) return
    const isNeeded = plans.some(({ steps }) => steps.some((step) => step.kind === "change" && mayDropRows(step.change)))
    if (!isNeeded) return
    const target = `${name}.before-migration`
    await rm(`${target}.new`, { force: true })
    await this.#db.sql`pragma wal_checkpoint(truncate)`.run()
    await this.#db.sql`${statement(`vacuum into ${textSql(`${target}.new`, "sqlite")}`)}`.run()
    await rename(`${target}.new`, target)
  }

  async close(): Promise<void> {
    if (this.#options.isOwn) await this.#db.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function stateOf(file: MigrationFile | undefined, entry: JournalEntry | undefined): MigrationStatus["state"] {
  if (entry === undefined) return "pending"
  if (file === undefined) return "missing"
  if (isChanged(file, entry.checksum)) return "changed"
  return entry.state === "applied" ? "applied" : "interrupted"
}

function refuseChanged({ files, entries }: Situation): void {
  const wrong = [...entries.values()].flatMap((entry) => {
    const file = files.find(({ name }) => name === entry.name)
    if (file === undefined) return `${entry.name} (its file is gone)`
    return isChanged(file, entry.checksum) ? `${entry.name} (its file has changed)` : []
  })
  if (wrong.length > 0)
    throw new OrmMigrationChanged(
      `What was applied is not what is here: ${wrong.join(", ")}. Restore it, and write a new migration for what is to change.`,
      { details: { migrations: wrong } },
    )
}

function pendingFiles(
  situation: Situation,
  { to, allowOutOfOrder }: { readonly to: string | undefined; readonly allowOutOfOrder: boolean },
): readonly MigrationFile[] {
  refuseChanged(situation)
  const { files, entries } = situation
  const reverting = [...entries.values()].find(({ state }) => state === "reverting")
  if (reverting !== undefined)
    throw new OrmMigrationFailed(
      `${reverting.name} was being undone when it was cut off. Finish that first, with: ashlar migrate down`,
    )
  const pending = files.filter(({ name }) => entries.get(name)?.state !== "applied")
  const last = [...entries.values()].filter(({ state }) => state === "applied").at(-1)?.name
  const late = pending.filter(({ name }) => last !== undefined && name < last && !entries.has(name))
  if (late.length > 0 && !allowOutOfOrder)
    throw new OrmMigrationGap(
      `${late.map(({ name }) => name).join(", ")}: not applied, and older than ${last}, which is. Rename to a later time, or allow it out of order.`,
      { details: { migrations: late.map(({ name }) => name) } },
    )
  if (to === undefined) return pending
  if (!files.some(({ name }) => name === to)) throw new OrmMigrationGap(`There is no migration ${to} to go to.`)
  return pending.filter(({ name }) => name <= to)
}

function refuseLoss(plans: readonly MigrationPlan[], planned: readonly PlannedMigration[]): void {
  const losses = planned
    .filter((_, at) => !plans[at]!.isAgreed)
    .flatMap(({ name, losses }) => losses.map((loss) => `${name}: ${loss}`))
  if (losses.length > 0)
    throw new OrmMigrationDestructive(
      `This would be gone for good: ${losses.join("; ")}. Allow it with --allow-destructive, or \`destructive: true\` in the file.`,
      { details: { losses } },
    )
}
