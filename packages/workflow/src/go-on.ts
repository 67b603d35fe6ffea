import { Activation, type ActivationHome, type Halt } from "./activation.ts"
import { LiveContext } from "./context.ts"
import {
  WorkflowCancelled,
  WorkflowCrashing,
  WorkflowDeadline,
  WorkflowNondeterministic,
  WorkflowStoreFailed,
} from "./errors.ts"
import type { RunRow, StepRow } from "./rows.ts"
import { isOurs } from "./step-run.ts"
import type { Settled } from "./store.ts"
import { undoAll } from "./undo.ts"
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
  if (run.crashes > plan.maxCrashes) {
    const cause = run.ends === null ? null : run.error
    return { state: "stalled", error: writeError(new WorkflowCrashing(), cause) }
  }
  const steps = await store.own((db) => store.steps(db.primary, run.id))
  const undo = { home, steps, undos: undefined, replay: (activation: Activation) => call(workflow, activation) }
  if (run.state === "undoing") {
    const error = run.error ?? writeError(new WorkflowCancelled())
    return await undoAll(run, { ...undo, ends: run.ends ?? "failed", error })
  }
  const isLate = run.deadline_ms !== null && run.deadline_ms <= store.clock.now()
  if (run.cancel !== null || isLate) {
    const ends = run.cancel !== null ? "cancelled" : "failed"
    const error = writeError(run.cancel !== null ? new WorkflowCancelled(run.cancel) : new WorkflowDeadline())
    return await undoAll(run, { ...undo, ends, error })
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
  // Code that ended may have others under way that did not: they too ask for what they did.
  await activation.caughtUp()
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
  return await undoAll(run, {
    home,
    steps: [...activation.rows.values()],
    ends: "failed",
    error: writeError(came.thrown),
    undos: activation.undos,
    replay: (again) => call(workflow, again),
  })
}

type Came = { readonly output: string } | { readonly thrown: unknown }

/** Runs the code. Never rejects. */
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
