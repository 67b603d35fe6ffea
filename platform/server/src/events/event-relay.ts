import type { Audit } from "@ashlar/control"
import type { Bus, CloudEvent } from "@ashlar/events"
import type { Feature, SqliteFile } from "@ashlar/sqlite"
import type { Log } from "../log.ts"
import { eventOf } from "./platform-events.ts"

/** How far the events of an install were told. What was there before this table is history, and is told to nobody. */
export const eventsFeature: Feature = {
  name: "events",
  migrations: [
    {
      id: 1,
      name: "how far events were told",
      sql: [
        "CREATE TABLE events_told (id INTEGER PRIMARY KEY CHECK (id = 1), place INTEGER NOT NULL) STRICT",
        "INSERT INTO events_told (id, place) SELECT 1, coalesce(max(n), 0) FROM control_audit",
      ],
    },
  ],
}

/** Tells the bus what was committed. */
export interface EventRelay {
  /** Something was committed. */
  wake(): void
  /** Begins nothing more; what is under way may end within the grace. */
  stop(graceMs: number): Promise<void>
}

export interface EventRelayOptions {
  readonly file: SqliteFile
  readonly audit: Pick<Audit, "after">
  readonly bus: Pick<Bus, "send">
  readonly installId: string
  readonly log: Log
  /** How often it looks without being woken. Default 1,000. */
  readonly pollMs?: number
}

const BATCH = 100
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000

/**
 * The audit trail is the outbox: an entry commits with its change in one transaction and is never changed, so an event is told
 * exactly when the change is there, also after a crash, and no write pays for it. Told means at least once: between the bus's answer and the
 * note of it a crash has the same event, with the same id, told again.
 */
export function startEventRelay(options: EventRelayOptions): EventRelay {
  const { file, audit, bus, installId, log, pollMs = 1_000 } = options
  let place = file.get<{ place: number }>("SELECT place FROM events_told WHERE id = 1")?.place ?? 0
  let isStopping = false
  let isWoken = false
  let wakeUp: () => void = () => undefined

  async function pause(ms: number, canBeWoken: boolean): Promise<void> {
    if (isStopping || (canBeWoken && isWoken)) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      timer.unref()
      wakeUp = () => {
        if (!canBeWoken && !isStopping) return
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** @returns whether there may be more. */
  async function tellSome(): Promise<boolean> {
    const entries = audit.after(place, BATCH)
    if (entries.length === 0) return false
    const events = entries.map((entry) => eventOf(entry, installId)).filter((event) => event !== undefined)
    if (events.length > 0) await bus.send(events as readonly CloudEvent[])
    const told = entries.at(-1)!.place
    await file.write([{ sql: "UPDATE events_told SET place = ? WHERE id = 1", params: [told] }])
    place = told
    return entries.length === BATCH
  }

  async function run(): Promise<void> {
    let failures = 0
    while (!isStopping) {
      isWoken = false
      try {
        const isMore = await tellSome()
        if (failures > 0) log.info("events are told again", { after: failures })
        failures = 0
        if (!isMore) await pause(pollMs, true)
      } catch (error) {
        if (isStopping) return
        if (failures++ === 0) log.error("events wait in the audit trail, for they cannot be told", error)
        await pause(Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures, 10), LONGEST_PAUSE_MS), false)
      }
    }
  }

  const running = run()
  return {
    wake() {
      isWoken = true
      wakeUp()
    },
    async stop(graceMs) {
      isStopping = true
      wakeUp()
      await Promise.race([running, Bun.sleep(graceMs)])
    },
  }
}

/** The file, telling of every call that committed. */
export function tellOfCalls(file: SqliteFile, told: () => void): SqliteFile {
  return {
    path: file.path,
    write: (statements) => file.write(statements),
    async call<T>(procedure: string, args: unknown, options?: { readonly makesRoom?: boolean }): Promise<T> {
      const result = await file.call<T>(procedure, args, options)
      told()
      return result
    },
    all: (sql, params) => file.all(sql, params),
    get: (sql, params) => file.get(sql, params),
    scan: (sql, params, options) => file.scan(sql, params, options),
  }
}
