import type { BusStats } from "./bus.ts"

/** What all subscriptions of a bus count. */
export class Counters implements BusStats {
  published = 0
  publishFailures = 0
  delivered = 0
  handled = 0
  skipped = 0
  released = 0
  dead = 0
  failures = 0
  retries = 0
  redelivered = 0
  handling = 0
  publishing = 0

  snapshot(): BusStats {
    return { ...this }
  }
}
