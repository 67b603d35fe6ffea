import type { Database, Queryable } from "@ashlar/orm"
import { sql } from "@ashlar/orm"
import { inStore } from "./in-store.ts"
import type { Posted } from "./post.ts"
import type { Delivery, DeliveryAttempt, DeliveryListing, DeliveryState } from "./webhooks.ts"
import { checkInteger, type WebhooksPlan } from "./webhooks-options.ts"

interface DeliveryRow {
  id: string
  event: string
  type: string
  endpoint: string
  state: DeliveryState
  attempts: number
  status: number | null
  error: string | null
  created_ms: number
  changed_ms: number
}
interface AttemptRow {
  number: number
  at_ms: number
  duration_ms: number
  status: number | null
  error: string | null
  answer: string | null
}

/** One event on its way, as the job needs it. */
export interface PendingDelivery {
  readonly event: string
  readonly endpoint: string
  readonly body: string
  readonly state: DeliveryState
  readonly attempts: number
}

export interface NewDelivery {
  readonly id: string
  readonly event: string
  readonly endpoint: string
}

const MAX_ANEW = 10_000
const SWEEP_ROWS = 1_000

/** The events and their deliveries, as rows. */
export class DeliveryRows {
  readonly #open: () => Promise<Database>
  readonly #plan: WebhooksPlan

  constructor(open: () => Promise<Database>, plan: WebhooksPlan) {
    this.#open = open
    this.#plan = plan
  }

