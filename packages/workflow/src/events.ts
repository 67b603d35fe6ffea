import type { WorkflowEvents, WorkflowMetrics } from "./workflows.ts"

type Listener<E extends keyof WorkflowEvents> = (event: WorkflowEvents[E]) => void
type Counts = { -readonly [K in keyof WorkflowMetrics]: WorkflowMetrics[K] }

/** Tells those who listen, and counts. */
export class Emitter {
  readonly #listeners = new Map<string, Set<(event: never) => void>>()
  readonly counts: Counts = {
    activations: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    stalled: 0,
    stepsDone: 0,
    stepsFailed: 0,
    lost: 0,
  }

  on<E extends keyof WorkflowEvents>(event: E, listener: Listener<E>): () => void {
    const all = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, all.add(listener as never))
    return () => void all.delete(listener as never)
  }
  emit<E extends keyof WorkflowEvents>(event: E, value: WorkflowEvents[E]): void {
    for (const listener of this.#listeners.get(event) ?? [])
      try {
        ;(listener as Listener<E>)(value)
      } catch {
        // Whoever is told must not stop the work.
      }
  }
}
