/** Does alike things that many ask for together: what was asked while one group was under way is the next group. */
export class Batcher<Op, Result> {
  readonly #run: (ops: readonly Op[]) => Promise<readonly Result[]>
  readonly #maxFlights: number
  readonly #maxWeight: number
  readonly #weigh: (op: Op) => number
  #pending: Waiting<Op, Result>[] = []
  #flights = 0
  #isScheduled = false

  /**
   * @param run Gives results in the order of the ops. When it rejects, each op is run alone, so that one cannot fail the others.
   */
  constructor(
    run: (ops: readonly Op[]) => Promise<readonly Result[]>,
    {
      maxFlights,
      maxWeight,
      weigh,
    }: {
      /** Groups under way at a time. */
      readonly maxFlights: number
      /** Of one group, but for a single op that weighs more. */
      readonly maxWeight: number
      readonly weigh: (op: Op) => number
    },
  ) {
    this.#run = run
    this.#maxFlights = maxFlights
    this.#maxWeight = maxWeight
    this.#weigh = weigh
  }

  do(op: Op): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ op, resolve, reject })
      this.#schedule()
    })
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#pending.length > 0 || this.#flights > 0) await new Promise((done) => setTimeout(done, 1))
  }

  /** After the turn of the event loop, so that all who ask in it are in the group: those who were just answered ask again. */
  #schedule(): void {
    if (this.#isScheduled || this.#flights >= this.#maxFlights || this.#pending.length === 0) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      void this.#fly()
    })
  }

  async #fly(): Promise<void> {
    const group = this.#take()
    if (group.length === 0) return
    this.#flights++
    this.#schedule()
    await this.#answer(group)
    this.#flights--
    this.#schedule()
  }

  #take(): Waiting<Op, Result>[] {
    let weight = 0
    let count = 0
    for (const { op } of this.#pending) {
      weight += this.#weigh(op)
      if (count > 0 && weight > this.#maxWeight) break
      count++
    }
    return count === this.#pending.length ? this.#pending.splice(0) : this.#pending.splice(0, count)
  }

  async #answer(group: readonly Waiting<Op, Result>[]): Promise<void> {
    try {
      const results = await this.#run(group.map(({ op }) => op))
      for (let at = 0; at < group.length; at++) group[at]!.resolve(results[at]!)
    } catch (error) {
      if (group.length === 1 || !isOwnFault(error)) {
        for (const { reject } of group) reject(error)
        return
      }
      for (const one of group) await this.#answer([one])
    }
  }
}

interface Waiting<Op, Result> {
  readonly op: Op
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** Whether what is in the statements may be at fault, and not the database: then the others of the group must not suffer. */
function isOwnFault(error: unknown): boolean {
  const codes = ["ORM_UNIQUE_VIOLATION", "ORM_CONSTRAINT_VIOLATION", "ORM_VALUE_INVALID", "ORM_QUERY_FAILED"]
  return codes.includes((error as { code?: string }).code ?? "")
}
