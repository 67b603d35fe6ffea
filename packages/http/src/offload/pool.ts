import type { Transferable, Worker } from "node:worker_threads"
import { OffloadFailed, OffloadInvalid, RequestTimeout, Unavailable } from "../errors.ts"
import { checkLimit } from "../limit.ts"
import { type Order, type Outcome, rebuildError, WORKER_MARK } from "./messages.ts"
import type { Task } from "./task.ts"

export interface OffloadPoolOptions {
  /** So many threads at most, started when they are needed. Default: one less than the machine has cores, at least one. */
  readonly maxWorkers?: number
  /** So many tasks may wait for a thread; one more is refused with `HTTP_UNAVAILABLE`. Default 256. */
  readonly maxQueued?: number
  /** How long a task may take, from the call on, where the call says nothing else; `Infinity`: no limit. Default 30,000. */
  readonly timeoutMs?: number
  /** A thread without work for so long ends. Default 60,000. */
  readonly idleMs?: number
}

export interface RunOptions {
  /** How long the task may take, from the call on, waiting included. Default: the pool's. */
  readonly timeoutMs?: number
  /** Ends the wait, and the thread if it is at work on this. */
  readonly signal?: AbortSignal
  /** What of the input is moved to the thread, and not copied. */
  readonly transfer?: readonly Transferable[]
}

/** Threads that work on tasks, one each at a time, in the order of the calls. */
export interface OffloadPool {
  /**
   * Runs a task in a thread.
   * @throws {HTTP_LIMIT_INVALID} when `timeoutMs` is no number.
   * @throws {HTTP_UNAVAILABLE} when too many wait already, or when the pool closes first.
   * @throws {HTTP_TIMEOUT} when it took too long. Its thread is ended, and another takes its place.
   * @throws {HTTP_OFFLOAD_FAILED} when the thread ended first: out of memory, or by `process.exit`.
   * @throws {HTTP_OFFLOAD_INVALID} when the task's module is the program's own, or does not define it; or without threads.
   * @throws the reason of `signal`, and what the task throws: coded errors with their code and details, others as copies.
   */
  run<I, O>(task: Task<I, O>, input: I, options?: RunOptions): Promise<O>
  /** Refuses what waits, ends what is at work, and ends all threads. */
  close(): Promise<void>
}

/** Makes a pool; no thread is started before the first task. */
export function createOffloadPool(options: OffloadPoolOptions = {}): OffloadPool {
  return new ThreadPool(options)
}

interface Job {
  readonly order: Order
  readonly transfer: readonly Transferable[]
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** A thread, and what it is at work on. */
interface Thread {
  readonly worker: Worker
  job: Job | undefined
  idle: ReturnType<typeof setTimeout> | undefined
}

class ThreadPool implements OffloadPool {
  readonly #options: Required<OffloadPoolOptions>
  readonly #threads = new Set<Thread>()
  readonly #queue: Job[] = []
  #lastId = 0
  #isClosed = false

  constructor({ maxWorkers = spareCores(), maxQueued = 256, timeoutMs = 30_000, idleMs = 60_000 }: OffloadPoolOptions) {
    this.#options = {
      maxWorkers: checkLimit(maxWorkers, "`maxWorkers`", 1),
      maxQueued: checkLimit(maxQueued, "`maxQueued`"),
      timeoutMs: checkLimit(timeoutMs, "`timeoutMs`"),
      idleMs: checkLimit(idleMs, "`idleMs`"),
    }
  }

