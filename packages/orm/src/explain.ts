import type { Dialect, Row, Statement } from "./driver.ts"
import { OrmOptionsInvalid } from "./errors.ts"
import type { Session } from "./session.ts"
import { onlyReads } from "./statement-kind.ts"

export interface ExplainOptions {
  /** Runs the query, and tells what really happened. For what only reads, on PostgreSQL and MariaDB. Default: false. */
  readonly analyze?: boolean
}

/** How a database goes about a query, in the same words for all of them. */
export interface QueryPlan {
  readonly dialect: Dialect
  readonly steps: readonly PlanStep[]
  /** Tables that are read from their first row to their last: where an index may be missing. */
  readonly tableScans: readonly string[]
  /** What the database itself said, as text. */
  readonly text: string
}

/**
 * - `table scan`: every row of a table. `index scan`: every entry of an index. `index lookup`: a part of an index, or one row.
 * - `join`, `sort`, `aggregate`, `limit`; `other` for what has no common name.
 */
export type PlanStepKind =
  | "table scan"
  | "index scan"
  | "index lookup"
  | "join"
  | "sort"
  | "aggregate"
  | "limit"
  | "other"

export interface PlanStep {
  readonly kind: PlanStepKind
  /** The database's own name for it. */
  readonly operation: string
  readonly table: string | undefined
  readonly index: string | undefined
  /** Rows that the database expects, each time the step is run; SQLite does not say. */
  readonly expectedRows: number | undefined
  /** Rows that came, and milliseconds that it took with all below it, each time; with `analyze`. */
  readonly rows: number | undefined
  readonly durationMs: number | undefined
  readonly steps: readonly PlanStep[]
}

const PREFIXES: Readonly<Record<Dialect, { readonly plan: string; readonly analyze?: string }>> = {
  sqlite: { plan: "explain query plan" },
  postgres: { plan: "explain (format json)", analyze: "explain (analyze, format json)" },
  mysql: { plan: "explain format=json", analyze: "analyze format=json" },
}

/** @throws {ORM_OPTIONS_INVALID} when `analyze` is asked for and cannot be had, and what queries throw. */
export async function explain(
  session: Session,
  { text, values }: Statement,
  { analyze = false }: ExplainOptions,
): Promise<QueryPlan> {
  const { dialect } = session
  const prefix = PREFIXES[dialect][analyze ? "analyze" : "plan"]
  if (prefix === undefined) throw new OrmOptionsInvalid("SQLite tells no more than the plan: leave analyze out.")
  // It is run, and what it writes stays.
  if (analyze && !onlyReads(text)) throw new OrmOptionsInvalid("Only what begins with select or values is analyzed.")
  const { rows } = await session.execute({ text: `${prefix} ${text}`, values })
  const steps = dialect === "sqlite" ? sqliteSteps(rows) : serverSteps(rows, dialect)
  const said = dialect === "sqlite" ? rows.map(({ detail }) => String(detail)).join("\n") : planText(rows)
  return { dialect, steps, tableScans: [...new Set(steps.flatMap(scansOf))], text: said }
}

function scansOf({ kind, table, steps }: PlanStep): readonly string[] {
  const below = steps.flatMap(scansOf)
  return kind === "table scan" && table !== undefined ? [table, ...below] : below
}

const NOTHING = {
  table: undefined,
  index: undefined,
  expectedRows: undefined,
  rows: undefined,
  durationMs: undefined,
} as const

/** @see https://sqlite.org/eqp.html */
function sqliteSteps(rows: readonly Row[], parent: unknown = 0): readonly PlanStep[] {
  return rows
    .filter((row) => row.parent === parent)
    .map((row) => ({ ...NOTHING, ...sqliteStep(String(row.detail)), steps: sqliteSteps(rows, row.id) }))
}

