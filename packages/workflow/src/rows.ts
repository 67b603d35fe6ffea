import type { RunState, StepKind } from "./workflows.ts"

export interface RunRow {
  id: string
  workflow: string
  version: number
  state: RunState
  input: string
  output: string | null
  error: string | null
  parent: string | null
  /** While it is undone: how it then ends. */
  ends: "failed" | "cancelled" | null
  /** Why somebody asked for its end. */
  cancel: string | null
  created_ms: number
  /** From when on a worker may have it; nothing: once it is woken. */
  due_ms: number | null
  deadline_ms: number | null
  ended_ms: number | null
  lease_ms: number | null
  /** Grows with each claim: who has an older one has lost the run. */
  fence: number
  /** Grows with whatever wakes it: a sleep that was decided before does not hide that. */
  wakes: number
  /** Claims that ended with a dead worker, since something was kept. */
  crashes: number
}

export interface StepRow {
  run: string
  step: string
  kind: StepKind
  state: "pending" | "done" | "failed"
  attempts: number
  due_ms: number | null
  output: string | null
  error: string | null
  /** In which order they were asked for. */
  position: number
  /** In which order they ended. */
  ended: number | null
  created_ms: number
  ended_ms: number | null
}

export const ENDED: ReadonlySet<string> = new Set(["completed", "failed", "cancelled"])

/** Databases give 64-bit integers as they like. */
export function toRunRow(row: RunRow): RunRow {
  const { version, created_ms, due_ms, deadline_ms, ended_ms, lease_ms, fence, wakes, crashes } = row
  const orNull = (ms: number | null) => (ms === null ? null : Number(ms))
  return {
    ...row,
    version: Number(version),
    created_ms: Number(created_ms),
    due_ms: orNull(due_ms),
    deadline_ms: orNull(deadline_ms),
    ended_ms: orNull(ended_ms),
    lease_ms: orNull(lease_ms),
    fence: Number(fence),
    wakes: Number(wakes),
    crashes: Number(crashes),
  }
}
export function toStepRow(row: StepRow): StepRow {
  const { attempts, due_ms, position, ended, created_ms, ended_ms } = row
  const orNull = (value: number | null) => (value === null ? null : Number(value))
  return {
    ...row,
    attempts: Number(attempts),
    due_ms: orNull(due_ms),
    position: Number(position),
    ended: orNull(ended),
    created_ms: Number(created_ms),
    ended_ms: orNull(ended_ms),
  }
}
