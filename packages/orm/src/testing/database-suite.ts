import assert from "node:assert/strict"
import { type Database, openDatabase, sql } from "../index.ts"
import { withOptions } from "./database-servers.ts"
import { explainCases } from "./explain-cases.ts"
import { faultCases } from "./fault-cases.ts"
import { manyRowsCases } from "./many-rows-cases.ts"
import { modelCases } from "./model-cases.ts"
import { modelKyselyCases } from "./model-kysely-cases.ts"
import { modelQueryCases } from "./model-query-cases.ts"
import { operatorCases } from "./operator-cases.ts"
import { postgresCases } from "./postgres-cases.ts"
import { queryCases } from "./query-cases.ts"
import { randomQueryCases } from "./random-query-cases.ts"
import { relationAttackCases } from "./relation-attack-cases.ts"
import { relationCases } from "./relation-cases.ts"
import { relationRuleCases } from "./relation-rule-cases.ts"
import { relationWriteCases } from "./relation-write-cases.ts"
import { rowCases } from "./row-cases.ts"
import { transactionCases } from "./transaction-cases.ts"

/** A database that a case may do as it likes with. */
export interface Stage {
  readonly db: Database
  /** The URL of the same database, for cases that need a pool with other options: `?max=1`. */
  readonly url: string
  /** A table of this case's own: `id` integer primary key, `name` text unique, `n` integer. */
  readonly table: string
  /** Another pool on the same database; closed after the case. */
  readonly openWith: (options: string) => Promise<Database>
}

export interface DatabaseCase {
  readonly name: string
  /** The databases it is for; all if it does not say. */
  readonly only?: readonly Database["dialect"][]
  readonly run: (stage: Stage) => Promise<void>
}

/** What the suite needs of a test runner: Bun's and Node's have it alike. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown
  readonly test: (name: string, body: () => Promise<void>) => unknown
}

const cases: readonly DatabaseCase[] = [
  ...queryCases,
  ...transactionCases,
  ...faultCases,
  ...postgresCases,
  ...explainCases,
  ...modelCases,
  ...modelQueryCases,
  ...modelKyselyCases,
  ...operatorCases,
  ...randomQueryCases,
  ...manyRowsCases,
  ...rowCases,
  ...relationAttackCases,
  ...relationCases,
  ...relationRuleCases,
  ...relationWriteCases,
]

/**
 * The suite that every database passes, on every runtime.
 *
 * @param url Of an empty database that is the suite's alone.
 * @example describeDatabase("PostgreSQL", "postgres://postgres@127.0.0.1/suite", { describe, test })
 */
export function describeDatabase(name: string, url: string, { describe, test }: TestRunner): void {
  const dialect = url.startsWith("sqlite:") ? "sqlite" : url.startsWith("postgres") ? "postgres" : "mysql"
  const fitting = cases.filter(({ only }) => only === undefined || only.includes(dialect))
  assert.ok(fitting.length > 0)
  describe(name, () => {
    for (const one of fitting) test(one.name, () => runOn(one, url))
  })
}

let tables = 0

async function runOn({ run }: DatabaseCase, url: string): Promise<void> {
  const db = await openDatabase(url)
  const others: Database[] = []
  const table = `t${++tables}`
  const openWith = async (options: string) => {
    const other = await openDatabase(withOptions(url, options))
    others.push(other)
    return other
  }
  try {
    const text = db.sql`create table ${sql.id(table)} (id integer primary key, name varchar(200) unique, n integer not null)`
    await text.run()
    await run({ db, url, table, openWith })
  } finally {
    await Promise.all([db, ...others].map((one) => one.close()))
  }
}
