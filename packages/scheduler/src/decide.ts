import { createHash } from "node:crypto"
import { uuidv7 } from "@ashlar/core"
import { SchedulerBusy } from "./errors.ts"
import type { Definition, Schedule } from "./schedule.ts"
import type { Decision, Ended, Outcome, Running, ScheduleState, Waiting } from "./state.ts"
import { type Timing, timingOf } from "./timing.ts"

/* What becomes of a schedule, as functions of its state and the time: the same on every node and for every store. */

/** Runs by `runNow` that may wait. */
const MAX_MANUAL = 10

/** Who decides. */
export interface Decider {
  readonly node: string
  /** How long a run is held without a sign of life. */
  readonly leaseMs: number
  /** How many runs this node can begin now. */
  readonly slots: number
}

/** A state that is being changed. */
interface Draft {
  readonly name: string
  readonly nowMs: number
  readonly definition: Definition
  readonly before: ScheduleState
  state: ScheduleState
  readonly ended: Ended[]
}

/**
 * The first word of a node that has the schedule. What it says of it holds from now on, for all nodes. Where it says other times than
 * before, they begin anew; those that passed are not made up for.
 */
export function register({ definition }: Schedule, state: ScheduleState | undefined, nowMs: number): Decision<void> {
  if (state !== undefined && isSame(state.definition.when, definition.when))
    return isSame(state.definition, definition)
      ? { answer: undefined }
      : { answer: undefined, next: { ...state, definition } }
  const next: ScheduleState = {
    pausedMs: state?.pausedMs ?? null,
    fence: state?.fence ?? 0,
    running: state?.running ?? [],
    records: state?.records ?? 0,
    ...(state?.last === undefined ? {} : { last: state.last }),
    waiting: state?.waiting.filter(({ cause }) => cause === "manual") ?? [],
    definition,
    anchorMs: nowMs,
    cursorMs: nowMs,
    nextMs: timingOf(definition.when, nowMs).next(nowMs) ?? null,
  }
  return { answer: undefined, next }
}
/** Both were made by `defineSchedule`, in one order. */
function isSame(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** When something will be to do, as far as is known: 0 for now. */
export function dueMs(name: string, state: ScheduleState): number {
  const { nextMs, pausedMs, running, definition } = state
  const times = running.map(({ leaseMs }) => leaseMs)
  if (nextMs !== null && pausedMs === null) times.push(nextMs + jitterOf(name, nextMs, definition))
  if (canBegin(state)) times.push(0)
  return Math.min(...times, Number.POSITIVE_INFINITY)
}

/** Takes what is due, and begins what this node can. */
export function claim(
  name: string,
  decider: Decider,
  state: ScheduleState | undefined,
  nowMs: number,
): Decision<readonly Running[]> {
  if (state === undefined) return { answer: [] }
  const draft = draftOf(name, state, nowMs)
  takeLost(draft)
  if (state.pausedMs === null) admit(draft)
  const begun = begin(draft, decider)
  return decided(draft, begun)
}

/** Says that a run goes on. */
export function renew(
  { id, fence }: Running,
  leaseMs: number,
  state: ScheduleState | undefined,
  nowMs: number,
): Decision<{ readonly isHeld: boolean; readonly isCancelled: boolean }> {
  const found = state?.running.find((run) => run.id === id && run.fence === fence)
  if (state === undefined || found === undefined) return { answer: { isHeld: false, isCancelled: false } }
  const running = state.running.map((run) => (run === found ? { ...run, leaseMs: nowMs + leaseMs } : run))
  return { answer: { isHeld: true, isCancelled: found.isCancelled }, next: { ...state, running } }
}

export interface Ending {
  readonly outcome: Outcome
  readonly errorCode?: string | undefined
}

/** Notes how a run ended. @returns whether it was still this node's. */
export function finish(
  name: string,
  run: Running,
  { outcome, errorCode }: Ending,
  state: ScheduleState | undefined,
  nowMs: number,
): Decision<boolean> {
  const found = state?.running.find(({ id, fence }) => id === run.id && fence === run.fence)
  if (state === undefined || found === undefined) return { answer: false }
  const draft = draftOf(name, state, nowMs)
  drop(draft, found, { outcome, errorCode })
  if (outcome === "interrupted") again(draft, found)
  return decided(draft, true)
}

/** Lets a time of its own wait, before all others. */
export function askFor(name: string, id: string, state: ScheduleState, nowMs: number): Decision<void> {
  if (state.waiting.filter(({ cause }) => cause === "manual").length >= MAX_MANUAL)
    throw new SchedulerBusy(`${MAX_MANUAL} runs of "${name}" wait already. Try again when one has begun.`)
  const waiting = [{ id, atMs: nowMs, cause: "manual", attempt: 1 } as const, ...state.waiting]
  return { answer: undefined, next: { ...state, waiting } }
}

export function pause(state: ScheduleState, nowMs: number): Decision<void> {
  return state.pausedMs === null ? { answer: undefined, next: { ...state, pausedMs: nowMs } } : { answer: undefined }
}

/** Times that passed meanwhile are nobody's. */
export function resume(state: ScheduleState, nowMs: number): Decision<void> {
  if (state.pausedMs === null) return { answer: undefined }
  const nextMs = timingOf(state.definition.when, state.anchorMs).next(nowMs) ?? null
  return { answer: undefined, next: { ...state, pausedMs: null, cursorMs: nowMs, nextMs } }
}

/** By how much a time is put off: the same on every node. */
export function jitterOf(name: string, atMs: number, { policies: { jitterMs } }: Definition): number {
  if (jitterMs === 0) return 0
  return createHash("sha256").update(`${name} ${atMs}`).digest().readUInt32BE(0) % (jitterMs + 1)
}

function draftOf(name: string, state: ScheduleState, nowMs: number): Draft {
  return { name, nowMs, definition: state.definition, before: state, state, ended: [] }
}
function decided<R>({ before, state, ended }: Draft, answer: R): Decision<R> {
  if (state === before) return { answer }
  const last = ended.at(-1)
  const next = { ...state, records: state.records + ended.length, ...(last === undefined ? {} : { last }) }
  return { answer, next, ended }
}
function change(draft: Draft, parts: Partial<ScheduleState>): void {
  draft.state = { ...draft.state, ...parts }
}

/** Ends a run. */
function drop(draft: Draft, run: Running, { outcome, errorCode }: Ending): void {
  change(draft, { running: draft.state.running.filter((other) => other !== run) })
  const { id, atMs, cause, attempt, fence, node, startedMs } = run
  const known = { id, atMs, cause, attempt, fence, node, startedMs }
  draft.ended.push({ ...known, outcome, endedMs: draft.nowMs, ...(errorCode === undefined ? {} : { errorCode }) })
}
/** Notes times that nobody runs. */
function leaveOut(draft: Draft, times: readonly Waiting[], outcome: "skipped" | "missed"): void {
  const last = times.at(-1)
  if (last === undefined) return
  const count = times.length === 1 ? {} : { count: times.length }
  draft.ended.push({ ...last, outcome, endedMs: draft.nowMs, ...count })
}

function takeLost(draft: Draft): void {
  for (const run of draft.state.running) {
    if (run.leaseMs > draft.nowMs) continue
    drop(draft, run, { outcome: "lost" })
    again(draft, run)
  }
}
/** Lets a run that was cut off be run again, if it may. */
function again(draft: Draft, { id, atMs, cause, attempt, isCancelled }: Running): void {
  const { lost, maxAttempts } = draft.definition.policies
  if (lost === "skip" || attempt >= maxAttempts || isCancelled) return
  change(draft, { waiting: [{ id, atMs, cause, attempt: attempt + 1 }, ...draft.state.waiting] })
}

/** More than any policy makes up for: of times beyond, it is not counted how many there were. */
const MAX_LOOK = 200

/** Decides what becomes of the times that have come. */
function admit(draft: Draft): void {
  const { name, nowMs, definition, state } = draft
  if (state.nextMs === null || state.nextMs + jitterOf(name, state.nextMs, definition) > nowMs) return
  const timing = timingOf(definition.when, state.anchorMs)
  const due = dueTimes(draft, timing)
  const newest = due.at(-1)!
  change(draft, { cursorMs: newest, nextMs: timing.next(newest) ?? null })
  const { missed, maxMissed, lateMs } = definition.policies
  const isLate = nowMs - newest - jitterOf(name, newest, definition) > lateMs
  const gone = isLate ? due : due.slice(0, -1)
  const made = missed === "skip" ? 0 : missed === "all" ? Math.min(maxMissed, gone.length) : isLate ? 1 : 0
  const leftOut = gone.slice(0, gone.length - made)
  leaveOut(
    draft,
    leftOut.map((atMs) => waitingFor(atMs, "missed")),
    "missed",
  )
  const before = gone.slice(gone.length - made).map((atMs) => waitingFor(atMs, "missed"))
  change(draft, { waiting: [...state.waiting, ...before] })
  if (isLate) return
  if (before.length > 0) change(draft, { waiting: [...draft.state.waiting, waitingFor(newest, "tick")] })
  else meet(draft, waitingFor(newest, "tick"))
}
/** Times from the cursor on that have come, the earliest first; at least one. */
function dueTimes({ name, nowMs, definition, state }: Draft, timing: Timing): readonly number[] {
  const next = timing.next(state.nextMs!)
  if (next === undefined || next > nowMs) return [state.nextMs!]
  const known = timing.last(nowMs, MAX_LOOK).filter((atMs) => atMs > state.cursorMs)
  // Some that have come may be put off.
  const due = known.filter((atMs) => atMs + jitterOf(name, atMs, definition) <= nowMs)
  return due.length > 0 ? due : [state.nextMs!]
}
function waitingFor(atMs: number, cause: "tick" | "missed"): Waiting {
  return { id: uuidv7(), atMs, cause, attempt: 1 }
}

/** A time has come while others may run or wait. */
function meet(draft: Draft, tick: Waiting): void {
  const { overlap } = draft.definition.policies
  const isBusy = draft.state.running.length + draft.state.waiting.length > 0
  if (isBusy && overlap === "cancel") cancelOthers(draft)
  else if (isBusy && !hasRoom(draft)) {
    leaveOut(draft, [tick], "skipped")
    return
  }
  change(draft, { waiting: [...draft.state.waiting, tick] })
}
function hasRoom({ definition: { policies }, state: { running, waiting } }: Draft): boolean {
  const { overlap, maxWaiting, maxConcurrent } = policies
  if (overlap === "allow") return running.length + waiting.length < maxConcurrent
  return overlap === "queue" && waiting.filter(({ cause }) => cause === "tick").length < maxWaiting
}
function cancelOthers(draft: Draft): void {
  const { running, waiting } = draft.state
  const isManual = ({ cause }: Waiting): boolean => cause === "manual"
  leaveOut(
    draft,
    waiting.filter((one) => !isManual(one)),
    "skipped",
  )
  change(draft, { running: running.map((run) => ({ ...run, isCancelled: true })), waiting: waiting.filter(isManual) })
}

/** Whether one that waits may begin, on whatever node. */
function canBegin(state: ScheduleState): boolean {
  return nextToBegin(state) !== undefined
}
function nextToBegin({ waiting, running, pausedMs, definition }: ScheduleState): Waiting | undefined {
  const { overlap, maxConcurrent } = definition.policies
  if (running.length >= (overlap === "allow" ? maxConcurrent : 1)) return undefined
  return waiting.find(({ cause }) => pausedMs === null || cause === "manual")
}

function begin(draft: Draft, { node, leaseMs, slots }: Decider): readonly Running[] {
  const begun: Running[] = []
  while (begun.length < slots) {
    const first = nextToBegin(draft.state)
    if (first === undefined) break
    // By the time, in microseconds: larger than the last one even if that was forgotten.
    const fence = Math.max(draft.nowMs * 1000, draft.state.fence + 1)
    const times = { startedMs: draft.nowMs, leaseMs: draft.nowMs + leaseMs }
    const run: Running = { ...first, ...times, fence, node, isCancelled: false }
    begun.push(run)
    change(draft, {
      fence,
      waiting: draft.state.waiting.filter((other) => other !== first),
      running: [...draft.state.running, run],
    })
  }
  return begun
}
