import { AshlarError } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import { QueryTimeout } from "../../errors.ts"
import type { Collection } from "./catalogue.ts"
import type { Prepared, Read } from "./page.ts"
import { explainSql, type Plan, type PlanRow, readPlan } from "./plan.ts"

export interface ReadBounds {
  readonly timeoutMs: number
  readonly maxRows: number
}

/**
 * A collection this small is read through within some 10 ms, faster than another process answers. The work for one document grows
 * with the length of the SQL.
 */
const smallCollection = { documentBytes: 1024 * 1024, statementLengths: 8_000_000 }
const maxPlans = 500
const maxPlannedLength = 16 * 1024

/**
 * Runs the reads of a file where they belong: what an index bounds, and what is small, on this thread; what may look at many
 * documents in a reader that is killed when it takes too long. The planner's own answer decides.
 */
export class Reader {
  readonly #file: SqliteFile
  readonly #plans: Map<string, Plan> = new Map()

  constructor(file: SqliteFile) {
    this.#file = file
  }

  /**
   * @throws {DOCUMENTS_QUERY_TIMEOUT} after `timeoutMs`.
   */
  async rows<T>(collection: Collection, read: Read, { timeoutMs, maxRows }: ReadBounds): Promise<T[]> {
    if (read.empty) return []
    if (isSmall(collection, read) || (isShort(read) && isBounded(this.plan(collection, read), read))) {
      return this.#file.all<T>(read.sql, read.params)
    }
    try {
      return await this.#file.scan<T>(read.sql, read.params, { timeoutMs, maxRows })
    } catch (error) {
      if (!(error instanceof AshlarError) || error.code !== "SQLITE_SCAN_TIMEOUT") throw error
      throw new QueryTimeout(
        `The query on "${collection.name}" took longer than ${timeoutMs} ms and was stopped. Ask for its plan with explain, and declare an index for it.`,
        { details: { collection: collection.name, timeoutMs }, cause: error },
      )
    }
  }

  /** What the planner does for the statement. Kept until the definition or the statistics of the collection change. */
  plan({ name, version, created }: Collection, { sql, params }: Prepared): Plan {
    const key = `${version} ${created} ${sql}`
    let plan = this.#plans.get(key)
    if (plan === undefined) {
      plan = readPlan(name, this.#file.all<PlanRow>(explainSql(sql), params))
      if (this.#plans.size >= maxPlans) this.#plans.clear()
      if (isShort({ sql })) this.#plans.set(key, plan)
    }
    return plan
  }
}

/** Long statements are many conditions: no index takes them all, and their texts would fill the memory. */
function isShort({ sql }: Pick<Prepared, "sql">): boolean {
  return sql.length <= maxPlannedLength
}

function isSmall({ count, bytes }: Collection, { sql }: Read): boolean {
  return bytes <= smallCollection.documentBytes && count * sql.length <= smallCollection.statementLengths
}

/** True when the rows come in order out of one index that takes every condition: the work is that of the rows answered. */
export function isBounded({ sorts, scans, bounds }: Plan, { indexBounds }: Read): boolean {
  if (sorts || indexBounds === undefined) return false
  return scans ? indexBounds === 0 : bounds >= indexBounds
}