  async run<I, O>(task: Task<I, O>, input: I, options: RunOptions = {}): Promise<O> {
    const { signal, transfer = [] } = options
    const timeoutMs = checkLimit(options.timeoutMs ?? this.#options.timeoutMs, "`timeoutMs`")
    refuseProgram(task)
    signal?.throwIfAborted()
    if (this.#isClosed) throw new Unavailable("The pool is closed")
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const { url, name } = task
    const job: Job = { order: { id: ++this.#lastId, url, name, input }, transfer, resolve, reject }
    const giveUp = (reason: unknown): void => this.#giveUp(job, reason)
    const abort = (): void => giveUp(signal?.reason)
    const late = (): void =>
      giveUp(new RequestTimeout(`The task "${name}" took longer than ${timeoutMs} ms`, { details: { timeoutMs } }))
    this.#start(job)
    const timer = timeoutMs < 2 ** 31 ? setTimeout(late, timeoutMs) : undefined // timers know no longer time
    signal?.addEventListener("abort", abort)
    try {
      return (await promise) as O
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener("abort", abort)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const closed = new Unavailable("The server is stopping")
    for (const job of this.#queue.splice(0)) job.reject(closed)
    await Promise.all([...this.#threads].map((thread) => this.#end(thread, closed)))
  }

  #start(job: Job): void {
    const { maxQueued } = this.#options
    let thread: Thread | undefined
    try {
      thread = this.#threadFor(job)
    } catch (error) {
      job.reject(error)
      return
    }
    if (thread !== undefined) this.#give(thread, job)
    else if (this.#queue.length < maxQueued) this.#queue.push(job)
    else
      job.reject(
        new Unavailable(`${maxQueued} tasks wait for a thread already. Try again shortly`, {
          details: { retryAfterSeconds: 1 },
        }),
      )
  }

  #threadFor(job: Job): Thread | undefined {
    for (const thread of this.#threads) if (thread.job === undefined) return thread
    return this.#threads.size < this.#options.maxWorkers ? this.#open(job.order.url) : undefined
  }

  /** A thread begins with the module of its first task, and loads those of others when they come. */
  #open(url: string): Thread {
    const worker = new (workerClass())(new URL(url), { workerData: { [WORKER_MARK]: true }, name: "offload" })
    const thread: Thread = { worker, job: undefined, idle: undefined }
    this.#threads.add(thread)
    worker.on("message", (outcome: Outcome) => this.#take(thread, outcome))
    worker.on("messageerror", (error) => void this.#end(thread, error))
    worker.on("error", (error) => this.#gone(thread, error))
    worker.on("exit", (code) =>
      this.#gone(thread, new OffloadFailed(`The thread ended with code ${code} before its task`)),
    )
    return thread
  }

  #give(thread: Thread, job: Job): void {
    clearTimeout(thread.idle)
    thread.job = job
    thread.worker.ref()
    try {
      thread.worker.postMessage(job.order, [...job.transfer])
    } catch (error) {
      job.reject(error) // the input has parts that cannot be copied
      this.#next(thread)
    }
  }

  #take(thread: Thread, outcome: Outcome): void {
    const { job } = thread
    if (job === undefined || outcome.id !== job.order.id) return
    if ("value" in outcome) job.resolve(outcome.value)
    else job.reject(rebuildError(outcome))
    this.#next(thread)
  }

  #next(thread: Thread): void {
    thread.job = undefined
    const next = this.#queue.shift()
    if (next !== undefined) {
      this.#give(thread, next)
      return
    }
    thread.worker.unref() // a thread without work keeps no process alive
    thread.idle = setTimeout(() => void this.#end(thread, undefined), this.#options.idleMs)
    thread.idle.unref?.()
  }

  /** Nobody wants the result any more. What a thread has begun can be stopped only with the thread. */
  #giveUp(job: Job, reason: unknown): void {
    job.reject(reason)
    const waiting = this.#queue.indexOf(job)
    if (waiting !== -1) this.#queue.splice(waiting, 1)
    for (const thread of this.#threads) if (thread.job === job) void this.#end(thread, reason)
  }

  async #end(thread: Thread, reason: unknown): Promise<void> {
    this.#gone(thread, reason)
    await thread.worker.terminate()
  }

  /** A thread that is gone fails its task; what waits goes to another one in its place. */
  #gone(thread: Thread, error: unknown): void {
    if (!this.#threads.delete(thread)) return
    clearTimeout(thread.idle)
    thread.job?.reject(error)
    const next = this.#queue.shift()
    if (next !== undefined) this.#start(next)
  }
}

function spareCores(): number {
  return Math.max(1, (globalThis.process?.getBuiltinModule?.("node:os")?.availableParallelism() ?? 2) - 1)
}

function workerClass(): typeof Worker {
  const threads = globalThis.process?.getBuiltinModule?.("node:worker_threads")
  if (threads) return threads.Worker
  throw new OffloadInvalid("This runtime has no worker threads: do the work in the handler, or somewhere else")
}

/** A thread that loads the module with which the program began would start the program once more. */
function refuseProgram({ url, name }: Pick<Task, "url" | "name">): void {
  program ??= programUrl()
  if (program !== url) return
  throw new OffloadInvalid(
    `The task "${name}" is defined in ${url}, which starts the program. Move it to a module of its own`,
  )
}

let program: string | undefined

function programUrl(): string {
  const main = globalThis.process?.argv?.[1]
  if (main === undefined) return ""
  try {
    return process.getBuiltinModule("node:url").pathToFileURL(process.getBuiltinModule("node:fs").realpathSync(main))
      .href
  } catch {
    return "" // it did not begin with a file
  }
}
