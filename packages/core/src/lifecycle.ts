import { withDeadline } from "./deadline.ts"
import { DeadlineExceeded, LifecycleMisused } from "./errors.ts"

/**
 * A part of a process: what it does in each phase. Every hook gets a signal that aborts when the phase's time is over.
 */
export interface LifecyclePart {
  /** For messages. */
  readonly name: string
  /** Opens what the part needs. Parts start one after the other, in the order they were added. */
  start?(signal: AbortSignal): void | Promise<void>
  /** Begins to take work. Called once every part has started, in the same order. */
  ready?(signal: AbortSignal): void | Promise<void>
  /** Takes no new work and waits for what is under way. All parts drain at the same time. */
  drain?(signal: AbortSignal): void | Promise<void>
  /** Gives back what `start` took. Parts stop one after the other, the last started first. */
  stop?(signal: AbortSignal): void | Promise<void>
}

export interface LifecycleOptions {
  /** How long all parts' `start` and `ready` may take together. Default: 60,000. */
  readonly startTimeoutMs?: number
  /** How long work under way may go on after the first signal or the call of `stop`. Default: 10,000. */
  readonly graceMs?: number
  /** How long each part's `stop` may take, after the drain. Default: 5,000. */
  readonly stopTimeoutMs?: number
}

export type LifecycleState = "idle" | "starting" | "ready" | "draining" | "stopping" | "stopped"

export interface LifecycleFailure {
  readonly part: string
  readonly phase: "drain" | "stop"
  readonly error: unknown
}

/** How a stop went. */
export interface StopReport {
  /** All work was finished and all parts stopped in time. */
  readonly clean: boolean
  /** For the log: what threw or was late. */
  readonly failures: readonly LifecycleFailure[]
}

/** The part of a runtime's `process` that signals need; a test passes its own. */
export interface SignalSource {
  on(signal: "SIGTERM" | "SIGINT", listener: () => void): unknown
  off(signal: "SIGTERM" | "SIGINT", listener: () => void): unknown
  exit(code: number): unknown
}

/** Start, ready, drain and stop of one process. */
export interface Lifecycle {
  readonly state: LifecycleState
  /** @throws {CORE_LIFECYCLE_MISUSED} once started. */
  add(part: LifecyclePart): void
  /**
   * Starts all parts, then tells all that they are ready. When one fails, those that did start are stopped again, the
   * last first, and the failure is thrown.
   *
   * @throws {CORE_DEADLINE_EXCEEDED} naming the part that was busy when `startTimeoutMs` had passed.
   * @throws {CORE_LIFECYCLE_MISUSED} when it was started before, or stopped while it started.
   */
  start(): Promise<void>
  /** Drains within `graceMs`, then stops. Never rejects. Later calls share the first one's promise. */
  stop(): Promise<StopReport>
  /**
   * Makes SIGTERM and SIGINT stop the process: the first drains, stops and exits with 0 (with 1 when the stop was not
   * clean), a second one exits at once with 128 + the signal's number.
   *
   * @returns A function that takes the listeners away again.
   */
  handleSignals(source?: SignalSource, onStopped?: (report: StopReport) => void): () => void
}

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const

/**
 * Makes a lifecycle.
 *
 * @example
 * const lifecycle = createLifecycle({ graceMs: 10_000 })
 * lifecycle.add({ name: "services", stop: () => container.close() })
 * lifecycle.add({ name: "http", start: () => server.bind(), drain: () => server.drain(), stop: () => server.stop() })
 * await lifecycle.start()
 * lifecycle.handleSignals()
 */
