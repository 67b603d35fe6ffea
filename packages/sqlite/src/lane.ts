import { AshlarError, Internal } from "@ashlar/core"
import type { WriteResult } from "./definition.ts"
import { rebuildError, SqliteBusyQueue, SqliteOpTooLarge, SqliteProcedureInvalid } from "./errors.ts"
import { type ErrorWire, isCloneable } from "./faults.ts"
import { encodeOp, type GroupReply, type Op, resultTag } from "./protocol.ts"
import { sizeOfOp } from "./size.ts"

/** Bounds of the write path. */
export interface LaneLimits {
  readonly maxGroupOps: number
  readonly maxGroupBytes: number
  readonly maxOpBytes: number
  /** Per file. */
  readonly maxQueuedOps: number
  /** Over all files of the engine. */
  readonly maxQueuedBytes: number
}

/** What waits in all lanes of an engine together. */
export interface QueueBudget {
  queuedBytes: number
}

interface Waiting {
  readonly op: Op
  readonly sizeBytes: number
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * The queue of one file. At most one group is under way; what arrives meanwhile waits and shares the next commit, so
 * the disk itself sets the size of a group. No timer: an idle lane waits one turn of the event loop, no longer.
 */
export class Lane {
  readonly #limits: LaneLimits
  readonly #budget: QueueBudget
  readonly #commit: (ops: unknown[], count: number) => Promise<GroupReply>
  #pending: Waiting[] = []
  #underWay: readonly Waiting[] = []
  #scheduled = false
  #idle: PromiseWithResolvers<void> | undefined

  /** @param commit resolves only after the group's COMMIT returned; rejects when the whole group failed */
  constructor(limits: LaneLimits, budget: QueueBudget, commit: (ops: unknown[], count: number) => Promise<GroupReply>) {
    this.#limits = limits
    this.#budget = budget
    this.#commit = commit
  }

  /** Operations that wait, without those under way. */
  get queued(): number {
    return this.#pending.length
  }

  get busy(): boolean {
    return this.#pending.length > 0 || this.#underWay.length > 0
  }

  /**
   * Queues one operation. Operations of a lane run in the order of these calls.
   *
   * @throws {SQLITE_BUSY_QUEUE} when the queue is at its bound
   * @throws {SQLITE_OP_TOO_LARGE} when the operation is larger than `maxOpBytes`
   */
  push(op: Op): Promise<unknown> {
    const { maxOpBytes, maxQueuedOps, maxQueuedBytes } = this.#limits
    const sizeBytes = sizeOfOp(op, maxOpBytes)
    if (sizeBytes > maxOpBytes) {
      return Promise.reject(
        new SqliteOpTooLarge(`Expected a write of at most ${maxOpBytes} bytes, got a larger one. Split it.`, {
          details: { maxOpBytes },
        }),
      )
    }
    if (this.#pending.length >= maxQueuedOps || this.#budget.queuedBytes + sizeBytes > maxQueuedBytes) {
      return Promise.reject(new SqliteBusyQueue())
    }
    this.#budget.queuedBytes += sizeBytes
    this.#schedule()
    return new Promise((resolve, reject) => this.#pending.push({ op, sizeBytes, resolve, reject }))
  }

  /** Rejects what waits. What is under way keeps its answer. */
  rejectQueued(toError: () => AshlarError): void {
    const waiting = this.#pending
    this.#pending = []
    for (const { sizeBytes, reject } of waiting) {
      this.#budget.queuedBytes -= sizeBytes
      reject(toError())
    }
  }

  /** Resolves when nothing waits and nothing is under way. */
  idle(): Promise<void> {
    if (!this.busy) return Promise.resolve()
    this.#idle ??= Promise.withResolvers<void>()
    return this.#idle.promise
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay.length > 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      void this.#flush()
    })
  }

  async #flush(): Promise<void> {
    const group = this.#take()
    if (group.length > 0) {
      this.#underWay = group
      await this.#send(group)
      this.#underWay = []
    }
    // Whoever came during the commit has waited long enough: the reply itself sends the next group.
    if (this.#pending.length > 0) {
      void this.#flush()
      return
    }
    this.#idle?.resolve()
    this.#idle = undefined
  }

  #take(): readonly Waiting[] {
    const { maxGroupOps, maxGroupBytes } = this.#limits
    let bytes = 0
    let count = 0
    for (const { sizeBytes } of this.#pending) {
      if (count === maxGroupOps || (count > 0 && bytes + sizeBytes > maxGroupBytes)) break
      bytes += sizeBytes
      count++
    }
    this.#budget.queuedBytes -= bytes
    return this.#pending.splice(0, count)
  }

  async #send(group: readonly Waiting[]): Promise<void> {
    const ops: unknown[] = []
    for (const { op } of group) encodeOp(op, ops)
    try {
      settle(group, await this.#commit(ops, group.length))
    } catch (error) {
      if (error instanceof AshlarError) {
        for (const { reject } of group) reject(error)
        return
      }
      // Something in the group cannot be cloned, so nothing was sent. Its own caller hears of it, the others go on.
      const good = group.filter(({ op }) => isCloneable(op))
      const bad = group.filter((waiting) => !good.includes(waiting))
      for (const { reject } of bad) {
        reject(
          new SqliteProcedureInvalid("Expected the arguments to be plain data, got something that cannot be cloned."),
        )
      }
      if (bad.length === 0) for (const { reject } of good) reject(new Internal(undefined, { cause: error }))
      else if (good.length > 0) await this.#send(good)
    }
  }
}

function settle(group: readonly Waiting[], { results, failure }: GroupReply): void {
  if (failure !== undefined) {
    for (const { reject } of group) reject(rebuildError(failure.report, failure.cause))
    return
  }
  let at = 0
  for (const { op, resolve, reject } of group) {
    const tag = results[at]
    if (tag === resultTag.error) {
      const { report, cause } = results[at + 1] as ErrorWire
      reject(rebuildError(report, cause))
      at += 2
    } else if (tag === resultTag.value) {
      resolve(results[at + 1])
      at += 2
    } else {
      const count = op.type === "statements" ? op.statements.length : 0
      resolve(readRows(results, at + 1, count))
      at += 1 + 3 * count
    }
  }
}

function readRows(results: readonly unknown[], from: number, count: number): WriteResult[] {
  const written: WriteResult[] = []
  for (let at = from; written.length < count; at += 3) {
    const rows = results[at + 2]
    written.push({
      changes: results[at] as number,
      lastInsertRowid: results[at + 1] as number,
      rows: rows === 0 ? [] : (rows as WriteResult["rows"]),
    })
  }
  return written
}
