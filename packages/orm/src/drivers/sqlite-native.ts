import type { DatabaseSync, StatementSync } from "node:sqlite"
import type { BoundValue, Plan, PlanAnswers, ResultColumn, Row } from "../driver.ts"
import { narrow } from "../values.ts"

/** One prepared statement, the same over both runtimes' modules. */
export interface NativeStatement {
  /** True when it gives rows: a select, or a `returning`. */
  readonly givesRows: boolean
  all(values: readonly BoundValue[]): Row[]
  lists(values: readonly BoundValue[]): unknown[][]
  /** After it was run. */
  columns(): readonly ResultColumn[]
  run(values: readonly BoundValue[]): { changes: number; insertId: number | bigint }
  iterate(values: readonly BoundValue[]): IterableIterator<Row>
  finalize(): void
}

/** A plan's statement: values are bound as they are, and integers read as numbers or bigints as the plan says. */
export interface NativePlan {
  all(values: readonly BoundValue[]): readonly unknown[]
  first(values: readonly BoundValue[]): unknown
  run(values: readonly BoundValue[]): PlanAnswers["run"]
  finalize(): void
}

/** One open file, the same over both runtimes' modules. */
export interface NativeSqlite {
  readonly inTransaction: boolean
  prepare(text: string): NativeStatement
  preparePlan(plan: Plan): NativePlan
  exec(text: string): void
  close(): void
}

/** Opens a file with the SQLite that the runtime brings. */
export async function openNative(path: string, readonly: boolean): Promise<NativeSqlite> {
  return "Bun" in globalThis ? await openOnBun(path, readonly) : await openOnNode(path, readonly)
}

async function openOnBun(path: string, readonly: boolean): Promise<NativeSqlite> {
  const { Database } = await import("bun:sqlite")
  // Without safe integers Bun rounds what is beyond 2^53, in silence.
  const options = readonly ? { readonly: true, safeIntegers: true } : { create: true, safeIntegers: true }
  const database = new Database(path, options)
  return {
    get inTransaction() {
      return database.inTransaction
    },
    exec: (text) => void database.run(text),
    close: () => database.close(true),
    preparePlan({ text, isExact }) {
      const statement = database.prepare<Row, never[]>(text) as BunStatement
      statement.safeIntegers(isExact)
      return {
        all: (values) => statement.all(...(values as never[])),
        // Null where there is none.
        first: (values) =>
          (values.length === 1 ? statement.get(values[0] as never) : statement.get(...(values as never[]))) ??
          undefined,
        run: (values) => {
          const { changes, lastInsertRowid } = statement.run(...(values as never[]))
          return { changes: Number(changes), insertId: lastInsertRowid }
        },
        finalize: () => statement.finalize(),
      }
    },
    prepare(text) {
      const statement = database.prepare<Row, never[]>(text)
      return {
        givesRows: statement.columnNames.length > 0,
        all: (values) => exactRows(statement.all(...(encode(values) as never[]))),
        lists: (values) => statement.values(...(encode(values) as never[])).map(exactList),
        columns: () =>
          statement.columnNames.map((name, at) => ({ name, type: statement.declaredTypes[at] ?? undefined })),
        run: (values) => {
          const { changes, lastInsertRowid } = statement.run(...(encode(values) as never[]))
          return { changes: Number(changes), insertId: narrow(BigInt(lastInsertRowid)) }
        },
        *iterate(values) {
          for (const row of statement.iterate(...(encode(values) as never[]))) yield exactRow(row)
        },
        finalize: () => statement.finalize(),
      }
    },
  }
}

/** What Bun's statements have and its types leave out. */
type BunStatement = import("bun:sqlite").Statement<Row, never[]> & { safeIntegers(on: boolean): void }

function exactly(statement: StatementSync): StatementSync {
  statement.setReadBigInts(true)
  return statement
}

async function openOnNode(path: string, readonly: boolean): Promise<NativeSqlite> {
  let lastWrite: StatementSync | undefined
  const { DatabaseSync: Database } = await import("node:sqlite")
  const database: DatabaseSync = new Database(path, { readOnly: readonly, timeout: 0 })
  return {
    get inTransaction() {
      return database.isTransaction
    },
    exec: (text) => database.exec(text),
    close: () => database.close(),
    preparePlan({ text, isExact }) {
      const statement = database.prepare(text)
      if (isExact) statement.setReadBigInts(true)
      // Half the price of objects.
      statement.setReturnArrays(true)
      return {
        all: (values) => statement.all(...(values as never[])),
        first: (values) => statement.get(...(values as never[])),
        run(values) {
          try {
            const { changes, lastInsertRowid } = statement.run(...(values as never[]))
            return { changes: Number(changes), insertId: lastInsertRowid }
          } catch (error) {
            // The write is done, and a key that was inserted here at some time is larger than a number holds.
            if ((error as { code?: unknown }).code !== "ERR_OUT_OF_RANGE") throw error
            lastWrite ??= exactly(database.prepare("select changes() as changes, last_insert_rowid() as id"))
            const { changes, id } = lastWrite.get() as { changes: bigint; id: bigint }
            return { changes: Number(changes), insertId: id }
          }
        },
        finalize: () => undefined,
      }
    },
    prepare(text) {
      const statement: StatementSync = database.prepare(text)
      statement.setReadBigInts(true)
      return {
        givesRows: statement.columns().length > 0,
        all: (values) => exactRows(statement.all(...encode(values)) as Row[]).map((row) => ({ ...row })),
        lists: (values) => {
          statement.setReturnArrays(true)
          try {
            return (statement.all(...encode(values)) as unknown as unknown[][]).map(exactList)
          } finally {
            statement.setReturnArrays(false)
          }
        },
        columns: () => statement.columns().map(({ name, type }) => ({ name, type: type ?? undefined })),
        run: (values) => {
          const { changes, lastInsertRowid } = statement.run(...encode(values))
          return { changes: Number(changes), insertId: narrow(BigInt(lastInsertRowid)) }
        },
        *iterate(values) {
          for (const row of statement.iterate(...encode(values))) yield { ...exactRow(row as Row) }
        },
        // Node finalizes with the last reference, and at the latest when the file is closed.
        finalize: () => undefined,
      }
    },
  }
}

/**
 * Whole numbers go as integers on both: Node would bind a double, and store "5.0" into a column of text.
 * A Date is text in UTC, which sorts by time.
 */
function encode(values: readonly BoundValue[]): (string | number | bigint | null | Uint8Array)[] {
  return values.map((value) => {
    if (typeof value === "boolean") return value ? 1n : 0n
    if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value
    return value instanceof Date ? value.toISOString() : (value as string | bigint | null | Uint8Array)
  })
}

function exactRows(rows: Row[]): Row[] {
  for (const row of rows) exactRow(row)
  return rows
}

function exactList(list: readonly unknown[]): unknown[] {
  return list.map((value) => (typeof value === "bigint" ? narrow(value) : value))
}

function exactRow(row: Row): Row {
  for (const name in row) {
    const value = row[name]
    if (typeof value === "bigint") row[name] = narrow(value)
  }
  return row
}

/** What this runtime's module gives cheapest. */
export const nativeRowForm: "object" | "list" = "Bun" in globalThis ? "object" : "list"
