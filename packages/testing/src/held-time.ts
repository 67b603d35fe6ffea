import { type Clock, type IdSource, type ManualClock, manualClock, systemClock } from "@ashlar/core"
import { holdIds, holdSystemClock } from "@ashlar/core/testing/hold"
import { type Duration, parseDuration } from "./duration.ts"
import { TestMisused } from "./errors.ts"

/**
 * The time and the ids of this process while a test holds them. They belong to the process, so one test holds them at a
 * time, and lets them go again.
 */
export class HeldTime implements Clock {
  #clock: ManualClock | undefined
  #holdsIds = false

  now(): number {
    return systemClock.now()
  }

  /** Stops the clock, where it is or at a time. @throws {TESTING_MISUSED} when another test holds it. */
  freeze(at: Date | string | number = systemClock.now()): void {
    const ms = new Date(at).getTime()
    if (Number.isNaN(ms)) throw new TestMisused(`Expected a time such as "2026-01-31T12:00:00Z", got ${String(at)}`)
    take("clock", this)
    this.#clock = manualClock(ms)
    holdSystemClock(this.#clock)
  }

  /** Moves the clock on; it stands still then. */
  travel(duration: Duration): void {
    const ms = parseDuration(duration)
    if (this.#clock === undefined) this.freeze()
    this.#clock!.advance(ms)
  }

  /** @throws {TESTING_MISUSED} when another test holds the ids. */
  numberIds(source: IdSource = sequentialIds()): void {
    take("ids", this)
    this.#holdsIds = true
    holdIds(source)
  }

  /** Lets time and ids go on as ever. */
  release(): void {
    if (this.#clock !== undefined) holdSystemClock(undefined)
    if (this.#holdsIds) holdIds(undefined)
    this.#clock = undefined
    this.#holdsIds = false
    for (const [what, holder] of holders) if (holder === this) holders.delete(what)
  }
}

const holders = new Map<"clock" | "ids", HeldTime>()

function take(what: "clock" | "ids", holder: HeldTime): void {
  const other = holders.get(what)
  if (other !== undefined && other !== holder)
    throw new TestMisused(`Another test app holds the ${what} of this process. Close it first: \`await test.close()\`.`)
  holders.set(what, holder)
}

/**
 * Ids that a test can write down: UUIDs (of version 7, in order) that count from 1.
 * @example
 * sequentialIds()() // "00000000-0000-7000-8000-000000000001"
 */
export function sequentialIds(): IdSource {
  let last = 0
  return () => `00000000-0000-7000-8000-${String(++last).padStart(12, "0")}`
}