  /** @returns whether the event is new. */
  async addEvent(db: Queryable, event: { id: string; owner: string; type: string; body: string }): Promise<boolean> {
    const { id, owner, type, body } = event
    const nowMs = this.#plan.clock.now()
    const row = sql`into ashlar_webhook_events (id, owner, type, body, created_ms)
      values (${id}, ${owner}, ${type}, ${body}, ${nowMs})`
    const insert = db.dialect === "mysql" ? sql`insert ignore ${row}` : sql`insert ${row} on conflict (id) do nothing`
    return (await db.sql`${insert}`.run()).changes > 0
  }
  async add(db: Queryable, deliveries: readonly NewDelivery[]): Promise<void> {
    const nowMs = this.#plan.clock.now()
    const rows = deliveries.map(
      ({ id, event, endpoint }) => sql`(${id}, ${event}, ${endpoint}, 'pending', 0, ${nowMs}, ${nowMs}, 0)`,
    )
    if (rows.length > 0)
      await db.sql`insert into ashlar_webhook_deliveries (id, event, endpoint, state, attempts, created_ms, changed_ms, round)
        values ${sql.join(rows)}`.run()
  }
  async ofEvent(db: Queryable, event: string): Promise<readonly { readonly id: string; readonly endpoint: string }[]> {
    return await db.sql<{ id: string; endpoint: string }>`select id, endpoint from ashlar_webhook_deliveries
      where event = ${event} and state = 'pending' and round = 0 order by id`.all()
  }
  async pending(id: string): Promise<PendingDelivery | undefined> {
    return await this.#ask((db) =>
      db.sql<PendingDelivery>`select d.event, d.endpoint, d.state, d.attempts, e.body
        from ashlar_webhook_deliveries d join ashlar_webhook_events e on e.id = d.event where d.id = ${id}`.first(),
    )
  }
  /**
   * Notes how a try went, and where that leaves the delivery. A worker that was silent for too long may say so after another went on: what
   * was delivered stays delivered, whoever says it and when, and a failure counts only where nobody knows more.
   */
  async tried(id: string, number: number, { posted, state }: { posted: Posted; state: DeliveryState }): Promise<void> {
    const { status = null, error, answer = null, durationMs } = posted
    const nowMs = this.#plan.clock.now()
    const isNews =
      state === "delivered" ? sql`state in ('pending', 'failed')` : sql`state = 'pending' and attempts < ${number}`
    await this.#ask((db) =>
      db.transaction(async (tx) => {
        const { changes } = await tx.sql`update ashlar_webhook_deliveries set state = ${state},
          attempts = case when attempts > ${number} then attempts else ${number} end, status = ${status},
          error = ${error?.code ?? null}, changed_ms = ${nowMs} where id = ${id} and ${isNews}`.run()
        if (changes === 0) return
        await tx.sql`delete from ashlar_webhook_attempts where delivery = ${id} and number = ${number}`.run()
        await tx.sql`insert into ashlar_webhook_attempts (delivery, number, at_ms, duration_ms, status, error, answer)
          values (${id}, ${number}, ${nowMs - durationMs}, ${durationMs}, ${status}, ${error?.code ?? null}, ${answer})`.run()
      }),
    )
  }
  async skip(id: string): Promise<void> {
    await this.#ask((db) =>
      db.sql`update ashlar_webhook_deliveries set state = 'skipped', changed_ms = ${this.#plan.clock.now()}
        where id = ${id} and state = 'pending'`.run(),
    )
  }
  async list({ endpoint, event, state, limit = 100, after }: DeliveryListing): Promise<readonly Delivery[]> {
    checkInteger("limit", limit, 1, 1_000)
    const conditions = [
      ...(endpoint === undefined ? [] : [sql`d.endpoint = ${endpoint}`]),
      ...(event === undefined ? [] : [sql`d.event = ${event}`]),
      ...(state === undefined ? [] : [sql`d.state = ${state}`]),
      ...(after === undefined ? [] : [sql`d.id < ${after}`]),
      sql`1 = 1`,
    ]
    const rows = await this.#ask((db) =>
      db.sql<DeliveryRow>`select d.*, e.type from ashlar_webhook_deliveries d join ashlar_webhook_events e on e.id = d.event
        where ${sql.join(conditions, sql` and `)} order by d.id desc limit ${limit}`.all(),
    )
    return rows.map(toDelivery)
  }
  async attempts(id: string): Promise<readonly DeliveryAttempt[]> {
    const rows = await this.#ask((db) =>
      db.sql<AttemptRow>`select * from ashlar_webhook_attempts where delivery = ${id} order by number`.all(),
    )
    return rows.map(({ number, at_ms, duration_ms, status, error, answer }) => ({
      number,
      at: new Date(Number(at_ms)),
      durationMs: duration_ms,
      status: status ?? undefined,
      error: error ?? undefined,
      answer: answer ?? undefined,
    }))
  }
  /** Makes deliveries that ended without success pending again, as often as it is asked. @returns them, with the round that they are in. */
  async anew(
    choice: { readonly delivery: string } | { readonly endpoint: string; readonly since?: Date },
  ): Promise<readonly { readonly id: string; readonly endpoint: string; readonly round: number }[]> {
    const nowMs = this.#plan.clock.now()
    const which =
      "delivery" in choice
        ? sql`id = ${choice.delivery}`
        : sql`endpoint = ${choice.endpoint} and created_ms >= ${choice.since?.getTime() ?? 0}`
    return await this.#ask((db) =>
      db.transaction(async (tx) => {
        const rows = await tx.sql<{ id: string; endpoint: string; round: number }>`
          select id, endpoint, round from ashlar_webhook_deliveries
          where ${which} and state in ('failed', 'skipped') order by id limit ${MAX_ANEW}`.all()
        for (const { id } of rows) {
          await tx.sql`delete from ashlar_webhook_attempts where delivery = ${id}`.run()
          await tx.sql`update ashlar_webhook_deliveries set state = 'pending', attempts = 0, round = round + 1,
            changed_ms = ${nowMs} where id = ${id}`.run()
        }
        return rows.map(({ id, endpoint, round }) => ({ id, endpoint, round: Number(round) + 1 }))
      }),
    )
  }
  async sweep(): Promise<number> {
    const before = this.#plan.clock.now() - this.#plan.keepMs
    return await this.#ask((db) =>
      db.transaction(async (tx) => {
        const old = await tx.sql<{ id: string }>`select id from ashlar_webhook_events e where created_ms < ${before}
          and not exists (select 1 from ashlar_webhook_deliveries d where d.event = e.id and d.state = 'pending')
          order by created_ms limit ${SWEEP_ROWS}`.all()
        if (old.length === 0) return 0
        const events = sql.list(old.map(({ id }) => id))
        await tx.sql`delete from ashlar_webhook_attempts where delivery in
          (select id from ashlar_webhook_deliveries where event in ${events})`.run()
        await tx.sql`delete from ashlar_webhook_deliveries where event in ${events}`.run()
        await tx.sql`delete from ashlar_webhook_events where id in ${events}`.run()
        return old.length
      }),
    )
  }

  async #ask<T>(work: (db: Database) => Promise<T>): Promise<T> {
    return await inStore(async () => await work(await this.#open()))
  }
}

function toDelivery(row: DeliveryRow): Delivery {
  const { id, event, type, endpoint, state, attempts, status, error, created_ms, changed_ms } = row
  return {
    id,
    event,
    type,
    endpoint,
    state,
    attempts,
    status: status ?? undefined,
    error: error ?? undefined,
    createdAt: new Date(Number(created_ms)),
    changedAt: new Date(Number(changed_ms)),
  }
}
