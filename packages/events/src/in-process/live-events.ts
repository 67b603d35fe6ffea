import { systemClock, uuidv7 } from "@ashlar/core"
import { EventListenerLimit, EventListenersFailed, EventOptionInvalid } from "../errors.ts"
import { checkData, type EventDefinition } from "../event.ts"
import { isPattern, matchesPattern, parsePattern } from "../pattern.ts"
import type { CommitHooks, Emitted, Events, EventsOptions, Listener, ListenOptions, StopListening } from "./events.ts"

interface Entry {
  readonly pattern: string
  /** `undefined`: the name of one event. */
  readonly segments: readonly string[] | undefined
  readonly listener: Listener<unknown>
  readonly priority: number
  readonly isOnce: boolean
  readonly name: string
  isOver: boolean
}

/** Those who hear of one event, by priority: the highest first, in the order in which they came. */
interface Plan {
  readonly name: string
  readonly groups: readonly (readonly Entry[])[]
  readonly count: number
  readonly end: (entry: Entry) => void
}

/** Names of events that are emitted; as many as a program defines. Bounded in case it makes them up. */
const MAX_PLANS = 10_000
const DONE: Promise<void> = Promise.resolve()

export class LiveEvents implements Events {
  readonly #entries = new Set<Entry>()
  readonly #counts = new Map<string, number>()
  readonly #plans = new Map<string, Plan>()
  readonly #warned = new Set<string>()
  readonly #end = (entry: Entry): void => this.#remove(entry)
  readonly #underWay = new Set<Promise<void>>()
  readonly #warnAbove: number
  readonly #maxListeners: number
  readonly #onWarning: (message: string) => void

  constructor({
    warnAboveListeners = 100,
    maxListeners = 100_000,
    onWarning = (message) => console.warn(message),
  }: EventsOptions) {
    this.#warnAbove = positive("warnAboveListeners", warnAboveListeners)
    this.#maxListeners = positive("maxListeners", maxListeners)
    this.#onWarning = onWarning
  }

  emit<Input, Data>(event: EventDefinition<Input, Data>, data: Input): Promise<void> {
    try {
      const checked = checkData(event, data)
      if (checked instanceof Promise) return this.#watch(checked.then((value) => this.#call(event.name, value, data)))
      return this.#call(event.name, checked, data)
    } catch (error) {
      return Promise.reject(error)
    }
  }
  async emitAfterCommit<Input, Data>(tx: CommitHooks, event: EventDefinition<Input, Data>, data: Input): Promise<void> {
    const value = await checkData(event, data)
    await tx.afterCommit(() => this.#call(event.name, value, data))
  }

  on(
    event: EventDefinition | string,
    listener: Listener<never>,
    { priority = 0, once = false, signal, name = listener.name || "a listener" }: ListenOptions = {},
  ): StopListening {
    const pattern = typeof event === "string" ? event : event.name
    const segments = parsePattern(pattern)
    if (!Number.isFinite(priority)) throw new EventOptionInvalid("Expected priority to be a finite number.")
    if (signal?.aborted) return () => undefined
    if (this.#entries.size >= this.#maxListeners)
      throw new EventListenerLimit(`There are ${this.#maxListeners} listeners, as many as there may be (maxListeners).`)
    const entry: Entry = {
      pattern,
      segments: isPattern(pattern) ? segments : undefined,
      listener: listener as Listener<unknown>,
      priority,
      isOnce: once,
      name,
      isOver: false,
    }
    this.#entries.add(entry)
    this.#plans.clear()
    this.#count(pattern)
    const stop = (): void => {
      signal?.removeEventListener("abort", stop)
      this.#remove(entry)
    }
    signal?.addEventListener("abort", stop, { once: true })
    return stop
  }
  next<Input, Data>(
    event: EventDefinition<Input, Data>,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<Data> {
    return new Promise<Data>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = (): void => {
        stop()
        reject(signal?.reason)
      }
      const stop = this.on(
        event,
        (data: Data) => {
          signal?.removeEventListener("abort", onAbort)
          resolve(data)
        },
        { once: true, name: "next" },
      )
      signal?.addEventListener("abort", onAbort, { once: true })
    })
  }
  listenerCount(event?: EventDefinition): number {
    if (event === undefined) return this.#entries.size
    return this.#planOf(event.name).count
  }
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
  }

