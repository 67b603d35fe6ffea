import { WorkflowOptionInvalid } from "./errors.ts"
import type { RunRow, StepRow } from "./rows.ts"

/** The name of what undoes a step. */
export function undoOf(step: string): string {
  return `undo:${step}`
}

/** What undoes a step, before it is tried. */
export function newUndo(
  { id }: RunRow,
  step: string,
  { position, nowMs }: { readonly position: number; readonly nowMs: number },
): StepRow {
  const rest = { attempts: 0, due_ms: null, output: null, error: null, ended: null, ended_ms: null }
  return { run: id, step: undoOf(step), kind: "undo", state: "pending", ...rest, position, created_ms: nowMs }
}

/** Notes of steps that were taken back by hand. @throws {WORKFLOW_OPTION_INVALID} for steps that are not to be taken back. */
export function undoneByHand(
  run: RunRow,
  steps: readonly StepRow[],
  { undone, nowMs }: { readonly undone: readonly string[]; readonly nowMs: number },
): readonly StepRow[] {
  const known = new Map(steps.map((row) => [row.step, row]))
  let ended = steps.reduce((most, row) => Math.max(most, row.ended ?? 0), 0)
  return [...new Set(undone)].map((step, at) => {
    const row = known.get(step)
    const before = known.get(undoOf(step)) ?? newUndo(run, step, { position: steps.length + at, nowMs })
    if (run.ends === null || row?.state !== "done" || row.kind === "undo" || before.state === "done")
      throw new WorkflowOptionInvalid(`Expected undone to name steps of the run that are to be undone, got "${step}".`)
    return { ...before, state: "done", due_ms: null, ended: ++ended, ended_ms: nowMs }
  })
}
