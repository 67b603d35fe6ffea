import { type Clock, uuidv7 } from "@ashlar/core"
import type { Database, Queryable } from "@ashlar/orm"
import { WebhooksEndpointsFull, WebhooksEndpointUnknown, WebhooksOptionInvalid } from "../errors.ts"
import { createWebhookSecret, publicHalf, readKey } from "../keys.ts"
import { checkUrl } from "./endpoint-url.ts"
import { checkFilters, isWanted } from "./event-types.ts"
import { inStore } from "./in-store.ts"
import type { DisabledWhy, Endpoint, EndpointChanges, Endpoints, NewEndpoint } from "./webhooks.ts"
import { checkInteger, type WebhooksPlan } from "./webhooks-options.ts"

/** A key of an endpoint, and until when webhooks are signed with it. */
interface KeptKey {
  readonly key: string
  readonly untilMs?: number
}

interface EndpointRow {
  id: string
  owner: string
  url: string
  types: string | null
  secrets: string
  created_ms: number
  failing_ms: number | null
  held_ms: number | null
  disabled_ms: number | null
  disabled_why: DisabledWhy | null
}

const MAX_KEYS = 5
const DAY_MS = 86_400_000

/** The endpoints, as rows. */
export class EndpointRows implements Endpoints {
  readonly #open: () => Promise<Database>
  readonly #plan: WebhooksPlan
  readonly #clock: Clock

  constructor(open: () => Promise<Database>, plan: WebhooksPlan) {
    this.#open = open
    this.#plan = plan
    this.#clock = plan.clock
  }

