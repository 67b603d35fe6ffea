/** What happened to a job, in this process. */
export interface JobEvent {
  readonly id: string
  readonly name: string
  readonly attempt: number
}

export interface QueueEvents {
  /** A handler begins. */
  readonly started: JobEvent
  readonly completed: JobEvent & { readonly durationMs: number; readonly output: string }
  /** An attempt failed, and there will be another. */
  readonly retried: JobEvent & { readonly durationMs: number; readonly delayMs: number; readonly error: unknown }
  /** It failed for good. */
  readonly failed: JobEvent & { readonly durationMs: number; readonly error: unknown }
  /** The hold on it was lost: what it did may be done again by another. */
  readonly lost: JobEvent
  /** It was given back without being run to its end. */
  readonly released: JobEvent
  /** The store did not do its work; the worker goes on trying. */
  readonly error: unknown
}

type Listener<E extends keyof QueueEvents> = (event: QueueEvents[E]) => void

/** Listeners by event. */
export class Emitter {
  readonly #listeners: { readonly [E in keyof QueueEvents]?: Set<Listener<E>> } & Record<string, Set<never>> = {}

  on<E extends keyof QueueEvents>(event: E, listener: Listener<E>): () => void {
    const all = this.#listeners as Record<string, Set<Listener<E>>>
    all[event] ??= new Set()
    const set = all[event]
    set.add(listener)
    return () => void set.delete(listener)
  }

  /** Whether somebody listens: what it costs to tell is paid only then. */
  hears(event: keyof QueueEvents): boolean {
    return (this.#listeners[event]?.size ?? 0) > 0
  }

  emit<E extends keyof QueueEvents>(event: E, value: QueueEvents[E]): void {
    const set = (this.#listeners as Record<string, Set<Listener<E>>>)[event]
    if (set === undefined) return
    for (const listener of set)
      try {
        listener(value)
      } catch {
        // Whoever is told must not stop the work.
      }
  }
}
