import { type Database, openDatabase } from "@ashlar/orm"
import { wholeNumber } from "../option.ts"
import { LiveOutbox } from "./live-outbox.ts"
import type { Outbox, OutboxOptions } from "./outbox.ts"
import { prepareOutbox } from "./outbox-tables.ts"

/**
 * Opens an outbox in a database, and makes its tables where they are missing.
 *
 * @param database Its URL, the same as the application's, letter for letter; or the open database, which is then left open.
 * @throws {EVENTS_OPTION_INVALID} {EVENTS_BUS_FAILED} and what is wrong with the URL.
 * @example
 * const outbox = await openOutbox(db)
 * const relay = await outbox.relay(openBus("redis://localhost"))
 */
export async function openOutbox(database: string | Database, options: OutboxOptions = {}): Promise<Outbox> {
  wholeNumber("partitions", options.partitions ?? 8, 1, 64)
  wholeNumber("maxEventBytes", options.maxEventBytes ?? 262_144, 1_024, 8 * 1024 * 1024)
  wholeNumber("retainMs", options.retainMs ?? 0, 0, 10 * 366 * 86_400_000)
  const own = typeof database === "string" ? await openDatabase(database) : undefined
  const db = own ?? (database as Database)
  try {
    const outbox = new LiveOutbox(db, options, async () => await own?.close())
    await prepareOutbox(db)
    return outbox
  } catch (error) {
    await own?.close()
    throw error
  }
}
