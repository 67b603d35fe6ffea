import { QueueJobStalled, QueueJobTimeout, QueueOptionInvalid } from "./errors.ts"
import type { JobEvent } from "./events.ts"
import { readFailure } from "./failure.ts"
import { requireFeature } from "./guarantees.ts"
import type { AnyHandledJob } from "./job.ts"
import type { ChildResult, JobContext } from "./job-context.ts"
import type { Kind } from "./kind.ts"
import type { Linked } from "./linked-set.ts"
import { readInput, toJson } from "./payload.ts"
import type { JobPusher } from "./queue.ts"
import type { ChildOutcome, ClaimedJob, QueueStore } from "./store.ts"

const MAX_PROGRESS_BYTES = 4_096

/** What runs of one worker share. */
export interface RunHome {
  readonly store: QueueStore
  readonly pusher: JobPusher
  /** Called when a handler told of progress. */
  readonly onProgress: () => void
}

/** One attempt of one job, and what its handler knows of it. */
export class JobRun implements JobContext<never>, Linked<JobRun> {
  readonly claimed: ClaimedJob
  readonly kind: Kind
  before: JobRun | undefined
  after: JobRun | undefined
  isIn = false
  /** By `performance.now()`: since when the hold on it lasts. */
  heldSinceMs: number
  startedMs = 0
  durationMs = 0
  /** Why it failed, if it did. */
  failure: unknown
  /** What the handler told last, until it is written. */
  news: string | undefined
  /** Set once nobody waits for how it ends. */
  isSettled = false
  /** What the schema made of it; of which type, its job alone knows. */
  input: never = undefined as never
  readonly #home: RunHome
  #controller: AbortController | undefined
  #reason: unknown
  #isAborted = false
  #meta: Readonly<Record<string, string>> | undefined

  constructor(claimed: ClaimedJob, kind: Kind, home: RunHome, heldSinceMs: number) {
    this.claimed = claimed
    this.kind = kind
    this.#home = home
    this.heldSinceMs = heldSinceMs
  }

  get job(): AnyHandledJob {
    return this.kind.job
  }
  get id(): string {
    return this.claimed.id
  }
  get name(): string {
    return this.claimed.name
  }
  get attempt(): number {
    return this.claimed.attempt
  }
  get attempts(): number {
    return this.claimed.attempts
  }
  get group(): string | undefined {
    return this.claimed.group
  }
  get queue(): JobPusher {
    return this.#home.pusher
  }
  get meta(): Readonly<Record<string, string>> {
    const { meta } = this.claimed
    this.#meta ??= meta === undefined ? {} : (JSON.parse(meta) as Record<string, string>)
    return this.#meta
  }
  /** Made when it is first asked for: most handlers never do. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#isAborted) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }
  get event(): JobEvent {
    return { id: this.id, name: this.name, attempt: this.attempt }
  }

  abort(reason: unknown): void {
    if (this.#isAborted) return
    this.#isAborted = true
    this.#reason = reason
    this.#controller?.abort(reason)
  }

  progress(value: unknown): void {
    requireFeature(this.#home.store.guarantees, "inspect", "Progress")
    const text = toJson(value)
    if (text === undefined || text.length > MAX_PROGRESS_BYTES || Buffer.byteLength(text) > MAX_PROGRESS_BYTES)
      throw new QueueOptionInvalid(`Expected progress to be JSON of at most ${MAX_PROGRESS_BYTES} bytes.`)
    this.news = text === "" ? "null" : text
    this.#home.onProgress()
  }

  async children(): Promise<readonly ChildResult[]> {
    const { continues } = this.claimed
    if (continues === undefined) return []
    return ((await this.#home.store.children?.(continues)) ?? []).map(toChildResult)
  }

  /**
   * Calls the handler.
   *
   * @param ended Called once, with what it gave or threw, when it ended or was given up.
   */
  begin(ended: (output: unknown, error: unknown, isError: boolean) => void): void {
    this.startedMs = performance.now()
    const { attempt, attempts } = this.claimed
    if (attempt > attempts) {
      const message = `The job was begun ${attempts} times, and its worker went silent in the last one.`
      ended(undefined, new QueueJobStalled(message), true)
      return
    }
    try {
      const input = readInput(this.name, this.job.settings.input, this.claimed.input)
      if (input instanceof Promise) {
        this.#guard(
          input.then((late) => this.#call(late)),
          ended,
        )
        return
      }
      const output = this.#call(input)
      if (isThenable(output)) {
        this.#guard(output, ended)
        return
      }
      ended(output, undefined, false)
    } catch (error) {
      ended(undefined, error, true)
    }
  }
  #call(input: unknown): unknown {
    this.input = input as never
    return this.job.run(this)
  }

  /** Gives a handler its time, and not more. */
  #guard(work: PromiseLike<unknown>, ended: (output: unknown, error: unknown, isError: boolean) => void): void {
    const { timeoutMs, abortGraceMs } = this.job.settings
    let grace: ReturnType<typeof setTimeout> | undefined
    let isOver = false
    const end = (output: unknown, error: unknown, isError: boolean) => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      clearTimeout(grace)
      ended(output, error, isError)
    }
    const timer = setTimeout(() => {
      const late = new QueueJobTimeout(`Job "${this.name}" ran longer than ${timeoutMs} ms (timeoutMs).`)
      this.abort(late)
      grace = setTimeout(() => end(undefined, late, true), abortGraceMs)
    }, timeoutMs)
    work.then(
      (output) => end(output, undefined, false),
      // What a handler throws because it was told to stop says less than why it was.
      (error) => end(undefined, this.#isAborted ? this.#reason : error, true),
    )
  }
}

export function toChildResult({ id, name, state, output, error }: ChildOutcome): ChildResult {
  const read: unknown = output === "" ? undefined : JSON.parse(output)
  return { id, name, state, output: read, error: readFailure(error) }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
}