  #remove(entry: Entry): void {
    if (entry.isOver) return
    entry.isOver = true
    this.#entries.delete(entry)
    this.#plans.clear()
    const left = (this.#counts.get(entry.pattern) ?? 1) - 1
    if (left > 0) this.#counts.set(entry.pattern, left)
    else {
      this.#counts.delete(entry.pattern)
      this.#warned.delete(entry.pattern)
    }
  }
  #count(pattern: string): void {
    const count = (this.#counts.get(pattern) ?? 0) + 1
    this.#counts.set(pattern, count)
    if (count <= this.#warnAbove || this.#warned.has(pattern)) return
    this.#warned.add(pattern)
    this.#onWarning(
      `${count} listeners for ${pattern}: are some of them never ended? If they are meant, raise warnAboveListeners (${this.#warnAbove}).`,
    )
  }

  #planOf(name: string): Plan {
    const known = this.#plans.get(name)
    if (known !== undefined) return known
    const groups = new Map<number, Entry[]>()
    for (const entry of this.#entries) {
      const { pattern, segments, priority } = entry
      if (segments === undefined ? pattern !== name : !matchesPattern(segments, name)) continue
      const group = groups.get(priority)
      if (group === undefined) groups.set(priority, [entry])
      else group.push(entry)
    }
    const plan: Plan = {
      name,
      groups: [...groups].sort(([a], [b]) => b - a).map(([, entries]) => entries),
      count: [...groups.values()].reduce((sum, entries) => sum + entries.length, 0),
      end: this.#end,
    }
    if (this.#plans.size < MAX_PLANS) this.#plans.set(name, plan)
    return plan
  }

  /** Does it at once as far as nothing has to be waited for. */
  #call(name: string, data: unknown, given: unknown): Promise<void> {
    const plan = this.#planOf(name)
    if (plan.count === 0) return DONE
    const pending = new Call(plan, data, given).start()
    return pending === undefined ? DONE : this.#watch(pending)
  }
  #watch(work: Promise<void>): Promise<void> {
    this.#underWay.add(work)
    const over = (): void => void this.#underWay.delete(work)
    work.then(over, over)
    return work
  }
}

/** One emit, on its way through its listeners. */
class Call implements Emitted {
  readonly timeMs: number = systemClock.now()
  readonly given: unknown
  readonly #data: unknown
  readonly #plan: Plan
  #id: string | undefined
  #failures: { readonly name: string; readonly error: unknown }[] | undefined

  constructor(plan: Plan, data: unknown, given: unknown) {
    this.#plan = plan
    this.#data = data
    this.given = given
  }

  get name(): string {
    return this.#plan.name
  }
  get id(): string {
    this.#id ??= uuidv7()
    return this.#id
  }

  /** `undefined`: all is done, and went well. */
  start(): Promise<void> | undefined {
    const { groups } = this.#plan
    for (let at = 0; at < groups.length; at++) {
      const pending = this.#callGroup(groups[at]!)
      if (pending !== undefined) return this.#goOn(pending, at + 1)
    }
    return this.#failures === undefined ? undefined : Promise.reject(this.#failed())
  }
  async #goOn(first: Promise<unknown>, next: number): Promise<void> {
    await first
    for (const group of this.#plan.groups.slice(next)) await this.#callGroup(group)
    if (this.#failures !== undefined) throw this.#failed()
  }

  #callGroup(entries: readonly Entry[]): Promise<unknown> | undefined {
    let pending: Promise<unknown>[] | undefined
    for (const entry of entries) {
      const answer = this.#callOne(entry)
      if (answer === undefined) continue
      pending ??= []
      pending.push(answer)
    }
    return pending === undefined || pending.length === 1 ? pending?.[0] : Promise.all(pending)
  }
  #callOne(entry: Entry): Promise<unknown> | undefined {
    if (entry.isOnce) {
      // Another emit may have called it since this one began.
      if (entry.isOver) return undefined
      this.#plan.end(entry)
    }
    try {
      const answer = entry.listener(this.#data, this)
      if (!isThenable(answer)) return undefined
      return Promise.resolve(answer).catch((error: unknown) => this.#note(entry, error))
    } catch (error) {
      this.#note(entry, error)
      return undefined
    }
  }
  #note({ name }: Entry, error: unknown): void {
    this.#failures ??= []
    this.#failures.push({ name, error })
  }
  #failed(): unknown {
    const failures = this.#failures ?? []
    const { count: all } = this.#plan
    const failed = failures.map(({ name }) => name)
    return new EventListenersFailed(
      `${failures.length} of ${all} listeners of ${this.name} failed: ${failed.slice(0, 5).join(", ")}. All others were called.`,
      {
        details: { event: this.name, failed, listeners: all },
        cause: new AggregateError(failures.map(({ error }) => error)),
      },
    )
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
}

function positive(what: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new EventOptionInvalid(`Expected ${what} to be a positive integer, got ${value}.`)
}
