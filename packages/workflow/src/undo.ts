import { Activation, type ActivationHome, type Undo } from "./activation.ts"
import { WorkflowNondeterministic, WorkflowUndoFailed } from "./errors.ts"
import type { RunRow, StepRow } from "./rows.ts"
import { isOurs, type StepWork } from "./step-run.ts"
import type { Settled } from "./store.ts"
import { newUndo, undoOf } from "./undo-rows.ts"
import { readError, writeError } from "./value.ts"

export interface UndoWork {
  readonly home: ActivationHome
  readonly steps: readonly StepRow[]
  readonly ends: "failed" | "cancelled"
  readonly error: string
  /** How steps are undone, where the code has said so in this activation. */
  readonly undos: Undos | undefined
  /** Runs the code over what was done before. */
  readonly replay: (activation: Activation) => Promise<unknown>
}

type Undos = ReadonlyMap<string, (row: StepRow) => Undo>

/**
 * Takes back what was done, the last first, each once. What fails for good keeps none of the others from it; then the run is stalled, until
 * somebody has set that right. @returns nothing when the run is not ours to settle.
 */
export async function undoAll(run: RunRow, work: UndoWork): Promise<Settled | undefined> {
  const { home, steps, ends, error } = work
  const done = steps
    .filter(({ state, kind, ended }) => state === "done" && kind !== "undo" && ended !== null)
    .toSorted((a, b) => b.ended! - a.ended!)
  const end: Settled = { state: ends, error, ends }
  if (done.length === 0) return end
  const stalled = (why: unknown): Settled => ({ ...end, state: "stalled", error: writeError(why, error) })
  const later = (dueMs: number | null): Settled => ({ ...end, state: "undoing", dueMs })
  await home.store.beginUndo(run, ends, error)
  const undos = work.undos ?? (await learnUndos(run, work))
  if (home.signal.aborted) return isOurs(home.signal.reason) ? undefined : later(home.store.clock.now())
  if (!(undos instanceof Map)) return stalled(undos)
  // What ends the run does not end its undoing: that is told only of a worker that stops.
  const activation = new Activation(run, steps, { ...home, leaving: home.stopping }, true)
  activation.close()
  const known = new Map(steps.map((row) => [row.step, row]))
  const failed: StepRow[] = []
  for (const row of done) {
    const undo = undos.get(row.step)?.(row)
    if (undo === undefined) continue
    const before =
      known.get(undoOf(row.step)) ?? newUndo(run, row.step, { position: known.size, nowMs: home.store.clock.now() })
    let now = before
    if (before.state === "pending") {
      if (before.due_ms !== null && before.due_ms > home.store.clock.now()) return later(before.due_ms)
      if (home.stopping.aborted) return later(home.store.clock.now())
      try {
        now = await activation.attempt(before, withoutResult(undo.work), undo.plan)
      } catch (thrown) {
        // A worker that waits no longer: another tries again, at once.
        if (home.signal.aborted && !isOurs(home.signal.reason)) return later(home.store.clock.now())
        throw thrown
      }
      if (now.state === "pending") return later(now.due_ms)
      report(run, now, home)
    }
    known.set(now.step, now)
    if (now.state === "failed") failed.push(now)
  }
  return failed.length === 0 ? end : stalled(toError(failed))
}

/**
 * Runs the code once more over what was done, to learn how that is undone.
 *
 * @returns an error where the code does not ask for all of it: what it does not ask for would be left as it is, and nobody told.
 */
async function learnUndos(
  run: RunRow,
  { home, steps, replay }: UndoWork,
): Promise<Undos | InstanceType<typeof WorkflowNondeterministic>> {
  const activation = new Activation(run, steps, { ...home, leaving: new AbortController().signal }, true)
  void replay(activation)
  // Code that failed may have others under way that did not.
  const halt = await activation.halted
  activation.close()
  if (halt.kind === "stalled") return halt.error as InstanceType<typeof WorkflowNondeterministic>
  const undone = new Set(steps.filter(({ kind, state }) => kind === "undo" && state === "done").map(({ step }) => step))
  const missing = activation.unvisited.find((step) => {
    const { state, kind } = activation.rows.get(step)!
    return state === "done" && UNDOABLE.has(kind) && !undone.has(undoOf(step))
  })
  if (missing === undefined) return activation.undos
  return new WorkflowNondeterministic(
    `The code does not fit its run: it did "${missing}" before, and does not ask for that again, so that nobody knows how it is undone.`,
  )
}

const UNDOABLE: ReadonlySet<string> = new Set(["step", "transaction", "child"])

/** What undoing gives is nobody's, and need not be JSON. */
function withoutResult(work: StepWork): StepWork {
  if (work.kind === "free") return { kind: "free", work: async (step) => void (await work.work(step)) }
  return { kind: "bound", work: async (tx, step) => void (await work.work(tx, step)) }
}

function toError([first, ...others]: readonly StepRow[]): InstanceType<typeof WorkflowUndoFailed> {
  const { step, attempts, error } = first!
  const more = others.length === 0 ? "" : `, and ${others.length} more`
  return new WorkflowUndoFailed(
    `"${step}" failed after ${attempts} attempts${more}: ${readError(error)?.message ?? ""}. Set right what is in its way, then resume the run.`,
  )
}

function report(run: RunRow, { step, kind, state, error }: StepRow, { emitter }: ActivationHome): void {
  const isDone = state === "done"
  if (isDone) emitter.counts.stepsDone++
  else emitter.counts.stepsFailed++
  emitter.emit("step", { run: run.id, workflow: run.workflow, step, kind, isDone, error: readError(error) })
}
