import { createHash } from "node:crypto"
import type { Database, Queryable } from "../database.ts"
import { OrmMigrationFailed, OrmSchemaUnsafe } from "../errors.ts"
import type { Step } from "../schema/builder/schema-builder.ts"
import { mayDropRows } from "../schema/changes/change.ts"
import { changeSql } from "../schema/changes/change-sql.ts"
import { introspect } from "../schema/introspect.ts"
import { countBrokenKeys, runChange } from "../schema/run-change.ts"
import { runText, statement } from "../schema/sql-text.ts"
import type { Sql } from "../sql.ts"
import { beginEntry, dropEntry, type JournalEntry, markEntry, withoutOwnTables } from "./journal.ts"
import type { MigrationPlan } from "./migration-file.ts"
import type { MigrationLock } from "./migration-lock.ts"

/** Longer than any migration: what stops it is the person who started it. */
const TIMEOUT_MS = 86_400_000

export interface RunOptions {
  readonly db: Database
  readonly lock: MigrationLock
  readonly direction: "up" | "down"
  readonly batch: number
  /** What the journal has of it already: of one that a crash cut off, or of one that is to be undone. */
  readonly entry: JournalEntry | undefined
  readonly onStep: (done: number) => void
}

/**
 * Does all steps of one migration, and writes it down. Where the database can undo a change of its schema, all of it is one
 * transaction with its entry. MySQL cannot, and PostgreSQL not with all: there each statement is written down before and after,
 * so that the next run goes on where this one was cut off.
 *
 * @throws {ORM_MIGRATION_FAILED} saying which step. {ORM_MIGRATION_LOCKED}
 */
export async function runPlan(plan: MigrationPlan, options: RunOptions): Promise<void> {
  const { db, entry, direction } = options
  const wasCutOff = entry !== undefined && entry.state !== "applied"
  const isStepwise = db.dialect === "mysql" || wasCutOff || (await needsSteps(plan, db))
  const startedMs = performance.now()
  if (isStepwise) await options.lock.keep(() => new StepwiseRun(plan, options).run())
  else await runAtOnce(plan, options)
  const durationMs = Math.round(performance.now() - startedMs)
  if (direction === "up") await markEntry(db, plan.file.name, { durationMs })
}

async function needsSteps({ steps }: MigrationPlan, db: Queryable): Promise<boolean> {
  if (db.dialect !== "postgres") return false
  return steps.some((step) => {
    if (step.kind === "sql") return isOutside(textOf(step.statement, db))
    if (step.kind !== "change") return false
    const { change } = step
    if (change.kind === "addEnumValue") return true
    return change.kind === "alterTable" && change.operations.some((one) => "concurrently" in one && one.concurrently)
  })
}

/** @see https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY */
function isOutside(text: string): boolean {
  return /^\s*(?:(?:create|drop|re)\s*(?:unique\s+)?index\s+concurrently|alter\s+type\s[\s\S]*\sadd\s+value|vacuum|(?:create|drop)\s+database)\b/i.test(
    text,
  )
}

function textOf(sql: Sql, db: Queryable): string {
  return sql.compile(db.dialect).text
}

async function runAtOnce(plan: MigrationPlan, { db, lock, direction, batch, onStep }: RunOptions): Promise<void> {
  const { steps, file } = plan
  const mayDrop = db.dialect === "sqlite" && steps.some((step) => step.kind === "change" && mayDropRows(step.change))
  const work = async (tx: Queryable) => {
    await lock.renew(tx)
    const broken = mayDrop ? await countBrokenKeys(tx) : 0
    if (direction === "up") await beginEntry(tx, { ...file, batch, state: "applied" })
    else await dropEntry(tx, file.name)
    for (const [at, step] of steps.entries()) {
      try {
        await runStep(tx, step)
      } catch (cause) {
        throw failure(plan, at, "nothing of it is there", cause)
      }
      onStep(at + 1)
    }
    if (mayDrop && (await countBrokenKeys(tx)) > broken)
      throw new OrmSchemaUnsafe(`${file.name}: rows would belong to others that are not there. Nothing of it is there.`)
    // Held on for what comes between this commit and the next migration.
    await lock.renew(tx)
  }
  await db.transaction(work, { timeoutMs: TIMEOUT_MS, retries: 0, ...(mayDrop ? { foreignKeys: "unchecked" } : {}) })
}

async function runStep(db: Queryable, step: Step): Promise<void> {
  if (step.kind === "change") await runChange(db, step.change)
  else if (step.kind === "sql") await db.sql`${step.statement}`.run()
  else await step.work(db)
}

function failure({ file, steps }: MigrationPlan, at: number, state: string, cause: unknown): Error {
  const step = steps[at]
  const { details } = cause as { details?: Record<string, unknown> }
  return new OrmMigrationFailed(
    `${file.name}: step ${at + 1} of ${steps.length} (${step === undefined ? "?" : describeStep(step)}) failed: ${reason(cause)} ${state.charAt(0).toUpperCase()}${state.slice(1)}.`,
    { cause, details: { migration: file.name, step: at + 1, ...details } },
  )
}

/** The database's own words help whoever writes migrations; they reach no caller of an app. */
function reason(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string } }
  return [message, cause?.message === undefined ? undefined : `(${cause.message}).`].filter(Boolean).join(" ")
}

