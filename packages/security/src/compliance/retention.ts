import { type Clock, systemClock } from "@ashlar/core"
import { type Database, type ModelStatics, sql, tableOf } from "@ashlar/orm"
import type { Audit } from "../audit/audit.ts"
import { ComplianceInvalid } from "../errors.ts"

/** How long rows of a table are kept. */
export interface RetentionRule {
  readonly model: ModelStatics
  /** The property that says since when: a `timestamp()`. */
  readonly since: string
  /** 1 to 36,500. */
  readonly days: number
}

export interface RetentionOptions {
  readonly rules: readonly RetentionRule[]
  /** Told of each table with rows that went, in the same database. */
  readonly audit?: Audit
  /** Rows of one transaction: 1 to 10,000. Default: 500. */
  readonly batchRows?: number
  readonly clock?: Clock
}

export interface RetentionReport {
  readonly tables: readonly { readonly table: string; readonly deleted: number; readonly before: string }[]
}

const DAY_MS = 86_400_000

/**
 * A job that deletes what is older than it may be, batch by batch: for a schedule, a queue or a command. Running it again, or at two places
 * at once, does no harm.
 *
 * @throws {SECURITY_COMPLIANCE_INVALID}
 * @example
 * const purge = createRetention(database, { rules: [{ model: Visit, since: "createdAt", days: 90 }], audit })
 * await purge()
 */
export function createRetention(database: Database, options: RetentionOptions): () => Promise<RetentionReport> {
  const { rules, audit, batchRows = 500, clock = systemClock } = options
  if (!Number.isInteger(batchRows) || batchRows < 1 || batchRows > 10_000)
    throw new ComplianceInvalid(`Expected batchRows to be an integer from 1 to 10,000, got ${batchRows}.`)
  const known = rules.map(checkRule)
  return async () => {
    const tables: RetentionReport["tables"][number][] = []
    for (const { table, since, key, days } of known) {
      const before = new Date(clock.now() - days * DAY_MS)
      const condition = sql`${sql.id(since.name)} < ${since.cast[database.dialect].write(before)}`
      let deleted = 0
      for (;;) {
        const { changes } = await database.transaction(async (tx) => {
          const rows = await tx.sql<{
            id: unknown
          }>`select ${sql.id(key.name)} as id from ${sql.id(table.name)} where ${condition} limit ${batchRows}`.all()
          if (rows.length === 0) return { changes: 0 }
          const done =
            await tx.sql`delete from ${sql.id(table.name)} where ${sql.id(key.name)} in ${sql.list(rows.map(({ id }) => id))} and ${condition}`.run()
          const details = { deleted: done.changes, before: before.toISOString() }
          const actor = { type: "system", id: "retention" }
          if (done.changes > 0)
            await audit
              ?.in(tx)
              .append({ action: "retention.deleted", actor, target: { type: "table", id: table.name }, details })
          return done
        })
        deleted += changes
        if (changes === 0) break
      }
      tables.push({ table: table.name, deleted, before: before.toISOString() })
    }
    return { tables }
  }
}

function checkRule({ model, since, days }: RetentionRule) {
  const table = tableOf(model)
  const column = table.columns.get(since)
  const [key, ...more] = table.primaryKey
  if (column?.definition.kind !== "timestamp")
    throw new ComplianceInvalid(`Expected ${table.name}.${since} to be a timestamp.`)
  if (key === undefined || more.length > 0)
    throw new ComplianceInvalid(`Expected the table ${table.name} to have a key of one column.`)
  if (!Number.isInteger(days) || days < 1 || days > 36_500)
    throw new ComplianceInvalid(`Expected days of ${table.name} to be an integer from 1 to 36,500, got ${days}.`)
  return { table, since: column, key, days }
}
