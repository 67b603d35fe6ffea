import type { Ambient } from "@ashlar/core"
import {
  type BoundValue,
  BUSY,
  type Connection,
  type Dialect,
  type Engine,
  type ListResult,
  type Plan,
  type PlanAnswers,
  type PlanUse,
  type QueryResult,
  type Row,
  type Statement,
} from "./driver.ts"
import { OrmOptionsInvalid } from "./errors.ts"
import type { ConnectionSource } from "./pool.ts"
import type { Counted, QueryLog } from "./query-event.ts"
import type { Scope } from "./scope.ts"
import { onlyReads, refuseTransactionControl } from "./statement-kind.ts"
import { type TransactionOptions, Transactions } from "./transaction.ts"

const MAX_CHUNK_ROWS = 10_000

/** What a database and each of its transactions run their statements through: on the right connection, in turn, and told of. */
export class Session {
  readonly dialect: Dialect
  readonly rowForm: Engine["rowForm"]
  /** The session of the database itself, whatever transaction this one is of. */
  readonly root: Session
  readonly #engine: Engine
  readonly #ambient: Ambient<Scope | undefined>
  readonly #log: QueryLog
  readonly #scope: Scope | undefined

  constructor(
    engine: Engine,
    ambient: Ambient<Scope | undefined>,
    log: QueryLog,
    within?: { root: Session; scope: Scope },
  ) {
    this.dialect = engine.dialect
    this.rowForm = engine.rowForm
    this.root = within?.root ?? this
    this.#engine = engine
    this.#ambient = ambient
    this.#log = log
    this.#scope = within?.scope
  }

  /** The innermost transaction of the code that asks, if it is this one or within it. */
  get scope(): Scope | undefined {
    const current = this.#ambient.get()
    if (this.#scope === undefined) return current
    return current?.isWithin(this.#scope) ? current : this.#scope
  }

  /** Whether transactions of one are those of the other: both are of one URL. */
  sharesWith(other: Session): boolean {
    return this.#ambient === other.#ambient
  }

  async execute(statement: Statement): Promise<QueryResult> {
    return await this.#execute(statement, (connection) => connection.query(statement))
  }

  /** The same, its rows as lists. */
  async executeLists(statement: Statement): Promise<ListResult> {
    return await this.#execute(statement, (connection) => connection.queryLists(statement))
  }

  async #execute<T extends Counted>(statement: Statement, run: (connection: Connection) => Promise<T>): Promise<T> {
    refuseTransactionControl(statement.text)
    const { scope } = this
    const told = this.#log.isHeard ? this.#log.begin(statement, scope?.id) : undefined
    const on = (connection: Connection) => (told === undefined ? run(connection) : told.watch(() => run(connection)))
    if (scope !== undefined) return await scope.turn(() => on(scope.connection))
    return await this.#source(statement).use(on)
  }

  /**
   * Runs a plan of a model at once, where the database is in this process and nobody is in the way or listens; else says BUSY, has done
   * nothing, and {@link Session.perform} will.
   */
  attempt<U extends PlanUse>(use: U, plan: Plan, values: readonly BoundValue[]): PlanAnswers[U] | typeof BUSY {
    if (this.#log.isHeard) return BUSY
    const { scope } = this
    if (scope !== undefined) return scope.attempt(use, plan, values)
    const free = (plan.onlyReads ? this.#engine.readers : this.#engine.writers).free?.()
    return free?.attempt === undefined ? BUSY : free.attempt(use, plan, values)
  }

  /** Runs a plan of a model. What it costs to tell of a statement is paid only when somebody listens. */
  perform<U extends PlanUse>(use: U, plan: Plan, values: readonly BoundValue[]): Promise<PlanAnswers[U]> {
    const { scope } = this
    if (this.#log.isHeard) return this.#performHeard(use, plan, values)
    const on = (connection: Connection) => connection.perform(use, plan, values)
    if (scope !== undefined) return scope.turn(() => on(scope.connection))
    return (plan.onlyReads ? this.#engine.readers : this.#engine.writers).use(on)
  }

  #performHeard<U extends PlanUse>(use: U, plan: Plan, values: readonly BoundValue[]): Promise<PlanAnswers[U]> {
    const { scope } = this
    const told = this.#log.begin({ text: plan.text, values }, scope?.id)
    const on = (connection: Connection) => connection.perform(use, plan, values)
    const run = () => {
      if (scope !== undefined) return scope.turn(() => on(scope.connection))
      return (plan.onlyReads ? this.#engine.readers : this.#engine.writers).use(on)
    }
    return told.watchWork(run, (answer) => {
      if (use === "run") return { rows: 0, changes: (answer as PlanAnswers["run"]).changes }
      const rows = use === "all" ? (answer as PlanAnswers["all"]).length : answer === undefined ? 0 : 1
      return { rows, changes: plan.onlyReads ? 0 : rows }
    })
  }

  #source({ text }: Statement): ConnectionSource {
    return onlyReads(text) ? this.#engine.readers : this.#engine.writers
  }

  /** Rows in chunks, at most one of which is held. */
  async *stream(statement: Statement, chunkRows: number): AsyncGenerator<Row[], void> {
    if (!Number.isInteger(chunkRows) || chunkRows < 1 || chunkRows > MAX_CHUNK_ROWS)
      throw new OrmOptionsInvalid(`Expected chunkRows to be an integer from 1 to ${MAX_CHUNK_ROWS}.`)
    refuseTransactionControl(statement.text)
    const chunks = this.#chunks(statement, chunkRows)
    yield* this.#log.isHeard ? this.#log.begin(statement, this.scope?.id).watchStream(chunks) : chunks
  }

  async *#chunks(statement: Statement, chunkRows: number): AsyncGenerator<Row[], void> {
    const { scope } = this
    if (scope !== undefined) return yield* this.#streamWithin(scope, statement, chunkRows)
    const pool = this.#source(statement)
    const connection = await pool.acquire()
    try {
      yield* connection.stream(statement, chunkRows)
    } finally {
      pool.release(connection)
    }
  }

  async *#streamWithin(scope: Scope, statement: Statement, chunkRows: number): AsyncGenerator<Row[], void> {
    const chunks = scope.connection.stream(statement, chunkRows)
    const blocks = this.dialect === "mysql"
    scope.streams.add(chunks)
    try {
      for (;;) {
        // Its own turn is let through: the others of a blocked scope are not.
        scope.isStreaming = false
        const next = await scope.turn(() => {
          scope.isStreaming = blocks
          return chunks.next()
        })
        if (next.done) return
        yield next.value
      }
    } finally {
      scope.isStreaming = false
      scope.streams.delete(chunks)
      await chunks.return()
    }
  }

  async transaction<T>(work: (session: Session) => Promise<T>, options: TransactionOptions): Promise<T> {
    const inside = (scope: Scope) =>
      work(new Session(this.#engine, this.#ambient, this.#log, { root: this.root, scope }))
    return await new Transactions(this.#engine, this.#ambient).run(inside, options, this.scope)
  }
}
