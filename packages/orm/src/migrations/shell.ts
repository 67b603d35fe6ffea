import type { Database } from "../database.ts"
import type { Row } from "../driver.ts"
import { OrmReadOnly } from "../errors.ts"
import { openDatabase } from "../open-database.ts"
import { createTableSql } from "../schema/changes/table-sql.ts"
import { flavourOf, introspect } from "../schema/introspect.ts"
import { statement } from "../schema/sql-text.ts"
import { onlyReads } from "../statement-kind.ts"
import { splitStatements } from "./sql-file.ts"

/** What one statement gave, as text for a person. */
export interface ShellAnswer {
  readonly columns: readonly string[]
  /** null where the value is NULL. */
  readonly rows: readonly (readonly (string | null)[])[]
  /** There were more than are shown. */
  readonly isCut: boolean
  readonly changes: number
  readonly durationMs: number
}

const MAX_ROWS = 1_000
const MAX_CELL = 2_000
const READS = /^\s*(?:select|values|with|table|explain|show|describe|desc|pragma)\b/i

/**
 * A database for a person at a terminal, one statement at a time on one connection. It only reads unless it is opened to write, which
 * keeps from mistakes: it is no wall against somebody who wants to write.
 */
export class Shell {
  readonly #db: Database
  readonly #mayWrite: boolean

  private constructor(db: Database, mayWrite: boolean) {
    this.#db = db
    this.#mayWrite = mayWrite
  }

  static async open(url: string, mayWrite: boolean): Promise<Shell> {
    const options = [...(url.startsWith("sqlite:") ? [] : ["max=1"]), ...(mayWrite ? [] : ["readOnly=true"])].join("&")
    const isMemory = url.startsWith("sqlite::memory:")
    const full = options === "" || isMemory ? url : `${url}${url.includes("?") ? "&" : "?"}${options}`
    return new Shell(await openDatabase(full), mayWrite)
  }

  /** Runs all statements of a text, or a word such as `.tables`. @throws {ORM_READ_ONLY} and what queries throw. */
  async run(text: string): Promise<readonly ShellAnswer[]> {
    const word = /^\s*\.(\w+)\s*(\S*)\s*$/.exec(text)
    if (word !== null) return [await this.#word(word[1]!, word[2]!)]
    const answers: ShellAnswer[] = []
    for (const one of splitStatements(text, await flavourOf(this.#db))) answers.push(await this.#statement(one))
    return answers
  }

  async #statement(text: string): Promise<ShellAnswer> {
    if (
      !this.#mayWrite &&
      (!READS.test(text) ||
        /\binto\s+(?:out|dump)file\b/i.test(text) ||
        /^\s*pragma[^;]*[=(]\s*(?:on|off|\d)/i.test(text))
    )
      throw new OrmReadOnly("This shell only reads. Start it with --write for a statement that writes.")
    const startedMs = performance.now()
    const { rows, isCut, changes } = await this.#rows(text)
    const columns = [...new Set(rows.slice(0, 1).flatMap((row) => Object.keys(row)))]
    return {
      columns,
      rows: rows.map((row) => columns.map((column) => cellText(row[column]))),
      isCut,
      changes,
      durationMs: Math.round((performance.now() - startedMs) * 10) / 10,
    }
  }

  async #rows(text: string): Promise<{ rows: readonly Row[]; isCut: boolean; changes: number }> {
    const query = this.#db.sql`${statement(text)}`
    if (!READS.test(text) && !/\breturning\b/i.test(text))
      return { rows: [], isCut: false, changes: (await query.run()).changes }
    if (!onlyReads(text)) {
      const all = await query.all()
      return { rows: all.slice(0, MAX_ROWS), isCut: all.length > MAX_ROWS, changes: 0 }
    }
    const rows: Row[] = []
    for await (const row of this.#db.stream(query, { chunkRows: 200 })) {
      if (rows.length === MAX_ROWS) return { rows, isCut: true, changes: 0 }
      rows.push(row)
    }
    return { rows, isCut: false, changes: 0 }
  }

  async #word(word: string, name: string): Promise<ShellAnswer> {
    const { tables, opaque, flavour } = await introspect(this.#db)
    const answer = (columns: readonly string[], rows: readonly string[][]): ShellAnswer => ({
      columns,
      rows,
      isCut: false,
      changes: 0,
      durationMs: 0,
    })
    if (word === "tables")
      return answer(
        ["name", "kind"],
        [
          ...tables.map((table) => [table.name, "table"]),
          ...opaque.filter(({ kind }) => kind !== "trigger").map((one) => [one.name, one.kind]),
        ],
      )
    if (word === "schema") {
      const chosen = tables.filter((table) => name === "" || table.name.toLowerCase() === name.toLowerCase())
      return answer(
        ["sql"],
        chosen.flatMap((table) => createTableSql(table, flavour).map((sql) => [`${sql};`])),
      )
    }
    return answer(
      ["word", "what"],
      [
        [".tables", "tables and views"],
        [".schema [table]", "SQL that makes a table"],
        [".quit", "the end"],
        ["select 1;", "SQL, over several lines until a semicolon"],
      ],
    )
  }

  async close(): Promise<void> {
    await this.#db.close()
  }
}

function cellText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  const text = plainText(value)
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)}…` : text
}

function plainText(value: unknown): string {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid date" : value.toISOString()
  if (value instanceof Uint8Array) return `x'${Buffer.from(value.subarray(0, MAX_CELL)).toString("hex")}'`
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}
