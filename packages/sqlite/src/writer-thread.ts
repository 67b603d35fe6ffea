import type { AshlarError } from "@ashlar/core"
import { rebuildError, SqliteOutcomeUnknown } from "./errors.ts"
import type { GroupReply, ReplyEnvelope, RequestEnvelope, WriterRequest } from "./protocol.ts"

/** Bun's Worker; the DOM's type of that name hides these two. */
type BunWorker = Worker & { ref(): void; unref(): void }

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: AshlarError) => void
  readonly sentMs: number
}

/**
 * The calling side of one writer Worker. The Worker starts with the first request, and again after it died; what was
 * under way then is rejected as unknown, for a dead Worker answers nothing.
 */
export class WriterThread {
  readonly #timeoutMs: number
  readonly #onLost: () => void
  readonly #waiting: Map<number, Waiting> = new Map()
  #worker: BunWorker | undefined
  #nextId = 1
  #holdsProcess = false

  /** @param onLost called when the Worker died, after everything under way was rejected */
  constructor(timeoutMs: number, onLost: () => void) {
    this.#timeoutMs = timeoutMs
    this.#onLost = onLost
  }

  get alive(): boolean {
    return this.#worker !== undefined
  }

  /** Opens or closes a file. @throws {SQLITE_OUTCOME_UNKNOWN} when the Worker dies, or does not answer in time */
  request<T>(request: WriterRequest): Promise<T> {
    const id = this.#nextId++
    return this.#send(id, { id, request })
  }

  /**
   * Sends a group, whose array becomes the message; the reply comes after its COMMIT.
   *
   * @throws {SQLITE_OUTCOME_UNKNOWN} when the Worker dies, or does not answer in time
   * @throws DataCloneError at once, when the group holds something that cannot be cloned
   */
  apply(path: string, ops: unknown[]): Promise<GroupReply> {
    const id = this.#nextId++
    ops.push(path, id)
    return this.#send(id, ops)
  }

  #send<T>(id: number, message: RequestEnvelope): Promise<T> {
    const worker = this.#worker ?? this.#start()
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    worker.postMessage(message)
    this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject, sentMs: performance.now() })
    this.#hold(worker)
    return promise
  }

  /** Called about once a second: lets the process exit when nothing is under way, and gives up on a Worker that hangs. */
  sweep(nowMs: number): void {
    if (this.#worker === undefined) return
    if (this.#waiting.size === 0) {
      if (this.#holdsProcess) this.#worker.unref()
      this.#holdsProcess = false
      return
    }
    for (const { sentMs } of this.#waiting.values()) {
      if (nowMs - sentMs < this.#timeoutMs) continue
      this.terminate()
      return
    }
  }

  /** Ends the Worker at once; what is under way is rejected as unknown. */
  terminate(): void {
    const worker = this.#worker
    if (worker === undefined) return
    this.#lost(worker)
    worker.terminate()
  }

  #start(): BunWorker {
    const worker = new Worker(new URL("./worker/writer.ts", import.meta.url), {
      smol: true,
      name: "ashlar-sqlite-writer",
    }) as BunWorker
    worker.onmessage = (event: MessageEvent<ReplyEnvelope>) => this.#answered(event.data)
    worker.addEventListener("close", () => this.#lost(worker))
    worker.onerror = (event) => {
      event.preventDefault()
      this.#lost(worker)
      worker.terminate()
    }
    this.#worker = worker
    // A new Worker keeps the process alive until the first sweep finds it idle.
    this.#holdsProcess = true
    return worker
  }

  /** `ref` and `unref` cost more than a whole round trip, so the Worker stays referenced between writes. */
  #hold(worker: BunWorker): void {
    if (this.#holdsProcess) return
    worker.ref()
    this.#holdsProcess = true
  }

  #answered(reply: ReplyEnvelope): void {
    const id = Array.isArray(reply) ? (reply.pop() as number) : reply.id
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id)
    if (Array.isArray(reply)) waiting.resolve(toGroupReply(reply))
    else if ("error" in reply) waiting.reject(rebuildError(reply.error.report, reply.error.cause))
    else waiting.resolve(reply.value)
  }

  #lost(worker: BunWorker): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) {
      reject(
        new SqliteOutcomeUnknown(
          "The writer stopped during the commit: the write may or may not be there. Read before repeating it, or repeat it with the same Idempotency-Key.",
        ),
      )
    }
    this.#onLost()
  }
}

function toGroupReply(results: unknown[]): GroupReply {
  const full = results.pop() as boolean
  const commitMs = results.pop() as number
  return { results, failure: undefined, fault: "none", full, commitMs }
}
