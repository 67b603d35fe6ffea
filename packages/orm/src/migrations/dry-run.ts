import type { Queryable } from "../database.ts"
import type { Step } from "../schema/builder/schema-builder.ts"
import { applyChange } from "../schema/changes/apply-change.ts"
import { changeSql, fitChange } from "../schema/changes/change-sql.ts"
import { lossOf } from "../schema/changes/loss.ts"
import type { DatabaseDescription } from "../schema/description.ts"
import { introspect } from "../schema/introspect.ts"
import type { MigrationPlan } from "./migration-file.ts"

/** What a migration would do. */
export interface PlannedMigration {
  readonly name: string
  /** SQL, one statement each; what is no SQL is a comment. */
  readonly statements: readonly string[]
  /** What it takes away for good. */
  readonly losses: readonly string[]
  /** SQLite: tables are made anew, with foreign keys off and the rows counted. */
  readonly rebuilds: boolean
}

/** The SQL of plans, worked out on a description of the database: nothing is run. */
export async function dryRun(db: Queryable, plans: readonly MigrationPlan[]): Promise<readonly PlannedMigration[]> {
  let state = await introspect(db)
  return plans.map(({ file, steps }) => {
    const statements: string[] = []
    const losses: string[] = []
    let rebuilds = false
    for (const step of steps) {
      const loss = step.kind === "change" ? lossOf(step.change, state) : undefined
      if (loss !== undefined) losses.push(loss)
      const next = sqlOf(step, state)
      statements.push(...next.statements)
      rebuilds ||= next.rebuilds
      state = next.state
    }
    return { name: file.name, statements, losses, rebuilds }
  })
}

function sqlOf(
  step: Step,
  state: DatabaseDescription,
): { statements: readonly string[]; rebuilds: boolean; state: DatabaseDescription } {
  if (step.kind === "data")
    return { statements: [`-- code: ${step.label.replace(/\s+/g, " ")}`], rebuilds: false, state }
  if (step.kind === "sql") {
    const { text, values } = step.statement.compile(state.flavour === "mariadb" ? "mysql" : state.flavour)
    const bound = values.length === 0 ? [] : [`-- with ${values.length} bound values`]
    return { statements: [...bound, text], rebuilds: false, state }
  }
  try {
    const { statements, dropsRows = false } = changeSql(step.change, state)
    const rebuilds = state.flavour === "sqlite" && dropsRows && step.change.kind === "alterTable"
    return { statements, rebuilds, state: applyChange(state, fitChange(step.change, state)) }
  } catch (error) {
    // SQL before it may have made what this changes: only the database knows.
    const reason = error instanceof Error ? error.message : String(error)
    return { statements: [`-- worked out when it is run: ${reason}`], rebuilds: false, state }
  }
}
