import { createHash } from "node:crypto"
import { detach } from "@ashlar/core"
import { type Database, openDatabase, type Queryable, sql, type TransactionOptions } from "@ashlar/orm"
import { asBusFailed } from "../bus/as-bus-failed.ts"
import { NOW } from "../bus/sql/sql-tables.ts"
import type { CloudEvent } from "../envelope/cloud-event.ts"
import { wholeNumber, word } from "../option.ts"
import type { Inbox, InboxOptions, InboxOutcome, InboxStats } from "./inbox.ts"
import { INBOX, prepareInbox } from "./outbox-tables.ts"

const DAY_MS = 86_400_000
const TRIM_EVERY = 1_000

/**
 * Opens an inbox in a database, and makes its table where it is missing.
 *
 * @param database The URL of the database in which the effects are, letter for letter; or the open database, which is then left open.
 * @throws {EVENTS_OPTION_INVALID} {EVENTS_BUS_FAILED} and what is wrong with the URL.
 * @example
 * const inbox = await openInbox(db, { name: "billing" })
 */
export async function openInbox(
  database: string | Database,
  { name = "inbox", retainMs = 7 * DAY_MS }: InboxOptions = {},
): Promise<Inbox> {
  word("name", name)
  wholeNumber("retainMs", retainMs, 1_000, 3_660 * DAY_MS)
  const own = typeof database === "string" ? await openDatabase(database) : undefined
  const db = own ?? (database as Database)
  try {
    await prepareInbox(db)
  } catch (error) {
    await own?.close()
    throw error
  }
  return new LiveInbox(db, { name, retainMs, leave: async () => await own?.close() })
}

interface InboxParts {
  readonly name: string
  readonly retainMs: number
  readonly leave: () => Promise<void>
}

class LiveInbox implements Inbox {
  readonly #database: Database
  readonly #parts: InboxParts
  readonly #outside: <T>(work: () => T) => T = detach()
  readonly #stats = { handled: 0, duplicates: 0 }
  #trimming: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(database: Database, parts: InboxParts) {
    this.#database = database
    this.#parts = parts
  }

  async handle<T>(
    event: { readonly envelope: CloudEvent } | CloudEvent,
    work: (tx: Queryable) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<InboxOutcome<T>> {
    const { id, source, type } = isEnvelope(event) ? event : event.envelope
    // A hash has one length and one spelling, whatever a database thinks of letters.
    const key = createHash("sha256").update(`${source}\n${id}`).digest("hex")
    const outcome = await this.#database.transaction<InboxOutcome<T>>(async (tx) => {
      if (!(await this.#note(tx, key, type))) return { isNew: false }
      return { isNew: true, value: await work(tx) }
    }, options)
    this.#stats[outcome.isNew ? "handled" : "duplicates"]++
    if ((this.#stats.handled + this.#stats.duplicates) % TRIM_EVERY === 0) this.#trim()
    return outcome
  }
  /** @returns whether it is new. Another who notes it at the same time is waited for. */
  async #note(tx: Queryable, key: string, type: string): Promise<boolean> {
    const row = sql`(inbox, event_key, type, at_ms) values (${this.#parts.name}, ${key}, ${type}, ${NOW[tx.dialect]})`
    const { changes } =
      tx.dialect === "mysql"
        ? await tx.sql`insert ignore into ${INBOX} ${row}`.run()
        : await tx.sql`insert into ${INBOX} ${row} on conflict do nothing`.run()
    return changes > 0
  }

  stats(): InboxStats {
    return { ...this.#stats }
  }
  #trim(): void {
    const { name, retainMs } = this.#parts
    const before = sql`${NOW[this.#database.dialect]} - ${retainMs}`
    this.#trimming ??= this.#outside(() =>
      asBusFailed("Forgetting what was handled", () =>
        this.#database.sql`delete from ${INBOX} where inbox = ${name} and at_ms < ${before}`.run(),
      ).then(
        () => undefined,
        () => undefined, // the next time it is tried again
      ),
    ).finally(() => {
      this.#trimming = undefined
    })
  }
  close(): Promise<void> {
    this.#closing ??= Promise.resolve(this.#trimming).then(() => this.#parts.leave())
    return this.#closing
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function isEnvelope(event: { readonly envelope: CloudEvent } | CloudEvent): event is CloudEvent {
  return "specversion" in event
}
