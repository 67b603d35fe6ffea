import { Activation, type ActivationHome, type Halt, type Undo } from "./activation.ts"
import { LiveContext } from "./context.ts"
import {
  WorkflowCancelled,
  WorkflowCrashing,
  WorkflowDeadline,
  WorkflowNondeterministic,
  WorkflowStoreFailed,
} from "./errors.ts"
import type { RunRow, StepRow } from "./rows.ts"
import { isOurs, type StepWork } from "./step-run.ts"
import type { Settled } from "./store.ts"
import { checked, read, readError, writeError } from "./value.ts"
import type { AnyWorkflow } from "./workflow.ts"

/** How long a run waits after the database failed it. */
const AFTER_FAILURE_MS = 1_000

/** Takes a run as far as it goes now, and lets go of it. Never rejects: what is not kept is done again. */
export async function goOn(run: RunRow, workflow: AnyWorkflow, home: ActivationHome): Promise<void> {
  const { emitter } = home
  emitter.counts.activations++
  try {
    const settled = await outcomeOf(run, workflow, home)
    if (settled === undefined) return
    await home.store.settle(run, settled)
    tell(run, settled, home)
  } catch (error) {
    if (isOurs(error) && !(error instanceof WorkflowStoreFailed)) emitter.counts.lost++
    else emitter.emit("error", error)
  }
}

/** @returns nothing when the run is not ours to settle. */
async function outcomeOf(run: RunRow, workflow: AnyWorkflow, home: ActivationHome): Promise<Settled | undefined> {
  const { store, plan } = home
  if (run.crashes > plan.maxCrashes) return { state: "stalled", error: writeError(new WorkflowCrashing()) }
  const steps = await store.own((db) => store.steps(db.primary, run.id))
  if (run.state === "undoing") {
    const error = run.error ?? writeError(new WorkflowCancelled())
    return await undoAll(run, workflow, { home, steps, ends: run.ends ?? "failed", error, undos: undefined })
  }
  const isLate = run.deadline_ms !== null && run.deadline_ms <= store.clock.now()
  if (run.cancel !== null || isLate) {
    const ends = run.cancel !== null ? "cancelled" : "failed"
    const error = writeError(run.cancel !== null ? new WorkflowCancelled(run.cancel) : new WorkflowDeadline())
    return await undoAll(run, workflow, { home, steps, ends, error, undos: undefined })
  }
  return await runCode(run, workflow, home, steps)
}

async function runCode(
  run: RunRow,
  workflow: AnyWorkflow,
  home: ActivationHome,
  steps: readonly StepRow[],
): Promise<Settled | undefined> {
  const activation = new Activation(run, steps, home, false)
  const came = await Promise.race([activation.halted, call(workflow, activation)])
  await activation.settled()
  if ("kind" in came) return halted(run, came, home)
  const [missing] = activation.unvisited
  if (missing !== undefined) {
    const why = `The code does not fit its run: it did "${missing}" before, and its code ended without asking for that.`
    return { state: "stalled", error: writeError(new WorkflowNondeterministic(why)) }
  }
  activation.close()
  if (home.signal.aborted) return halted(run, { kind: "broken", error: home.signal.reason }, home)
  if (!("thrown" in came)) return { state: "completed", output: came.output }
  const rows = [...activation.rows.values()]
  const error = writeError(came.thrown)
  return await undoAll(run, workflow, { home, steps: rows, ends: "failed", error, undos: activation.undos })
}

type Came = { readonly output: string } | { readonly thrown: unknown }

async function call(workflow: AnyWorkflow, activation: Activation): Promise<Came> {
  try {
    const input = await checked(workflow.input, read(activation.run.input), "The input of the run")
    const output = await workflow.run(new LiveContext(activation), input as never)
    return { output: activation.write(output, "what the workflow gives") }
  } catch (thrown) {
    return { thrown }
  }
}

function halted(run: RunRow, halt: Halt, { store, signal }: ActivationHome): Settled | undefined {
  const nowMs = store.clock.now()
  if (halt.kind === "parked") {
    const dueMs = Math.min(halt.dueMs, run.deadline_ms ?? Number.POSITIVE_INFINITY)
    const isForTime = halt.dueMs !== Number.POSITIVE_INFINITY
    return { state: isForTime ? "sleeping" : "waiting", dueMs: dueMs === Number.POSITIVE_INFINITY ? null : dueMs }
  }
  if (halt.kind === "stalled") return { state: "stalled", error: writeError(halt.error) }
  // Another has it, and settles it.
  if (halt.kind === "broken" && isOurs(halt.error) && !(halt.error instanceof WorkflowStoreFailed)) return undefined
  if (signal.aborted && isOurs(signal.reason)) return undefined
  const isAway = halt.kind === "broken" && halt.error instanceof WorkflowStoreFailed
  return { state: "pending", dueMs: nowMs + (isAway ? AFTER_FAILURE_MS : 0) }
}

