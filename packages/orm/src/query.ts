import type { Row } from "./driver.ts"
import type { Session } from "./session.ts"
import { Sql } from "./sql.ts"

/** What a statement wrote. */
export interface WriteResult {
  readonly changes: number
  /** The key of the last inserted row, from SQLite and MySQL; PostgreSQL tells by `returning`. */
  readonly insertId: number | bigint | undefined
}

/**
 * SQL that knows its database. Nothing is run before one of its methods is called, each call runs it once, and it may be part of
 * other SQL.
 */
export class Query<R extends object = Row> extends Sql {
  readonly #session: Session

  /** @internal Made by `db.sql`. */
  constructor(session: Session, strings: TemplateStringsArray, parts: readonly unknown[]) {
    super(strings, parts)
    this.#session = session
  }

  /** All rows, as one array. For results without a bound of their own there is `db.stream`. */
  async all(): Promise<R[]> {
    return (await this.#session.execute(this.compile(this.#session.dialect))).rows as R[]
  }

  /** The first row. The database still makes the others: write a `limit`. */
  async first(): Promise<R | undefined> {
    return (await this.all())[0]
  }

  /** Runs it for what it does. */
  async run(): Promise<WriteResult> {
    const { changes, insertId } = await this.#session.execute(this.compile(this.#session.dialect))
    return { changes, insertId }
  }
}
