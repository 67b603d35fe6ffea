import type { ClaimRequest, NewBatch, NewJob, Outcome } from "../store.ts"
import { holdOf, type RedisClaim, textOf, writeRecord } from "./record.ts"

export interface Adding {
  readonly jobs: readonly NewJob[]
  readonly batches: readonly NewBatch[]
}

const BYTES_OF_ONE = 4_096
/** One for a job, and one for each 4 KiB of it: a script has some megabytes to do with at most. */
export function weigh({ jobs }: Adding): number {
  let weight = 0
  for (const { input } of jobs) weight += 1 + Math.floor(input.length / BYTES_OF_ONE)
  return weight
}

/** What `ADD` reads after the time. */
export function addArguments(all: readonly Adding[]): string[] {
  const args: string[] = []
  let batchCount = 0
  const runs = new Runs()
  for (const { jobs, batches } of all) {
    for (const { id, total, ifFailed, keepMs, success, failure, end } of batches) {
      batchCount++
      args.push(id, String(total), ifFailed, String(keepMs), success?.id ?? "", failure?.id ?? "", end?.id ?? "")
    }
    for (const job of jobs) runs.add(job, false)
  }
  // Behind all jobs, whose places are counted.
  for (const { batches } of all)
    for (const { success, failure, end } of batches)
      for (const follower of [success, failure, end]) if (follower !== undefined) runs.add(follower, true)
  return [String(batchCount), ...args, ...runs.args]
}

/** Jobs one after another that are alike, so that what they share is said once. */
class Runs {
  readonly args: string[] = []
  #last: { readonly job: NewJob; readonly isBlocked: boolean; readonly at: number } | undefined

  add(job: NewJob, isBlocked: boolean): void {
    const last = this.#last
    if (last !== undefined && last.isBlocked === isBlocked && areAlike(last.job, job))
      this.args[last.at] = String(Number(this.args[last.at]) + 1)
    else {
      const { name, priority, group = "", delayMs, unique } = job
      const delay = isBlocked ? -1 : Math.ceil(delayMs)
      const [key, till] = unique === undefined ? ["", 0] : [textOf(unique.key), Math.max(0, holdOf(unique.until))]
      this.args.push(name, `${priority}/${textOf(group)}`, String(delay), key, String(till), "1")
      this.#last = { job, isBlocked, at: this.args.length - 1 }
    }
    this.args.push(job.id, writeRecord(job, isBlocked))
  }
}
function areAlike(a: NewJob, b: NewJob): boolean {
  return (
    a.unique === undefined &&
    b.unique === undefined &&
    a.name === b.name &&
    a.priority === b.priority &&
    a.group === b.group &&
    a.delayMs === b.delayMs
  )
}

/** What `CLAIMING` reads. */
export function claimArguments(
  { lanes, max, leaseMs, rate }: ClaimRequest,
  { token, most, isDueTime }: { readonly token: string; readonly most: number; readonly isDueTime: boolean },
): string[] {
  const args = [token, String(leaseMs), String(Math.min(max, most)), isDueTime ? "1" : "0", ...rateOf(rate)]
  args.push(String(lanes.length))
  // Another kind first each time, or the first would always have the room.
  const from = Math.floor(Math.random() * lanes.length)
  for (const lane of [...lanes.slice(from), ...lanes.slice(0, from)])
    args.push(lane.name, String(lane.max), ...rateOf(lane.rate))
  return args
}
function rateOf(rate: ClaimRequest["rate"]): readonly [string, string] {
  return rate === undefined ? ["0", "0"] : [String(rate.max), String(rate.perMs)]
}

/** Outcomes in parts that one script takes each. */
export function* settleParts(outcomes: readonly Outcome[], most: number): Generator<readonly Outcome[]> {
  let from = 0
  let weight = 0
  for (const [at, outcome] of outcomes.entries()) {
    const own = 1 + Math.floor(textOfOutcome(outcome).length / BYTES_OF_ONE)
    if (at > from && weight + own > most) {
      yield outcomes.slice(from, at)
      from = at
      weight = 0
    }
    weight += own
  }
  if (from < outcomes.length) yield outcomes.slice(from)
}

/** What `SETTLE` reads of outcomes. */
export function settleArguments(outcomes: readonly Outcome[]): string[] {
  const args: string[] = [String(outcomes.length)]
  for (const outcome of outcomes) {
    const { id, mark, name, isPlain } = outcome.job as RedisClaim
    const delayMs = outcome.kind === "retry" ? Math.ceil(outcome.delayMs) : 0
    args.push(kindOf(outcome, isPlain), id, mark, name, String(delayMs), textOfOutcome(outcome))
  }
  return args
}
function textOfOutcome(outcome: Outcome): string {
  return outcome.kind === "complete" ? outcome.output : outcome.kind === "release" ? "" : outcome.error
}
function kindOf({ kind }: Outcome, isPlain: boolean): string {
  if (kind === "complete") return isPlain ? "d" : "c"
  return kind === "fail" ? "f" : kind === "retry" ? "r" : "l"
}