interface UndoWork {
  readonly home: ActivationHome
  readonly steps: readonly StepRow[]
  readonly ends: "failed" | "cancelled"
  readonly error: string
  /** How steps are undone, where the code has said so in this activation. */
  readonly undos: ReadonlyMap<string, (row: StepRow) => Undo> | undefined
}

/** Takes back what was done, the last first, each once. */
async function undoAll(run: RunRow, workflow: AnyWorkflow, work: UndoWork): Promise<Settled | undefined> {
  const { home, steps, ends, error } = work
  const done = steps
    .filter(({ state, kind, ended }) => state === "done" && kind !== "undo" && ended !== null)
    .toSorted((a, b) => b.ended! - a.ended!)
  const end: Settled = { state: ends, error, ends }
  if (done.length === 0) return end
  await home.store.beginUndo(run, ends, error)
  const undos = work.undos ?? (await learnUndos(run, workflow, home, steps))
  const activation = new Activation(run, steps, home, true)
  activation.close()
  const known = new Map(steps.map((row) => [row.step, row]))
  for (const row of done) {
    const undo = undos.get(row.step)?.(row)
    if (undo === undefined) continue
    const step = `undo:${row.step}`
    const before = known.get(step) ?? newUndo(run, step, { position: known.size, nowMs: home.store.clock.now() })
    known.set(step, before)
    if (before.state !== "pending") continue
    if (before.due_ms !== null && before.due_ms > home.store.clock.now())
      return { ...end, state: "undoing", dueMs: before.due_ms }
    if (home.leaving.aborted && !isEnding(home.leaving.reason))
      return { ...end, state: "undoing", dueMs: home.store.clock.now() }
    const now = await activation.attempt(before, withoutResult(undo.work), undo.plan)
    known.set(step, now)
    if (now.state === "pending") return { ...end, state: "undoing", dueMs: now.due_ms }
    report(run, now, home)
  }
  return end
}

/** What undoing gives is nobody's, and need not be JSON. */
function withoutResult(work: StepWork): StepWork {
  if (work.kind === "free") return { kind: "free", work: async (step) => void (await work.work(step)) }
  return { kind: "bound", work: async (tx, step) => void (await work.work(tx, step)) }
}

/** The run is to end: that is what is being done. */
function isEnding(reason: unknown): boolean {
  return reason instanceof WorkflowCancelled || reason instanceof WorkflowDeadline
}

/** Runs the code once more over what was done, to learn how that is undone. */
async function learnUndos(
  run: RunRow,
  workflow: AnyWorkflow,
  home: ActivationHome,
  steps: readonly StepRow[],
): Promise<ReadonlyMap<string, (row: StepRow) => Undo>> {
  const activation = new Activation(run, steps, { ...home, leaving: new AbortController().signal }, true)
  await Promise.race([activation.halted, call(workflow, activation)])
  activation.close()
  return activation.undos
}

function newUndo(run: RunRow, step: string, { position, nowMs }: { position: number; nowMs: number }): StepRow {
  const rest = { attempts: 0, due_ms: null, output: null, error: null, ended: null, ended_ms: null }
  return { run: run.id, step, kind: "undo", state: "pending", ...rest, position, created_ms: nowMs }
}

function report(run: RunRow, { step, kind, state, error }: StepRow, { emitter }: ActivationHome): void {
  const isDone = state === "done"
  if (isDone) emitter.counts.stepsDone++
  else emitter.counts.stepsFailed++
  emitter.emit("step", { run: run.id, workflow: run.workflow, step, kind, isDone, error: readError(error) })
}

function tell(run: RunRow, { state, error }: Settled, { emitter }: ActivationHome): void {
  const event = { run: run.id, workflow: run.workflow }
  if (state === "completed" || state === "cancelled") {
    emitter.counts[state]++
    emitter.emit(state, event)
  } else if (state === "failed" || state === "stalled") {
    emitter.counts[state]++
    emitter.emit(state, { ...event, error: readError(error ?? null) })
  }
}
