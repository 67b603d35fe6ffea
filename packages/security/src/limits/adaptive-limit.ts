import { LimitInvalid } from "../errors.ts"

export interface AdaptiveOptions {
  /**
   * `gradient` (the default) compares how long requests take with how long they took when they did not wait. `aimd` adds one in
   * twenty while they stay below `targetMs`, and takes three in ten away when they do not.
   */
  readonly algorithm?: "gradient" | "aimd"
  /** Requests at a time to begin with. Default: 20. */
  readonly initial?: number
  /** Never fewer: 1 to 100,000. Default: 2. */
  readonly min?: number
  /** Never more: up to 100,000. Default: 1,000. */
  readonly max?: number
  /** For `aimd`: how long a request may take, in milliseconds: 1 to 600,000. */
  readonly targetMs?: number
  /** For `gradient`: how many times as long as the quickest is still fine: 1 to 10. Default: 1.5. */
  readonly tolerance?: number
  /** Requests that are looked at together, at least: 1 to 10,000. Default: 10. */
  readonly samples?: number
  /** A clock that never goes back, in milliseconds. For tests. Default: `performance.now`. */
  readonly nowMs?: () => number
}

/** A look at what was done, no more often than this. */
const LOOK_MS = 100
/** With so many looks, the limit is halved for a moment, to see how long requests take when none waits. */
const LOOKS_TO_PROBE = 60
const BACKOFF = 0.7
/** Fewer at once than this share of the limit say nothing of it. */
const USED = 0.5

/** How many requests a process can do at a time, found out by how long they take. */
export class AdaptiveLimit {
  readonly #options: Required<Omit<AdaptiveOptions, "targetMs" | "nowMs">> & { readonly targetMs: number }
  readonly #nowMs: () => number
  #limit: number
  #running = 0
  #most = 0
  #quickestMs = Number.POSITIVE_INFINITY
  #sumMs = 0
  #count = 0
  #lookedMs: number
  #looks = 0
  /** The limit before it was halved to measure, and how many looks that goes on. */
  #probe: { readonly limit: number; left: number } | undefined

  /** @throws {SECURITY_LIMIT_INVALID} */
  constructor(options: AdaptiveOptions = {}) {
    const { algorithm = "gradient", min = 2, max = 1_000, initial = Math.min(max, Math.max(min, 20)) } = options
    const { tolerance = 1.5, samples = 10, targetMs = 0 } = options
    whole(min, "min", 1, 100_000)
    whole(max, "max", min, 100_000)
    whole(initial, "initial", min, max)
    whole(samples, "samples", 1, 10_000)
    if (!(tolerance >= 1 && tolerance <= 10))
      throw new LimitInvalid(`Expected tolerance to be 1 to 10, got ${tolerance}.`)
    if (algorithm !== "gradient" && algorithm !== "aimd")
      throw new LimitInvalid(`Expected algorithm to be "gradient" or "aimd", got ${JSON.stringify(algorithm)}.`)
    if (algorithm === "aimd") whole(targetMs, "targetMs", 1, 600_000)
    this.#options = { algorithm, min, max, initial, tolerance, samples, targetMs }
    this.#limit = initial
    this.#nowMs = options.nowMs ?? (() => performance.now())
    this.#lookedMs = this.#nowMs()
  }

  /** Requests at a time, as it is thought just now. */
  get limit(): number {
    return Math.floor(this.#limit)
  }
  get running(): number {
    return this.#running
  }

  /** Lets one more begin, or not. */
  begin(): boolean {
    if (this.#running >= this.limit) return false
    this.#running++
    this.#most = Math.max(this.#most, this.#running)
    return true
  }

  /**
   * One that was begun has ended.
   * @param tookMs `undefined`: it says nothing of the load.
   * @param failed It was given up for taking too long: that is a sign of its own.
   */
  end(tookMs: number | undefined, failed = false): void {
    this.#running--
    if (failed) this.#backOff()
    if (tookMs === undefined || failed) return
    this.#sumMs += tookMs
    this.#count++
    if (this.#count >= this.#options.samples && this.#nowMs() - this.#lookedMs >= LOOK_MS) this.#look()
  }

  /** Once in each time between looks: those that are given up together are one sign. */
  #backOff(): void {
    if (this.#nowMs() - this.#lookedMs < LOOK_MS && this.#looks > 0) return
    this.#set(this.#limit * BACKOFF)
    this.#begin()
  }
  #look(): void {
    const meanMs = Math.max(this.#sumMs / this.#count, 0.01)
    if (this.#options.algorithm === "aimd") this.#byTarget(meanMs)
    else this.#byGradient(meanMs)
    this.#begin()
  }
  #begin(): void {
    this.#looks++
    this.#sumMs = 0
    this.#count = 0
    this.#most = this.#running
    this.#lookedMs = this.#nowMs()
  }
  #byTarget(meanMs: number): void {
    if (meanMs > this.#options.targetMs) this.#set(this.#limit * BACKOFF)
    else if (this.#most >= this.#limit * USED) this.#set(this.#limit + Math.max(1, this.#limit / 20))
  }
  #byGradient(meanMs: number): void {
    if (this.#probe !== undefined) {
      // In the first look there still are those that began before.
      if (--this.#probe.left > 0) return
      this.#quickestMs = meanMs
      this.#limit = this.#probe.limit
      this.#probe = undefined
      return
    }
    this.#quickestMs = Math.min(this.#quickestMs, meanMs)
    const gradient = Math.max(0.5, Math.min(1, (this.#options.tolerance * this.#quickestMs) / meanMs))
    const next = this.#limit * gradient + (gradient < 1 ? 0 : Math.sqrt(this.#limit))
    if (next < this.#limit || this.#most >= this.#limit * USED) this.#set((this.#limit + next) / 2)
    if (this.#looks % LOOKS_TO_PROBE !== LOOKS_TO_PROBE - 1) return
    this.#probe = { limit: this.#limit, left: 2 }
    this.#set(this.#limit / 2)
  }
  #set(limit: number): void {
    const { min, max } = this.#options
    this.#limit = Math.min(max, Math.max(min, limit))
  }
}

function whole(value: number, name: string, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new LimitInvalid(`Expected ${name} to be an integer from ${least} to ${most}, got ${value}.`)
}
