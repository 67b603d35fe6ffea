import { AshlarError } from "@ashlar/core"
import type { Ending } from "./decide.ts"
import { CLOCK_DRIFT } from "./drivers/drivers.ts"
import { SchedulerRunCancelled, SchedulerRunInterrupted, SchedulerRunLost, SchedulerRunTimeout } from "./errors.ts"
import type { Run, RunHandler } from "./schedule.ts"
import type { Outcome, Running } from "./state.ts"

/** How a run tells the store that it goes on. */
export type Renew = () => Promise<{ readonly isHeld: boolean; readonly isCancelled: boolean }>

export interface ActiveRunOptions {
  readonly schedule: string
  readonly handler: RunHandler
  readonly timeoutMs: number
  readonly leaseMs: number
  /** How long it may go on after its signal was aborted. */
  readonly abortGraceMs: number
  /** When it was claimed at the latest, by `performance.now()`. */
  readonly claimedMs: number
  readonly renew: Renew
  readonly onError: (error: unknown) => void
}

/** A run in this process: its signal, its time and its lease. */
export class ActiveRun {
  readonly claim: Running
  readonly #options: ActiveRunOptions
  readonly #controller = new AbortController()
  readonly #ended = Promise.withResolvers<Ending>()
  #heldSinceMs: number
  #isEnded = false
  #timers: ReturnType<typeof setTimeout>[] = []

  constructor(claim: Running, options: ActiveRunOptions) {
    this.claim = claim
    this.#options = options
    this.#heldSinceMs = options.claimedMs
  }

  /** Runs the handler. Never rejects. */
  async run(): Promise<Ending> {
    const { timeoutMs, leaseMs } = this.#options
    this.#after(timeoutMs, () =>
      this.#abort(new SchedulerRunTimeout(`The run took longer than the ${timeoutMs} ms of its schedule (timeoutMs).`)),
    )
    this.#keep(leaseMs)
    void this.#work()
    const ending = await this.#ended.promise
    this.#isEnded = true
    for (const timer of this.#timers) clearTimeout(timer)
    return ending
  }
  cancel(): void {
    this.#abort(new SchedulerRunCancelled())
  }
  interrupt(): void {
    this.#abort(new SchedulerRunInterrupted())
  }

  async #work(): Promise<void> {
    const { schedule, handler, onError } = this.#options
    const { id, atMs, cause, attempt, fence } = this.claim
    const { signal } = this.#controller
    const run: Run = Object.freeze({ id, schedule, at: new Date(atMs), cause, attempt, fence, signal })
    try {
      await handler(run)
      // Work that was done although it should have ended counts, but not if it came too late.
      const isLate = signal.reason instanceof SchedulerRunTimeout
      this.#ended.resolve(isLate ? endingBy(signal.reason) : { outcome: "succeeded" })
    } catch (error) {
      if (!signal.aborted) {
        onError(error)
        this.#ended.resolve({ outcome: "failed", errorCode: codeOf(error) })
      } else this.#ended.resolve(endingBy(signal.reason))
    }
  }

  /** Tells the store now and then that it goes on, and ends it when that was not heard in time. */
  #keep(leaseMs: number): void {
    const { renew } = this.#options
    const again = async (): Promise<void> => {
      const askedMs = performance.now()
      try {
        const { isHeld, isCancelled } = await renew()
        if (!isHeld) return this.#abort(new SchedulerRunLost())
        this.#heldSinceMs = askedMs
        if (isCancelled) this.cancel()
      } catch {
        // Asked again, as long as there is time.
      }
      if (!this.#isEnded) this.#after(leaseMs / 3, () => void again())
    }
    const watch = (): void => {
      const leftMs = this.#heldSinceMs + leaseMs * (1 - CLOCK_DRIFT) - performance.now()
      if (leftMs <= 0) this.#abort(new SchedulerRunLost())
      else this.#after(leftMs, watch)
    }
    this.#after(leaseMs / 3, () => void again())
    watch()
  }

  /** The first reason counts. What does not end by then is left to itself. */
  #abort(reason: AshlarError): void {
    if (this.#isEnded || this.#controller.signal.aborted) return
    this.#controller.abort(reason)
    this.#after(this.#options.abortGraceMs, () => this.#ended.resolve(endingBy(reason)))
  }
  #after(ms: number, work: () => void): void {
    if (this.#isEnded) return
    this.#timers.push(setTimeout(work, Math.max(1, ms)))
    if (this.#timers.length > 32) this.#timers = this.#timers.slice(-16)
  }
}

const OUTCOMES: { readonly [code: string]: Outcome } = {
  SCHEDULER_RUN_TIMEOUT: "timed-out",
  SCHEDULER_RUN_CANCELLED: "cancelled",
  SCHEDULER_RUN_INTERRUPTED: "interrupted",
  SCHEDULER_RUN_LOST: "lost",
}
function endingBy(reason: unknown): Ending {
  const code = codeOf(reason)
  return { outcome: OUTCOMES[code] ?? "failed", errorCode: code }
}

/** What may be kept of an error: never its message, which may hold anything. */
function codeOf(error: unknown): string {
  if (error instanceof AshlarError) return error.code
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  const word = typeof code === "string" && code !== "" ? code : typeof name === "string" ? name : "Error"
  return word.slice(0, 100)
}
