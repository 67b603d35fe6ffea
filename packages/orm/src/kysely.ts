import {
  type CompiledQuery,
  type DatabaseConnection,
  DummyDriver,
  type Dialect as KyselyDialect,
  type Driver as KyselyDriver,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely"
import type { Dialect } from "./driver.ts"
import { OrmTransactionMisused } from "./errors.ts"
import type { Session } from "./session.ts"
import { checkValues } from "./values.ts"

const parts = {
  sqlite: { Adapter: SqliteAdapter, Introspector: SqliteIntrospector, Compiler: SqliteQueryCompiler },
  postgres: { Adapter: PostgresAdapter, Introspector: PostgresIntrospector, Compiler: PostgresQueryCompiler },
  mysql: { Adapter: MysqlAdapter, Introspector: MysqlIntrospector, Compiler: MysqlQueryCompiler },
} as const satisfies Record<Dialect, unknown>

/** Kysely over our connections: what it runs is in the transaction of the code that runs it. */
export function kyselyDialect(session: Session): KyselyDialect {
  const { Adapter, Introspector, Compiler } = parts[session.dialect]
  return {
    createAdapter: () => new Adapter(),
    createDriver: () => new SessionDriver(session),
    createIntrospector: (kysely) => new Introspector(kysely),
    createQueryCompiler: () => new Compiler(),
  }
}

/** Kysely that compiles for a dialect, and has no connection. */
export function compilerOf(dialect: Dialect): KyselyDialect {
  const { Adapter, Introspector, Compiler } = parts[dialect]
  return {
    createAdapter: () => new Adapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (kysely) => new Introspector(kysely),
    createQueryCompiler: () => new Compiler(),
  }
}

class SessionDriver implements KyselyDriver {
  readonly #connection: DatabaseConnection

  constructor(session: Session) {
    this.#connection = new SessionConnection(session)
  }

  async init(): Promise<void> {}

  /** No connection is taken here: the session finds one for each statement. */
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }

  async beginTransaction(): Promise<void> {
    throw new OrmTransactionMisused("Write db.transaction(async (tx) => …): Kysely's queries within take part in it.")
  }

  async commitTransaction(): Promise<void> {}
  async rollbackTransaction(): Promise<void> {}
  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    throw new OrmTransactionMisused("Write db.close(): the connections are not Kysely's.")
  }
}

class SessionConnection implements DatabaseConnection {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const values = checkValues(parameters, this.#session.dialect)
    const { rows, changes, insertId } = await this.#session.execute({ text: sql, values })
    return {
      rows: rows as R[],
      numAffectedRows: BigInt(changes),
      ...(insertId === undefined ? {} : { insertId: BigInt(insertId) }),
    }
  }

  async *streamQuery<R>({ sql, parameters }: CompiledQuery, chunkSize: number): AsyncGenerator<QueryResult<R>> {
    const values = checkValues(parameters, this.#session.dialect)
    for await (const rows of this.#session.stream({ text: sql, values }, chunkSize)) yield { rows: rows as R[] }
  }
}
