import { AshlarError, defineService, detach, type Service, type Services, uuidv7 } from "@ashlar/core"
import { type Database, OrmClosed, type Queryable } from "@ashlar/orm"
import type { JobItem, JobPusher } from "@ashlar/queue"
import { WebhooksEventInvalid, WebhooksPayloadTooLarge } from "../errors.ts"
import { createDeliveryJob } from "./delivery-job.ts"
import { DeliveryRows } from "./delivery-rows.ts"
import { EndpointRows } from "./endpoint-rows.ts"
import { checkType } from "./event-types.ts"
import { inStore } from "./in-store.ts"
import { makeWebhookTables, openWebhookTables } from "./webhook-tables.ts"
import type { SentEvent, WebhookEvent, WebhookSender, Webhooks } from "./webhooks.ts"
import { planWebhooks, type WebhooksOptions, type WebhooksPlan } from "./webhooks-options.ts"

/**
 * Opens webhooks: `memory:`, `sqlite:path`, `postgres://…` or `mysql://…` keeps the endpoints, the events and the log of their deliveries.
 * The database is opened at the first use.
 *
 * @throws {WEBHOOKS_OPTION_INVALID}
 * @example
 * const queue = openQueue(url)
 * const webhooks = openWebhooks(url, { queue })
 * const { key } = await webhooks.endpoints.create({ owner: "acme", url: "https://acme.example/hooks", types: ["invoice.*"] })
 * const worker = queue.work([webhooks.job])
 * await webhooks.send({ owner: "acme", type: "invoice.paid", data: { id: 7 } })
 */
export function openWebhooks(url: string, options: WebhooksOptions): Webhooks {
  return new LiveWebhooks(url, planWebhooks(options))
}

/**
 * The same as a service of an app.
 * @example
 * export const Hooks = defineWebhooks(async (services) => ({ url, queue: await services.get(Jobs) }))
 */
export function defineWebhooks(
  make: (services: Services) => Promise<WebhooksOptions & { readonly url: string }>,
  { name = "webhooks" }: { readonly name?: string } = {},
): Service<Webhooks> {
  return defineService<Webhooks>({
    name,
    async open(services) {
      const { url, ...options } = await make(services)
      const webhooks = openWebhooks(url, options)
      await webhooks.ready()
      return webhooks
    },
    close: (webhooks) => webhooks.close(),
  })
}

const ID = /^[A-Za-z0-9_-]{1,60}$/

class LiveWebhooks implements Webhooks {
  readonly endpoints: EndpointRows
  readonly job: Webhooks["job"]
  readonly #plan: WebhooksPlan
  readonly #rows: DeliveryRows
  readonly #open: () => Promise<Database>
  #opening: Promise<Database> | undefined
  #isOpen = false
  #isClosed = false

