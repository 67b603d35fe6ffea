import { tableName } from "./names.ts"

/** One line of `EXPLAIN QUERY PLAN`. */
export interface PlanRow {
  readonly detail: string
}

/** What the planner will do for a statement on a collection. */
export interface Plan {
  readonly lines: readonly string[]
  /** The names of what is used: indexes, and tables of members. */
  readonly uses: readonly string[]
  /** True when rows of the collection are read one after the other without a bound. */
  readonly scans: boolean
  /** How many bounds of an index the search for rows has. */
  readonly bounds: number
  /** True when rows are collected and sorted before the first is answered. */
  readonly sorts: boolean
}

export function explainSql(sql: string): string {
  return `EXPLAIN QUERY PLAN ${sql}`
}

/** Reads a plan. SQLite gives it as text for people; the forms read here are held by tests. */
export function readPlan(collection: string, rows: readonly PlanRow[]): Plan {
  const table = tableName(collection)
  const lines = rows.map(({ detail }) => detail)
  const uses: string[] = []
  for (const line of lines) {
    const named =
      / USING (?:COVERING )?INDEX (.+?)(?: \(|$)/.exec(line)?.[1] ?? /^SEARCH (.+?) USING PRIMARY KEY/.exec(line)?.[1]
    if (named !== undefined && !uses.includes(named)) uses.push(named)
  }
  const searched = lines.find((line) => line.startsWith(`SEARCH ${table} `))
  return {
    lines,
    uses,
    scans: lines.some((line) => line === `SCAN ${table}` || line.startsWith(`SCAN ${table} `)),
    bounds: searched ? [...(/\((.*)\)$/.exec(searched)?.[1] ?? "").matchAll(/[=<>]\?/g)].length : 0,
    sorts: lines.some((line) => line.startsWith("USE TEMP B-TREE")),
  }
}