export function createLifecycle(options: LifecycleOptions = {}): Lifecycle {
  const { startTimeoutMs = 60_000, graceMs = 10_000, stopTimeoutMs = 5_000 } = options
  const parts: LifecyclePart[] = []
  const started: LifecyclePart[] = []
  let state: LifecycleState = "idle"
  let starting: Promise<void> | undefined
  let stopping: Promise<StopReport> | undefined

  async function startAll(signal: AbortSignal, busy: (part: LifecyclePart) => void): Promise<void> {
    for (const phase of ["start", "ready"] as const) {
      for (const part of parts) {
        // A stop that came in the meantime, or the deadline, ends the start between two parts.
        if (signal.aborted || state !== "starting") return
        busy(part)
        await part[phase]?.(signal)
        if (phase === "start") started.push(part)
      }
    }
  }

  async function start(): Promise<void> {
    if (state !== "idle")
      throw new LifecycleMisused(`Expected a lifecycle that was never started, this one is ${state}.`)
    state = "starting"
    let busy = "nothing"
    const late = () =>
      new DeadlineExceeded(
        `"${busy}" was not ready ${startTimeoutMs} ms after the start. Find what it waits for, or raise startTimeoutMs.`,
      )
    starting = withDeadline((signal) => startAll(signal, (part) => (busy = part.name)), startTimeoutMs, late)
    try {
      await starting
    } catch (error) {
      // Nothing was ready, so there is nothing to drain.
      stopping ??= stopStarted([])
      await stopping
      throw error
    }
    if (stopping) {
      await stopping
      throw new LifecycleMisused("The lifecycle was stopped before it was ready.")
    }
    state = "ready"
  }

  async function drainAndStop(): Promise<StopReport> {
    const wasReady = state === "ready"
    state = wasReady ? "draining" : "stopping"
    const failures = wasReady ? await drainParts(started, graceMs) : []
    // A part that is still starting is given the time to end, so that what it opened is closed: its start is bounded.
    await starting?.catch(() => undefined)
    return await stopStarted(failures)
  }

  async function stopStarted(failures: readonly LifecycleFailure[]): Promise<StopReport> {
    state = "stopping"
    const all = [...failures, ...(await stopParts(started.reverse(), stopTimeoutMs))]
    state = "stopped"
    return { clean: all.length === 0, failures: all }
  }

  function stop(): Promise<StopReport> {
    stopping ??= drainAndStop()
    return stopping
  }

  return {
    get state() {
      return state
    },
    add(part) {
      if (state !== "idle")
        throw new LifecycleMisused(`"${part.name}" was added while the lifecycle was ${state}. Add it before start.`)
      parts.push(part)
    },
    start,
    stop,
    handleSignals: (source, onStopped) => stopOnSignals(stop, { source, onStopped }),
  }
}

async function drainParts(parts: readonly LifecyclePart[], graceMs: number): Promise<LifecycleFailure[]> {
  const failures: LifecycleFailure[] = []
  const drains = parts.map(async (part) => {
    const late = () =>
      new DeadlineExceeded(`"${part.name}" still had work under way ${graceMs} ms after the stop began (graceMs).`)
    try {
      await withDeadline((signal) => part.drain?.(signal), graceMs, late)
    } catch (error) {
      failures.push({ part: part.name, phase: "drain", error })
    }
  })
  await Promise.all(drains)
  return failures
}

async function stopParts(parts: readonly LifecyclePart[], stopTimeoutMs: number): Promise<LifecycleFailure[]> {
  const failures: LifecycleFailure[] = []
  for (const part of parts) {
    const late = () =>
      new DeadlineExceeded(`"${part.name}" took longer than ${stopTimeoutMs} ms to stop (stopTimeoutMs).`)
    try {
      await withDeadline((signal) => part.stop?.(signal), stopTimeoutMs, late)
    } catch (error) {
      failures.push({ part: part.name, phase: "stop", error })
    }
  }
  return failures
}

export interface SignalOptions {
  /** Default: this process. */
  readonly source?: SignalSource | undefined
  /** Told how the stop went, before the process exits. */
  readonly onStopped?: ((report: StopReport) => void) | undefined
}

/**
 * Makes SIGTERM and SIGINT stop a process: the first calls `stop` and exits with 0, or with 1 when the stop was not clean; a
 * second one exits at once with 128 + the signal's number.
 *
 * @returns A function that takes the listeners away again.
 */
export function stopOnSignals(
  stop: () => Promise<StopReport>,
  { source = process, onStopped }: SignalOptions = {},
): () => void {
  let seen = false
  const listenerFor = (signal: "SIGTERM" | "SIGINT") => () => {
    if (seen) {
      source.exit(128 + SIGNAL_NUMBERS[signal])
      return
    }
    seen = true
    void stop().then((report) => {
      onStopped?.(report)
      source.exit(report.clean ? 0 : 1)
    })
  }
  const listeners = (["SIGTERM", "SIGINT"] as const).map((signal) => ({ signal, listener: listenerFor(signal) }))
  for (const { signal, listener } of listeners) source.on(signal, listener)
  return () => {
    for (const { signal, listener } of listeners) source.off(signal, listener)
  }
}
