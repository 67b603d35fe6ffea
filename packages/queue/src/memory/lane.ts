import type { JobState, LaneCounts, RateRule } from "../store.ts"
import { type Entry, isBefore } from "./entry.ts"
import { Heap } from "./heap.ts"
import { ReadyList } from "./ready-list.ts"

/** Entries of one group that wait for a place, and its turn. */
interface Group {
  nextTurn: number
  /** Those that wait or run. */
  places: number
  readonly held: Heap<Entry>
}

/** Jobs of one name. */
export class Lane {
  readonly name: string
  readonly ready: ReadyList = new ReadyList()
  readonly #counts: Record<JobState, number> = {
    waiting: 0,
    delayed: 0,
    held: 0,
    blocked: 0,
    active: 0,
    completed: 0,
    failed: 0,
  }
  isPaused = false
  /** Of the job that was begun last. */
  #turn = 0
  readonly #groups: Map<string, Group> = new Map()
  readonly bucket: TokenBucket = new TokenBucket()

  constructor(name: string) {
    this.name = name
  }

  move(entry: Entry, state: JobState): void {
    this.#counts[entry.state]--
    entry.state = state
    this.#counts[state]++
  }
  enter(entry: Entry): void {
    this.#counts[entry.state]++
  }
  leave(entry: Entry): void {
    this.#counts[entry.state]--
  }

  /** Lets it wait for a worker, or for a place of its group. */
  queue(entry: Entry, nowMs: number): void {
    entry.atMs = nowMs
    const { group: name, groupConcurrency } = entry.job
    if (name === undefined) {
      entry.turn = this.#turn
      this.#wait(entry)
      return
    }
    const group = this.#group(name)
    if (groupConcurrency !== undefined) {
      if (group.places >= groupConcurrency) {
        this.move(entry, "held")
        group.held.push(entry)
        return
      }
      group.places++
      entry.isAdmitted = true
    }
    this.#waitInTurn(entry, group)
  }
  #wait(entry: Entry): void {
    this.move(entry, "waiting")
    this.ready.push(entry)
  }
  #waitInTurn(entry: Entry, group: Group): void {
    entry.turn = Math.max(group.nextTurn, this.#turn)
    group.nextTurn = entry.turn + 1
    this.#wait(entry)
  }

  /** Puts a begun one back where it was. */
  putBack(entry: Entry, nowMs: number): void {
    entry.atMs = nowMs
    this.#wait(entry)
  }

  /** It runs no more: the next of its group gets its place. @returns whether one waits now that did not. */
  vacate(entry: Entry): boolean {
    const { group: name } = entry.job
    if (!entry.isAdmitted || name === undefined) return false
    entry.isAdmitted = false
    const group = this.#group(name)
    group.places--
    for (let next = group.held.pop(); next !== undefined; next = group.held.pop()) {
      if (next.state !== "held") continue // it was removed
      group.places++
      next.isAdmitted = true
      this.#waitInTurn(next, group)
      return true
    }
    return false
  }

  begun(entry: Entry): void {
    this.#turn = Math.max(this.#turn, entry.turn)
  }

  #group(name: string): Group {
    const known = this.#groups.get(name)
    if (known !== undefined) return known
    // Groups that have nothing here, and whose turn has come, are as new ones: they need not be known.
    if (this.#groups.size >= 1_000)
      for (const [other, { places, held, nextTurn }] of this.#groups)
        if (places === 0 && held.size === 0 && nextTurn <= this.#turn) this.#groups.delete(other)
    const group: Group = { nextTurn: 0, places: 0, held: new Heap<Entry>(isHeldBefore) }
    this.#groups.set(name, group)
    return group
  }

  counts(nowMs: number): LaneCounts {
    const first = this.ready.peek()
    const oldestWaitingMs = first === undefined ? 0 : Math.max(0, nowMs - first.atMs)
    return { name: this.name, ...this.#counts, oldestWaitingMs, isPaused: this.isPaused }
  }
}

function isHeldBefore(a: Entry, b: Entry): boolean {
  return a.job.priority === b.job.priority ? isBefore(a, b) : a.job.priority > b.job.priority
}

/** So many at once, and then one by one as time passes. */
export class TokenBucket {
  #taken = 0
  #atMs = 0

  /** How many may begin now. */
  room({ max, perMs }: RateRule, nowMs: number): number {
    this.#taken = Math.max(0, this.#taken - ((nowMs - this.#atMs) * max) / perMs)
    this.#atMs = nowMs
    return Math.floor(max - this.#taken + 1e-9)
  }
  take(count: number): void {
    this.#taken += count
  }
}
