import { AshlarError, type Clock, detach, uuidv7 } from "@ashlar/core"
import { type Database, isInTransaction, openDatabase, type Queryable, type Sql, sql } from "@ashlar/orm"
import {
  WorkflowLeaseLost,
  WorkflowRunEnded,
  WorkflowRunUnknown,
  WorkflowSignalsFull,
  WorkflowStoreFailed,
} from "./errors.ts"
import { ENDED, type RunRow, type StepRow, toRunRow, toStepRow } from "./rows.ts"
import { makeWorkflowTables } from "./tables.ts"
import { undoneByHand } from "./undo-rows.ts"
import { originalError } from "./value.ts"
import type { AnyWorkflow } from "./workflow.ts"

export interface NewRun {
  readonly id: string
  readonly workflow: AnyWorkflow | { readonly name: string; readonly version: number }
  readonly input: string
  readonly dueMs: number
  readonly deadlineMs: number | null
  readonly parent: string | null
}
export interface NewSignal {
  readonly id: string
  readonly name: string
  readonly value: string
}

/** What becomes of a run when a worker lets go of it. */
export interface Settled {
  readonly state: RunRow["state"]
  readonly dueMs?: number | null
  readonly output?: string
  readonly error?: string
  readonly ends?: "failed" | "cancelled"
}

const SWEEP_ROWS = 200

/** The runs, their steps and their signals, as rows of one database. */
export class Store {
  readonly #open: () => Promise<Database>
  readonly #outside: <T>(work: () => T) => T = detach()
  readonly clock: Clock
  #opening: Promise<Database> | undefined
  #isMade = false
  #making: Promise<void> | undefined
  #isClosed = false