export function describeStep(step: Step): string {
  if (step.kind === "data") return `data: ${step.label}`
  if (step.kind === "sql") return "SQL"
  const { change } = step
  switch (change.kind) {
    case "createTable":
      return `create table ${change.table.name}`
    case "alterTable":
      return `alter table ${change.table}`
    case "renameTable":
      return `rename table ${change.from}`
    case "createEnum":
      return `create type ${change.enumeration.name}`
    default:
      return `${change.kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)} ${change.name}`
  }
}

/** One statement at a time, each written down. */
class StepwiseRun {
  readonly #plan: MigrationPlan
  readonly #options: RunOptions

  constructor(plan: MigrationPlan, options: RunOptions) {
    this.#plan = plan
    this.#options = options
  }

  async run(): Promise<void> {
    const { db, direction, entry, batch, onStep } = this.#options
    const { file, steps } = this.#plan
    const state = direction === "up" ? "running" : "reverting"
    const isAnew = entry === undefined || entry.state === "applied"
    if (entry === undefined) await beginEntry(db, { ...file, batch, state })
    else if (isAnew) await markEntry(db, file.name, { state, step: 0, position: 0, statements: undefined })
    const first = isAnew ? 0 : entry.step
    for (let at = first; at < steps.length; at++) {
      try {
        await this.#step(steps[at]!, at, isAnew || at > first ? undefined : entry)
      } catch (cause) {
        const before = at === 0 ? "nothing" : at === 1 ? "step 1" : `steps 1 to ${at}`
        throw failure(
          this.#plan,
          at,
          `${before} of it ${at > 1 ? "are" : "is"} there, and the next run goes on from here`,
          cause,
        )
      }
      onStep(at + 1)
    }
    if (direction === "up")
      await markEntry(db, file.name, { state: "applied", statements: undefined, fingerprint: undefined })
    else await dropEntry(db, file.name)
  }

  async #step(step: Step, at: number, cutOff: JournalEntry | undefined): Promise<void> {
    const { db, lock } = this.#options
    await lock.renew()
    if (cutOff?.statements !== undefined)
      return await this.#statements(JSON.parse(cutOff.statements) as string[], at, cutOff)
    if (step.kind === "data" || (step.kind === "sql" && !isDefinition(textOf(step.statement, db))))
      return await this.#together(step, at)
    if (step.kind === "sql") return await this.#statements([textOf(step.statement, db)], at, undefined)
    const { statements } = changeSql(step.change, await introspect(db))
    await this.#statements(statements, at, undefined)
  }

  /** Rows and the note of it in one transaction, which MySQL can do. */
  async #together(step: Step, at: number): Promise<void> {
    const { db } = this.#options
    const work = async (tx: Queryable) => {
      await runStep(tx, step)
      await markEntry(tx, this.#plan.file.name, { step: at + 1 })
    }
    await db.transaction(work, { timeoutMs: TIMEOUT_MS })
  }

  /**
   * Statements that commit by themselves. What the schema was before each is written down: after a crash it tells whether that
   * statement was done.
   */
  async #statements(statements: readonly string[], at: number, cutOff: JournalEntry | undefined): Promise<void> {
    const { db, lock } = this.#options
    const { name } = this.#plan.file
    let position = cutOff?.position ?? 0
    let before = await fingerprint(db)
    if (cutOff?.fingerprint !== undefined && cutOff.fingerprint !== before) position++
    for (; position < statements.length; position++) {
      await lock.renew()
      await markEntry(db, name, { step: at, position, statements: JSON.stringify(statements), fingerprint: before })
      try {
        await this.#define(statements[position]!)
      } catch (error) {
        // The server may have gone on with what a crashed process had asked it for.
        if (cutOff === undefined || (await fingerprint(db)) === before) throw error
      }
      before = await fingerprint(db)
    }
    await markEntry(db, name, { step: at + 1, position: 0, statements: undefined, fingerprint: undefined })
  }

  async #define(text: string): Promise<void> {
    const { db } = this.#options
    const index = /^create (?:unique )?index concurrently ("(?:[^"]|"")+"|\S+)/i.exec(text)?.[1]
    // One that was cut off is there, and of no use.
    if (index !== undefined && db.dialect === "postgres") await dropInvalid(db, index)
    await runText(db, text)
  }
}

async function dropInvalid(db: Queryable, index: string): Promise<void> {
  const row = await db.sql<{ broken: number }>`select count(*)::int as broken from pg_index
    where indexrelid = to_regclass(${index}) and not indisvalid`.first()
  if (row?.broken) await db.sql`${statement(`drop index concurrently if exists ${index}`)}`.run()
}

/** What MySQL commits by itself. @see https://mariadb.com/kb/en/sql-statements-that-cause-an-implicit-commit/ */
function isDefinition(text: string): boolean {
  const start = text.replace(/^(?:\s|--[^\n]*\n|#[^\n]*\n|\/\*[\s\S]*?\*\/)*/, "")
  return !/^(?:insert|update|delete|replace|with|select|values|set|do|call)\b/i.test(start)
}

async function fingerprint(db: Queryable): Promise<string> {
  const description = withoutOwnTables(await introspect(db))
  return createHash("sha256").update(JSON.stringify(description)).digest("hex")
}