  constructor(url: string, plan: WebhooksPlan) {
    const outside = detach()
    this.#open = () => {
      if (this.#isClosed) return Promise.reject(new OrmClosed())
      this.#opening ??= outside(() => openWebhookTables(url)).then(
        (database) => {
          this.#isOpen = true
          return database
        },
        (error) => {
          this.#opening = undefined // the next use tries again
          throw error
        },
      )
      return this.#opening
    }
    this.#plan = plan
    this.endpoints = new EndpointRows(this.#open, plan)
    this.#rows = new DeliveryRows(this.#open, plan)
    this.job = createDeliveryJob(this.#rows, this.endpoints, plan)
  }

  async ready(): Promise<void> {
    await inStore(this.#open)
  }
  async send(event: WebhookEvent): Promise<SentEvent> {
    const ready = this.#read(event)
    const { queue } = this.#plan
    const database = await inStore(this.#open)
    // Together where the queue is in the same database; else the jobs follow the rows.
    let rest: readonly JobItem[] = []
    const sent = await inStore(() =>
      database.transaction(async (tx) => {
        const { items, ...said } = await this.#add(tx, ready)
        rest = (await pushIn(queue.guarantees.transactional ? () => queue.in(tx) : undefined, items)) ? [] : items
        return said
      }),
    )
    if (rest.length > 0) await queue.pushMany(rest)
    return sent
  }
  in(tx: unknown): WebhookSender {
    return {
      send: async (event) => {
        const ready = this.#read(event)
        const db = tx as Queryable
        const { items, ...said } = await inStore(async () => {
          // SQLite has one writer, which is the caller's just now: the tables are made in its transaction where they are missing.
          if (!this.#isOpen && db.dialect === "sqlite") await makeWebhookTables(db)
          else await this.#open()
          return await this.#add(db, ready)
        })
        if (items.length > 0) await this.#plan.queue.in(tx).pushMany(items)
        return said
      },
    }
  }
  deliveries: Webhooks["deliveries"] = (listing = {}) => this.#rows.list(listing)
  attempts: Webhooks["attempts"] = (delivery) => this.#rows.attempts(delivery)
  async redrive(choice: Parameters<Webhooks["redrive"]>[0]): Promise<number> {
    const again = await this.#rows.anew(choice)
    if (again.length > 0)
      await this.#plan.queue.pushMany(again.map(({ id, endpoint, round }) => this.#item(id, endpoint, round)))
    return again.length
  }
  sweep: Webhooks["sweep"] = () => this.#rows.sweep()
  async close(): Promise<void> {
    this.#isClosed = true
    const database = await this.#opening?.catch(() => undefined)
    await database?.close()
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #item(delivery: string, endpoint: string, round: number): JobItem {
    // One job for each round of a delivery, whoever pushes it and however often.
    return this.job.of({ delivery }, { group: endpoint, unique: `webhooks:${delivery}:${round}` })
  }
  async #add(db: Queryable, event: ReadyEvent): Promise<SentEvent & { readonly items: readonly JobItem[] }> {
    const { id, owner, type } = event
    if (await this.#rows.addEvent(db, event)) {
      const wanting = await this.endpoints.wanting(db, owner, type)
      const made = wanting.map((endpoint, at) => ({ id: `${id}.${String(at).padStart(4, "0")}`, event: id, endpoint }))
      await this.#rows.add(db, made)
      const items = made.map((one) => this.#item(one.id, one.endpoint, 0))
      return { id, deliveries: made.length, items }
    }
    // It was sent before: whoever sent it may have died before its jobs were there.
    const pending = await this.#rows.ofEvent(db, id)
    return { id, deliveries: pending.length, items: pending.map((one) => this.#item(one.id, one.endpoint, 0)) }
  }
  #read({ owner, type, data, timestamp, id }: WebhookEvent): ReadyEvent {
    const { clock, maxPayloadBytes } = this.#plan
    checkType(type)
    if (id !== undefined && !ID.test(id))
      throw new WebhooksEventInvalid("Expected the id of an event to be 1 to 60 characters of A-Za-z0-9_- only.")
    const at = timestamp ?? new Date(clock.now())
    if (Number.isNaN(at.getTime())) throw new WebhooksEventInvalid("Expected timestamp to be a valid Date.")
    const body = bodyOf({ type, timestamp: at.toISOString(), data })
    if (Buffer.byteLength(body) > maxPayloadBytes)
      throw new WebhooksPayloadTooLarge(undefined, { details: { maxPayloadBytes } })
    return { id: id ?? `msg_${uuidv7(clock).replaceAll("-", "")}`, owner, type, body }
  }
}

interface ReadyEvent {
  readonly id: string
  readonly owner: string
  readonly type: string
  readonly body: string
}

function bodyOf(payload: { type: string; timestamp: string; data: unknown }): string {
  try {
    const text = JSON.stringify(payload)
    if ("data" in (JSON.parse(text) as object)) return text
  } catch (cause) {
    throw new WebhooksEventInvalid("Expected the data of an event to be JSON, without cycles.", { cause })
  }
  throw new WebhooksEventInvalid(`Expected the data of an event to be JSON, got ${typeof payload.data}.`)
}

/** @returns whether the jobs were pushed in the transaction; not where the queue knows nothing of it. */
async function pushIn(within: (() => JobPusher) | undefined, items: readonly JobItem[]): Promise<boolean> {
  if (items.length === 0) return true
  if (within === undefined) return false
  try {
    await within().pushMany(items)
    return true
  } catch (error) {
    if (error instanceof AshlarError && error.code === "QUEUE_TRANSACTION_FOREIGN") return false
    throw error
  }
}