  constructor(url: string, clock: Clock) {
    this.clock = clock
    this.#open = () => {
      if (this.#isClosed) return Promise.reject(new WorkflowStoreFailed("The workflows were closed"))
      // `memory:` is one of its opener's own.
      this.#opening ??= this.#outside(() => openDatabase(url === "memory:" ? "sqlite::memory:" : url)).catch(
        (error) => {
          this.#opening = undefined // the next use tries again
          throw error
        },
      )
      return this.#opening
    }
  }

  /** Work of callers, in whatever transaction they are. */
  async use<T>(work: (db: Database) => Promise<T>): Promise<T> {
    try {
      const database = await this.#open()
      if (!this.#isMade) await this.#make(database, database)
      return await work(database)
    } catch (cause) {
      throw toStoreError(cause)
    }
  }
  /** Work in a transaction that the caller has. */
  async within<T>(tx: Queryable, work: (tx: Queryable) => Promise<T>): Promise<T> {
    try {
      const database = await this.#open()
      if (!this.#isMade) await this.#make(database, tx)
      return await work(tx)
    } catch (cause) {
      throw toStoreError(cause)
    }
  }
  /** SQLite has one writer: where that is the caller's just now, the tables are made in its transaction, which may yet be undone. */
  async #make(database: Database, db: Queryable): Promise<void> {
    if (db.dialect === "sqlite" && isInTransaction(db)) {
      await makeWorkflowTables(db)
      return
    }
    this.#making ??= this.#outside(() => makeWorkflowTables(database))
      .then(
        () => {
          this.#isMade = true
        },
        (cause) => {
          throw new WorkflowStoreFailed("The tables of the workflows could not be made", { cause })
        },
      )
      .finally(() => {
        this.#making = undefined
      })
    await this.#making
  }
  /** Work of workers, in no transaction of anybody. */
  async own<T>(work: (db: Database) => Promise<T>): Promise<T> {
    return await this.use((db) => this.#outside(() => work(db)))
  }
  async close(): Promise<void> {
    this.#isClosed = true
    const database = await this.#opening?.catch(() => undefined)
    await database?.close()
  }

  /** @returns whether it is new. */
  async addRun(db: Queryable, { id, workflow, input, dueMs, deadlineMs, parent }: NewRun): Promise<boolean> {
    const row = sql`into ashlar_workflow_runs
      (id, workflow, version, state, input, parent, created_ms, due_ms, deadline_ms, fence, wakes, crashes)
      values (${id}, ${workflow.name}, ${workflow.version}, 'pending', ${input}, ${parent}, ${this.clock.now()}, ${dueMs},
        ${deadlineMs}, 0, 0, 0)`
    const insert = db.dialect === "mysql" ? sql`insert ignore ${row}` : sql`insert ${row} on conflict (id) do nothing`
    return (await db.sql`${insert}`.run()).changes > 0
  }
  /** Keeps a signal, and wakes its run. @throws {WORKFLOW_RUN_UNKNOWN} {WORKFLOW_RUN_ENDED} {WORKFLOW_SIGNALS_FULL} */
  async addSignal(db: Queryable, run: string, signal: NewSignal, maxSignals: number): Promise<void> {
    const { id, name, value } = signal
    const nowMs = this.clock.now()
    // Wakes it first: that holds its row until the commit.
    await this.wake(db, run)
    const row = await this.run(db, run)
    if (row === undefined) throw new WorkflowRunUnknown()
    if (ENDED.has(row.state)) throw new WorkflowRunEnded()
    const [waiting] = await db.sql<{ count: number }>`select count(*) as count from ashlar_workflow_signals
      where run = ${run} and is_taken = 0`.all()
    if (Number(waiting?.count ?? 0) >= maxSignals) throw new WorkflowSignalsFull(undefined, { details: { maxSignals } })
    const values = sql`into ashlar_workflow_signals (run, id, name, value, is_taken, created_ms)
      values (${run}, ${id}, ${name}, ${value}, 0, ${nowMs})`
    const insert =
      db.dialect === "mysql" ? sql`insert ignore ${values}` : sql`insert ${values} on conflict (run, id) do nothing`
    await db.sql`${insert}`.run()
  }
  /** Lets a run that waits go on. */
  async wake(db: Queryable, run: string): Promise<void> {
    const nowMs = this.clock.now()
    await db.sql`update ashlar_workflow_runs set wakes = wakes + 1,
      due_ms = case when due_ms is null or due_ms > ${nowMs} then ${nowMs} else due_ms end
      where id = ${run} and state not in ('completed', 'failed', 'cancelled', 'stalled', 'pending')`.run()
  }
  async run(db: Queryable, id: string): Promise<RunRow | undefined> {
    const row = await db.sql<RunRow>`select * from ashlar_workflow_runs where id = ${id}`.first()
    return row && toRunRow(row)
  }
  async steps(db: Queryable, run: string): Promise<readonly StepRow[]> {
    const rows = await db.sql<StepRow>`select * from ashlar_workflow_steps where run = ${run} order by position`.all()
    return rows.map(toStepRow)
  }
  /** Asks a run for its end. @returns whether it had not ended. */
  async cancel(db: Queryable, run: string, reason: string): Promise<boolean> {
    const nowMs = this.clock.now()
    const { changes } =
      await db.sql`update ashlar_workflow_runs set cancel = coalesce(cancel, ${reason}), wakes = wakes + 1,
      state = case when state = 'stalled' and ends is null then 'pending' else state end, crashes = 0,
      due_ms = case when due_ms is null or due_ms > ${nowMs} then ${nowMs} else due_ms end
      where id = ${run} and state not in ('completed', 'failed', 'cancelled')`.run()
    return changes > 0
  }
  /** Lets a stalled run go on where it was. @returns whether it was stalled. @throws {WORKFLOW_OPTION_INVALID} */
  async resume(db: Queryable, id: string, undone: readonly string[]): Promise<boolean> {
    const run = await this.run(db, id)
    if (run?.state !== "stalled") return false
    const state = run.ends === null ? "pending" : "undoing"
    const error = run.ends === null ? null : originalError(run.error)
    const nowMs = this.clock.now()
    const { changes } =
      await db.sql`update ashlar_workflow_runs set state = ${state}, crashes = 0, error = ${error}, due_ms = ${nowMs}
      where id = ${id} and state = 'stalled' and fence = ${run.fence}`.run()
    if (changes === 0) return false
    const byHand = undone.length === 0 ? [] : undoneByHand(run, await this.steps(db, id), { undone, nowMs })
    await db.sql`update ashlar_workflow_steps
      set state = 'pending', attempts = 0, error = null, ended = null, ended_ms = null
      where run = ${id} and kind = 'undo' and state = 'failed'`.run()
    for (const row of byHand) await this.putStep(db, row)
    return true
  }

  /** Takes runs that are due and nobody has, of these workflows and versions. */
  async claim(
    workflows: readonly AnyWorkflow[],
    { max, leaseMs }: { max: number; leaseMs: number },
  ): Promise<readonly RunRow[]> {
    const which = sql.join(
      workflows.map(({ name, version }) => sql`(workflow = ${name} and version = ${version})`),
      sql` or `,
    )
    return await this.own(async (db) => {
      const nowMs = this.clock.now()
      const found = await db.primary.sql<RunRow>`select * from ashlar_workflow_runs
        where due_ms <= ${nowMs} and (lease_ms is null or lease_ms <= ${nowMs}) and (${which})
        and state not in ('completed', 'failed', 'cancelled', 'stalled') order by due_ms limit ${max}`.all()
      const claimed: RunRow[] = []
      for (const row of found.map(toRunRow)) {
        const crashes = row.crashes + (row.lease_ms === null ? 0 : 1)
        const { changes } = await db.sql`update ashlar_workflow_runs
          set fence = fence + 1, lease_ms = ${nowMs + leaseMs}, crashes = ${crashes},
          state = case when state = 'undoing' then state else 'running' end
          where id = ${row.id} and fence = ${row.fence} and (lease_ms is null or lease_ms <= ${nowMs})`.run()
        // Read again: what woke it or asked for its end in between must not be missed.
        const mine = changes > 0 ? await this.run(db.primary, row.id) : undefined
        if (mine?.fence === row.fence + 1) claimed.push(mine)
      }
      return claimed
    })
  }
  /** @returns why its end was asked for, if it was. @throws {WORKFLOW_LEASE_LOST} */
  async extend({ id, fence }: RunRow, leaseMs: number): Promise<string | null> {
    return await this.own(async (db) => {
      const { changes } = await db.sql`update ashlar_workflow_runs set lease_ms = ${this.clock.now() + leaseMs}
        where id = ${id} and fence = ${fence} and lease_ms is not null`.run()
      if (changes === 0) throw new WorkflowLeaseLost()
      return (await this.run(db.primary, id))?.cancel ?? null
    })
  }
  /** Proves, until the commit, that the run is still ours. Something is kept in the same transaction. @throws {WORKFLOW_LEASE_LOST} */
  async prove(tx: Queryable, { id, fence }: RunRow): Promise<void> {
    const { changes } = await tx.sql`update ashlar_workflow_runs set crashes = 0, wakes = wakes
      where id = ${id} and fence = ${fence} and lease_ms is not null`.run()
    if (changes > 0) return
    // MySQL may count only what is another than before.
    const row = await this.run(tx, id)
    if (row === undefined || row.fence !== fence || row.lease_ms === null) throw new WorkflowLeaseLost()
  }
  async putStep(tx: Queryable, row: StepRow): Promise<void> {
    const { run, step, kind, state, attempts, due_ms, output, error, position, ended, created_ms, ended_ms } = row
    const insert = sql`insert into ashlar_workflow_steps
      (run, step, kind, state, attempts, due_ms, output, error, position, ended, created_ms, ended_ms) values
      (${run}, ${step}, ${kind}, ${state}, ${attempts}, ${due_ms}, ${output}, ${error}, ${position}, ${ended}, ${created_ms}, ${ended_ms})`
    const changed = (name: (column: string) => Sql) =>
      sql.join(
        ["state", "attempts", "due_ms", "output", "error", "ended", "ended_ms"].map(
          (column) => sql`${sql.id(column)} = ${name(column)}`,
        ),
      )
    if (tx.dialect === "mysql")
      await tx.sql`${insert} on duplicate key update ${changed((column) => sql`values(${sql.id(column)})`)}`.run()
    else
      await tx.sql`${insert} on conflict (run, step) do update set ${changed((column) => sql`${sql.id("excluded", column)}`)}`.run()
  }
  /** Takes the first signal of a name that nobody has taken. */
  async takeSignal(tx: Queryable, run: string, name: string): Promise<string | undefined> {
    const row = await tx.sql<{ id: string; value: string }>`select id, value from ashlar_workflow_signals
      where run = ${run} and name = ${name} and is_taken = 0 order by created_ms, id limit 1`.first()
    if (row !== undefined)
      await tx.sql`update ashlar_workflow_signals set is_taken = 1 where run = ${run} and id = ${row.id}`.run()
    return row?.value
  }
  /** Notes how a run will end, before anything of it is undone. @throws {WORKFLOW_LEASE_LOST} */
  async beginUndo({ id, fence }: RunRow, ends: "failed" | "cancelled", error: string): Promise<void> {
    await this.own(async (db) => {
      const { changes } =
        await db.sql`update ashlar_workflow_runs set state = 'undoing', ends = ${ends}, error = ${error}
        where id = ${id} and fence = ${fence} and lease_ms is not null`.run()
      if (changes === 0) throw new WorkflowLeaseLost()
    })
  }
  /** Lets go of a run. What woke it since it was claimed makes it due at once. @throws {WORKFLOW_LEASE_LOST} */
  async settle(run: RunRow, { state, dueMs = null, output, error, ends }: Settled): Promise<void> {
    const { id, fence, wakes, parent } = run
    const nowMs = this.clock.now()
    const isEnd = ENDED.has(state)
    const due = ({ dialect }: Queryable) => {
      if (isEnd || state === "stalled") return sql`null`
      // PostgreSQL takes bound values for texts where nothing says otherwise.
      const exact = (ms: number | null) => (dialect === "postgres" ? sql`cast(${ms} as bigint)` : sql`${ms}`)
      return sql`case when wakes > ${wakes} then ${exact(nowMs)} else ${exact(dueMs)} end`
    }
    await this.own((db) =>
      db.transaction(async (tx) => {
        const { changes } = await tx.sql`update ashlar_workflow_runs set state = ${state}, lease_ms = null,
          due_ms = ${due(tx)}, output = ${output ?? null}, error = coalesce(${error ?? null}, error),
          ends = coalesce(${ends ?? null}, ends), ended_ms = ${isEnd ? nowMs : null} where id = ${id} and fence = ${fence} and lease_ms is not null`.run()
        if (changes === 0) throw new WorkflowLeaseLost()
        if (isEnd && parent !== null) await this.wake(tx, parent)
        if (isEnd) await this.#cancelChildren(tx, id)
      }),
    )
  }
  /** Nobody waits for them any more. */
  async #cancelChildren(tx: Queryable, parent: string): Promise<void> {
    const rows = await tx.sql<{ id: string }>`select id from ashlar_workflow_runs
      where parent = ${parent} and state not in ('completed', 'failed', 'cancelled')`.all()
    for (const { id } of rows) await this.cancel(tx, id, "The run that started it has ended.")
  }
  async sweep(keepMs: number): Promise<number> {
    return await this.own((db) =>
      db.transaction(async (tx) => {
        const old = await tx.sql<{ id: string }>`select id from ashlar_workflow_runs
          where state in ('completed', 'failed', 'cancelled') and ended_ms <= ${this.clock.now() - keepMs} limit ${SWEEP_ROWS}`.all()
        if (old.length === 0) return 0
        const ids = sql.list(old.map(({ id }) => id))
        await tx.sql`delete from ashlar_workflow_steps where run in ${ids}`.run()
        await tx.sql`delete from ashlar_workflow_signals where run in ${ids}`.run()
        await tx.sql`delete from ashlar_workflow_runs where id in ${ids}`.run()
        return old.length
      }),
    )
  }
}

/** A new id, in the order of time. */
export function newId(clock: Clock): string {
  return uuidv7(clock)
}

function toStoreError(cause: unknown): unknown {
  if (cause instanceof AshlarError && !cause.code.startsWith("ORM_")) return cause
  if (!(cause instanceof AshlarError)) return cause
  return new WorkflowStoreFailed(undefined, { cause })
}
