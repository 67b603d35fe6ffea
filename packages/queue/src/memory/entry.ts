import type { Linked } from "../linked-set.ts"
import type { ChildOutcome, ClaimedJob, JobState, NewJob } from "../store.ts"

/** A job in the memory. */
export interface Entry extends Linked<Entry> {
  readonly job: NewJob
  readonly createdMs: number
  /** The order in which they were added. */
  readonly seq: number
  state: JobState
  attempt: number
  /** Of its group: the lesser one first. */
  turn: number
  /** When it became waiting, or may. */
  atMs: number
  leaseUntilMs: number
  /** Who has it; another object for each claim. */
  claim: MemoryClaim | undefined
  /** Whether it has one of the places of its group. */
  isAdmitted: boolean
  /** Whether it still counts for its batch. */
  isCounted: boolean
  finishedMs: number
  progress: string | undefined
  output: string | undefined
  error: string | undefined
}

/** A claimed job: what the worker has of it, and the way back. */
export class MemoryClaim implements ClaimedJob {
  readonly entry: Entry
  readonly attempt: number

  constructor(entry: Entry) {
    this.entry = entry
    this.attempt = entry.attempt
  }
  get id(): string {
    return this.entry.job.id
  }
  get name(): string {
    return this.entry.job.name
  }
  get input(): string {
    return this.entry.job.input
  }
  get attempts(): number {
    return this.entry.job.attempts
  }
  get createdMs(): number {
    return this.entry.createdMs
  }
  get group(): string {
    return this.entry.job.group as string
  }
  get meta(): string {
    return this.entry.job.meta as string
  }
  get batch(): string {
    return this.entry.job.batch as string
  }
  get continues(): string {
    return this.entry.job.continues as string
  }
}

/** Whether one job waits before another of its priority. */
export function isBefore(a: Entry, b: Entry): boolean {
  return a.turn === b.turn ? a.seq < b.seq : a.turn < b.turn
}

/** The entry, as long as who claimed it has it. */
export function held(job: ClaimedJob): Entry | undefined {
  const { entry } = job as MemoryClaim
  return entry.claim === job ? entry : undefined
}

/** Of two kinds of job: the greater priority, then the older one. */
export function isSooner(a: Entry, b: Entry): boolean {
  return a.job.priority === b.job.priority ? a.seq < b.seq : a.job.priority > b.job.priority
}

/** How it ended, for its batch. */
export function outcomeOf({ job, output, error }: Entry, state: "completed" | "failed"): ChildOutcome {
  return { id: job.id, name: job.name, state, output: output ?? "", ...(error !== undefined && { error }) }
}