  async create({
    owner,
    url,
    types,
    key = createWebhookSecret(),
  }: NewEndpoint): Promise<Endpoint & { readonly key: string }> {
    if (
      typeof owner !== "string" ||
      owner.length < 1 ||
      owner.length > 200 ||
      !owner.isWellFormed() ||
      owner.includes("\0")
    )
      throw new WebhooksOptionInvalid("Expected owner to be 1 to 200 characters of well-formed text.")
    const shown = shownKey(key)
    const id = `ep_${uuidv7(this.#clock).replaceAll("-", "")}`
    const href = checkUrl(url, this.#plan)
    const filters = types === undefined ? null : JSON.stringify(checkFilters(types))
    const secrets = await this.#seal([{ key }], id)
    const { maxEndpoints } = this.#plan
    await this.#change(async (db) => {
      const all =
        await db.sql`select id from ashlar_webhook_endpoints where owner = ${owner} limit ${maxEndpoints}`.all()
      if (all.length >= maxEndpoints) throw new WebhooksEndpointsFull(undefined, { details: { maxEndpoints } })
      await db.sql`insert into ashlar_webhook_endpoints (id, owner, url, types, secrets, created_ms)
        values (${id}, ${owner}, ${href}, ${filters}, ${secrets}, ${this.#clock.now()})`.run()
    })
    return { ...(await this.#must(id)), key: shown }
  }
  async get(id: string): Promise<Endpoint | undefined> {
    const row = await this.#row(id)
    return row && toEndpoint(row)
  }
  async list(owner: string): Promise<readonly Endpoint[]> {
    const rows = await this.#ask((db) =>
      db.sql<EndpointRow>`select * from ashlar_webhook_endpoints where owner = ${owner} order by id`.all(),
    )
    return rows.filter((row) => row.owner === owner).map(toEndpoint)
  }
  async update(id: string, { url, types }: EndpointChanges): Promise<Endpoint> {
    const row = await this.#row(id)
    if (row === undefined) throw new WebhooksEndpointUnknown()
    const href = url === undefined ? row.url : checkUrl(url, this.#plan)
    const filters = types === undefined ? row.types : types === null ? null : JSON.stringify(checkFilters(types))
    await this.#ask((db) =>
      db.sql`update ashlar_webhook_endpoints set url = ${href}, types = ${filters} where id = ${id}`.run(),
    )
    return await this.#must(id)
  }
  async remove(id: string): Promise<boolean> {
    const { changes } = await this.#ask((db) => db.sql`delete from ashlar_webhook_endpoints where id = ${id}`.run())
    return changes > 0
  }
  async disable(id: string): Promise<Endpoint> {
    await this.stop(id, "asked")
    return await this.#must(id)
  }
  async enable(id: string): Promise<Endpoint> {
    await this.#ask((db) =>
      db.sql`update ashlar_webhook_endpoints
        set disabled_ms = null, disabled_why = null, failing_ms = null, held_ms = null where id = ${id}`.run(),
    )
    return await this.#must(id)
  }
  async rotate(
    id: string,
    { key = createWebhookSecret(), overlapMs = DAY_MS }: { readonly key?: string; readonly overlapMs?: number } = {},
  ): Promise<{ readonly key: string }> {
    const shown = shownKey(key)
    const untilMs = this.#clock.now() + checkInteger("overlapMs", overlapMs, 0, 30 * DAY_MS)
    const row = await this.#row(id)
    if (row === undefined) throw new WebhooksEndpointUnknown()
    const former = (await this.#keys(row)).map((one) => ({
      key: one.key,
      untilMs: Math.min(one.untilMs ?? untilMs, untilMs),
    }))
    const secrets = await this.#seal(
      [{ key }, ...former.filter((one) => one.untilMs > this.#clock.now())].slice(0, MAX_KEYS),
      id,
    )
    const { changes } = await this.#ask((db) =>
      db.sql`update ashlar_webhook_endpoints set secrets = ${secrets}
        where id = ${id} and secrets = ${row.secrets}`.run(),
    )
    if (changes === 0)
      throw new WebhooksOptionInvalid("The keys of the endpoint were changed by another at the same time.")
    return { key: shown }
  }

  /** Those of an owner that want an event of a type, now. */
  async wanting(db: Queryable, owner: string, type: string): Promise<readonly string[]> {
    const rows = await db.sql<EndpointRow>`select * from ashlar_webhook_endpoints
      where owner = ${owner} and disabled_ms is null order by id`.all()
    // MySQL takes `acme ` for `acme`.
    return rows.filter((row) => row.owner === owner && isWanted(type, readTypes(row.types))).map(({ id }) => id)
  }
  /** What is needed to send to it; nothing when it is gone or disabled. */
  async sending(id: string): Promise<{ url: string; keys: readonly string[]; heldMs: number } | undefined> {
    const row = await this.#row(id)
    if (row === undefined || row.disabled_ms !== null) return undefined
    const nowMs = this.#clock.now()
    const keys = (await this.#keys(row)).filter(({ untilMs }) => untilMs === undefined || untilMs > nowMs)
    return { url: row.url, keys: keys.map(({ key }) => key), heldMs: Math.max(0, Number(row.held_ms ?? 0) - nowMs) }
  }
  async reached(id: string): Promise<void> {
    await this.#ask((db) =>
      db.sql`update ashlar_webhook_endpoints set failing_ms = null, held_ms = null
        where id = ${id} and (failing_ms is not null or held_ms is not null)`.run(),
    )
  }
  /** Notes a failure, and disables the endpoint when it has failed for too long. */
  async failed(id: string, holdMs: number): Promise<void> {
    const nowMs = this.#clock.now()
    await this.#ask((db) =>
      db.sql`update ashlar_webhook_endpoints set failing_ms = coalesce(failing_ms, ${nowMs}),
        held_ms = ${holdMs > 0 ? nowMs + holdMs : null} where id = ${id}`.run(),
    )
    const row = await this.#row(id)
    if (row !== undefined && nowMs - Number(row.failing_ms ?? nowMs) >= this.#plan.disableAfterMs)
      await this.stop(id, "failing")
  }
  /** Sends nothing to it any more. Its owner is told, unless it was he. */
  async stop(id: string, why: DisabledWhy): Promise<void> {
    const { changes } = await this.#ask((db) =>
      db.sql`update ashlar_webhook_endpoints set disabled_ms = ${this.#clock.now()}, disabled_why = ${why}
        where id = ${id} and disabled_ms is null`.run(),
    )
    if (changes > 0 && why !== "asked") this.#plan.onDisabled(await this.#must(id))
  }

  async #must(id: string): Promise<Endpoint> {
    const row = await this.#row(id)
    if (row === undefined) throw new WebhooksEndpointUnknown()
    return toEndpoint(row)
  }
  async #row(id: string): Promise<EndpointRow | undefined> {
    return await this.#ask((db) => db.sql<EndpointRow>`select * from ashlar_webhook_endpoints where id = ${id}`.first())
  }
  async #keys({ secrets, id }: EndpointRow): Promise<readonly KeptKey[]> {
    const { seal } = this.#plan
    return JSON.parse(seal === undefined ? secrets : await seal.open(secrets, `webhooks:${id}`)) as KeptKey[]
  }
  async #seal(keys: readonly KeptKey[], id: string): Promise<string> {
    const text = JSON.stringify(keys)
    return (await this.#plan.seal?.seal(text, `webhooks:${id}`)) ?? text
  }
  async #ask<T>(work: (db: Queryable) => Promise<T>): Promise<T> {
    return await inStore(async () => await work(await this.#open()))
  }
  async #change<T>(work: (db: Queryable) => Promise<T>): Promise<T> {
    return await this.#ask((db) => db.transaction(work))
  }
}

/** What the receiver is shown of a key. @throws {WEBHOOKS_KEY_INVALID} */
function shownKey(key: string): string {
  const read = readKey(key)
  return read.kind === "hmac" ? key : publicHalf(read)
}

function readTypes(types: string | null): readonly string[] | undefined {
  return types === null ? undefined : (JSON.parse(types) as string[])
}

function toEndpoint(row: EndpointRow): Endpoint {
  const date = (ms: number | null) => (ms === null ? undefined : new Date(Number(ms)))
  return {
    id: row.id,
    owner: row.owner,
    url: row.url,
    types: readTypes(row.types),
    createdAt: new Date(Number(row.created_ms)),
    failingSince: date(row.failing_ms),
    disabledAt: date(row.disabled_ms),
    disabledWhy: row.disabled_why ?? undefined,
  }
}