function sqliteStep(detail: string): Pick<PlanStep, "kind" | "operation" | "table" | "index"> {
  const [, verb, table, index, isKey] =
    /^(SCAN|SEARCH) (\S+)(?: AS \S+)?(?: USING (?:AUTOMATIC )?(?:PARTIAL )?(?:COVERING )?INDEX (\S+))?( USING INTEGER PRIMARY KEY)?/.exec(
      detail,
    ) ?? []
  const place = { operation: detail, table, index: isKey === undefined ? index : "primary key" }
  if (verb === "SEARCH") return { kind: "index lookup", ...place }
  // A scan of what is no table, as `(subquery-1)` or one row without a table, is none.
  const isTable = verb === "SCAN" && table !== "CONSTANT" && table?.startsWith("(") === false
  if (isTable) return { kind: index === undefined ? "table scan" : "index scan", ...place }
  if (detail.startsWith("USE TEMP B-TREE FOR ORDER")) return { kind: "sort", ...place }
  return { kind: detail.startsWith("USE TEMP B-TREE") ? "aggregate" : "other", ...place }
}

function planText(rows: readonly Row[]): string {
  const [said] = Object.values(rows[0] ?? {})
  return typeof said === "string" ? said : JSON.stringify(said, null, 2)
}

function serverSteps(rows: readonly Row[], dialect: "postgres" | "mysql"): readonly PlanStep[] {
  const plan = JSON.parse(planText(rows))
  return dialect === "postgres" ? [postgresStep(plan[0].Plan)] : mysqlSteps(plan)
}

interface PostgresNode {
  readonly "Node Type": string
  readonly "Relation Name"?: string
  readonly "Index Name"?: string
  readonly "Plan Rows"?: number
  readonly "Actual Rows"?: number
  readonly "Actual Total Time"?: number
  readonly Plans?: readonly PostgresNode[]
}

const POSTGRES_KINDS: readonly (readonly [RegExp, PlanStepKind])[] = [
  [/^Seq Scan/, "table scan"],
  [/^(Bitmap )?(Heap|Index).* Scan/, "index lookup"],
  [/Join|Nested Loop/, "join"],
  [/Sort/, "sort"],
  [/Aggregate|Group|Unique|WindowAgg/, "aggregate"],
  [/^Limit/, "limit"],
]

function postgresStep(node: PostgresNode): PlanStep {
  const operation = node["Node Type"]
  return {
    kind: POSTGRES_KINDS.find(([pattern]) => pattern.test(operation))?.[1] ?? "other",
    operation,
    table: node["Relation Name"],
    index: node["Index Name"],
    expectedRows: node["Plan Rows"],
    rows: node["Actual Rows"],
    durationMs: node["Actual Total Time"],
    steps: (node.Plans ?? []).map(postgresStep),
  }
}

/** How a table is reached. @see https://mariadb.com/kb/en/explain/#type-column */
const MYSQL_KINDS: Readonly<Record<string, PlanStepKind>> = { ALL: "table scan", index: "index scan" }
const MYSQL_WRAPPERS: Readonly<Record<string, PlanStepKind>> = {
  filesort: "sort",
  ordering_operation: "sort",
  temporary_table: "aggregate",
  grouping_operation: "aggregate",
}

/** Tables may be anywhere below: under joins, sorts, subqueries, and other names in each version. */
function mysqlSteps(node: unknown): readonly PlanStep[] {
  if (Array.isArray(node)) return node.flatMap(mysqlSteps)
  if (typeof node !== "object" || node === null) return []
  return Object.entries(node).flatMap(([name, value]): readonly PlanStep[] => {
    const below = mysqlSteps(value)
    if (name === "table") return [mysqlTable(value as MysqlTable, below)]
    const kind = MYSQL_WRAPPERS[name]
    return kind === undefined ? below : [{ ...NOTHING, kind, operation: name, steps: below }]
  })
}

interface MysqlTable {
  readonly table_name?: string
  readonly access_type?: string
  readonly key?: string
  readonly rows?: number
  readonly rows_examined_per_scan?: number
  readonly r_rows?: number | null
  readonly r_table_time_ms?: number
}

function mysqlTable(table: MysqlTable, steps: readonly PlanStep[]): PlanStep {
  const { access_type: access = "other" } = table
  return {
    kind: table.table_name === undefined ? "other" : (MYSQL_KINDS[access] ?? "index lookup"),
    operation: access,
    table: table.table_name,
    index: table.key,
    expectedRows: table.rows ?? table.rows_examined_per_scan,
    rows: table.r_rows ?? undefined,
    durationMs: table.r_table_time_ms,
    steps,
  }
}
