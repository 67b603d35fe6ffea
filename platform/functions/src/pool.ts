import type { AshlarError } from "@ashlar/core"
import { Crashed, QueueFull, Stopped } from "./errors.ts"
import type { InstallLimits } from "./limits.ts"
import type { Profile, Runtime } from "./profile.ts"
import { Sandbox } from "./sandbox.ts"
import type { Stage } from "./stage.ts"

/** Users that belong to nobody else: the platform as root runs every process of a function as another one of them. */
const FIRST_UID = 200_000
const UIDS = 60_000
const REFILL_DELAY_MS = 20
const SWEEP_MS = 1000
const MAX_WAIT_MS = 10_000
const IDLE_POLL_MS = 50

/** A process that may be ended when nothing runs in it. */
export interface Evictable {
  readonly sandbox: Sandbox
  readonly taken: number
  readonly lastUsedMs: number
}

export interface PoolOptions {
  readonly stage: () => Promise<Stage>
  /** The walls that the machine can give. @throws {FUNCTIONS_UNSANDBOXED} when it can give none and none were waived. */
  readonly profileFor: (runtime: Runtime) => Promise<Profile>
  readonly limits: InstallLimits
}

/**
 * All processes of functions of the install. One of each runtime that is in use waits ready, with nothing in it, so that a
 * cold call costs no more than loading its bundle. A process is never given to a second version.
 */
export class Pool {
  readonly #options: PoolOptions
  readonly #processes = new Set<Sandbox>()
  readonly #loaded = new Set<Evictable>()
  readonly #spares = new Map<Runtime, Sandbox>()
  readonly #lastNeededMs = new Map<Runtime, number>()
  #waiting: (() => void)[] = []
  #nextUid = Math.floor(Math.random() * UIDS)
  #sweeper: ReturnType<typeof setInterval> | undefined
  #closed = false

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /** How many processes there are, spares included. */
  get size(): number {
    return this.#processes.size
  }

  /**
   * A fresh process, ready to load a bundle.
   *
   * @throws {FUNCTIONS_UNSANDBOXED} @throws {FUNCTIONS_START_FAILED}
   * @throws {FUNCTIONS_QUEUE_FULL} when all processes of the install were busy for 10 seconds.
   */
  async take(runtime: Runtime): Promise<Sandbox> {
    this.#lastNeededMs.set(runtime, performance.now())
    const spare = this.#spares.get(runtime)
    this.#spares.delete(runtime)
    const sandbox = spare?.live ? spare : await this.#start(runtime)
    setTimeout(() => this.#refill(runtime), REFILL_DELAY_MS).unref()
    await sandbox.ready
    return sandbox
  }

  /** The process has a bundle: from now on it may be ended when it is idle. */
  register(loaded: Evictable): void {
    this.#loaded.add(loaded)
    void loaded.sandbox.closed.then(() => this.#loaded.delete(loaded))
  }

  /** Ends every process. Resolves when they are gone. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#sweeper)
    for (const wake of this.#waiting.splice(0)) wake()
    await Promise.all([...this.#processes].map((sandbox) => end(sandbox, new Stopped())))
  }

  async #start(runtime: Runtime): Promise<Sandbox> {
    const profile = await this.#options.profileFor(runtime)
    const stage = await this.#options.stage()
    const untilMs = performance.now() + MAX_WAIT_MS
    while (this.#processes.size >= this.#options.limits.maxProcesses && !this.#closed)
      await this.#makeRoom(runtime, untilMs)
    if (this.#closed) throw new Stopped()
    const sandbox = Sandbox.start({ stage, profile, runtime, uid: this.#uid() })
    this.#processes.add(sandbox)
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS).unref()
    void sandbox.closed.then(() => {
      this.#processes.delete(sandbox)
      if (this.#spares.get(runtime) === sandbox) this.#spares.delete(runtime)
      this.#waiting.shift()?.()
    })
    return sandbox
  }

  /** Ends the idle process that was used longest ago, or waits for one to become idle. */
  async #makeRoom(runtime: Runtime, untilMs: number): Promise<void> {
    const idle = this.#leastRecentlyUsed() ?? [...this.#spares.values()].find((spare) => spare.runtime !== runtime)
    if (idle) return end(idle)
    if (performance.now() > untilMs)
      throw new QueueFull(
        `All ${this.#options.limits.maxProcesses} processes of this install are busy. Try again later.`,
      )
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve)
      // A process that becomes idle makes room too, and tells nobody.
      setTimeout(resolve, IDLE_POLL_MS).unref()
    })
  }

  #leastRecentlyUsed(): Sandbox | undefined {
    let oldest: Evictable | undefined
    for (const loaded of this.#loaded)
      if (loaded.taken === 0 && (!oldest || loaded.lastUsedMs < oldest.lastUsedMs)) oldest = loaded
    return oldest?.sandbox
  }

  /** Starts the next spare, unless there is one, or no room without ending something of use. */
  async #refill(runtime: Runtime): Promise<void> {
    if (this.#closed || this.#spares.has(runtime) || this.#processes.size >= this.#options.limits.maxProcesses) return
    // A spare is a convenience: when it cannot be had, the call that needs a process finds out why.
    const spare = await this.#start(runtime).catch(() => undefined)
    if (!spare) return
    if (this.#spares.has(runtime)) return end(spare)
    this.#spares.set(runtime, spare)
  }

  #sweep(): void {
    const nowMs = performance.now()
    const { idleMs, spareIdleMs } = this.#options.limits
    for (const loaded of this.#loaded)
      if (loaded.taken === 0 && nowMs - loaded.lastUsedMs > idleMs) void end(loaded.sandbox)
    for (const [runtime, spare] of this.#spares)
      if (nowMs - (this.#lastNeededMs.get(runtime) ?? 0) > spareIdleMs) void end(spare)
    if (this.#processes.size > 0) return
    clearInterval(this.#sweeper)
    this.#sweeper = undefined
  }

  #uid(): number | undefined {
    if (process.getuid?.() !== 0) return undefined
    this.#nextUid = (this.#nextUid + 1) % UIDS
    return FIRST_UID + this.#nextUid
  }
}

async function end(sandbox: Sandbox, reason: AshlarError = new Crashed("The process was idle.")): Promise<void> {
  sandbox.kill(reason)
  await sandbox.closed
}
