import { setTimeout as pause } from "node:timers/promises"
import type { Database } from "@ashlar/orm"
import type { Queue } from "@ashlar/queue"
import type { Webhooks } from "@ashlar/webhooks/sending"
import type { Workflows } from "@ashlar/workflow"
import { Item } from "./models/item.ts"
import { Order } from "./models/order.ts"
import { Pulse } from "./models/pulse.ts"
import { OWNER } from "./notices.ts"
import type { DeadLetter, Picture } from "./schemas.ts"

const LOOK_EVERY_MS = 1_000
const RECENT = 12
const MAX_DEAD = 50
/** A worker that was silent for so long is gone. */
const SILENT_MS = 10_000
const MINUTE_MS = 60_000
const MAX_WORDS = 300
/** Of an order's id, as it is shown. */
const SHORT = 8

export interface OpsParts {
  readonly db: Database
  readonly queue: Queue
  readonly flows: Workflows
  readonly hooks: Webhooks
}

/** What goes on, for people: read at most once a second, however many look. */
export class Ops {
  readonly #parts: OpsParts
  #last: { readonly atMs: number; readonly picture: Promise<Picture> } | undefined

  constructor(parts: OpsParts) {
    this.#parts = parts
  }

  /** One picture after the other, as long as there is something new. */
  async *watch(signal: AbortSignal): AsyncGenerator<Picture> {
    let shown = ""
    while (!signal.aborted) {
      const picture = await this.picture()
      const text = JSON.stringify({ ...picture, at: undefined })
      if (text !== shown) yield picture
      shown = text
      await pause(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  picture(): Promise<Picture> {
    const nowMs = Date.now()
    if (this.#last === undefined || this.#last.atMs <= nowMs - LOOK_EVERY_MS * 0.9) {
      const picture = this.#read(new Date(nowMs))
      picture.catch(() => (this.#last = undefined))
      this.#last = { atMs: nowMs, picture }
    }
    return this.#last.picture
  }

  async #read(at: Date): Promise<Picture> {
    const { db, queue } = this.#parts
    const since = (ms: number) => new Date(at.getTime() - ms)
    const [counts, pulses, states, placed, ended, items, recent, dead] = await Promise.all([
      queue.counts(),
      Pulse.in(db).query().where("at", ">", since(SILENT_MS)).orderBy("worker").get(),
      Order.in(db).query().groupBy("state").get({ orders: "count" }),
      Order.in(db).query().where("placedAt", ">", since(MINUTE_MS)).count(),
      Order.in(db).query().where("endedAt", ">", since(MINUTE_MS)).groupBy("state").get({ orders: "count" }),
      Item.in(db).query().orderBy("name").get(),
      this.#recent(),
      this.#dead(),
    ])
    const done = (name: string) => pulses.reduce((sum, { donePerMinute }) => sum + (donePerMinute[name] ?? 0), 0)
    const count = (rows: readonly { state: string; orders: number }[], state: string) =>
      rows.find((row) => row.state === state)?.orders ?? 0
    return {
      at: at.toISOString(),
      queues: counts
        .toSorted((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, waiting, held, delayed, active, failed, isPaused }) => ({
          ...{ name, waiting: waiting + held, delayed, active, failed, isPaused },
          donePerMinute: done(name),
        })),
      stepsPerMinute: done("steps"),
      workers: pulses.map(({ worker, running }) => ({ worker, running })),
      states: Object.fromEntries(states.map(({ state, orders }) => [state, orders])),
      perMinute: { placed, shipped: count(ended, "shipped"), cancelled: count(ended, "cancelled") },
      stock: items.map(({ sku, name, free, held }) => ({ sku, name, free, held })),
      recent,
      dead,
    }
  }

  async #recent(): Promise<Picture["recent"]> {
    const { db, flows } = this.#parts
    const orders = await Order.in(db).query().orderBy("placedAt", "desc").orderBy("id", "desc").limit(RECENT).get()
    return await Promise.all(
      orders.map(async ({ id, state, reason, totalCents, placedAt }) => ({
        ...{ id, state, reason, totalCents, placedAt: placedAt.toISOString() },
        steps: (await flows.history(id)).map(({ name, state, attempts }) => ({ name, state, attempts })),
      })),
    )
  }

  /** What goes on no further by itself. */
  async #dead(): Promise<DeadLetter[]> {
    const { queue, flows, hooks } = this.#parts
    const [jobs, deliveries, runs] = await Promise.all([
      queue.list({ state: "failed", limit: MAX_DEAD }),
      hooks.deliveries({ state: "failed", limit: MAX_DEAD }),
      flows.list({ state: "stalled", limit: MAX_DEAD }),
    ])
    return [
      ...runs.map(({ id, error, createdAt }) =>
        letter("run", id, { what: `fulfilment ${id.slice(-SHORT)}`, why: error?.message, at: createdAt }),
      ),
      ...deliveries.map(({ id, type, event, status, error, changedAt }) =>
        letter("webhook", id, {
          what: `${type} ${event.slice(-SHORT)}`,
          why: status === undefined ? error : `answered ${status}`,
          at: changedAt,
        }),
      ),
      ...jobs.map(({ id, name, error, finishedAt, createdAt }) =>
        letter("job", id, { what: name, why: error?.message, at: finishedAt ?? createdAt }),
      ),
    ]
  }

  /** Lets dead letters begin anew: one, or all there are. @returns how many. */
  async redrive(choice: { readonly kind: DeadLetter["kind"]; readonly id: string } | "all"): Promise<number> {
    const { queue, flows, hooks } = this.#parts
    this.#last = undefined
    if (choice === "all") {
      const runs = await flows.list({ state: "stalled", limit: 1_000 })
      const resumed = await Promise.all(runs.map(({ id }) => flows.resume(id)))
      let count = resumed.filter(Boolean).length + (await queue.redrive({ all: true }))
      for (const { id } of await hooks.endpoints.list(OWNER)) count += await hooks.redrive({ endpoint: id })
      return count
    }
    const { kind, id } = choice
    if (kind === "job") return await queue.redrive({ ids: [id] })
    if (kind === "webhook") return await hooks.redrive({ delivery: id })
    return Number(await flows.resume(id))
  }
}

function letter(
  kind: DeadLetter["kind"],
  id: string,
  { what, why, at }: { what: string; why?: string | undefined; at: Date },
): DeadLetter {
  return { kind, id, what, why: (why ?? "it was not said why").slice(0, MAX_WORDS), at: at.toISOString() }
}
