import type { AshlarError } from "@ashlar/core"
import { Cancelled, QueueFull, Stopped } from "./errors.ts"
import type { Instance } from "./instance.ts"
import type { FunctionLimits } from "./limits.ts"

interface Waiter {
  readonly resolve: (place: Place) => void
  readonly reject: (error: AshlarError) => void
  /** There was no process for it when it came. */
  readonly cold: boolean
}

/** Where an invocation runs. */
export interface Place {
  readonly instance: Instance
  /** The invocation waited for a process to load the bundle. */
  readonly cold: boolean
}

export interface LaneOptions {
  readonly limits: FunctionLimits
  /** How many invocations one process takes at once. */
  readonly perProcess: number
  /** Starts a process with the version in it. */
  readonly start: () => Promise<Instance>
}

/**
 * The processes of one version, and the invocations that wait for a place in one. Processes are started one at a time, so
 * that a burst of short calls is served by few of them.
 */
export class Lane {
  readonly #options: LaneOptions
  readonly #instances = new Set<Instance>()
  #waiting: Waiter[] = []
  #starting = false
  #closed = false

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /** Processes that take calls. */
  get instances(): ReadonlySet<Instance> {
    return this.#instances
  }

  get empty(): boolean {
    return this.#instances.size === 0 && this.#waiting.length === 0 && !this.#starting
  }

  /**
   * A place to run in, as soon as there is one, in the order of the calls. It is reserved: start the invocation in it.
   *
   * @throws {FUNCTIONS_QUEUE_FULL} when too many wait already, or after waiting as long as a call may take.
   * @throws {FUNCTIONS_CANCELLED} when the signal aborts first.
   * @throws {FUNCTIONS_STOPPED} when the version is taken away first.
   * @throws {FUNCTIONS_START_FAILED} @throws {FUNCTIONS_BUNDLE_INVALID} when no process can be started for it.
   */
  async enter(signal: AbortSignal): Promise<Place> {
    if (this.#closed) throw new Stopped()
    const instance = this.#waiting.length === 0 ? this.#free() : undefined
    if (instance) return { instance: instance.reserve(), cold: false }
    const { queue, wallMs, concurrency } = this.#options.limits
    // While the first process starts, the calls that will run in it at once are not a queue yet.
    const allowed = this.#instances.size === 0 ? queue + concurrency : queue
    if (this.#waiting.length >= allowed)
      throw new QueueFull(`${concurrency} calls run and ${queue} wait: the function takes no more. Try again later.`)
    const { promise, resolve, reject } = Promise.withResolvers<Place>()
    const waiter: Waiter = { resolve, reject, cold: this.#instances.size === 0 }
    this.#waiting.push(waiter)
    this.#grow()
    const leave = (error: AshlarError) => {
      this.#waiting = this.#waiting.filter((other) => other !== waiter)
      reject(error)
    }
    const timer = setTimeout(
      () => leave(new QueueFull(`The call waited ${wallMs} ms for a place. Try again later.`)),
      wallMs,
    )
    const onAbort = () => leave(new Cancelled())
    signal.addEventListener("abort", onAbort)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      signal.removeEventListener("abort", onAbort)
    }
  }

  /** Takes in a process that has the version loaded. */
  adopt(instance: Instance): void {
    this.#instances.add(instance)
    instance.onChange = () => this.#changed(instance)
    this.#changed(instance)
  }

  /** Lets running calls finish, and takes no more. Those that wait are refused. */
  close(): void {
    this.#closed = true
    for (const waiter of this.#waiting.splice(0)) waiter.reject(new Stopped())
    for (const instance of [...this.#instances]) instance.retire()
  }

  #changed(instance: Instance): void {
    if (!instance.usable) this.#instances.delete(instance)
    if (this.#closed) instance.retire()
    for (let free = this.#free(); free && this.#waiting.length > 0; free = this.#free()) {
      const waiter = this.#waiting.shift()!
      waiter.resolve({ instance: free.reserve(), cold: waiter.cold })
    }
    this.#grow()
  }

  #free(): Instance | undefined {
    for (const instance of this.#instances)
      if (instance.usable && instance.taken < this.#options.perProcess) return instance
    return undefined
  }

  #grow(): void {
    const { limits, perProcess, start } = this.#options
    const most = Math.ceil(limits.concurrency / perProcess)
    if (this.#starting || this.#closed || this.#waiting.length === 0 || this.#instances.size >= most) return
    this.#starting = true
    start().then(
      (instance) => {
        this.#starting = false
        this.adopt(instance)
      },
      (error: AshlarError) => {
        this.#starting = false
        for (const waiter of this.#waiting.splice(0)) waiter.reject(error)
      },
    )
  }
}
