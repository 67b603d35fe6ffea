/** Where the time comes from. Whatever reads the time takes a clock, so that a test can set it. */
export interface Clock {
  /** Whole milliseconds since 1970-01-01T00:00:00Z. */
  now(): number
}

/** A clock that stands still until it is told to move. */
export interface ManualClock extends Clock {
  /** Moves the clock forward by `ms`, zero or more. */
  advance(ms: number): void
}

let held: Clock | undefined

/** The machine's wall clock. It may jump when the machine's time is corrected; it is no stopwatch. */
export const systemClock: Clock = { now: () => (held === undefined ? Date.now() : held.now()) }

/**
 * Lets {@link systemClock} tell another clock's time, in all of this process, until it is called with `undefined`. For
 * tests that move time; nothing does so in production.
 */
export function holdSystemClock(clock: Clock | undefined): void {
  held = clock
}

/**
 * A clock for tests.
 *
 * @param startMs Where it starts, in milliseconds since 1970. Default: 2026-01-01T00:00:00Z.
 * @example
 * const clock = manualClock()
 * const sessions = createSessions({ clock, idleMs: 1_000 })
 * clock.advance(1_001)
 */
export function manualClock(startMs: number = Date.UTC(2026, 0, 1)): ManualClock {
  let nowMs = startMs
  return {
    now: () => nowMs,
    advance(ms) {
      nowMs += ms
    },
  }
}
